"""The fields of a message, wherever it comes from."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import probatio

from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..const import (
    ATTR_ALLOW_REPLIES,
    ATTR_ENCODING,
    ATTR_FLASH,
    ATTR_GATEWAY_OPTIONS,
    ATTR_MESSAGE,
    ATTR_ON_UNKNOWN,
    ATTR_PERSONALISATION,
    ATTR_SEND_AT,
    ATTR_SENDER,
    ATTR_STOP_MENTION,
    ATTR_TAG,
    ATTR_TARGET,
    ATTR_TEST,
    ATTR_TIME_TO_LIVE,
    ATTR_TITLE,
    ATTR_URGENT,
    ATTR_VOICE,
    ATTR_WAIT_FOR_DELIVERY,
)
from ..gateways.model.options import SmsOptions
from ..messaging.model.message import DEFAULT_TIME_TO_LIVE, Message
from ..messaging.model.record import OnUnknown
from ..messaging.text.encoding import EncodingChoice

# How long somebody waits for a delivery who doesn't say, and at the longest.
USUAL_WAIT: Final = timedelta(minutes=2)


LONGEST_WAIT: Final = timedelta(minutes=15)


# A message that nobody has taken for a day is no alert any more.
SHORTEST_LIFE: Final = timedelta(seconds=1)


LONGEST_LIFE: Final = timedelta(hours=24)


_VALUES: Final = probatio.Schema({cv.string: {cv.string: cv.string}})


def _own_value(value: object) -> bool | int | str:
    """Return what an option of one gateway may be set to; it checks that itself."""
    if isinstance(value, bool | int | str):
        return value
    raise probatio.Invalid("expected true, false, a whole number or a text")


def _personalisation(value: object) -> dict[str, dict[str, str]]:
    """Return what stands for each field, by recipient; no error names one by number."""
    try:
        values: dict[str, dict[str, str]] = _VALUES(value)
    except probatio.Invalid:
        raise probatio.Invalid("expected a text by field by recipient") from None
    return values


def wait_for_delivery(value: object) -> timedelta:
    """Return how long to wait: `true` is a while, `false` not at all."""
    if isinstance(value, bool):
        return USUAL_WAIT if value else timedelta()
    wait: timedelta = cv.positive_time_period(value)
    if wait > LONGEST_WAIT:
        raise probatio.Invalid(f"expected {LONGEST_WAIT} at most")
    return wait


# The fields that say how to send, wherever a message comes from.
OPTION_FIELDS: Final[dict[probatio.Marker, object]] = {
    probatio.Optional(ATTR_SENDER): cv.string,
    probatio.Optional(ATTR_ENCODING): probatio.Coerce(EncodingChoice),
    probatio.Optional(ATTR_TIME_TO_LIVE): probatio.All(
        cv.positive_time_period, probatio.Range(min=SHORTEST_LIFE, max=LONGEST_LIFE)
    ),
    probatio.Optional(ATTR_ON_UNKNOWN): probatio.Coerce(OnUnknown),
    probatio.Optional(ATTR_URGENT): cv.boolean,
    probatio.Optional(ATTR_SEND_AT): cv.datetime,
    probatio.Optional(ATTR_FLASH): cv.boolean,
    probatio.Optional(ATTR_VOICE): cv.boolean,
    probatio.Optional(ATTR_TAG): cv.string,
    probatio.Optional(ATTR_STOP_MENTION): cv.boolean,
    probatio.Optional(ATTR_ALLOW_REPLIES): cv.boolean,
    probatio.Optional(ATTR_PERSONALISATION): _personalisation,
    probatio.Optional(ATTR_TEST): cv.boolean,
    probatio.Optional(ATTR_GATEWAY_OPTIONS): {cv.string: _own_value},
    probatio.Optional(ATTR_WAIT_FOR_DELIVERY): wait_for_delivery,
}


def to_message(fields: Mapping[str, Any], *, by_guest: bool) -> Message:
    """Return the message that validated fields ask for."""
    targets = fields.get(ATTR_TARGET)
    return Message(
        text=fields[ATTR_MESSAGE],
        title=fields.get(ATTR_TITLE),
        targets=None if targets is None else tuple(targets),
        by_guest=by_guest,
        sender=fields.get(ATTR_SENDER),
        encoding=fields.get(ATTR_ENCODING),
        time_to_live=fields.get(ATTR_TIME_TO_LIVE, DEFAULT_TIME_TO_LIVE),
        on_unknown=fields.get(ATTR_ON_UNKNOWN, OnUnknown.HOLD),
        urgent=fields.get(ATTR_URGENT, False),
        options=_options(fields),
        personalisation=fields.get(ATTR_PERSONALISATION, {}),
    )


def _options(fields: Mapping[str, Any]) -> SmsOptions:
    send_at = fields.get(ATTR_SEND_AT)
    return SmsOptions(
        # Without a zone it is the house's own time.
        send_at=None if send_at is None else dt_util.as_utc(send_at),
        flash=fields.get(ATTR_FLASH, False),
        voice=fields.get(ATTR_VOICE, False),
        test=fields.get(ATTR_TEST, False),
        tag=fields.get(ATTR_TAG),
        stop_mention=fields.get(ATTR_STOP_MENTION, False),
        allow_replies=fields.get(ATTR_ALLOW_REPLIES, False),
        own=fields.get(ATTR_GATEWAY_OPTIONS, {}),
    )
