"""What an attempt makes of a message."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    DuplicateMessageError,
    GatewayError,
    InsufficientCreditError,
    MessageCancelledError,
    NoAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import Encoding, Submission
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    DeliveryState,
    Failure,
    MessageRecord,
    Stage,
    SubmissionRecord,
    sms_for,
)
from custom_components.passerelle_sms.messaging.model.transitions import (
    apply_results,
    cancelled,
    expired,
    mark_in_flight,
    mark_withdrawn,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = START + timedelta(minutes=1)

WAITING = SubmissionRecord(recipient=Recipient(number=MAMAN), segments=2)
IN_DOUBT = replace(
    WAITING,
    outcome=Outcome.UNKNOWN,
    attempts=1,
    attempted=START,
    balance_before=Decimal(10),
)
RESENT = replace(WAITING, attempts=1, attempted=START, resent=True)
HELD = replace(IN_DOUBT, stage=Stage.HELD)
ACCEPTED = Submission(
    recipient=MAMAN,
    outcome=Outcome.ACCEPTED,
    submission_id="7",
    segments=3,
    cost=Decimal(3),
)


def message(submission: SubmissionRecord) -> MessageRecord:
    """Return a message with this submission, and another that nothing happens to."""
    return MessageRecord(
        message_id="1",
        created=START,
        expires=LATER,
        text="Test",
        sender=None,
        encoding=Encoding.GSM7,
        segments=2,
        submissions=(submission, SubmissionRecord(recipient=Recipient(number=PAPA))),
    )


def try_it(
    submission: SubmissionRecord, result: Submission, *, proof: bool = False
) -> SubmissionRecord:
    """Return what an attempt with this result makes of a submission."""
    earlier = message(submission)
    record = mark_in_flight(earlier, [MAMAN], LATER, Decimal(5))
    record = apply_results(record, earlier, [result], proves_earlier_send=proof)
    assert record.find(PAPA) == earlier.find(PAPA)
    return record.find(MAMAN)


def failed(error: GatewayError) -> Submission:
    """Return the result of an attempt that failed."""
    return Submission.failed(MAMAN, error)


def test_begun_is_unknown() -> None:
    """As a crash would find it, with the balance before."""
    submission = mark_in_flight(message(WAITING), [MAMAN], LATER, Decimal(5)).find(
        MAMAN
    )

    assert submission == replace(
        WAITING,
        outcome=Outcome.UNKNOWN,
        attempts=1,
        attempted=LATER,
        balance_before=Decimal(5),
    )


def test_begun_again_keeps_when_the_doubt_began() -> None:
    """And what the account held then: all that was charged since counts."""
    submission = mark_in_flight(message(IN_DOUBT), [MAMAN], LATER, None).find(MAMAN)

    assert submission == replace(IN_DOUBT, attempts=2)


@pytest.mark.parametrize(
    ("result", "outcome", "stage"),
    [
        (ACCEPTED, Outcome.ACCEPTED, Stage.CLOSED),
        (failed(InsufficientCreditError()), Outcome.REJECTED, Stage.CLOSED),
        (failed(DuplicateMessageError()), Outcome.REJECTED, Stage.CLOSED),
        (failed(NoAnswerError()), Outcome.UNKNOWN, Stage.OPEN),
    ],
)
def test_a_first_attempt(result: Submission, outcome: Outcome, stage: Stage) -> None:
    """What the gateway said is what is so."""
    submission = try_it(WAITING, result)

    assert (submission.outcome, submission.stage) == (outcome, stage)
    assert (submission.attempts, submission.attempted) == (1, LATER)
    assert submission.failure == (result.error and Failure.of(result.error))
    assert submission.submission_id == result.submission_id
    assert submission.cost == result.cost
    # Evidence is held against them, so an error must not take them away.
    assert submission.segments == (3 if outcome is Outcome.ACCEPTED else 2)


@pytest.mark.parametrize("earlier", [WAITING, IN_DOUBT, RESENT])
def test_what_never_left_changes_nothing(earlier: SubmissionRecord) -> None:
    """But for the reason that is shown."""
    submission = try_it(earlier, failed(CannotConnectError()))

    assert submission == replace(earlier, failure=Failure.of(CannotConnectError()))


@pytest.mark.parametrize("earlier", [IN_DOUBT, RESENT])
@pytest.mark.parametrize(
    ("result", "proof", "outcome", "stage"),
    [
        (ACCEPTED, False, Outcome.ACCEPTED, Stage.CLOSED),
        (failed(DuplicateMessageError()), True, Outcome.ACCEPTED, Stage.CLOSED),
        (failed(DuplicateMessageError()), False, Outcome.UNKNOWN, Stage.HELD),
        (failed(InsufficientCreditError()), True, Outcome.UNKNOWN, Stage.HELD),
        (failed(NoAnswerError()), True, Outcome.UNKNOWN, Stage.OPEN),
    ],
)
def test_an_attempt_after_one_that_may_have_left(
    earlier: SubmissionRecord,
    result: Submission,
    proof: bool,
    outcome: Outcome,
    stage: Stage,
) -> None:
    """It stays unknown unless this one is proof."""
    submission = try_it(earlier, result, proof=proof)

    assert (submission.outcome, submission.stage) == (outcome, stage)
    assert submission.attempts == 2


@pytest.mark.parametrize(
    ("made", "outcome", "stage"),
    [
        (WAITING, Outcome.EXPIRED, Stage.CLOSED),
        (IN_DOUBT, Outcome.UNKNOWN, Stage.HELD),
        (RESENT, Outcome.UNKNOWN, Stage.HELD),
        (HELD, Outcome.UNKNOWN, Stage.HELD),
        (
            replace(WAITING, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED),
            Outcome.ACCEPTED,
            Stage.CLOSED,
        ),
    ],
)
def test_old_news(submission: SubmissionRecord, outcome: Outcome, stage: Stage) -> None:
    """What has not left stays at home; what may have is the user's to judge."""
    late = expired(message(submission), [MAMAN])

    assert (late.find(MAMAN).outcome, late.find(MAMAN).stage) == (outcome, stage)
    assert late.find(PAPA).is_waiting


@pytest.mark.parametrize(
    ("send_at", "handed_over"), [(LATER, LATER), (START, None), (None, None)]
)
def test_what_is_handed_over(
    send_at: datetime | None, handed_over: datetime | None
) -> None:
    """With its hour, unless that has come; the other options stay."""
    options = SmsOptions(send_at=send_at, flash=True, tag="citerne")
    record = replace(message(WAITING), sender="MAISON", options=options)

    sms = sms_for(record, (MAMAN,), START)

    assert (sms.text, sms.sender, sms.reference) == ("Test", "MAISON", "1")
    assert sms.recipients == (MAMAN,)
    assert sms.options == replace(options, send_at=handed_over)


@pytest.mark.parametrize(
    ("made", "outcome", "stage"),
    [
        (WAITING, Outcome.NOT_SENT, Stage.CLOSED),
        (RESENT, Outcome.UNKNOWN, Stage.HELD),
        (IN_DOUBT, Outcome.UNKNOWN, Stage.OPEN),
        (HELD, Outcome.UNKNOWN, Stage.HELD),
        (
            replace(WAITING, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED),
            Outcome.ACCEPTED,
            Stage.CLOSED,
        ),
    ],
)
def test_taken_back(
    submission: SubmissionRecord, outcome: Outcome, stage: Stage
) -> None:
    """What waits stays at home; of what may have left nothing is concluded."""
    back = mark_withdrawn(message(submission), [MAMAN])

    assert (back.find(MAMAN).outcome, back.find(MAMAN).stage) == (outcome, stage)
    assert back.find(PAPA).is_waiting


def test_cancelled_is_the_end() -> None:
    """It says why, and there is no delivery to hear of."""
    submission = cancelled(
        replace(WAITING, submission_id="7", delivery=DeliveryState())
    )

    assert submission == replace(
        WAITING,
        submission_id="7",
        outcome=Outcome.NOT_SENT,
        stage=Stage.CLOSED,
        failure=Failure.of(MessageCancelledError()),
    )
    assert not submission.is_awaited
