"""What has been told of a submission, and to whom: automations by events, people by repairs.

None of it changes where a submission stands; `transitions` does. All of it is pure.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from .record import MessageRecord
from .submission import Notice, Stage, SubmissionRecord


def unannounced(
    submissions: Iterable[SubmissionRecord],
) -> tuple[SubmissionRecord, ...]:
    """Return those whose delivery has ended without anybody having heard of it."""
    return tuple(
        submission
        for submission in submissions
        if submission.delivery is not None
        and submission.delivery.status.is_final
        and not submission.delivery.is_announced
    )


def mark_announced(record: MessageRecord, numbers: Collection[str]) -> MessageRecord:
    """Return the message once everybody has heard how these deliveries ended."""
    return record.updated(
        replace(submission, delivery=replace(submission.delivery, is_announced=True))
        for submission in unannounced(map(record.find, numbers))
        if submission.delivery is not None
    )


def mark_notice_announced(
    record: MessageRecord, numbers: Iterable[str]
) -> MessageRecord:
    """Return the message once an event has told what failed after its answer.

    What did not leave is to be read, too; what is held is asked about anyway.
    """
    return record.updated(
        replace(
            submission,
            notice=Notice.UNACKNOWLEDGED if submission.stage is Stage.CLOSED else None,
        )
        for submission in map(record.find, numbers)
        if submission.notice is Notice.UNANNOUNCED
    )


def acknowledge(record: MessageRecord) -> MessageRecord:
    """Return the message once somebody has read what of it did not leave."""
    return record.updated(
        replace(submission, notice=None)
        for submission in record.submissions
        if submission.notice is Notice.UNACKNOWLEDGED
    )
