"""What an account has to remember that is no message, in the journal's file.

All of it blocks, and may raise `sqlite3.Error`; what does has changed nothing.
"""

from datetime import datetime
import sqlite3

from .row import microseconds, moment, read_rows

_MOVEMENT = "movement"

_NOTE = """
    INSERT INTO note (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""
_LOOK_UP = "SELECT CAST(value AS BLOB) FROM note WHERE key = ?"


def record_balance_change(connection: sqlite3.Connection, at: datetime) -> None:
    """Note when credits moved for something that is no message; the latest counts."""
    moved = microseconds(at)
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        known = last_balance_change(connection)
        if known is None or known < at:
            connection.execute(_NOTE, (_MOVEMENT, str(moved)))


def last_balance_change(connection: sqlite3.Connection) -> datetime | None:
    """Return when credits last moved for something that is no message, if ever."""
    rows = connection.execute(_LOOK_UP, (_MOVEMENT,)).fetchall()
    found = read_rows(rows, _read)
    return found[0] if found else None


def _read(value: bytes) -> datetime:
    return moment(int(value))
