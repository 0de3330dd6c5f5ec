"""What a refusal of a text that the gateway has had before proves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    DuplicateMessageError,
    InsufficientCreditError,
)
from custom_components.passerelle_sms.gateways.model.message import Submission
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
)
from custom_components.passerelle_sms.messaging.reconciliation.duplicate_evidence import (
    proves_earlier_send,
)
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.simulator import Simulator

REFUSED = Submission.failed(MAMAN, DuplicateMessageError())
HOUR = timedelta(hours=1)


@pytest.fixture
async def harness(make_house: HouseMaker, simulator: Simulator) -> MessagingHarness:
    """Return a house whose gateway refuses what it has had within a day."""
    harness = make_house(simulator.sms123)
    await harness.start()
    return harness


def message(
    harness: MessagingHarness, number: str = MAMAN, text: str = "Test"
) -> MessageRecord:
    """Return a message in doubt."""
    record = harness.message(number, text=text)
    return become(record, outcome=Outcome.UNKNOWN, attempts=1)


def become(record: MessageRecord, **changes: object) -> MessageRecord:
    """Return a message whose only submission has changed."""
    [submission] = record.submissions
    return record.updated([changed(submission, **changes)])


def changed(submission: SubmissionRecord, **changes: object) -> SubmissionRecord:
    """Return a submission with other values."""
    return replace(submission, **changes)  # type: ignore[arg-type] # checked when it is made


async def is_proof(
    harness: MessagingHarness, record: MessageRecord, result: Submission = REFUSED
) -> bool:
    """Return whether a refusal proves that a message was sent."""
    await harness.journal.put(record)
    return await proves_earlier_send(
        harness.gateway,
        harness.journal,
        record,
        [result],
        is_alone=harness.ledger.is_alone,
    )


async def test_nothing_else_can_be_meant(harness: MessagingHarness) -> None:
    """It proves that the message itself was sent."""
    await harness.journal.put(message(harness, text="Autre chose"))
    await harness.journal.put(message(harness, PAPA))

    assert await is_proof(harness, message(harness))


async def test_others_who_use_the_account(harness: MessagingHarness) -> None:
    """They may have sent the same text."""
    harness.ledger.is_alone = False

    assert not await is_proof(harness, message(harness))


async def test_another_refusal(harness: MessagingHarness) -> None:
    """It proves nothing."""
    result = Submission.failed(MAMAN, InsufficientCreditError())

    assert not await is_proof(harness, message(harness), result)


async def test_a_gateway_that_promises_nothing(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """Whatever it says."""
    harness = make_house(simulator.etech_keys)
    await harness.start()

    assert not await is_proof(harness, message(harness))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"outcome": Outcome.ACCEPTED, "stage": Stage.CLOSED}, False),
        ({"outcome": Outcome.UNKNOWN, "stage": Stage.HELD}, False),
        ({"outcome": Outcome.QUEUED, "resent": True}, False),
        ({"outcome": Outcome.QUEUED}, True),
        ({"outcome": Outcome.REJECTED, "stage": Stage.CLOSED}, True),
        # It went out from elsewhere.
        (
            {
                "outcome": Outcome.REJECTED,
                "stage": Stage.CLOSED,
                "failure": Failure.of(DuplicateMessageError()),
            },
            False,
        ),
        ({"outcome": Outcome.EXPIRED, "stage": Stage.CLOSED}, True),
        # One that was scheduled and taken back.
        ({"outcome": Outcome.NOT_SENT, "stage": Stage.CLOSED}, True),
    ],
)
async def test_the_same_text_in_another_message(
    harness: MessagingHarness, changes: dict[str, object], expected: bool
) -> None:
    """It may be that one, if it has gone or may have."""
    await harness.journal.put(become(message(harness), **changes))
    harness.clock.tick(HOUR)

    assert await is_proof(harness, message(harness)) is expected


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("Bonjour {nom}", SmsOptions(personalisation={MAMAN: {"nom": "Marie"}}), False),
        ("Bonjour {nom}", SmsOptions(personalisation={MAMAN: {"nom": "Paul"}}), True),
        # Another one's name.
        ("Bonjour {nom}", SmsOptions(personalisation={PAPA: {"nom": "Marie"}}), True),
        # Whose text was written otherwise than the others'.
        ("Bonjour", SmsOptions(texts={MAMAN: "Bonjour Marie"}), False),
        # What is added is a part of what was sent.
        ("Bonjour Marie", SmsOptions(stop_mention=True), True),
    ],
)
async def test_texts_are_compared_by_what_was_sent(
    harness: MessagingHarness, text: str, options: SmsOptions, *, expected: bool
) -> None:
    """To that recipient."""
    other = become(message(harness, text=text), outcome=Outcome.ACCEPTED)
    await harness.journal.put(replace(other, options=options))
    harness.clock.tick(HOUR)

    assert await is_proof(harness, message(harness, text="Bonjour Marie")) is expected


@pytest.mark.parametrize(("hours", "expected"), [(40, False), (60, True)])
async def test_the_same_text_long_before(
    harness: MessagingHarness, hours: int, expected: bool
) -> None:
    """It may have lived a day before it left, and the gateway remembers it for another."""
    accepted = {"outcome": Outcome.ACCEPTED, "stage": Stage.CLOSED}
    await harness.journal.put(become(message(harness), **accepted))
    harness.clock.tick(hours * HOUR)

    assert await is_proof(harness, message(harness)) is expected


async def test_the_same_text_that_was_scheduled_long_before(
    harness: MessagingHarness,
) -> None:
    """It counts when it leaves, however long ago it was handed over."""
    accepted = {"outcome": Outcome.ACCEPTED, "stage": Stage.CLOSED}
    record = become(message(harness), **accepted)
    send_at = harness.clock.now() + 99 * HOUR
    await harness.journal.put(replace(record, options=SmsOptions(send_at=send_at)))
    harness.clock.tick(100 * HOUR)

    assert not await is_proof(harness, message(harness))


async def test_a_journal_that_cannot_be_read(harness: MessagingHarness) -> None:
    """Then nobody knows what else was sent."""
    record = message(harness)
    await harness.journal.put(record)
    harness.disk.is_readable = False

    assert not await proves_earlier_send(
        harness.gateway, harness.journal, record, [REFUSED], is_alone=True
    )
