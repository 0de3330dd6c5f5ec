"""Reads what callers give, one value at a time: within its bounds, or not at all.

A bound is checked before anything is done that takes longer for more. What is wrong is
an error with the key of a sentence, as Home Assistant translates no schema's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from math import isfinite
import re
from typing import Final, TypeIs

import probatio

from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.template import ResultWrapper
from homeassistant.util import dt as dt_util

from ..bounds import (
    FIRST_YEAR,
    FIRST_YEAR_OF_BIRTH,
    LARGEST_OPTION,
    LAST_YEAR,
    LONGEST_NAME,
)
from ..gateways.wire.charset import valid_unicode
from ..messaging.invisible import trimmed
from .quoting import quoted, quoted_day

type Reader[T] = Callable[[object], T]

# Longer than any number, moment or length of time that somebody writes.
_LONGEST_WRITTEN: Final = 40
_ON: Final = frozenset({"1", "true", "yes", "on", "enable"})
_OFF: Final = frozenset({"0", "false", "no", "off", "disable"})


class InvalidValue(probatio.Invalid):
    """A value that its field does not take."""

    def __init__(self, key: str, **details: str) -> None:
        """Say it with the sentence `key`, and what that names besides the field."""
        super().__init__(key)
        self.key = key
        self.details = details


@dataclass(frozen=True, slots=True)
class Clamped:
    """A length of time that is taken instead of one that is too long or too short."""

    length: timedelta


def is_empty(value: object) -> bool:
    """Return whether nothing was given: null, what shows nothing, or holds nothing."""
    if isinstance(value, str):
        return not (trimmed(value) if len(value) <= LONGEST_NAME else value.strip())
    return value is None or (isinstance(value, dict | list | tuple | set) and not value)


def text(most: int, *, is_shown: bool = False) -> Reader[str]:
    """Return what reads a text of `most` characters at the most.

    What is shown to people may be what a template makes of on and off, too.
    """

    def read(value: object) -> str:
        written = _written(value, is_shown=is_shown)
        if len(written) > most:
            raise InvalidValue("field_too_long", most=str(most), value=quoted(written))
        return valid_unicode(written)

    return read


name: Final = text(LONGEST_NAME)


def word(value: object) -> str:
    """Return a name or an id without what came along when it was copied or written."""
    return trimmed(name(value))


def given_name(value: object) -> str:
    """Return a name that may be left out, but not left empty: that means more."""
    if is_empty(value):
        raise InvalidValue("field_missing")
    return name(value)


def whole_number(least: int, most: int) -> Reader[int]:
    """Return what reads a whole number, from a template too, and never one cut off."""

    def read(value: object) -> int:
        number = _number(value)
        if (
            number is None
            or not least <= number <= most
            or number != number.to_integral_value()
        ):
            raise InvalidValue(
                "field_not_number",
                least=str(least),
                most=str(most),
                value=quoted(value),
            )
        return int(number)

    return read


def switch(value: object) -> bool:
    """Return whether something is on."""
    match value:
        case bool():
            return value
        case int() | float() if value in {0, 1}:
            return bool(value)
        case str() if (is_on := said(value)) is not None:
            return is_on
    raise InvalidValue("field_not_switch", value=quoted(value))


def said(value: object) -> bool | None:
    """Return what a word says that is on or off; `None` if it is anything else."""
    lower = trimmed(value).lower() if _is_short(value) else ""
    return lower in _ON if lower in _ON | _OFF else None


def choice[T: StrEnum](kind: type[T]) -> Reader[T]:
    """Return what reads one of several words."""

    def read(value: object) -> T:
        lower = trimmed(value).lower() if _is_short(value) else ""
        try:
            return kind(lower)
        except ValueError:
            raise InvalidValue(
                "field_not_choice", choices=", ".join(kind), value=quoted(value)
            ) from None

    return read


def moment(value: object) -> datetime:
    """Return a moment in UTC; without a zone it is the house's own time."""
    try:
        read = dt_util.parse_datetime(trimmed(value)) if _is_short(value) else value
    except ValueError, OverflowError:
        read = None
    # At the ends of time there is no other zone.
    if not isinstance(read, datetime) or not FIRST_YEAR <= read.year <= LAST_YEAR:
        raise InvalidValue(
            "field_not_moment", **_years(FIRST_YEAR), value=quoted_day(value)
        )
    return dt_util.as_utc(read)


def moment_within(farthest: timedelta) -> Reader[datetime]:
    """Return what reads a moment that is not farther ahead than that."""

    def read(value: object) -> datetime:
        written = moment(value)
        if written - dt_util.utcnow() > farthest:
            shown = dt_util.as_local(written).isoformat(" ", "minutes")
            raise InvalidValue("field_too_far", days=str(farthest.days), value=shown)
        return written

    return read


def day_of_birth(value: object) -> date:
    """Return a day."""
    read = dt_util.parse_date(trimmed(value)) if _is_short(value) else value
    if isinstance(read, datetime):
        read = read.date()
    first = FIRST_YEAR_OF_BIRTH
    if not isinstance(read, date) or not first <= read.year <= LAST_YEAR:
        raise InvalidValue("field_not_day", **_years(first), value=quoted_day(value))
    return read


def length_of_time(
    shortest: timedelta, longest: timedelta
) -> Reader[Clamped | timedelta]:
    """Return what reads a length of time, and takes the nearest that may be.

    So an alert is not lost because somebody has waited for it too long.
    """

    def read(value: object) -> Clamped | timedelta:
        length = _length(value)
        taken = min(max(length, shortest), longest)
        return length if taken == length else Clamped(taken)

    return read


def list_of[T](read_one: Reader[T], most: int) -> Reader[list[T]]:
    """Return what reads one thing or several, at least one."""

    def read(value: object) -> list[T]:
        items = items_of(value)
        if len(items) > most:
            raise InvalidValue("field_too_many", most=str(most))
        if not items:
            raise InvalidValue("field_missing")
        return [read_one(item) for item in items]

    return read


def items_of(value: object) -> list[object]:
    """Return what is in a list, or one thing alone as a list; null is an empty one.

    Raises:
        InvalidValue: it is something with names in it.

    """
    match value:
        case None:
            return []
        case dict():
            raise InvalidValue("field_not_list", value=quoted(value))
        case tuple() if isinstance(value, ResultWrapper):
            # A template has written "0699…, +237…": a tuple has lost zeros and pluses.
            return [value]
        case list() | tuple() | set() | frozenset():
            return list(value)
    return [value]


def mapping(value: object, most: int) -> Mapping[object, object]:
    """Return values by name, of which there are `most` at the most."""
    if not isinstance(value, dict):
        raise InvalidValue("field_not_mapping", value=quoted(value))
    if len(value) > most:
        raise InvalidValue("field_too_many", most=str(most))
    return value


def _written(value: object, *, is_shown: bool) -> str:
    match value:
        case None:
            raise InvalidValue("field_missing")
        case str():
            return str(value)
        # What a template has written, whatever Home Assistant has read in it.
        case ResultWrapper(render_result=str() as rendered):
            return rendered
        case bool() if not is_shown:
            pass
        case int() if abs(value) > LARGEST_OPTION**2:
            pass
        case int() | float() | date() | time() | timedelta():
            return str(value)
    raise InvalidValue("field_not_text", value=quoted(value))


def _number(value: object) -> Decimal | None:
    """Return a finite number; no power is ever worked out here."""
    if isinstance(value, bool):
        return None
    try:
        match value:
            case int() if abs(value) <= LARGEST_OPTION:
                return Decimal(value)
            case float() if isfinite(value):
                return Decimal(value)
            case Decimal() if value.is_finite():
                return value
            case str() if len(value) <= _LONGEST_WRITTEN:
                number = Decimal(value)
                return number if number.is_finite() else None
    except InvalidOperation:
        pass
    return None


def _length(value: object) -> timedelta:
    """Return a length of time that is none before nothing."""
    parts = value.values() if isinstance(value, dict) else (value,)
    try:
        if len(parts) > _LONGEST_WRITTEN or not all(map(_is_time, parts)):
            raise InvalidValue("")
        written = trimmed(value) if isinstance(value, str) else value
        length = _as_templates_write(written)
        if length is None:
            length = cv.positive_time_period(written)
    except probatio.Invalid, ValueError, OverflowError:
        raise InvalidValue("field_not_length", value=quoted(value)) from None
    return length


def _as_templates_write(value: object) -> timedelta | None:
    """Return a length of at least a day as Python writes it, or one of ISO 8601."""
    if not isinstance(value, str) or not re.match(r"\d+ days?, \d|PT?\d", value):
        return None
    return dt_util.parse_duration(value)


def _is_time(value: object) -> bool:
    return _is_short(value) or (
        isinstance(value, int | float | timedelta) and not isinstance(value, bool)
    )


def _is_short(value: object) -> TypeIs[str]:
    return isinstance(value, str) and len(value) <= _LONGEST_WRITTEN


def _years(first: int) -> dict[str, str]:
    return {"first": str(first), "last": str(LAST_YEAR)}
