"""What has to be remembered that is no message, in the journal's file.

All of it blocks, and may raise `sqlite3.Error`.
"""

import sqlite3
from typing import Final

from .values import read_rows

_LEDGER = "ledger"
_DISTRUSTED = "ledger_distrusted"
_UNFINISHED = "unfinished"
_EPOCH = "epoch"
_DOUBTFUL_UP_TO = "doubtful_up_to"
RUN: Final = "run"
"""Under which number this run of Home Assistant dates what it writes."""

_NOTE = """
    INSERT INTO note (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""
_LOOK_UP = "SELECT value FROM note WHERE key = ?"
_LATEST_MESSAGE = "SELECT message_id FROM message ORDER BY message_id DESC LIMIT 1"
_FORGET = "DELETE FROM note WHERE key = ?"
_KEYS = (
    "SELECT key FROM note WHERE substr(key, 1, length(:prefix)) = :prefix ORDER BY key"
)


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


def keys_with(connection: sqlite3.Connection, prefix: str) -> list[str]:
    """Return the keys that begin with `prefix`, sorted, of all that is remembered."""
    rows = connection.execute(_KEYS, {"prefix": prefix}).fetchall()
    return read_rows(rows, bytes.decode)


def note_doubtful(connection: sqlite3.Connection) -> None:
    """Note that this file may lack what became since of each message that it holds."""
    rows = connection.execute(_LATEST_MESSAGE).fetchall()
    for latest in read_rows(rows, bytes.decode):
        write_note(connection, _DOUBTFUL_UP_TO, latest)


def read_doubtful_up_to(connection: sqlite3.Connection) -> str:
    """Return the id of the last such message; nothing where there is none."""
    return read_note(connection, _DOUBTFUL_UP_TO) or ""


def read_run(connection: sqlite3.Connection) -> int:
    """Return the number of this run; 0 before the first."""
    rows = connection.execute(_LOOK_UP, (RUN,)).fetchall()
    return next(iter(read_rows(rows, int)), 0)


def write_ledger(connection: sqlite3.Connection, ledger: str) -> None:
    """Remember what the ledger says; from now on it is to be trusted as far as it says."""
    keep_ledger(connection, ledger)
    write_note(connection, _DISTRUSTED, None)


def keep_ledger(connection: sqlite3.Connection, ledger: str) -> None:
    """Remember what the ledger says, which may not know yet that it is distrusted."""
    write_note(connection, _LEDGER, ledger)


def read_ledger(connection: sqlite3.Connection) -> str | None:
    """Return what the ledger said last."""
    return read_note(connection, _LEDGER)


def distrust_balance(connection: sqlite3.Connection) -> None:
    """Let the balance prove nothing for now: charges may be missing in this file."""
    write_note(connection, _DISTRUSTED, "1")
    # Put in the place of another file, it may tell of a run that has finished.
    note_unfinished(connection)


def note_unfinished(connection: sqlite3.Connection) -> None:
    """Note that a run has begun, whose end alone tells that all of it is in this file."""
    write_note(connection, _UNFINISHED, "1")


def note_finished(connection: sqlite3.Connection, ledger: str) -> None:
    """Note that a run has ended and all of it is in this file, with its ledger."""
    write_ledger(connection, ledger)
    write_note(connection, _UNFINISHED, None)


def is_unfinished(connection: sqlite3.Connection, was_finished: bool) -> bool:
    """Return whether the last run may have done what is not in this file.

    `was_finished` says that none can have been since the last one that is noted here.
    """
    is_noted = read_note(connection, _UNFINISHED) is not None
    return is_noted or (not was_finished and read_run(connection) > 0)


def is_balance_distrusted(connection: sqlite3.Connection) -> bool:
    """Return whether charges may be missing in this file."""
    return read_note(connection, _DISTRUSTED) is not None


def read_epoch(connection: sqlite3.Connection) -> str | None:
    """Return what tells this file from all others that were in its place.

    What a file with the same epoch doesn't know was never written to it. It is another
    one as soon as anything may be missing.
    """
    return read_note(connection, _EPOCH)


def write_epoch(connection: sqlite3.Connection, epoch: str) -> None:
    """Begin an epoch."""
    write_note(connection, _EPOCH, epoch)


def end_epoch(connection: sqlite3.Connection) -> None:
    """End the epoch: messages may be missing in this file."""
    write_note(connection, _EPOCH, None)
