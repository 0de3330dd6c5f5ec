"""From a call of Home Assistant's to the messenger, and back to the caller."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import probatio

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType

from .account import AccountConfigEntry
from .const import ATTR_ENCODING, ATTR_MESSAGE, ATTR_SENDER, ATTR_TARGET, ATTR_TITLE
from .exceptions import explain, failure, refusal
from .gateways.errors import RejectedError
from .gateways.gateway import Gateway
from .messaging.encoding import EncodingChoice
from .messaging.message import Message, RecipientResult, Report

# The fields that say how to send, wherever a message comes from.
OPTION_FIELDS: Final[dict[probatio.Marker, object]] = {
    probatio.Optional(ATTR_SENDER): cv.string,
    probatio.Optional(ATTR_ENCODING): probatio.Coerce(EncodingChoice),
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
    )


async def async_send(entry: AccountConfigEntry, message: Message) -> Report:
    """Send a message through an account.

    Raises:
        ServiceValidationError: nothing was tried for anybody.

    """
    try:
        return await entry.runtime_data.messenger.send(message)
    except RejectedError as error:
        raise refusal(error, entry.runtime_data.gateway) from error


async def async_send_or_raise(
    hass: HomeAssistant, entry: AccountConfigEntry, message: Message
) -> None:
    """Send a message for a caller that can't be answered with data.

    Raises:
        ServiceValidationError: nothing was tried for anybody.
        HomeAssistantError: for at least one recipient it was not accepted.

    """
    report = await async_send(entry, message)
    if report.failures:
        raise await failure(hass, report.failures, entry.runtime_data.gateway)


async def async_answer(
    hass: HomeAssistant, report: Report, gateway: Gateway
) -> JsonObjectType:
    """Return a report as the answer of an action."""
    return {
        "message_id": report.message_id,
        "segments": report.segments,
        "encoding": report.encoding.value,
        "results": [
            await _async_row(hass, result, gateway) for result in report.results
        ],
    }


async def _async_row(
    hass: HomeAssistant, result: RecipientResult, gateway: Gateway
) -> JsonObjectType:
    error = result.error
    return {
        "recipient": result.label,
        "outcome": result.outcome.value,
        "gateway": result.gateway,
        "submission_id": result.submission_id,
        "segments": result.segments,
        "cost": None if result.cost is None else _plain(result.cost),
        "error": None
        if error is None
        else {
            "key": error.key,
            "message": await explain(hass, error, gateway),
            "gateway_code": error.code,
            "gateway_message": error.words,
        },
        "delivery": None,
    }


def _plain(amount: Decimal) -> int | float:
    """Return an amount as JSON knows it."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
