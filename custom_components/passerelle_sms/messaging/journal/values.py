"""How single values are written in the journal's file, and read again."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import InvalidOperation
import json
import sqlite3
from typing import Final

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class DamagedError(sqlite3.DatabaseError):
    """The file, or a record in it, cannot be read."""


UNREADABLE: Final = (
    DamagedError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    InvalidOperation,
    OverflowError,
    RecursionError,
)
"""Everything that reading a row raises when it isn't one."""


def read_rows[*Ts, T](rows: Iterable[tuple[*Ts]], read: Callable[[*Ts], T]) -> list[T]:
    """Return what can be read of rows that are no messages.

    One that can't be is passed over, and stays where it is. Nothing was promised about
    it, and the others are still worth having; a copy of the whole file would only tell
    that messages might be lost, and none is.
    """
    found = []
    for row in rows:
        with suppress(*UNREADABLE):
            found.append(read(*row))
    return found


def to_text(stored: object) -> str:
    """Return something as JSON; even half a character survives in it."""
    return json.dumps(stored, separators=(",", ":"))


def microseconds(when: datetime) -> int:
    """Return a moment as it is sorted; raises `TypeError` without a time zone."""
    return (when - _EPOCH) // _MICROSECOND


def moment(stored: int) -> datetime:
    """Return the moment that was stored; raises `OverflowError`."""
    return _EPOCH + stored * _MICROSECOND


def span(stored: int) -> timedelta:
    """Return the length of time that was stored; raises `OverflowError`."""
    return stored * _MICROSECOND


def length(of_time: timedelta) -> int:
    """Return a length of time as it is stored."""
    return of_time // _MICROSECOND
