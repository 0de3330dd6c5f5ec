"""What an attempt at a gateway makes of a message: before it, and after it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ..gateways.errors import DuplicateMessageError, MessageCancelledError
from ..gateways.models import Sms, Submission
from ..gateways.outcome import Outcome
from .delivery import Delivery
from .record import Failure, MessageRecord, Stage, SubmissionRecord


def as_sms(record: MessageRecord, numbers: tuple[str, ...], now: datetime) -> Sms:
    """Return a message as it is handed over now, to some of its recipients.

    What is late for its hour leaves at once.
    """
    options = record.options
    if options.send_at is not None and options.send_at <= now:
        options = replace(options, send_at=None)
    return Sms(
        text=record.text,
        recipients=numbers,
        sender=record.sender,
        reference=record.message_id,
        options=options,
    )


def begun(
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
            made,
            outcome=Outcome.UNKNOWN,
            stage=Stage.OPEN,
            failure=None,
            attempts=made.attempts + 1,
            attempted=made.attempted if made.is_in_doubt else now,
            balance_before=made.balance_before if made.is_in_doubt else balance,
        )
        for made in map(record.find, numbers)
    )


def concluded(
    record: MessageRecord,
    earlier: MessageRecord,
    results: Sequence[Submission],
    *,
    duplicate_is_proof: bool,
) -> MessageRecord:
    """Return the message with what came of an attempt.

    `earlier` is the message before it: what was in doubt then stays so unless this
    attempt is proof, as its first request may have left whatever became of the second.
    """
    return record.updated(
        _concluded(
            record.find(made.recipient),
            earlier.find(made.recipient),
            made,
            duplicate_is_proof,
        )
        for made in results
    )


def expired(record: MessageRecord, numbers: Iterable[str]) -> MessageRecord:
    """Return the message once it is old news: what has not left stays at home.

    What may have left is the user's to judge.
    """
    return record.updated(
        replace(made, outcome=Outcome.EXPIRED, stage=Stage.CLOSED)
        if made.is_waiting and not made.resent
        else replace(made, outcome=Outcome.UNKNOWN, stage=Stage.HELD)
        for made in map(record.find, numbers)
        if made.is_waiting or made.is_in_doubt
    )


def withdrawn(record: MessageRecord, numbers: Iterable[str]) -> MessageRecord:
    """Return the message once it is taken back: what has not left stays at home.

    Of what is sent again the first may have arrived, so that is the user's to judge.
    """
    return record.updated(
        replace(made, outcome=Outcome.UNKNOWN, stage=Stage.HELD)
        if made.resent
        else cancelled(made)
        for made in map(record.find, numbers)
        if made.is_waiting
    )


def cancelled(made: SubmissionRecord) -> SubmissionRecord:
    """Return a submission that was taken back before it was sent."""
    return replace(
        made,
        outcome=Outcome.NOT_SENT,
        stage=Stage.CLOSED,
        failure=Failure.of(MessageCancelledError()),
        delivery=None,
    )


def attempted(record: SubmissionRecord, made: Submission) -> SubmissionRecord:
    """Return what an attempt that may have left has made, as if it was the first."""
    is_over = made.outcome in {Outcome.ACCEPTED, Outcome.REJECTED}
    return replace(
        record,
        outcome=made.outcome,
        stage=Stage.CLOSED if is_over else Stage.OPEN,
        submission_id=made.submission_id or record.submission_id,
        sending_id=made.sending_id or record.sending_id,
        # An error tells none, and what evidence is held against is our own count.
        segments=record.segments if made.segments is None else made.segments,
        cost=made.cost,
        failure=_failure(made),
        delivery=None if made.delivery is None else Delivery(status=made.delivery),
    )


def _concluded(
    record: SubmissionRecord,
    earlier: SubmissionRecord,
    made: Submission,
    duplicate_is_proof: bool,
) -> SubmissionRecord:
    if made.outcome is Outcome.NOT_SENT:
        # As if there had been no attempt; of one before it that says nothing.
        return replace(earlier, failure=_failure(made))
    if not earlier.is_in_doubt and not earlier.resent:
        return attempted(record, made)
    error = made.error
    if duplicate_is_proof and isinstance(error, DuplicateMessageError):
        return replace(
            record,
            outcome=Outcome.ACCEPTED,
            stage=Stage.CLOSED,
            submission_id=made.submission_id or record.submission_id,
        )
    if made.outcome is Outcome.REJECTED:
        return replace(record, stage=Stage.HELD, failure=_failure(made))
    return attempted(record, made)


def _failure(made: Submission) -> Failure | None:
    return None if made.error is None else Failure.of(made.error)
