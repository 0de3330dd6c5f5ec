"""How a change is taken back that could not be written down. All of it is pure."""

from collections.abc import Iterable
from dataclasses import replace

from .record import MessageRecord
from .submission import SubmissionRecord


def undone(
    current: MessageRecord,
    before: MessageRecord,
    after: MessageRecord,
    changed: Iterable[SubmissionRecord],
) -> MessageRecord:
    """Return a message without a change from `before` to `after`.

    What has been changed since, on top of it, stays.
    """
    record = current.updated(
        before.find(submission.key)
        for submission in changed
        if after.find(submission.key) == current.find(submission.key)
    )
    if current.created == after.created:
        record = replace(record, created=before.created)
    if after.joined is before.joined:
        return record
    new = {*after.joined_ids} - {*before.joined_ids}
    joined = tuple(each for each in current.joined if each.message_id not in new)
    # Another one that has joined since may be urgent too.
    urgent = before.urgent if len(joined) == len(before.joined) else current.urgent
    return replace(record, joined=joined, urgent=urgent)
