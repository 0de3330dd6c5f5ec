"""The fields of a message, wherever it comes from."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import probatio

from homeassistant.helpers.template import ResultWrapper

from ..bounds import (
    FARTHEST_SCHEDULE,
    LARGEST_OPTION,
    LONGEST_LINE,
    LONGEST_MERGED,
    LONGEST_TARGETS,
    LONGEST_TEXT,
    LONGEST_WAIT,
    MOST_FIELDS,
    SHORTEST_LIFE,
)
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
    ATTR_TOO_LONG,
    ATTR_URGENT,
    ATTR_VOICE,
    ATTR_WAIT_FOR_DELIVERY,
)
from ..gateways.model.mail_merge import times_of
from ..gateways.model.options import OwnValue, SmsOptions
from ..messaging.invisible import trimmed
from ..messaging.model.message import DEFAULT_TIME_TO_LIVE, Message
from ..messaging.model.record import LONGEST_LIFE, OnUnknown
from ..messaging.recipients.address_book import MOST_TARGETS
from ..messaging.recipients.lists import most_listed
from ..messaging.text.encoding import EncodingChoice
from ..messaging.text.splitting import TooLong
from .quoting import quoted
from .reading import Fields, refused
from .values import (
    Clamped,
    InvalidValue,
    choice,
    is_empty,
    items_of,
    length_of_time,
    mapping,
    moment_within,
    name,
    said,
    switch,
    text,
    word,
)

# How long somebody waits for a delivery who doesn't say.
USUAL_WAIT: Final = timedelta(minutes=2)

_line: Final = text(LONGEST_LINE, is_shown=True)
_written_target: Final = text(LONGEST_TARGETS)
_time_to_wait: Final = length_of_time(timedelta(), LONGEST_WAIT)


def targets(value: object) -> tuple[str, ...]:
    """Return who is named. What was left empty is nobody, and never everybody.

    What is no text stays in its place, so that the others get the message.
    """
    items = [] if is_empty(value) else _items_named(value)
    _check_count(len(items))
    written = tuple(map(_target, items))
    if sum(map(len, written)) > LONGEST_TARGETS:
        raise InvalidValue(
            "field_too_long", most=str(LONGEST_TARGETS), value=quoted(written[0])
        )
    # Somebody may name several in one text.
    _check_count(sum(map(most_listed, written)))
    return written


def wait_for_delivery(value: object) -> Clamped | timedelta:
    """Return how long to wait: `true` is a while, `false` not at all."""
    is_on = value if isinstance(value, bool) else said(value)
    # A 1 in a text is a second.
    if is_on is None or (isinstance(value, str) and trimmed(value).isdecimal()):
        return _time_to_wait(value)
    return USUAL_WAIT if is_on else timedelta()


def _items_named(value: object) -> list[object]:
    """Return what was written for one target or several."""
    match value:
        case ResultWrapper(render_result=str() as rendered) if isinstance(
            value, list
        ) and all(type(item) in {int, float} for item in value):
            # A template has written "[+237…, …]": a list of numbers has lost the pluses.
            return [rendered]
    return items_of(value)


def _check_count(count: int) -> None:
    if count > MOST_TARGETS:
        raise InvalidValue("field_too_many", most=str(MOST_TARGETS))


def _target(value: object) -> str:
    try:
        return _written_target(value)
    except InvalidValue as error:
        if error.key == "field_too_long":
            raise
        return quoted(value)


def _personalisation(value: object) -> dict[str, dict[str, str]]:
    """Return what stands for each field, by recipient."""
    found: dict[str, dict[str, str]] = {}
    length = 0
    for recipient, values in mapping(value, MOST_TARGETS).items():
        one = found[name(recipient)] = {
            name(field): _line(told)
            for field, told in mapping(values, MOST_FIELDS).items()
        }
        length += sum(len(field) + len(told) for field, told in one.items())
        if length > LONGEST_MERGED:
            raise _too_much_merged()
    return found


def _too_much_merged() -> InvalidValue:
    return InvalidValue("field_too_long", most=str(LONGEST_MERGED), value="{…}")


def _own_options(value: object) -> dict[str, OwnValue]:
    """Return what only one gateway knows; it checks the values itself."""
    return {
        name(option): _own_value(told)
        for option, told in mapping(value, MOST_FIELDS).items()
    }


def _own_value(value: object) -> OwnValue:
    if isinstance(value, bool | int) and abs(value) <= LARGEST_OPTION:
        return value
    if isinstance(value, str):
        return _line(value)
    raise InvalidValue("field_not_option", value=quoted(value))


TEXT_FIELDS: Final[Fields] = {
    probatio.Required(ATTR_MESSAGE): text(LONGEST_TEXT, is_shown=True),
    probatio.Optional(ATTR_TITLE): _line,
}
TARGET_FIELD: Final[Fields] = {probatio.Optional(ATTR_TARGET): targets}
WAIT_FIELD: Final[Fields] = {
    probatio.Optional(ATTR_WAIT_FOR_DELIVERY): wait_for_delivery
}
# The fields that say how to send, wherever a message comes from.
OPTION_FIELDS: Final[Fields] = {
    probatio.Optional(ATTR_SENDER): word,
    probatio.Optional(ATTR_ENCODING): choice(EncodingChoice),
    probatio.Optional(ATTR_TOO_LONG): choice(TooLong),
    probatio.Optional(ATTR_TIME_TO_LIVE): length_of_time(SHORTEST_LIFE, LONGEST_LIFE),
    probatio.Optional(ATTR_ON_UNKNOWN): choice(OnUnknown),
    probatio.Optional(ATTR_URGENT): switch,
    probatio.Optional(ATTR_SEND_AT): moment_within(FARTHEST_SCHEDULE),
    probatio.Optional(ATTR_FLASH): switch,
    probatio.Optional(ATTR_VOICE): switch,
    probatio.Optional(ATTR_TAG): word,
    probatio.Optional(ATTR_STOP_MENTION): switch,
    probatio.Optional(ATTR_ALLOW_REPLIES): switch,
    probatio.Optional(ATTR_PERSONALISATION): _personalisation,
    probatio.Optional(ATTR_TEST): switch,
    probatio.Optional(ATTR_GATEWAY_OPTIONS): _own_options,
    **WAIT_FIELD,
}


def to_message(fields: Mapping[str, Any], *, by_guest: bool) -> Message:
    """Return the message that fields ask for, as they were read.

    Raises:
        ServiceValidationError: a mail merge makes more of it than anybody reads.

    """
    message = Message(
        text=fields[ATTR_MESSAGE],
        title=fields.get(ATTR_TITLE),
        targets=fields.get(ATTR_TARGET),
        by_guest=by_guest,
        sender=fields.get(ATTR_SENDER),
        encoding=fields.get(ATTR_ENCODING),
        too_long=fields.get(ATTR_TOO_LONG),
        time_to_live=fields.get(ATTR_TIME_TO_LIVE, DEFAULT_TIME_TO_LIVE),
        on_unknown=fields.get(ATTR_ON_UNKNOWN, OnUnknown.HOLD),
        urgent=fields.get(ATTR_URGENT, False),
        options=_options(fields),
        personalisation=fields.get(ATTR_PERSONALISATION, {}),
    )
    if _merged_length(message) > LONGEST_MERGED:
        raise refused(ATTR_PERSONALISATION, _too_much_merged())
    return message


def _merged_length(message: Message) -> int:
    """Return how many characters a mail merge makes of a message for those it names."""
    if not message.personalisation:
        return 0
    text = (message.title or "") + message.text
    times = times_of(text)
    return sum(
        len(text) + sum(times[field] * len(told) for field, told in one.items())
        for one in message.personalisation.values()
    )


def _options(fields: Mapping[str, Any]) -> SmsOptions:
    return SmsOptions(
        send_at=fields.get(ATTR_SEND_AT),
        flash=fields.get(ATTR_FLASH, False),
        voice=fields.get(ATTR_VOICE, False),
        test=fields.get(ATTR_TEST, False),
        tag=fields.get(ATTR_TAG),
        stop_mention=fields.get(ATTR_STOP_MENTION, False),
        allow_replies=fields.get(ATTR_ALLOW_REPLIES, False),
        own=fields.get(ATTR_GATEWAY_OPTIONS, {}),
    )
