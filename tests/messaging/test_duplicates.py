"""What a refusal of a text that the gateway has had before proves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    DuplicateMessageError,
    InsufficientCreditError,
)
from custom_components.passerelle_sms.gateways.models import Submission
from custom_components.passerelle_sms.gateways.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.duplicates import duplicate_is_proof
from custom_components.passerelle_sms.messaging.record import (
    MessageRecord,
    Stage,
    SubmissionRecord,
)
from tests.conftest import MAMAN, PAPA
from tests.simulator import Simulator

from .conftest import HouseMaker
from .house import House

REFUSED = Submission.failed(MAMAN, DuplicateMessageError())
HOUR = timedelta(hours=1)


@pytest.fixture
async def house(make_house: HouseMaker, simulator: Simulator) -> House:
    """Return a house whose gateway refuses what it has had within a day."""
    house = make_house(simulator.sms123)
    await house.start()
    return house


def message(house: House, number: str = MAMAN, text: str = "Test") -> MessageRecord:
    """Return a message in doubt."""
    record = house.message(number, text=text)
    return become(record, outcome=Outcome.UNKNOWN, attempts=1)


def become(record: MessageRecord, **changes: object) -> MessageRecord:
    """Return a message whose only submission has changed."""
    [made] = record.submissions
    return record.updated([changed(made, **changes)])


def changed(made: SubmissionRecord, **changes: object) -> SubmissionRecord:
    """Return a submission with other values."""
    return replace(made, **changes)  # type: ignore[arg-type] # checked when it is made


async def is_proof(
    house: House, record: MessageRecord, result: Submission = REFUSED
) -> bool:
    """Return whether a refusal proves that a message was sent."""
    await house.journal.put(record)
    return await duplicate_is_proof(house.gateway, house.journal, record, [result])


async def test_nothing_else_can_be_meant(house: House) -> None:
    """It proves that the message itself was sent."""
    await house.journal.put(message(house, text="Autre chose"))
    await house.journal.put(message(house, PAPA))

    assert await is_proof(house, message(house))


async def test_another_refusal(house: House) -> None:
    """It proves nothing."""
    result = Submission.failed(MAMAN, InsufficientCreditError())

    assert not await is_proof(house, message(house), result)


async def test_a_gateway_that_promises_nothing(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """Whatever it says."""
    house = make_house(simulator.etech_keys)
    await house.start()

    assert not await is_proof(house, message(house))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"outcome": Outcome.ACCEPTED, "stage": Stage.CLOSED}, False),
        ({"outcome": Outcome.UNKNOWN, "stage": Stage.HELD}, False),
        ({"outcome": Outcome.QUEUED, "resent": True}, False),
        ({"outcome": Outcome.QUEUED}, True),
        ({"outcome": Outcome.REJECTED, "stage": Stage.CLOSED}, True),
        ({"outcome": Outcome.EXPIRED, "stage": Stage.CLOSED}, True),
        # One that was scheduled and taken back.
        ({"outcome": Outcome.NOT_SENT, "stage": Stage.CLOSED}, True),
    ],
)
async def test_the_same_text_in_another_message(
    house: House, changes: dict[str, object], expected: bool
) -> None:
    """It may be that one, if it has gone or may have."""
    await house.journal.put(become(message(house), **changes))
    house.clock.time += HOUR

    assert await is_proof(house, message(house)) is expected


@pytest.mark.parametrize(("hours", "expected"), [(40, False), (60, True)])
async def test_the_same_text_long_before(
    house: House, hours: int, expected: bool
) -> None:
    """It may have lived a day before it left, and the gateway remembers it for another."""
    accepted = {"outcome": Outcome.ACCEPTED, "stage": Stage.CLOSED}
    await house.journal.put(become(message(house), **accepted))
    house.clock.time += hours * HOUR

    assert await is_proof(house, message(house)) is expected


async def test_the_same_text_that_was_scheduled_long_before(house: House) -> None:
    """It counts when it leaves, however long ago it was handed over."""
    accepted = {"outcome": Outcome.ACCEPTED, "stage": Stage.CLOSED}
    record = become(message(house), **accepted)
    send_at = house.clock.now() + 99 * HOUR
    await house.journal.put(replace(record, options=SmsOptions(send_at=send_at)))
    house.clock.time += 100 * HOUR

    assert not await is_proof(house, message(house))


async def test_a_journal_that_cannot_be_read(house: House) -> None:
    """Then nobody knows what else was sent."""
    record = message(house)
    await house.journal.put(record)
    house.disk.is_readable = False

    assert not await duplicate_is_proof(house.gateway, house.journal, record, [REFUSED])
