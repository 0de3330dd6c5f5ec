"""SMSECO's dates and times: its document prints one form to send, and none to read."""

from datetime import date, datetime
import re
from typing import Final

from ..wire.times import ABIDJAN, parse_time, to_minute

_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?=[T ]|$)")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?=[T ]|$)")


def write_time(time: datetime) -> str:
    """Return a time as `datesend` has it: AAAA-MM-JJ HH:MM (section I-2)."""
    local = to_minute(time, ABIDJAN)
    return local.replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")


def read_date(value: object) -> date | None:
    """Return the day of an ISO or a French date, with or without a time, or `None`."""
    found = _split(value)
    return found[0] if found else None


def read_time(value: object) -> datetime | None:
    """Return an ISO or a French time, or `None` when it is none.

    A day without a time is its beginning.
    """
    if (found := _split(value)) is None:
        return None
    day, rest = found
    return parse_time(f"{day.isoformat()}{rest}", ABIDJAN)


def _split(value: object) -> tuple[date, str] | None:
    """Return the day that a text begins with, and what follows it."""
    text = value.strip() if isinstance(value, str) else ""
    if found := _YEAR_FIRST.match(text):
        year, month, day = map(int, found.groups())
    elif found := _DAY_FIRST.match(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        return date(year, month, day), text[found.end() :]
    except ValueError:
        return None
