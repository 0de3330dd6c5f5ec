"""What is kept here until its hour, and what this house itself refuses, then or at once.

Everything here is pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from ...gateways.errors import RejectedError
from .failure import Failure
from .record import MessageRecord
from .states import State, moved
from .submission import Notice, SubmissionRecord


def mark_planned(record: MessageRecord) -> MessageRecord:
    """Return the message with what waits kept until its hour."""
    return record.updated(
        moved(submission, State.PLANNED)
        for submission in record.submissions
        if submission.is_waiting
    )


def released(record: MessageRecord) -> MessageRecord:
    """Return the message once its hour has come: as if it had been asked for then.

    So it has its life from then on, and whoever looks for what was sent lately finds it.
    If the clock was set forward meanwhile, it may have been asked for later than that.
    """
    hour = record.options.send_at or record.created
    return replace(record, created=max(record.created, hour)).updated(
        moved(submission, State.WAITING)
        for submission in record.submissions
        if submission.is_planned
    )


def put_back(record: MessageRecord, now: datetime) -> MessageRecord:
    """Return the message with what left its hour too early kept until then again.

    A clock that ran ahead has let it go, and was set back before it left. Whoever has one
    part reads the others at once.
    """
    if not record.is_kept_beyond(now):
        return record
    return record.updated(
        moved(submission, State.PLANNED)
        for submission in record.submissions
        if submission.is_waiting and not _has_begun(record, submission)
    )


def _has_begun(record: MessageRecord, submission: SubmissionRecord) -> bool:
    """Return whether an earlier part has left, or may have."""
    while (before := record.before(submission)) is not None:
        submission = before
    return not submission.stays_here


def refused_here(
    record: MessageRecord,
    refused: Mapping[str, RejectedError],
    *,
    is_answered: bool = False,
) -> MessageRecord:
    """Return the message without those whom this house refuses, by their numbers.

    `is_answered` says that its caller has been told "queued" before: somebody is to hear
    of each then, once for all parts.
    """
    return record.updated(
        row
        for number, error in refused.items()
        for row in _refused(record.rows_of(number), error, is_answered=is_answered)
    )


def _refused(
    rows: Iterable[SubmissionRecord], error: RejectedError, *, is_answered: bool
) -> Iterator[SubmissionRecord]:
    """Yield what waits of one recipient's parts, refused.

    Of what is sent again the first may have arrived, so that is the user's to judge.
    """
    notice = Notice.UNANNOUNCED if is_answered else None
    for row in rows:
        if not row.is_waiting:
            continue
        if row.resent:
            yield replace(moved(row, State.HELD), failure=Failure.of(error))
            continue
        refused = moved(row, State.REJECTED)
        yield replace(refused, failure=Failure.of(error), notice=notice)
        notice = None
