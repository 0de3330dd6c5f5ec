"""A message as a row of the journal's file, and back; and what all its rows share."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import InvalidOperation
import json
import sqlite3
from typing import Self

from ..model.record import MessageRecord
from .message_json import record_from_json, record_to_json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class DamagedError(sqlite3.DatabaseError):
    """The file, or a record in it, cannot be read."""


# Everything that reading a record raises when it isn't one.
_UNREADABLE = (
    DamagedError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    InvalidOperation,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A record as it is written."""

    message_id: str
    created: int
    closed: bool
    tracked: bool
    send_at: int | None
    record: str = field(repr=False)
    submissions: tuple[tuple[str, str], ...] = field(repr=False)
    """Numbers and outcomes."""

    @classmethod
    def of(cls, record: MessageRecord) -> Self:
        """Return what is written of a record."""
        return cls(
            message_id=record.message_id,
            created=microseconds(record.created),
            closed=record.is_closed,
            tracked=record.is_tracked,
            send_at=_send_at(record),
            record=to_text(record_to_json(record)),
            submissions=tuple(
                (submission.recipient.number, submission.outcome.value)
                for submission in record.submissions
            ),
        )


def read_record(stored: bytes) -> MessageRecord:
    """Return the record that is stored; raises `DamagedError`."""
    try:
        return record_from_json(json.loads(stored))
    except _UNREADABLE:
        # Not even as the cause: it would quote the message.
        raise DamagedError("malformed record") from None


def is_record(
    message_id: bytes,
    created: int,
    closed: int,
    tracked: int,
    send_at: int | None,
    stored: bytes,
) -> bool:
    """Tell whether a row holds a record, the one that it is looked up as."""
    try:
        record = read_record(stored)
        return (message_id.decode(), created, closed, tracked, send_at) == (
            record.message_id,
            microseconds(record.created),
            record.is_closed,
            record.is_tracked,
            _send_at(record),
        )
    except _UNREADABLE:
        return False


def read_rows[*Ts, T](rows: Iterable[tuple[*Ts]], read: Callable[[*Ts], T]) -> list[T]:
    """Return what can be read of rows that are no messages.

    One that can't be is passed over, and stays where it is. Nothing was promised about
    it, and the others are still worth having; a copy of the whole file would only tell
    that messages might be lost, and none is.
    """
    found = []
    for row in rows:
        with suppress(*_UNREADABLE):
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


def _send_at(record: MessageRecord) -> int | None:
    send_at = record.options.send_at
    return None if send_at is None else microseconds(send_at)
