"""What the guard counts of a message: its segments, and what it says to whom.

All of it is pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ..model.record import MessageRecord, text_to
from ..model.submission import SubmissionRecord
from .recent_texts import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One submission that counts."""

    segments: int
    said: Said | None
    """The whole text, with its first part; the others are not said by themselves."""


def waiting(record: MessageRecord) -> Iterator[SubmissionRecord]:
    """Yield what of a message waits."""
    return (row for row in record.submissions if row.is_waiting)


def count_of(record: MessageRecord, row: SubmissionRecord) -> Counted:
    """Return what a submission counts."""
    return Counted(segments=segments_of(record, row), said=said_of(record, row))


def segments_of(record: MessageRecord, row: SubmissionRecord) -> int:
    """Return the segments that count: some for a checked number, too, which has no text."""
    return 0 if row.is_planned else max(1, record.segments_of(row))


def said_of(record: MessageRecord, row: SubmissionRecord) -> Said | None:
    """Return what one recipient reads, and when if that is later; once for all parts.

    One text with other values, or for another hour, is another message.
    """
    if record.before(row) is not None:
        return None
    text, send_at = text_to(record, row.recipient.number), record.options.send_at
    if send_at is not None:
        text = f"{send_at.isoformat()} {text}"
    return Said(text, row.recipient.number)
