"""What an attempt makes of a message."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    CannotConnectError,
    DuplicateMessageError,
    GatewayError,
    InsufficientCreditError,
    InvalidMessageError,
    IpNotAllowedError,
    MessageCancelledError,
    NoAnswerError,
    RateLimitedError,
    SenderNotRegisteredError,
)
from custom_components.passerelle_sms.gateways.model.message import Encoding, Submission
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.announcements import (
    acknowledge,
    mark_notice_announced,
)
from custom_components.passerelle_sms.messaging.model.failure import (
    DeliveryState,
    Failure,
)
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    sms_for,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    Notice,
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.model.transitions import (
    apply_results,
    expired,
    hold_for_user,
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
    period=4,
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
    sender: str | None = None,
) -> SubmissionRecord:
    """Return what an attempt with this result makes of a submission."""
    earlier = replace(message(submission), sender=sender)
    record = mark_in_flight(earlier, [MAMAN], LATER, 5)
    record = apply_results(
        record, earlier, [result], proves_earlier_send=proof, is_answered=is_answered
    )
    assert record.find(PAPA) == earlier.find(PAPA)
    return record.find(MAMAN)


def failed(error: GatewayError) -> Submission:
    """Return the result of an attempt that failed."""
    return Submission.failed(MAMAN, error)


def test_begun_is_unknown() -> None:
    """As a crash would find it, with the period in which it may be charged."""
    submission = mark_in_flight(message(WAITING), [MAMAN], LATER, 5).find(MAMAN)

    assert submission == replace(
        WAITING,
        outcome=Outcome.UNKNOWN,
        attempts=1,
        attempted=LATER,
        period=5,
    )


def test_begun_again_keeps_when_the_doubt_began() -> None:
    """But it may be charged in the period of the last request."""
    submission = mark_in_flight(message(IN_DOUBT), [MAMAN], LATER, 5).find(MAMAN)

    assert submission == replace(IN_DOUBT, attempts=2, period=5)


@pytest.mark.parametrize(
    ("result", "outcome", "stage"),
    [
        (ACCEPTED, Outcome.ACCEPTED, Stage.CLOSED),
        (failed(InvalidMessageError()), Outcome.REJECTED, Stage.CLOSED),
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


@pytest.mark.parametrize(
    "error",
    [
        CannotConnectError(),
        RateLimitedError(),
        InsufficientCreditError(code="7"),
        AuthenticationError(),
        IpNotAllowedError(),
        AccountInactiveError(),
        SenderNotRegisteredError(),
    ],
    ids=lambda error: error.key,
)
@pytest.mark.parametrize("earlier", [WAITING, IN_DOUBT, RESENT])
def test_what_never_left_or_the_account_was_refused_changes_nothing(
    earlier: SubmissionRecord, error: GatewayError
) -> None:
    """But for the reason that is shown: it says nothing about the message.

    Its sender is the account's own, so that the account is refused for it too.
    """
    submission = try_it(earlier, failed(error), is_answered=True)

    assert submission == replace(earlier, failure=Failure.of(error))


@pytest.mark.parametrize(
    ("sender", "outcome"),
    [(None, Outcome.QUEUED), ("CITERNE", Outcome.REJECTED)],
)
def test_a_sender_of_its_own_is_the_messages_to_mend(
    sender: str | None, outcome: Outcome
) -> None:
    """The account's own sender is the account's."""
    refused = failed(SenderNotRegisteredError())

    assert try_it(WAITING, refused, sender=sender).outcome is outcome


@pytest.mark.parametrize("earlier", [IN_DOUBT, RESENT])
@pytest.mark.parametrize(
    ("result", "proof", "outcome", "stage", "attempts"),
    [
        (ACCEPTED, False, Outcome.ACCEPTED, Stage.CLOSED, 2),
        (failed(DuplicateMessageError()), True, Outcome.ACCEPTED, Stage.CLOSED, 2),
        # The gateway has not taken it twice; what became of the first is as unknown.
        (failed(DuplicateMessageError()), False, Outcome.UNKNOWN, Stage.OPEN, 1),
        (failed(InvalidMessageError()), True, Outcome.UNKNOWN, Stage.OPEN, 1),
        (failed(NoAnswerError()), True, Outcome.UNKNOWN, Stage.OPEN, 2),
    ],
)
def test_an_attempt_after_one_that_may_have_left(
    earlier: SubmissionRecord,
    result: Submission,
    proof: bool,
    outcome: Outcome,
    stage: Stage,
    attempts: int,
) -> None:
    """It stays unknown unless this one is proof; what was refused doesn't count."""
    submission = try_it(earlier, result, proof=proof, is_answered=True)

    assert (submission.outcome, submission.stage) == (outcome, stage)
    assert submission.attempts == attempts
    # Refused without proof, it is not repeated once more.
    assert submission.was_refused is (
        result.outcome is Outcome.REJECTED and outcome is Outcome.UNKNOWN
    )
    assert submission.notice is None


@pytest.mark.parametrize(
    ("made", "outcome", "stage"),
    [
        (WAITING, Outcome.EXPIRED, Stage.CLOSED),
        (IN_DOUBT, Outcome.UNKNOWN, Stage.OPEN),
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
    """What has not left stays at home; a doubt never expires.

    Of what was to leave again the first may have arrived: that is the user's to judge.
    """
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
        # It isn't there any more.
        (
            replace(AT_GATEWAY, sent_at_once=True, cost=None, delivery=None),
            Outcome.ACCEPTED,
            Stage.CLOSED,
            None,
        ),
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
        (failed(InvalidMessageError()), True, Notice.UNANNOUNCED),
        (failed(InvalidMessageError()), False, None),
        (failed(InsufficientCreditError()), True, None),
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
    for made in (WAITING, RESENT):
        late = expired(message(made), [MAMAN]).find(MAMAN)
        assert late.notice is Notice.UNANNOUNCED
    held = hold_for_user([MAMAN], message(IN_DOUBT)).find(MAMAN)
    assert held.notice is Notice.UNANNOUNCED
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

    held = hold_for_user([MAMAN], message(IN_DOUBT))
    assert mark_notice_announced(held, [MAMAN]).find(MAMAN).notice is None


# --- settled while its request is made ------------------------------------------------


@pytest.mark.parametrize(
    "result",
    [
        ACCEPTED,
        failed(CannotConnectError()),
        failed(InsufficientCreditError()),
        failed(NoAnswerError()),
    ],
)
@pytest.mark.parametrize("earlier", [WAITING, IN_DOUBT])
def test_what_a_report_has_settled_meanwhile_stays_settled(
    earlier: SubmissionRecord, result: Submission
) -> None:
    """Its answer can't be more certain, and must not put it back in the queue."""
    record = mark_in_flight(message(earlier), [MAMAN], LATER, 5)
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
    record = mark_in_flight(earlier, [MAMAN], LATER, 5).dated(hours)

    after = apply_results(
        record,
        earlier,
        [failed(CannotConnectError())],
        proves_earlier_send=False,
        is_answered=False,
    )

    assert after.find(MAMAN).attempted == START + hours
