"""What has to be remembered that is no message, in the journal's file.

All of it blocks, and may raise `sqlite3.Error`.
"""

from datetime import datetime, timedelta
import sqlite3
from typing import Final

from .values import microseconds, moment, read_rows

_MOVEMENT = "movement"
RUN: Final = "run"
"""Under which number this run of Home Assistant dates what it writes."""

_NOTE = """
    INSERT INTO note (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""
_LOOK_UP = "SELECT value FROM note WHERE key = ?"
_FORGET = "DELETE FROM note WHERE key = ?"


def write_note(connection: sqlite3.Connection, key: str, value: str | None) -> None:
    """Remember a value in the place of the last one; nothing with `None`."""
    if value is None:
        connection.execute(_FORGET, (key,))
    else:
        connection.execute(_NOTE, (key, value))


def read_note(connection: sqlite3.Connection, key: str) -> str | None:
    """Return what was remembered, if that can be read."""
    rows = connection.execute(_LOOK_UP, (key,)).fetchall()
    return next(iter(read_rows(rows, bytes.decode)), None)


def read_run(connection: sqlite3.Connection) -> int:
    """Return the number of this run; 0 before the first."""
    rows = connection.execute(_LOOK_UP, (RUN,)).fetchall()
    return next(iter(read_rows(rows, int)), 0)


def record_balance_change(connection: sqlite3.Connection, at: datetime) -> None:
    """Note when credits moved for something that is no message; the latest counts."""
    moved = microseconds(at)
    known = last_balance_change(connection)
    if known is None or known < at:
        write_note(connection, _MOVEMENT, str(moved))


def last_balance_change(connection: sqlite3.Connection) -> datetime | None:
    """Return when credits last moved for something that is no message, if ever."""
    rows = connection.execute(_LOOK_UP, (_MOVEMENT,)).fetchall()
    return next(iter(read_rows(rows, _read)), None)


def redate_balance_change(connection: sqlite3.Connection, by: timedelta) -> None:
    """Let it be `by` later, as this run may have dated it; never earlier.

    Too late only means that the balance proves nothing for a while.
    """
    known = last_balance_change(connection)
    if known is not None:
        record_balance_change(connection, known + by)


def _read(value: bytes) -> datetime:
    return moment(int(value))
