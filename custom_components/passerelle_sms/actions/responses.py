"""What the actions answer: reports, messages and deliveries, as JSON knows them."""

from collections.abc import Iterable

from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonArrayType, JsonObjectType

from ..entries.leg_facts import async_told_by
from ..gateways.abilities.options import TriesMessages
from ..gateways.catalogue import GATEWAYS
from ..messaging.model.record import MessageRecord
from ..messaging.model.report import RecipientResult, Report, result_for
from ..messaging.model.submission import SubmissionRecord
from ..presentation.formatting import local_iso, plain
from ..presentation.gateway_facts import GatewayFacts
from .leg_rows import async_legs
from .outcome_rows import async_error_row, delivery_row


async def async_answer(
    hass: HomeAssistant, report: Report, gateway: GatewayFacts, *, for_guest: bool
) -> JsonObjectType:
    """Return a report as the answer of an action."""
    return {
        "message_id": report.message_id,
        "segments": report.segments,
        "encoding": report.encoding.value,
        **_joined(report.record),
        **_tested_by(report.record, gateway),
        "results": await async_rows(
            hass, report.record, report.results, gateway, for_guest=for_guest
        ),
    }


async def async_message_response(
    hass: HomeAssistant,
    record: MessageRecord,
    gateway: GatewayFacts,
    *,
    for_guest: bool = False,
) -> JsonObjectType:
    """Return a message of the journal as a row of an answer.

    A guest may have its id from an issue, and learns neither the text, the tag nor a
    number.
    """
    results = [
        result_for(record, row.recipient.number, gateway.key)
        for row in record.first_rows
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
        **_relay(hass, record),
        "results": await async_rows(
            hass, record, results, gateway, for_guest=for_guest
        ),
    }


def _joined(record: MessageRecord) -> JsonObjectType:
    """Return the ids of the other messages that are sent with this one, if any."""
    return {"joined": [*record.joined_ids]} if record.joined else {}


def _relay(hass: HomeAssistant, record: MessageRecord) -> JsonObjectType:
    """Return the title of the relay that a message is from; its id if it is gone."""
    if record.relay is None:
        return {}
    entry = hass.config_entries.async_get_entry(record.relay)
    return {"relay": record.relay if entry is None else entry.title}


def _tested_by(record: MessageRecord, gateway: GatewayFacts) -> JsonObjectType:
    """Return who has looked at a test: the gateway, by its key, or only the house."""
    if not record.options.test:
        return {}
    return {"tested_by": gateway.key if isinstance(gateway, TriesMessages) else "here"}


async def async_rows(
    hass: HomeAssistant,
    record: MessageRecord,
    results: Iterable[RecipientResult],
    gateway: GatewayFacts,
    *,
    for_guest: bool = False,
) -> JsonArrayType:
    """Return the results of a report as rows of an answer.

    A guest's hold no number, no words of the gateway's, and not its ids, of which
    numbers and the login may be a part.
    """
    return [
        await _async_row(hass, record, result, gateway, for_guest=for_guest)
        for result in results
    ]


async def _async_row(
    hass: HomeAssistant,
    record: MessageRecord,
    result: RecipientResult,
    gateway: GatewayFacts,
    *,
    for_guest: bool,
) -> JsonObjectType:
    parts = [
        {"part": row.part, **await _async_fate(hass, row, gateway, for_guest=for_guest)}
        for row in result.parts
    ]
    told_by = async_told_by(hass, result.legs, result.failure) or gateway
    is_chosen = result.gateway in GATEWAYS
    return {
        "recipient": result.public_label if for_guest else result.label,
        "gateway": result.gateway if is_chosen else None,
        **await _async_fate(hass, result, told_by, for_guest=for_guest),
        **({"sent_at_once": True} if result.sent_at_once else {}),
        **({"parts": [*parts]} if parts else {}),
        # Only a relay has no gateway before one is chosen.
        **(
            await async_legs(hass, record, result.legs, for_guest=for_guest)
            if result.legs or not is_chosen
            else {}
        ),
    }


async def _async_fate(
    hass: HomeAssistant,
    told: RecipientResult | SubmissionRecord,
    gateway: GatewayFacts,
    *,
    for_guest: bool,
) -> JsonObjectType:
    """Return what became of a message for one recipient, or of a part of it."""
    return {
        "outcome": told.outcome.value,
        "submission_id": None if for_guest else told.submission_id,
        "segments": told.segments,
        "cost": None if told.cost is None else plain(told.cost),
        "error": await async_error_row(
            hass, told.failure, gateway, for_guest=for_guest
        ),
        "delivery": delivery_row(told.delivery, for_guest=for_guest),
    }
