"""From a call of Home Assistant's to the messenger, and back to the caller."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import probatio

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonArrayType, JsonObjectType

from .account import AccountConfigEntry, address_book
from .const import (
    ATTR_ENCODING,
    ATTR_MESSAGE,
    ATTR_ON_UNKNOWN,
    ATTR_SENDER,
    ATTR_TARGET,
    ATTR_TIME_TO_LIVE,
    ATTR_TITLE,
    ATTR_URGENT,
)
from .events import async_tell_refused
from .exceptions import explain, not_accepted, refusal
from .gateways.errors import EmptyTargetError, RejectedError
from .gateways.gateway import Gateway
from .messaging.encoding import EncodingChoice
from .messaging.message import DEFAULT_TIME_TO_LIVE, Message
from .messaging.record import MessageRecord, OnUnknown
from .messaging.report import RecipientResult, Report

# A message that nobody has taken for a day is no alert any more.
SHORTEST_LIFE: Final = timedelta(seconds=1)
LONGEST_LIFE: Final = timedelta(hours=24)

# The fields that say how to send, wherever a message comes from.
OPTION_FIELDS: Final[dict[probatio.Marker, object]] = {
    probatio.Optional(ATTR_SENDER): cv.string,
    probatio.Optional(ATTR_ENCODING): probatio.Coerce(EncodingChoice),
    probatio.Optional(ATTR_TIME_TO_LIVE): probatio.All(
        cv.positive_time_period, probatio.Range(min=SHORTEST_LIFE, max=LONGEST_LIFE)
    ),
    probatio.Optional(ATTR_ON_UNKNOWN): probatio.Coerce(OnUnknown),
    probatio.Optional(ATTR_URGENT): cv.boolean,
}


def to_message(fields: Mapping[str, Any]) -> Message:
    """Return the message that validated fields ask for."""
    targets = fields.get(ATTR_TARGET)
    return Message(
        text=fields[ATTR_MESSAGE],
        title=fields.get(ATTR_TITLE),
        targets=None if targets is None else tuple(targets),
        sender=fields.get(ATTR_SENDER),
        encoding=fields.get(ATTR_ENCODING),
        time_to_live=fields.get(ATTR_TIME_TO_LIVE, DEFAULT_TIME_TO_LIVE),
        on_unknown=fields.get(ATTR_ON_UNKNOWN, OnUnknown.HOLD),
        urgent=fields.get(ATTR_URGENT, False),
    )


async def async_send(
    hass: HomeAssistant, entry: AccountConfigEntry, message: Message
) -> Report:
    """Send a message through an account.

    What is refused here never comes into the outbox, so its event is fired here too.

    Raises:
        ServiceValidationError: nothing was tried for anybody.
        HomeAssistantError: the same, for a reason that the caller can't help.

    """
    try:
        report = await entry.runtime_data.messenger.send(message)
    except RejectedError as error:
        labels = _public_labels(entry, message)
        async_tell_refused(hass, entry, error.key, labels)
        raise refusal(error, entry.runtime_data.gateway) from error
    # Who can't be sent to is in no record.
    in_outbox = {made.recipient.label for made in report.record.submissions}
    for result in report.failures:
        if result.failure is not None and result.label not in in_outbox:
            label, key = result.public_label, result.failure.key
            async_tell_refused(hass, entry, key, [label], report.message_id)
    return report


def _public_labels(entry: AccountConfigEntry, message: Message) -> list[str]:
    """Return whom a message was for, fit for everybody to read."""
    try:
        targets = address_book(entry).resolve(message.targets)
    except EmptyTargetError:
        return []
    return [target.public_label for target in targets]


async def async_send_or_raise(
    hass: HomeAssistant, entry: AccountConfigEntry, message: Message
) -> None:
    """Send a message for a caller that can't be answered with data.

    Returns when it is accepted, or on its way and tried again.

    Raises:
        ServiceValidationError: nothing was tried for anybody.
        HomeAssistantError: for at least one recipient it is neither accepted nor on
            its way, or nothing was tried for a reason that the caller can't help.

    """
    report = await async_send(hass, entry, message)
    if report.failures:
        raise await not_accepted(hass, report.failures, entry.runtime_data.gateway)


async def async_answer(
    hass: HomeAssistant, report: Report, gateway: Gateway
) -> JsonObjectType:
    """Return a report as the answer of an action."""
    return {
        "message_id": report.message_id,
        "segments": report.segments,
        "encoding": report.encoding.value,
        "results": await _async_rows(hass, report.results, gateway),
    }


async def async_history_row(
    hass: HomeAssistant, record: MessageRecord, gateway: Gateway
) -> JsonObjectType:
    """Return a message of the journal as a row of an answer."""
    results = [RecipientResult.of(made, gateway.key) for made in record.submissions]
    return {
        "message_id": record.message_id,
        "created": dt_util.as_local(record.created).isoformat(),
        "expires": dt_util.as_local(record.expires).isoformat(),
        "text": record.text,
        "segments": record.segments,
        "encoding": record.encoding.value,
        "urgent": record.urgent,
        "results": await _async_rows(hass, results, gateway),
    }


async def _async_rows(
    hass: HomeAssistant, results: Iterable[RecipientResult], gateway: Gateway
) -> JsonArrayType:
    return [await _async_row(hass, result, gateway) for result in results]


async def _async_row(
    hass: HomeAssistant, result: RecipientResult, gateway: Gateway
) -> JsonObjectType:
    failure = result.failure
    return {
        "recipient": result.label,
        "outcome": result.outcome.value,
        "gateway": result.gateway,
        "submission_id": result.submission_id,
        "segments": result.segments,
        "cost": None if result.cost is None else _plain(result.cost),
        "error": None
        if failure is None
        else {
            "key": failure.key,
            "message": await explain(hass, failure, gateway),
            "gateway_code": failure.code,
            "gateway_message": failure.words,
        },
        "delivery": None,
    }


def _plain(amount: Decimal) -> int | float:
    """Return an amount as JSON knows it."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
