"""All legal changes of a submission; their table stands in `states`.

Everything here is pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from ...gateways.errors import DuplicateMessageError, MessageCancelledError
from ...gateways.model.delivery import DeliveryReport
from ...gateways.model.message import Submission
from ...gateways.outcome import Outcome
from .failure import DeliveryState, Failure
from .leg import resent_legs
from .planning import mark_planned
from .record import Choice, MessageRecord
from .refusals import is_refusal_of_account
from .sequence import follows_unsent
from .single_attempt import after_one_attempt
from .states import State, moved, state_of
from .submission import Notice, RowKey, Stage, SubmissionRecord, row_key

_AFTER_ANSWER: Final = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.REJECTED: State.REJECTED,
    Outcome.UNKNOWN: State.UNKNOWN,
}


# --- a request to send --------------------------------------------------------------


def mark_in_flight(
    record: MessageRecord,
    keys: Iterable[RowKey],
    now: datetime,
    period: int,
) -> MessageRecord:
    """Return the message as it must be on disk before the first byte leaves.

    What was in doubt before keeps the time of its first attempt. `period` is that of the
    ledger.
    """
    return record.updated(
        replace(
            moved(submission, State.UNKNOWN),
            failure=None,
            was_refused=False,
            attempts=submission.attempts + 1,
            attempted=submission.attempted if submission.is_unknown_open else now,
            period=period,
        )
        for submission in map(record.find, keys)
    )


def apply_results(
    record: MessageRecord,
    earlier: MessageRecord,
    results: Sequence[Submission],
    *,
    part: int = 1,
    proves_earlier_send: bool,
    is_answered: bool,
) -> MessageRecord:
    """Return the message with what came of a request, for one part of its text.

    `earlier` is the message before it: what was in doubt then stays so unless this
    request is proof, as its first one may have left whatever became of the second.
    `is_answered` says that its caller has been told "queued", so that a refusal now has
    to be told otherwise.
    """
    by_key = {row_key(result.recipient, part): result for result in results}
    after = (
        _apply_result(
            record.find(key),
            earlier.find(key),
            result,
            sender=record.sender,
            proves_earlier_send=proves_earlier_send,
        )
        for key, result in by_key.items()
        # A report may have settled it meanwhile.
        if record.find(key).is_unknown_open
    )
    if record.is_leg:
        return record.updated(map(after_one_attempt, after))
    return record.updated(
        replace(submission, notice=Notice.UNANNOUNCED)
        if is_answered and submission.outcome is Outcome.REJECTED
        else submission
        for submission in after
    )


def apply_final_result(
    submission: SubmissionRecord, result: Submission
) -> SubmissionRecord:
    """Return what a request that is never repeated has made of a submission."""
    return replace(
        _with_answer(submission, result), outcome=result.outcome, stage=Stage.CLOSED
    )


def _apply_result(
    submission: SubmissionRecord,
    earlier: SubmissionRecord,
    result: Submission,
    *,
    sender: str | None,
    proves_earlier_send: bool,
) -> SubmissionRecord:
    if result.outcome is Outcome.NOT_SENT or is_refusal_of_account(
        result.error, sender
    ):
        # As if there had been no request; of one before it that says nothing. Its moment
        # is not that of `earlier` where the clock was set meanwhile.
        attempted = submission if earlier.is_unknown_open else earlier
        return replace(
            earlier,
            failure=_failure(result),
            attempted=attempted.attempted,
            legs=submission.legs,
        )
    if not earlier.is_unknown_open and not earlier.resent:
        return _after_answer(submission, result)
    if proves_earlier_send and isinstance(result.error, DuplicateMessageError):
        return replace(
            moved(submission, State.ACCEPTED),
            submission_id=result.submission_id or submission.submission_id,
        )
    if result.outcome is Outcome.REJECTED:
        # It doesn't count, but what came before it may have left all the same.
        return replace(
            submission,
            attempts=earlier.attempts,
            failure=_failure(result),
            was_refused=True,
        )
    return _after_answer(submission, result)


def _after_answer(submission: SubmissionRecord, result: Submission) -> SubmissionRecord:
    """Return what a request has made of a submission, as if it was the first."""
    return moved(_with_answer(submission, result), _AFTER_ANSWER[result.outcome])


def _with_answer(submission: SubmissionRecord, result: Submission) -> SubmissionRecord:
    """Return a submission with all that an answer tells beside its outcome."""
    return replace(
        submission,
        submission_id=result.submission_id or submission.submission_id,
        sending_id=result.sending_id or submission.sending_id,
        # An error tells none, and what evidence is held against is our own count.
        segments=submission.segments if result.segments is None else result.segments,
        cost=result.cost,
        failure=_failure(result),
        sent_at_once=result.sent_at_once,
        delivery=None
        if result.delivery is None
        else DeliveryState(status=result.delivery),
    )


# --- what does not leave ------------------------------------------------------------


def expired(record: MessageRecord, keys: Iterable[RowKey]) -> MessageRecord:
    """Return the message once it is old news: what has not left stays at home.

    A doubt never expires; of what waits to be sent again the first may have arrived, so
    that is the user's to judge. A person is to hear of the rest, once for all parts; of
    what a relay sends, the relay tells.
    """
    notice = None if record.is_leg else Notice.UNANNOUNCED
    return record.updated(
        moved(submission, State.HELD)
        if submission.resent
        else replace(moved(submission, State.EXPIRED), notice=notice)
        for submission in map(record.find, keys)
        if submission.stays_here and not follows_unsent(record, submission)
    )


def mark_withdrawn(record: MessageRecord, keys: Iterable[RowKey]) -> MessageRecord:
    """Return the message once it is taken back: what has not left stays at home.

    Of what is sent again the first may have arrived, so that is the user's to judge.
    """
    return record.updated(
        moved(submission, State.HELD) if submission.resent else _cancelled(submission)
        for submission in map(record.find, keys)
        if submission.stays_here
    )


def mark_cancelled_at_gateway(
    record: MessageRecord, keys: Iterable[RowKey]
) -> MessageRecord:
    """Return the message once the gateway has taken back what it kept for later.

    Where it may have had a submission twice, another one may still be there.
    """
    return record.updated(
        replace(
            moved(submission, State.DROPPED),
            failure=submission.failure,
            cost=None,
            delivery=None,
        )
        if submission.attempts > 1
        else replace(_cancelled(submission), cost=None)
        for submission in map(record.find, keys)
        if may_be_at_gateway(submission)
    )


def may_be_at_gateway(submission: SubmissionRecord) -> bool:
    """Return whether the gateway may keep a scheduled submission."""
    may_be_there = state_of(submission) in {State.ACCEPTED, State.HELD}
    return may_be_there and not submission.sent_at_once


def is_cancelled(submission: SubmissionRecord) -> bool:
    """Return whether a submission was taken back."""
    failure = submission.failure
    return failure is not None and failure.key == MessageCancelledError.key


# --- what was in doubt ----------------------------------------------------------------


def settle_accepted(keys: Iterable[RowKey], record: MessageRecord) -> MessageRecord:
    """Return the message with what provably left."""
    return record.updated(
        replace(moved(submission, State.ACCEPTED), failure=None)
        for submission in _in_doubt(record, keys)
    )


def requeue(keys: Iterable[RowKey], record: MessageRecord) -> MessageRecord:
    """Return the message with what provably has not left put back in the queue.

    Its attempts don't count; of what was sent again, the first still may have left. What
    a relay sends had its one attempt: it is the relay's to send it elsewhere.
    """
    if record.is_leg:
        return record.updated(
            moved(submission, State.NOT_SENT) for submission in _in_doubt(record, keys)
        )
    return record.updated(
        replace(
            moved(submission, State.WAITING),
            attempts=1 if submission.resent else 0,
        )
        for submission in _in_doubt(record, keys)
    )


def resend(keys: Iterable[RowKey], record: MessageRecord) -> MessageRecord:
    """Return the message with what may have left put back in the queue."""
    return record.updated(map(_requeue_as_resend, _in_doubt(record, keys)))


def hold_for_user(keys: Iterable[RowKey], record: MessageRecord) -> MessageRecord:
    """Return the message with what no evidence settles held.

    Of what a relay sends nobody is told here: the relay asks.
    """
    held = (moved(submission, State.HELD) for submission in _in_doubt(record, keys))
    if record.is_leg:
        held = (replace(submission, notice=None) for submission in held)
    return record.updated(held)


def apply_user_choice(
    record: MessageRecord, choice: Choice, now: datetime
) -> MessageRecord:
    """Return the message with what the user has chosen for what is held.

    Sent again, it is as good as new: it has its time anew, and whoever looks for what was
    sent lately finds it. Where it is kept here until its hour, it waits for that.
    """
    held = [s for s in record.submissions if s.stage is Stage.HELD]
    if choice is Choice.RESEND:
        by = now - record.created
        again = replace(record, created=now).updated(
            replace(_requeue_as_resend(one), legs=resent_legs(one.legs, by))
            for one in held
        )
        return mark_planned(again) if record.is_kept_beyond(now) else again
    to = State.ACCEPTED if choice is Choice.SENT else State.DROPPED
    return record.updated(moved(submission, to) for submission in held)


# --- what is heard of a delivery -------------------------------------------------------


def apply_report(
    record: MessageRecord, key: RowKey, report: DeliveryReport
) -> MessageRecord:
    """Return the message with what a report says about one of its recipients.

    What was in doubt is accepted: the gateway could not tell of it otherwise.
    """
    submission = record.find(key)
    if submission.may_have_left:
        proven = replace(
            moved(submission, State.ACCEPTED),
            failure=None,
            submission_id=report.submission_id or submission.submission_id,
            delivery=DeliveryState.of(report),
        )
        return record.updated([proven])
    if submission.delivery is None or not submission.delivery.is_news(report):
        return record
    known = submission.submission_id or report.submission_id
    return record.updated(
        [replace(submission, submission_id=known, delivery=DeliveryState.of(report))]
    )


def _in_doubt(
    record: MessageRecord, keys: Iterable[RowKey]
) -> Iterable[SubmissionRecord]:
    return (s for s in map(record.find, keys) if s.is_unknown_open)


def _requeue_as_resend(submission: SubmissionRecord) -> SubmissionRecord:
    return replace(moved(submission, State.WAITING), resent=True)


def _cancelled(submission: SubmissionRecord) -> SubmissionRecord:
    return replace(
        moved(submission, State.NOT_SENT),
        failure=Failure.of(MessageCancelledError()),
        delivery=None,
    )


def _failure(result: Submission) -> Failure | None:
    return None if result.error is None else Failure.of(result.error)
