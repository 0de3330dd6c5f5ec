"""What has been told of a submission, and to whom: automations by events, people by repairs.

None of it changes where a submission stands; `transitions` does. All of it is pure.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from .parts import has_ended
from .record import MessageRecord
from .submission import Notice, RowKey, Stage, SubmissionRecord


def unannounced(
    record: MessageRecord, submissions: Iterable[SubmissionRecord]
) -> dict[str, list[SubmissionRecord]]:
    """Return, by number, whose delivery has ended without anybody having heard of it.

    It has not before all parts have ended for that recipient.
    """
    numbers = dict.fromkeys(row.recipient.number for row in submissions)
    found = {
        number: [*filter(_is_unannounced, rows)]
        for number in numbers
        if has_ended(rows := record.rows_of(number))
    }
    return {number: rows for number, rows in found.items() if rows}


def _is_unannounced(submission: SubmissionRecord) -> bool:
    delivery = submission.delivery
    return (
        delivery is not None and delivery.status.is_final and not delivery.is_announced
    )


def mark_announced(record: MessageRecord, keys: Collection[RowKey]) -> MessageRecord:
    """Return the message once everybody has heard how these deliveries ended."""
    return record.updated(
        replace(submission, delivery=replace(submission.delivery, is_announced=True))
        for submission in filter(_is_unannounced, map(record.find, keys))
        if submission.delivery is not None
    )


def mark_notice_announced(
    record: MessageRecord, keys: Iterable[RowKey]
) -> MessageRecord:
    """Return the message once an event has told what failed after its answer.

    What did not leave is to be read, too; what is held is asked about anyway.
    """
    return record.updated(
        replace(
            submission,
            notice=Notice.UNACKNOWLEDGED if submission.stage is Stage.CLOSED else None,
        )
        for submission in map(record.find, keys)
        if submission.notice is Notice.UNANNOUNCED
    )


def acknowledge(record: MessageRecord) -> MessageRecord:
    """Return the message once somebody has read what of it did not leave."""
    return record.updated(
        replace(submission, notice=None)
        for submission in record.submissions
        if submission.notice is Notice.UNACKNOWLEDGED
    )
