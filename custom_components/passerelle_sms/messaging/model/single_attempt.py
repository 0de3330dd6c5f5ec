"""What a relay sends through an account: one attempt, whatever becomes of it.

What provably has not left then is the relay's to send elsewhere. Everything here is pure.
"""

from collections.abc import Iterable
from dataclasses import replace

from ...gateways.errors import EarlierPartFailedError, GatewayError
from .failure import Failure
from .record import Choice, MessageRecord
from .sequence import is_blocked
from .states import State, moved
from .submission import RowKey, SubmissionRecord


def after_one_attempt(submission: SubmissionRecord) -> SubmissionRecord:
    """Return a submission after its attempt: what would wait for another one is closed."""
    return moved(submission, State.NOT_SENT) if submission.is_waiting else submission


def give_back(
    record: MessageRecord, keys: Iterable[RowKey], error: GatewayError
) -> MessageRecord:
    """Return the message with what still waits for its attempt closed, for a reason.

    What waits for the part before it stays here because of that.
    """
    return record.updated(
        replace(
            moved(submission, State.NOT_SENT),
            failure=Failure.of(
                EarlierPartFailedError() if is_blocked(record, submission) else error
            ),
        )
        for submission in map(record.find, keys)
        if submission.is_waiting
    )


def decided(record: MessageRecord, choice: Choice) -> MessageRecord:
    """Return the message with what may have left as the user says at its relay.

    Also where evidence might still tell: it is the relay that has asked.
    """
    to = State.ACCEPTED if choice is Choice.SENT else State.DROPPED
    return record.updated(
        moved(_held(submission), to)
        for submission in record.submissions
        if submission.may_have_left
    )


def _held(submission: SubmissionRecord) -> SubmissionRecord:
    is_open = submission.is_unknown_open
    return moved(submission, State.HELD) if is_open else submission
