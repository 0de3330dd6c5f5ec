"""Reports that prove that a message has left, and those that prove nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.errors import (
    NoAnswerError,
    RateLimitedError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.doubts import Choice
from custom_components.passerelle_sms.messaging.record import (
    MessageRecord,
    OnUnknown,
    Stage,
)
from tests.conftest import MAMAN, PAPA

from .house import House, following
from .quiet import let_run, quiet
from .telling import DELIVERED, PENDING, UNDELIVERED, CallingGateway, report

MINUTE = 60


@pytest.fixture
async def gateway(session: aiohttp.ClientSession) -> CallingGateway:
    """Return a gateway that calls."""
    return CallingGateway(session)


@pytest.fixture
async def house(gateway: CallingGateway, tmp_path: Path) -> AsyncIterator[House]:
    """Return a house that sends through it."""
    async with following(gateway, tmp_path) as house:
        yield house


async def send_in_doubt(
    house: House, gateway: CallingGateway, number: str = MAMAN
) -> MessageRecord:
    """Send a message of which nobody knows whether it has left."""
    gateway.failures.append(NoAnswerError())
    record = await house.send(number)
    assert house.current(record).outcome is Outcome.UNKNOWN
    return record


def outcome(house: House, record: MessageRecord) -> Outcome:
    """Return what became of a message to a single recipient."""
    return house.current(record).outcome


@pytest.mark.parametrize("status", [DELIVERED, UNDELIVERED, PENDING])
async def test_a_report_proves_that_it_has_left(
    house: House, gateway: CallingGateway, status: DeliveryStatus
) -> None:
    """The gateway could not tell of it otherwise. So nobody has to be asked."""
    record = await send_in_doubt(house, gateway)
    told = report("id-9", MAMAN, status, at=house.clock.now())

    assert await house.hear(told) == (True,)

    made = house.current(record)
    assert (made.outcome, made.stage) == (Outcome.ACCEPTED, Stage.CLOSED)
    assert (made.submission_id, made.failure) == ("id-9", None)
    assert await house.kept(record) == house.books.latest[record.message_id].updated(
        (await house.kept(record)).submissions
    )
    assert len(house.outbox.messages) == 0
    assert house.statuses() == [status] * status.is_final
    # What comes next has an id to be known by.
    later = report("id-9", MAMAN, DELIVERED)
    assert await house.hear(later) == (True,)
    assert house.statuses()[-1:] == [DELIVERED]


async def test_what_is_held_for_the_user_is_proven(
    house: House, gateway: CallingGateway
) -> None:
    """He need not choose any more."""
    record = await send_in_doubt(house, gateway)
    at = house.clock.now()
    await house.clock.advance(30 * MINUTE)
    assert house.current(record).stage is Stage.HELD

    assert await house.hear(report("id-9", MAMAN, at=at)) == (True,)

    assert outcome(house, record) is Outcome.ACCEPTED
    assert len(house.outbox.messages) == 0
    await house.outbox.resolve(record.message_id, Choice.RESEND)
    await quiet()
    assert gateway.taken == []


async def test_a_proof_outlives_a_restart(
    house: House, gateway: CallingGateway
) -> None:
    """What was in doubt before is proven after it."""
    record = await send_in_doubt(house, gateway)
    at = house.clock.now()
    await house.crash()
    await house.start()

    assert await house.hear(report("id-9", MAMAN, at=at)) == (True,)

    assert outcome(house, record) is Outcome.ACCEPTED
    await house.crash()
    await house.start()
    assert house.statuses() == [DELIVERED]


@pytest.mark.parametrize(
    ("number", "seconds"),
    [
        (PAPA, 0),
        ("+237695688208", 0),
        (MAMAN, -3 * MINUTE),
        (MAMAN, 61 * MINUTE),
        (MAMAN, None),
    ],
)
async def test_what_proves_nothing(
    house: House, gateway: CallingGateway, number: str, seconds: int | None
) -> None:
    """Another number, another time, or no time at all."""
    record = await send_in_doubt(house, gateway)
    at = None if seconds is None else house.clock.now() + timedelta(seconds=seconds)

    assert await house.hear(report("id-9", number, at=at)) == (False,)

    assert outcome(house, record) is Outcome.UNKNOWN
    assert house.statuses() == []


async def test_two_that_it_may_prove(house: House, gateway: CallingGateway) -> None:
    """It proves neither."""
    records = [await send_in_doubt(house, gateway) for _ in range(2)]

    told = report("id-9", MAMAN, at=house.clock.now())
    assert await house.hear(told) == (False,)

    assert {outcome(house, record) for record in records} == {Outcome.UNKNOWN}


async def test_the_id_of_another_message_proves_nothing(
    house: House, gateway: CallingGateway
) -> None:
    """It is about that one, or about none."""
    await house.send(PAPA)
    record = await send_in_doubt(house, gateway)

    told = report("id-1", MAMAN, at=house.clock.now())
    assert await house.hear(told) == (False,)

    assert outcome(house, record) is Outcome.UNKNOWN


async def test_a_report_about_another_message_to_that_number(
    house: House, gateway: CallingGateway
) -> None:
    """Its id tells it from the one in doubt."""
    await house.send()
    record = await send_in_doubt(house, gateway)

    assert await house.hear(report("id-1", MAMAN, at=house.clock.now())) == (True,)

    assert outcome(house, record) is Outcome.UNKNOWN
    assert house.statuses() == [DELIVERED]


@pytest.mark.parametrize("is_refused", [True, False])
async def test_while_it_is_under_way_it_proves_nothing(
    house: House, gateway: CallingGateway, is_refused: bool
) -> None:
    """The answer decides: perhaps it is about an earlier message."""
    gateway.answer = asyncio.Event()
    if is_refused:
        gateway.failures.append(RateLimitedError())
    message = house.message()
    sending = asyncio.create_task(house.outbox.send(message))
    while not house.outbox.messages.get(message.message_id):
        await asyncio.sleep(0)
    await let_run()

    told = report("id-9", MAMAN, at=house.clock.now())
    assert await house.tracker.take_pushed([told]) == (False,)
    gateway.answer.set()
    record = await sending
    await quiet()

    expected = Outcome.QUEUED if is_refused else Outcome.ACCEPTED
    assert outcome(house, record) is expected
    assert house.statuses() == []


async def test_it_comes_before_there_is_no_answer(
    house: House, gateway: CallingGateway
) -> None:
    """Then it proves what the answer would have said."""
    gateway.answer = asyncio.Event()
    gateway.failures.append(NoAnswerError())
    message = house.message()
    sending = asyncio.create_task(house.outbox.send(message))
    while not house.outbox.messages.get(message.message_id):
        await asyncio.sleep(0)
    await let_run()
    told = report("id-9", MAMAN, at=house.clock.now())
    assert await house.tracker.take_pushed([told]) == (False,)
    gateway.answer.set()
    record = await sending
    await quiet()

    # Told again, as it was not taken.
    assert await house.hear(told) == (True,)

    assert outcome(house, record) is Outcome.ACCEPTED
    assert house.statuses() == [DELIVERED]


async def test_what_is_sent_again_is_proven_by_nothing(
    house: House, gateway: CallingGateway
) -> None:
    """The first has arrived, perhaps; of the second nobody knows yet."""
    gateway.failures.append(NoAnswerError())
    record = await house.send(on_unknown=OnUnknown.RESEND)
    at = house.clock.now()
    gateway.failures.append(RateLimitedError())
    while outcome(house, record) is Outcome.UNKNOWN:
        await house.clock.advance(10)
    assert outcome(house, record) is Outcome.QUEUED

    assert await house.hear(report("id-9", MAMAN, at=at)) == (False,)
    await house.clock.advance(MINUTE)

    assert gateway.taken == [(MAMAN, "id-1")]
    assert house.statuses() == []
