"""What a submission takes from the balance, outcome by outcome."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
import itertools

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    MessageCancelledError,
    NoAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.reconciliation.books import (
    Books,
    Charge,
)
from custom_components.passerelle_sms.messaging.reconciliation.charges import (
    charge_of,
    forgotten_charge,
    tariff_of,
)
from tests.conftest import MAMAN
from tests.messaging.fake_clock import START

FRANCE = "+33612345678"
NOW = SmsOptions()
LATER = SmsOptions(send_at=START + timedelta(hours=1))
NO_ANSWER = Failure.of(NoAnswerError())


def message(submission: SubmissionRecord, options: SmsOptions = NOW) -> MessageRecord:
    """Return a message of three segments with this submission."""
    return MessageRecord(
        message_id="1",
        created=START,
        time_to_live=timedelta(hours=1),
        text="Test",
        sender=None,
        encoding=Encoding.GSM7,
        segments=3,
        options=options,
        submissions=Submissions([submission]),
    )


def submission(
    outcome: Outcome, stage: Stage = Stage.CLOSED, attempts: int = 1
) -> SubmissionRecord:
    """Return a submission to Cameroon."""
    return SubmissionRecord(
        recipient=Recipient(number=MAMAN),
        outcome=outcome,
        stage=stage,
        attempts=attempts,
    )


def times(charge: Charge | None) -> tuple[int, int] | None:
    """Return how often something was certainly charged, and how often perhaps besides."""
    return None if charge is None else (charge.certain, charge.possible)


@pytest.mark.parametrize(
    ("outcome", "stage", "attempts", "expected"),
    [
        # It may have left before, unseen; once it certainly has.
        (Outcome.ACCEPTED, Stage.CLOSED, 1, (1, 0)),
        (Outcome.ACCEPTED, Stage.CLOSED, 2, (1, 1)),
        (Outcome.ACCEPTED, Stage.CLOSED, 0, (1, 0)),
        (Outcome.REJECTED, Stage.CLOSED, 1, None),
        (Outcome.REJECTED, Stage.CLOSED, 0, None),
        (Outcome.UNKNOWN, Stage.OPEN, 1, (0, 1)),
        (Outcome.UNKNOWN, Stage.OPEN, 2, (0, 2)),
        # Held because a copy of the journal can't tell: it may have left since.
        (Outcome.UNKNOWN, Stage.HELD, 0, (0, 1)),
        (Outcome.UNKNOWN, Stage.HELD, 2, (0, 2)),
        (Outcome.UNKNOWN, Stage.CLOSED, 1, (0, 1)),
        (Outcome.QUEUED, Stage.OPEN, 0, None),
        # It is to be sent again, and the first may have left.
        (Outcome.QUEUED, Stage.OPEN, 1, (0, 1)),
        (Outcome.EXPIRED, Stage.CLOSED, 0, None),
        (Outcome.NOT_SENT, Stage.CLOSED, 0, None),
        # Taken back at the gateway: charged, and given back.
        (Outcome.NOT_SENT, Stage.CLOSED, 1, (0, 1)),
    ],
)
def test_how_often_it_was_charged(
    outcome: Outcome, stage: Stage, attempts: int, expected: tuple[int, int] | None
) -> None:
    """Certainly, and perhaps besides."""
    record = message(submission(outcome, stage, attempts))

    charge = charge_of(record, record.submissions[0], is_due=False)

    assert times(charge) == expected


@pytest.mark.parametrize(
    ("outcome", "attempts", "expected"),
    [
        (Outcome.ACCEPTED, 1, (0, 1)),
        (Outcome.ACCEPTED, 2, (0, 2)),
        (Outcome.UNKNOWN, 1, (0, 1)),
        (Outcome.REJECTED, 1, None),
    ],
)
@pytest.mark.parametrize(
    ("options", "failure"), [(LATER, None), (NOW, NO_ANSWER), (LATER, NO_ANSWER)]
)
def test_planned_or_declared_by_the_user_it_is_only_possible(
    options: SmsOptions,
    failure: Failure | None,
    outcome: Outcome,
    attempts: int,
    expected: tuple[int, int] | None,
) -> None:
    """When it is charged, or whether it was this message at all, nobody knows."""
    made = replace(submission(outcome, attempts=attempts), failure=failure)

    charge = charge_of(message(made, options), made, is_due=True)

    assert times(charge) == expected
    assert charge is None or charge.is_planned is (options is LATER)


def test_sent_at_once_it_is_charged_whatever_was_planned() -> None:
    """Now, and not at its hour."""
    made = replace(submission(Outcome.ACCEPTED), sent_at_once=True)

    charge = charge_of(message(made, LATER), made, is_due=False)

    assert times(charge) == (1, 0)
    assert charge is not None
    assert not charge.is_planned


def test_what_was_taken_back_is_only_possible_whatever_it_is_called() -> None:
    """Its failure says that it was taken back."""
    made = replace(
        submission(Outcome.NOT_SENT), failure=Failure.of(MessageCancelledError())
    )

    assert times(charge_of(message(made, LATER), made, is_due=True)) == (0, 1)


@pytest.mark.parametrize(
    ("outcome", "stage"),
    [
        pair
        for pair in itertools.product(Outcome, Stage)
        if pair != (Outcome.REJECTED, Stage.CLOSED)
    ],
)
def test_in_doubt_is_what_evidence_is_looked_for(
    outcome: Outcome, stage: Stage
) -> None:
    """What is held, the user judges."""
    made = submission(outcome, stage)

    charge = charge_of(message(made), made, is_due=True)

    is_in_doubt = (outcome, stage) == (Outcome.UNKNOWN, Stage.OPEN)
    assert charge is None or charge.is_in_doubt is is_in_doubt


@pytest.mark.parametrize("is_due", [False, True])
def test_what_was_forgotten_may_be_of_any_price(is_due: bool) -> None:
    """Of no tariff that a message can have, and nobody looks for its outcome."""
    charge = forgotten_charge(is_due=is_due)

    assert times(charge) == (0, 1)
    assert charge.is_due is is_due
    assert not charge.is_in_doubt
    assert not Books().has_price(charge)
    assert Books().price_of(charge) == 0
    assert not charge.tariff.split()[0].isdecimal()


@pytest.mark.parametrize("is_due", [False, True])
@pytest.mark.parametrize(("segments", "expected"), [(None, 3), (2, 2), (0, 0)])
def test_what_a_charge_is_made_up_of(
    segments: int | None, expected: int, is_due: bool
) -> None:
    """The gateway's own count of segments goes before ours, and what it told it took."""
    made = replace(submission(Outcome.ACCEPTED), segments=segments, cost=Decimal("2.5"))

    charge = charge_of(message(made), made, is_due=is_due)

    assert charge == Charge(
        key=("1", MAMAN),
        tariff="237",
        segments=expected,
        told=Decimal("2.5"),
        certain=1,
        is_due=is_due,
    )


@pytest.mark.parametrize(
    ("options", "number", "expected"),
    [
        (NOW, MAMAN, "237"),
        (NOW, FRANCE, "33"),
        (LATER, MAMAN, "237"),
        (SmsOptions(flash=True), FRANCE, "33"),
        (SmsOptions(voice=True), FRANCE, "33 special"),
        (SmsOptions(own={"binary": True}), MAMAN, "237 special"),
    ],
)
def test_a_tariff_is_of_a_country_and_a_kind(
    options: SmsOptions, number: str, expected: str
) -> None:
    """What else costs otherwise must not spoil the price of a common text."""
    assert tariff_of(message(submission(Outcome.ACCEPTED), options), number) == expected
