"""What people answered, in the journal's file.

A gateway tells of a reply again and again: it is known by who wrote what and when. All of
it blocks, and may raise `sqlite3.Error`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
import json
import sqlite3
from typing import Final

from .values import microseconds, moment, read_rows, to_text

REPLIES_KEPT: Final = 100_000
"""How many replies the file holds at most, the newest ones."""

_KEEP = """
    INSERT INTO reply (message_id, at, heard, reply) VALUES (?, ?, ?, ?)
    ON CONFLICT (message_id, reply) DO NOTHING RETURNING reply_id
"""
# By their numbers, which come in order: it costs the same however many there are.
_TRIM = "DELETE FROM reply WHERE reply_id <= (SELECT max(reply_id) FROM reply) - ?"
_TELL = "UPDATE reply SET told = 1 WHERE reply_id = ?"

_UNTOLD = """
    SELECT reply_id, message_id, heard, reply FROM reply
    WHERE told = 0 ORDER BY reply_id
"""
_ALL = """
    SELECT reply_id, message_id, heard, reply FROM reply
    ORDER BY at DESC, reply_id DESC LIMIT :limit
"""
_TO_MESSAGE = """
    SELECT reply_id, message_id, heard, reply FROM reply
    WHERE message_id = :message_id ORDER BY at DESC, reply_id DESC LIMIT :limit
"""
_COUNT = "SELECT count(*) FROM reply WHERE message_id = ?"
_PRUNE = "DELETE FROM reply WHERE told = 1 AND heard < ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReply:
    """An answer to a message of ours."""

    reply_id: int | None = None
    """`None` until it is on disk."""
    message_id: str
    """The message of ours that it answers."""
    number: str = field(repr=False)
    """Who wrote it: E.164 as far as the gateway tells, else a name, or nothing."""
    text: str = field(repr=False)
    at: datetime | None
    """When it was written, as far as the gateway tells."""
    heard: datetime
    """When the gateway told of it for the first time."""


def keep_replies(
    connection: sqlite3.Connection,
    replies: Sequence[StoredReply],
    keep: int = REPLIES_KEPT,
) -> list[StoredReply]:
    """Write down the replies that are new, and return these.

    The oldest of what is too many are deleted.
    """
    kept = [
        replace(reply, reply_id=reply_id)
        for reply in replies
        for (reply_id,) in connection.execute(_KEEP, _values(reply)).fetchall()
    ]
    connection.execute(_TRIM, (keep,))
    return kept


def untold_replies(connection: sqlite3.Connection) -> list[StoredReply]:
    """Return the replies that not everybody has heard of, in the order they came."""
    return read_rows(connection.execute(_UNTOLD).fetchall(), _read)


def tell_replies(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Note that everybody has heard of these replies."""
    connection.executemany(_TELL, ((reply_id,) for reply_id in ids))


def find_replies(
    connection: sqlite3.Connection, message_id: str | None, limit: int
) -> list[StoredReply]:
    """Return the replies to a message, or to any, newest first."""
    statement = _ALL if message_id is None else _TO_MESSAGE
    values = {"message_id": message_id, "limit": limit}
    return read_rows(connection.execute(statement, values).fetchall(), _read)


def count_replies(connection: sqlite3.Connection, message_id: str) -> int:
    """Return how many replies to a message there are."""
    [[count]] = connection.execute(_COUNT, (message_id,)).fetchall()
    return int(count)


def prune_replies(connection: sqlite3.Connection, before: datetime) -> None:
    """Delete what was told and is old."""
    connection.execute(_PRUNE, (microseconds(before),))


def _values(reply: StoredReply) -> tuple[str, int, int, str]:
    heard = microseconds(reply.heard)
    at = heard if reply.at is None else microseconds(reply.at)
    # One moment has one spelling here, or the same reply could be two.
    written = None if reply.at is None else reply.at.astimezone(UTC).isoformat()
    stored = {"number": reply.number, "at": written, "text": reply.text}
    return reply.message_id, at, heard, to_text(stored)


def _read(reply_id: int, message_id: bytes, heard: int, stored: bytes) -> StoredReply:
    reply = json.loads(stored)
    at = reply["at"]
    return StoredReply(
        reply_id=reply_id,
        message_id=message_id.decode(),
        number=reply["number"],
        text=reply["text"],
        at=None if at is None else datetime.fromisoformat(at),
        heard=moment(heard),
    )
