"""The order of a recipient's parts: each is sent once the one before it is accepted.

Everything here is pure.
"""

from collections.abc import Iterable, Iterator

from ...gateways.outcome import Outcome
from .record import MessageRecord
from .submission import RowKey, SubmissionRecord, row_key


def is_blocked(record: MessageRecord, submission: SubmissionRecord) -> bool:
    """Return whether a part waits for the one before it."""
    before = record.before(submission)
    return before is not None and before.outcome is not Outcome.ACCEPTED


def ready(record: MessageRecord) -> list[RowKey]:
    """Return what of a message waits for the gateway only."""
    return [
        row.key
        for row in record.submissions
        if row.is_waiting and not is_blocked(record, row)
    ]


def blocked(record: MessageRecord) -> list[RowKey]:
    """Return what of a message waits for the part before it."""
    if not record.parts:
        return []
    return [
        row.key
        for row in record.submissions
        if row.is_waiting and is_blocked(record, row)
    ]


def with_next(
    record: MessageRecord, submissions: Iterable[SubmissionRecord]
) -> Iterator[SubmissionRecord]:
    """Yield submissions as they are now, each before the one that waits for it."""
    for submission in submissions:
        yield record.find(submission.key)
        yield from following(record, [submission.key])


def following(
    record: MessageRecord, keys: Iterable[RowKey]
) -> Iterator[SubmissionRecord]:
    """Yield the parts that wait for these, if there are any."""
    for submission in map(record.find, keys if record.parts else ()):
        after = row_key(submission.recipient.number, submission.part + 1)
        if (row := record.submissions.get(after)) is not None:
            yield row


def follows_unsent(record: MessageRecord, submission: SubmissionRecord) -> bool:
    """Return whether a part stays at home anyway if the one before it does."""
    before = record.before(submission)
    return before is not None and before.stays_here and not before.resent
