"""A message as a row of the journal's file, and back."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import InvalidOperation
import json
import sqlite3
from typing import Self

from .record import MessageRecord

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
    InvalidOperation,
    RecursionError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A record as it is written."""

    message_id: str
    created: int
    closed: bool
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
            record=json.dumps(record.to_json(), separators=(",", ":")),
            submissions=tuple(
                (made.recipient.number, made.outcome.value)
                for made in record.submissions
            ),
        )


def read_record(stored: bytes) -> MessageRecord:
    """Return the record that is stored; raises `DamagedError`."""
    try:
        return MessageRecord.from_json(json.loads(stored))
    except _UNREADABLE:
        # Not even as the cause: it would quote the message.
        raise DamagedError("malformed record") from None


def is_record(message_id: bytes, created: int, closed: int, stored: bytes) -> bool:
    """Tell whether a row holds a record, the one that it is looked up as."""
    try:
        record = read_record(stored)
        return (
            record.message_id == message_id.decode()
            and microseconds(record.created) == created
            and record.is_closed == closed
        )
    except _UNREADABLE:
        return False


def microseconds(when: datetime) -> int:
    """Return a moment as it is sorted; raises `TypeError` without a time zone."""
    return (when - _EPOCH) // _MICROSECOND
