"""Somebody waits for what becomes of a message."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import NoAnswerError
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
)
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.conftest import MAMAN, PAPA, GatewayMaker
from tests.messaging.fake_gateways import (
    DELIVERED,
    PENDING,
    UNDELIVERED,
    AskedGateway,
    CallingGateway,
    report,
)
from tests.messaging.harness import MessagingHarness, following
from tests.messaging.idle import let_run
from tests.simulator import Fault, Simulator

MINUTE = 60


@pytest.fixture
async def gateway(session: aiohttp.ClientSession) -> CallingGateway:
    """Return a gateway that calls."""
    return CallingGateway(session)


@pytest.fixture
async def harness(
    gateway: CallingGateway, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house that sends through it."""
    async with following(gateway, tmp_path) as harness:
        yield harness


@pytest.fixture
async def asked(session: aiohttp.ClientSession) -> AskedGateway:
    """Return a gateway that can be asked."""
    return AskedGateway(session)


@pytest.fixture
async def asking(
    asked: AskedGateway, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house that asks it."""
    async with following(asked, tmp_path) as harness:
        yield harness


async def waiting(
    harness: MessagingHarness, record: MessageRecord, minutes: float = 30
) -> asyncio.Task[None]:
    """Let somebody wait for the deliveries of a message."""
    task = asyncio.create_task(harness.wait(record, timedelta(minutes=minutes)))
    await let_run()
    return task


async def test_who_waits_makes_it_ask_sooner(
    asking: MessagingHarness, asked: AskedGateway
) -> None:
    """Seconds after it was sent; and nobody else's messages."""
    await asking.send()
    record = await asking.send()

    task = await waiting(asking, record)
    await asking.clock.advance(45)

    assert asked.asked == ["id-2"] * 4
    asked.told["id-2"] = report("id-2", MAMAN)
    await asking.clock.advance(35)
    assert task.done()
    # It counts from when it was sent, also for who comes later.
    assert asking.statuses() == [DELIVERED]


async def test_who_waits_for_several(harness: MessagingHarness) -> None:
    """Until the last of them has ended."""
    record = await harness.send(MAMAN, PAPA)
    tasks = [await waiting(harness, record) for _ in range(2)]

    await harness.hear(report("id-1", MAMAN))
    assert not any(task.done() for task in tasks)
    await harness.hear(report("id-2", PAPA, PENDING, code="50"))
    assert not any(task.done() for task in tasks)
    await harness.hear(report("id-2", PAPA, UNDELIVERED))

    await asyncio.wait_for(asyncio.gather(*tasks), 1)


@pytest.mark.parametrize("hours", [-2, 2])
async def test_nobody_waits_for_ever(harness: MessagingHarness, hours: int) -> None:
    """When the time is over it is over, whatever the clock is set to."""
    record = await harness.send()
    task = await waiting(harness, record)
    await harness.clock.advance(29 * MINUTE)
    harness.clock.jump(timedelta(hours=hours))
    await let_run()
    assert not task.done()

    await harness.clock.advance(MINUTE)

    assert task.done()


@pytest.mark.parametrize("hours", [-6, 6])
async def test_a_set_clock_puts_no_question_off(
    asking: MessagingHarness, asked: AskedGateway, hours: int
) -> None:
    """Who waits hears of the delivery as soon as he would have with a steady clock."""
    record = await asking.send()
    task = await waiting(asking, record)
    await asking.clock.advance(6)
    assert asked.asked == ["id-1"]
    asking.clock.jump(timedelta(hours=hours))
    asked.told["id-1"] = report("id-1", MAMAN)

    await asking.clock.advance(7)

    assert asked.asked == ["id-1"] * 2
    assert task.done()


async def test_there_is_nothing_to_wait_for(harness: MessagingHarness) -> None:
    """No message, one that has ended, or no time."""
    record = await harness.send()
    await asyncio.wait_for(harness.tracker.wait("none", timedelta(days=1)), 1)
    late = timedelta(seconds=-1)
    task = asyncio.create_task(harness.tracker.wait(record.message_id, late))
    await let_run()
    harness.clock.wake_next()
    await asyncio.wait_for(task, 1)
    await harness.hear(report("id-1", MAMAN))

    await asyncio.wait_for(harness.wait(record, timedelta(days=1)), 1)


async def test_who_no_longer_waits(
    asking: MessagingHarness, asked: AskedGateway
) -> None:
    """He is forgotten, and it is asked as seldom as before."""
    record = await asking.send()
    patient, hasty = await waiting(asking, record), await waiting(asking, record)

    hasty.cancel()
    await asyncio.wait([hasty])
    assert not patient.done()
    patient.cancel()
    await asyncio.wait([patient])
    await asking.clock.advance(64)

    assert asked.asked == ["id-1"]


async def test_what_is_settled_otherwise_is_not_waited_for(
    harness: MessagingHarness, gateway: CallingGateway
) -> None:
    """The user has closed it: nothing more is awaited."""
    gateway.failures.append(NoAnswerError())
    record = await harness.send()
    await harness.clock.advance(30 * MINUTE)
    assert harness.current(record).stage is Stage.HELD
    task = await waiting(harness, record)
    assert not task.done()

    await harness.outbox.resolve(record.message_id, Choice.DROP)

    await asyncio.wait_for(task, 1)


async def test_who_waits_when_the_house_stops(harness: MessagingHarness) -> None:
    """He gets what is known."""
    task = await waiting(harness, await harness.send())

    await harness.stop()

    await asyncio.wait_for(task, 1)


async def test_who_waits_while_the_account_is_reloaded(
    harness: MessagingHarness,
) -> None:
    """He waits on: that is no answer."""
    record = await harness.send()
    task = await waiting(harness, record)
    await harness.tracker.pause()
    await let_run()
    assert not task.done()
    later = await waiting(harness, record)
    assert not later.done()

    await harness.tracker.start()
    await harness.hear(report("id-1", MAMAN))

    assert task.done()
    assert later.done()
    assert harness.statuses() == [DELIVERED]


async def test_what_has_not_left_yet_is_waited_for(
    simulator: Simulator, client: GatewayMaker, tmp_path: Path
) -> None:
    """A gateway that can't be reached is no delivery: it is tried again meanwhile."""
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send", times=1)
    simulator.etech_keys.label = "DELIVERED"
    async with following(client(simulator.etech_keys), tmp_path) as harness:
        record = await harness.send()
        assert harness.current(record).is_waiting

        task = await waiting(harness, record)
        assert not task.done()
        await harness.clock.advance(300)

        assert task.done()
        assert harness.statuses() == ["delivered"]
