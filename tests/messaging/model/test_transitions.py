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
from custom_components.passerelle_sms.messaging.model.announcements import (
    acknowledge,
    mark_notice_announced,
)
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    sms_for,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    DeliveryState,
    Failure,
    Notice,
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.model.transitions import (
    apply_results,
    expired,
    mark_cancelled_at_gateway,
    mark_in_flight,
    mark_withdrawn,
    settle_accepted,
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
AT_GATEWAY = replace(
    IN_DOUBT,
    outcome=Outcome.ACCEPTED,
    stage=Stage.CLOSED,
    submission_id="7",
    cost=Decimal(2),
    delivery=DeliveryState(),
)
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
        time_to_live=LATER - START,
        text="Test",
        sender=None,
        encoding=Encoding.GSM7,
        segments=2,
        submissions=Submissions(
            [submission, SubmissionRecord(recipient=Recipient(number=PAPA))]
        ),
    )


def try_it(
    submission: SubmissionRecord,
    result: Submission,
    *,
    proof: bool = False,
    is_answered: bool = False,
) -> SubmissionRecord:
    """Return what an attempt with this result makes of a submission."""
    earlier = message(submission)
    record = mark_in_flight(earlier, [MAMAN], LATER, Decimal(5))
    record = apply_results(
        record, earlier, [result], proves_earlier_send=proof, is_answered=is_answered
    )
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
def test_old_news(made: SubmissionRecord, outcome: Outcome, stage: Stage) -> None:
    """What has not left stays at home; what may have is the user's to judge."""
    late = expired(message(made), [MAMAN])

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
def test_taken_back(made: SubmissionRecord, outcome: Outcome, stage: Stage) -> None:
    """What waits stays at home; of what may have left nothing is concluded."""
    back = mark_withdrawn(message(made), [MAMAN])

    assert (back.find(MAMAN).outcome, back.find(MAMAN).stage) == (outcome, stage)
    assert back.find(PAPA).is_waiting


@pytest.mark.parametrize(
    ("made", "outcome", "stage", "failure"),
    [
        (AT_GATEWAY, Outcome.NOT_SENT, Stage.CLOSED, MessageCancelledError.key),
        (
            replace(HELD, delivery=None),
            Outcome.NOT_SENT,
            Stage.CLOSED,
            MessageCancelledError.key,
        ),
        # It may be there twice: one of the two was taken back.
        (replace(AT_GATEWAY, attempts=2), Outcome.UNKNOWN, Stage.CLOSED, None),
        (IN_DOUBT, Outcome.UNKNOWN, Stage.OPEN, None),
        (WAITING, Outcome.QUEUED, Stage.OPEN, None),
    ],
)
def test_taken_back_by_the_gateway(
    made: SubmissionRecord, outcome: Outcome, stage: Stage, failure: str | None
) -> None:
    """It says why, costs nothing, and there is no delivery to hear of."""
    back = mark_cancelled_at_gateway(message(made), [MAMAN]).find(MAMAN)

    assert (back.outcome, back.stage) == (outcome, stage)
    assert (back.failure and back.failure.key) == failure
    assert back.submission_id == made.submission_id
    assert back.cost is None
    assert not back.is_awaited


# --- what a person has to hear of -----------------------------------------------------


@pytest.mark.parametrize(
    ("result", "is_answered", "notice"),
    [
        (failed(InsufficientCreditError()), True, Notice.UNANNOUNCED),
        (failed(InsufficientCreditError()), False, None),
        (ACCEPTED, True, None),
        (failed(NoAnswerError()), True, None),
        (failed(CannotConnectError()), True, None),
    ],
)
def test_a_refusal_after_the_answer_is_to_be_heard_of(
    result: Submission, is_answered: bool, notice: Notice | None
) -> None:
    """Whoever still waits for the answer hears of it there."""
    assert try_it(WAITING, result, is_answered=is_answered).notice is notice


def test_what_stays_at_home_or_with_the_user_is_to_be_heard_of() -> None:
    """Nobody waits for that any more."""
    for made in (WAITING, RESENT, IN_DOUBT):
        late = expired(message(made), [MAMAN]).find(MAMAN)
        assert late.notice is Notice.UNANNOUNCED
    assert mark_withdrawn(message(WAITING), [MAMAN]).find(MAMAN).notice is None


def test_an_event_tells_and_somebody_reads() -> None:
    """What did not leave is listed until then; what is held is asked about anyway."""
    late = expired(message(WAITING), [MAMAN, PAPA])
    told = mark_notice_announced(late, [MAMAN])
    assert told.find(MAMAN).notice is Notice.UNACKNOWLEDGED
    assert told.find(PAPA).notice is Notice.UNANNOUNCED
    assert mark_notice_announced(told, [MAMAN]) == told

    read = acknowledge(told)
    assert read.find(MAMAN).notice is None
    assert read.find(PAPA).notice is Notice.UNANNOUNCED

    held = expired(message(IN_DOUBT), [MAMAN])
    assert mark_notice_announced(held, [MAMAN]).find(MAMAN).notice is None


# --- settled while its request is made ------------------------------------------------


@pytest.mark.parametrize(
    "result",
    [ACCEPTED, failed(CannotConnectError()), failed(NoAnswerError())],
)
@pytest.mark.parametrize("earlier", [WAITING, IN_DOUBT])
def test_what_a_report_has_settled_meanwhile_stays_settled(
    earlier: SubmissionRecord, result: Submission
) -> None:
    """Its answer can't be more certain, and must not put it back in the queue."""
    record = mark_in_flight(message(earlier), [MAMAN], LATER, None)
    settled = settle_accepted([MAMAN], record)

    after = apply_results(
        settled,
        message(earlier),
        [result],
        proves_earlier_send=False,
        is_answered=False,
    )

    assert after == settled


def test_the_clock_is_set_while_a_doubt_is_tried_again() -> None:
    """Nothing has left this time: the doubt is as old as before, by the new time."""
    earlier, hours = message(IN_DOUBT), timedelta(hours=6)
    record = mark_in_flight(earlier, [MAMAN], LATER, None).dated(hours)

    after = apply_results(
        record,
        earlier,
        [failed(CannotConnectError())],
        proves_earlier_send=False,
        is_answered=False,
    )

    assert after.find(MAMAN).attempted == START + hours
