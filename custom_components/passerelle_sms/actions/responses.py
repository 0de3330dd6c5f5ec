"""What the actions answer: reports, messages and deliveries, as JSON knows them."""

from collections.abc import Iterable

from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonArrayType, JsonObjectType

from ..gateways.abilities.options import TriesMessages
from ..gateways.gateway import Gateway
from ..messaging.model.record import MessageRecord
from ..messaging.model.report import RecipientResult, Report, result_for
from ..messaging.model.submission import DeliveryState, Failure, SubmissionRecord
from ..presentation.exceptions import async_explain
from ..presentation.formatting import local_iso, plain, public_code


async def async_answer(
    hass: HomeAssistant, report: Report, gateway: Gateway, *, for_guest: bool
) -> JsonObjectType:
    """Return a report as the answer of an action."""
    return {
        "message_id": report.message_id,
        "segments": report.segments,
        "encoding": report.encoding.value,
        **_joined(report.record),
        **_tested_by(report.record, gateway),
        "results": await async_rows(hass, report.results, gateway, for_guest=for_guest),
    }


async def async_message_response(
    hass: HomeAssistant,
    record: MessageRecord,
    gateway: Gateway,
    *,
    for_guest: bool = False,
) -> JsonObjectType:
    """Return a message of the journal as a row of an answer.

    A guest may have its id from an issue, and learns neither the text, the tag nor a
    number.
    """
    results = [
        result_for(record, row.recipient.number, gateway.key)
        for row in record.submissions
        if row.part == 1
    ]
    send_at = record.options.send_at
    return {
        "message_id": record.message_id,
        "kind": record.kind.value,
        "created": local_iso(record.created),
        "expires": local_iso(record.expires),
        "send_at": local_iso(send_at),
        "text": None if for_guest else record.text,
        "segments": record.segments,
        "encoding": record.encoding.value,
        "urgent": record.urgent,
        "tag": None if for_guest else record.options.tag,
        **_joined(record),
        "results": await async_rows(hass, results, gateway, for_guest=for_guest),
    }


def _joined(record: MessageRecord) -> JsonObjectType:
    """Return the ids of the other messages that are sent with this one, if any."""
    return {"joined": [*record.joined_ids]} if record.joined else {}


def _tested_by(record: MessageRecord, gateway: Gateway) -> JsonObjectType:
    """Return who has looked at a test: the gateway, by its key, or only the house."""
    if not record.options.test:
        return {}
    return {"tested_by": gateway.key if isinstance(gateway, TriesMessages) else "here"}


async def async_rows(
    hass: HomeAssistant,
    results: Iterable[RecipientResult],
    gateway: Gateway,
    *,
    for_guest: bool = False,
) -> JsonArrayType:
    """Return the results of a report as rows of an answer.

    A guest's hold no number, no words of the gateway's, and not its ids, of which
    numbers and the login may be a part.
    """
    return [
        await _async_row(hass, result, gateway, for_guest=for_guest)
        for result in results
    ]


async def _async_row(
    hass: HomeAssistant, result: RecipientResult, gateway: Gateway, *, for_guest: bool
) -> JsonObjectType:
    parts = [
        {"part": row.part, **await _async_fate(hass, row, gateway, for_guest=for_guest)}
        for row in result.parts
    ]
    return {
        "recipient": result.public_label if for_guest else result.label,
        "gateway": result.gateway,
        **await _async_fate(hass, result, gateway, for_guest=for_guest),
        **({"sent_at_once": True} if result.sent_at_once else {}),
        **({"parts": [*parts]} if parts else {}),
    }


async def _async_fate(
    hass: HomeAssistant,
    told: RecipientResult | SubmissionRecord,
    gateway: Gateway,
    *,
    for_guest: bool,
) -> JsonObjectType:
    """Return what became of a message for one recipient, or of a part of it."""
    failure = told.failure
    return {
        "outcome": told.outcome.value,
        "submission_id": None if for_guest else told.submission_id,
        "segments": told.segments,
        "cost": None if told.cost is None else plain(told.cost),
        "error": None
        if failure is None
        else {
            "key": failure.key,
            "message": await async_explain(
                hass, failure, gateway, for_everybody=for_guest
            ),
            **_own_words(failure, for_guest=for_guest),
        },
        "delivery": delivery_row(told.delivery, for_guest=for_guest),
    }


def delivery_row(
    delivery: DeliveryState | None, *, for_guest: bool = False
) -> JsonObjectType | None:
    """Return what is known of a delivery; `None` where nothing is to be heard."""
    if delivery is None:
        return None
    return {
        "status": delivery.status.value,
        "at": local_iso(delivery.at),
        "billed": delivery.is_billed,
        **_own_words(delivery, for_guest=for_guest),
    }


def _own_words(told: Failure | DeliveryState, *, for_guest: bool) -> JsonObjectType:
    """Return what the gateway itself said: to a guest nothing but a mere code."""
    return {
        "gateway_code": public_code(told.code) if for_guest else told.code,
        "gateway_message": None if for_guest else told.words,
    }
