"""What an attempt at a gateway makes of a message: before it, and after it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from custom_components.passerelle_sms.messaging.model.record import Choice

from ...gateways.errors import DuplicateMessageError, MessageCancelledError
from ...gateways.model.delivery import DeliveryReport
from ...gateways.model.message import Submission
from ...gateways.outcome import Outcome
from .record import (
    DeliveryState,
    Failure,
    MessageRecord,
    OnUnknown,
    Stage,
    SubmissionRecord,
)


def mark_in_flight(
    record: MessageRecord,
    numbers: Iterable[str],
    now: datetime,
    balance: Decimal | None,
) -> MessageRecord:
    """Return the message as it must be on disk before the first byte leaves.

    From here on its outcome is unknown: a crash in the middle finds it so, and nothing
    is sent twice. What was in doubt before keeps the time of its first attempt, and the
    balance before that.
    """
    return record.updated(
        replace(
            submission,
            outcome=Outcome.UNKNOWN,
            stage=Stage.OPEN,
            failure=None,
            attempts=submission.attempts + 1,
            attempted=submission.attempted if submission.is_unknown_open else now,
            balance_before=submission.balance_before
            if submission.is_unknown_open
            else balance,
        )
        for submission in map(record.find, numbers)
    )


def apply_results(
    record: MessageRecord,
    earlier: MessageRecord,
    results: Sequence[Submission],
    *,
    proves_earlier_send: bool,
) -> MessageRecord:
    """Return the message with what came of an attempt.

    `earlier` is the message before it: what was in doubt then stays so unless this
    attempt is proof, as its first request may have left whatever became of the second.
    """
    return record.updated(
        _apply_result(
            record.find(submission.recipient),
            earlier.find(submission.recipient),
            submission,
            proves_earlier_send,
        )
        for submission in results
    )


def expired(record: MessageRecord, numbers: Iterable[str]) -> MessageRecord:
    """Return the message once it is old news: what has not left stays at home.

    What may have left is the user's to judge.
    """
    return record.updated(
        replace(submission, outcome=Outcome.EXPIRED, stage=Stage.CLOSED)
        if submission.is_waiting and not submission.resent
        else replace(submission, outcome=Outcome.UNKNOWN, stage=Stage.HELD)
        for submission in map(record.find, numbers)
        if submission.is_waiting or submission.is_unknown_open
    )


def mark_withdrawn(record: MessageRecord, numbers: Iterable[str]) -> MessageRecord:
    """Return the message once it is taken back: what has not left stays at home.

    Of what is sent again the first may have arrived, so that is the user's to judge.
    """
    return record.updated(
        replace(submission, outcome=Outcome.UNKNOWN, stage=Stage.HELD)
        if submission.resent
        else cancelled(submission)
        for submission in map(record.find, numbers)
        if submission.is_waiting
    )


def cancelled(submission: SubmissionRecord) -> SubmissionRecord:
    """Return a submission that was taken back before it was sent."""
    return replace(
        submission,
        outcome=Outcome.NOT_SENT,
        stage=Stage.CLOSED,
        failure=Failure.of(MessageCancelledError()),
        delivery=None,
    )


def attempted(record: SubmissionRecord, submission: Submission) -> SubmissionRecord:
    """Return what an attempt that may have left has made, as if it was the first."""
    is_over = submission.outcome in {Outcome.ACCEPTED, Outcome.REJECTED}
    return replace(
        record,
        outcome=submission.outcome,
        stage=Stage.CLOSED if is_over else Stage.OPEN,
        submission_id=submission.submission_id or record.submission_id,
        sending_id=submission.sending_id or record.sending_id,
        # An error tells none, and what evidence is held against is our own count.
        segments=record.segments
        if submission.segments is None
        else submission.segments,
        cost=submission.cost,
        failure=_failure(submission),
        delivery=None
        if submission.delivery is None
        else DeliveryState(status=submission.delivery),
    )


def _apply_result(
    record: SubmissionRecord,
    earlier: SubmissionRecord,
    submission: Submission,
    proves_earlier_send: bool,
) -> SubmissionRecord:
    if submission.outcome is Outcome.NOT_SENT:
        # As if there had been no attempt; of one before it that says nothing.
        return replace(earlier, failure=_failure(submission))
    if not earlier.is_unknown_open and not earlier.resent:
        return attempted(record, submission)
    error = submission.error
    if proves_earlier_send and isinstance(error, DuplicateMessageError):
        return replace(
            record,
            outcome=Outcome.ACCEPTED,
            stage=Stage.CLOSED,
            submission_id=submission.submission_id or record.submission_id,
        )
    if submission.outcome is Outcome.REJECTED:
        return replace(record, stage=Stage.HELD, failure=_failure(submission))
    return attempted(record, submission)


def _failure(submission: Submission) -> Failure | None:
    return None if submission.error is None else Failure.of(submission.error)


def apply_report(
    record: MessageRecord, number: str, report: DeliveryReport
) -> MessageRecord:
    """Return the message with what a report says about one of its recipients.

    What was in doubt is accepted: the gateway could not tell of it otherwise.
    """
    submission = record.find(number)
    if submission.outcome is Outcome.UNKNOWN and submission.stage is not Stage.CLOSED:
        return record.updated([_proven(submission, report)])
    if submission.delivery is None or not submission.delivery.is_news(report):
        return record
    known = submission.submission_id or report.submission_id
    return record.updated(
        [replace(submission, submission_id=known, delivery=DeliveryState.of(report))]
    )


def unannounced(record: MessageRecord) -> tuple[SubmissionRecord, ...]:
    """Return the submissions of which nobody has heard how they ended."""
    return tuple(
        submission
        for submission in record.submissions
        if submission.delivery is not None
        and submission.delivery.status.is_final
        and not submission.delivery.is_announced
    )


def told(record: MessageRecord, numbers: Collection[str]) -> MessageRecord:
    """Return the message once everybody has heard how these submissions ended."""
    return record.updated(
        replace(submission, delivery=replace(submission.delivery, is_announced=True))
        for submission in unannounced(record)
        if submission.recipient.number in numbers and submission.delivery is not None
    )


def _proven(submission: SubmissionRecord, report: DeliveryReport) -> SubmissionRecord:
    return replace(
        submission,
        outcome=Outcome.ACCEPTED,
        stage=Stage.CLOSED,
        failure=None,
        submission_id=report.submission_id or submission.submission_id,
        delivery=DeliveryState.of(report),
    )


def _accepted(numbers: frozenset[str], record: MessageRecord) -> MessageRecord:
    return record.updated(
        replace(submission, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED, failure=None)
        for submission in map(record.find, numbers)
        if submission.is_unknown_open
    )


def requeue(numbers: frozenset[str], record: MessageRecord) -> MessageRecord:
    """Return the message with what has provably not left put back in the queue."""
    return record.updated(
        replace(submission, outcome=Outcome.QUEUED, balance_before=None)
        for submission in map(record.find, numbers)
        if submission.is_unknown_open
    )


def hold_for_user(numbers: frozenset[str], record: MessageRecord) -> MessageRecord:
    """Return the message with what no evidence settles held, or sent again.

    That is for once: an alarm that rings for ever wakes nobody.
    """
    again = record.on_unknown is OnUnknown.RESEND
    return record.updated(
        requeue_as_resend(submission)
        if again and not submission.resent
        else replace(submission, stage=Stage.HELD)
        for submission in map(record.find, numbers)
        if submission.is_unknown_open
    )


def requeue_as_resend(submission: SubmissionRecord) -> SubmissionRecord:
    """Return a submission that is sent again although it may have left."""
    return replace(
        submission,
        outcome=Outcome.QUEUED,
        stage=Stage.OPEN,
        balance_before=None,
        resent=True,
    )


def apply_user_choice(
    record: MessageRecord, choice: Choice, now: datetime
) -> MessageRecord:
    """Return the message with the user's choice.

    Sent again, it is as good as new: it has its time anew, and whoever looks for what was
    sent lately finds it.
    """
    held = [
        submission
        for submission in record.submissions
        if submission.stage is Stage.HELD
    ]
    if choice is Choice.RESEND:
        life = record.expires - record.created
        renewed = replace(record, created=now, expires=now + life)
        return renewed.updated(map(requeue_as_resend, held))
    outcome = Outcome.ACCEPTED if choice is Choice.SENT else Outcome.UNKNOWN
    return record.updated(
        replace(submission, outcome=outcome, stage=Stage.CLOSED) for submission in held
    )


def _taken_back(record: MessageRecord, numbers: Iterable[str]) -> MessageRecord:
    return record.updated(
        mark_cancelled_at_gateway(submission)
        for submission in map(record.find, numbers)
        if _may_be_there(submission)
    )


def mark_cancelled_at_gateway(submission: SubmissionRecord) -> SubmissionRecord:
    """Return a submission that the gateway has taken back.

    Where it may have had it twice, another one may still be there.
    """
    gone = replace(cancelled(submission), cost=None)
    if submission.attempts > 1:
        return replace(gone, outcome=Outcome.UNKNOWN, failure=submission.failure)
    return gone


def _may_be_there(submission: SubmissionRecord) -> bool:
    """Return whether the gateway may keep it for later."""
    return submission.outcome is Outcome.ACCEPTED or _is_held(submission)


def _is_held(submission: SubmissionRecord) -> bool:
    """Return whether it may have left, and the user is to say what becomes of it."""
    return submission.stage is Stage.HELD


def _is_cancelled(submission: SubmissionRecord) -> bool:
    failure = submission.failure
    return failure is not None and failure.key == MessageCancelledError.key
