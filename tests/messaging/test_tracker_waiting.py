"""Somebody waits for what becomes of a message."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import NoAnswerError
from custom_components.passerelle_sms.messaging.doubts import Choice
from custom_components.passerelle_sms.messaging.record import MessageRecord, Stage
from tests.conftest import MAMAN, PAPA, GatewayMaker
from tests.simulator import Fault, Simulator

from .clock import START
from .house import House, following
from .quiet import let_run
from .telling import (
    DELIVERED,
    PENDING,
    UNDELIVERED,
    AskedGateway,
    CallingGateway,
    report,
)

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


@pytest.fixture
async def asked(session: aiohttp.ClientSession) -> AskedGateway:
    """Return a gateway that can be asked."""
    return AskedGateway(session)


@pytest.fixture
async def asking(asked: AskedGateway, tmp_path: Path) -> AsyncIterator[House]:
    """Return a house that asks it."""
    async with following(asked, tmp_path) as house:
        yield house


async def waiting(
    house: House, record: MessageRecord, minutes: float = 30
) -> asyncio.Task[None]:
    """Let somebody wait for the deliveries of a message."""
    task = asyncio.create_task(house.wait(record, timedelta(minutes=minutes)))
    await let_run()
    return task


async def test_who_waits_makes_it_ask_sooner(
    asking: House, asked: AskedGateway
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


async def test_who_waits_for_several(house: House) -> None:
    """Until the last of them has ended."""
    record = await house.send(MAMAN, PAPA)
    tasks = [await waiting(house, record) for _ in range(2)]

    await house.hear(report("id-1", MAMAN))
    assert not any(task.done() for task in tasks)
    await house.hear(report("id-2", PAPA, PENDING, code="50"))
    assert not any(task.done() for task in tasks)
    await house.hear(report("id-2", PAPA, UNDELIVERED))

    await asyncio.wait_for(asyncio.gather(*tasks), 1)


async def test_nobody_waits_for_ever(house: House) -> None:
    """When the time is over it is over, whatever the clock says."""
    record = await house.send()
    task = await waiting(house, record)
    await house.clock.advance(29 * MINUTE)
    assert not task.done()
    house.clock.set_back(timedelta(hours=2))

    await house.clock.advance(MINUTE)

    assert task.done()


async def test_there_is_nothing_to_wait_for(house: House) -> None:
    """No message, one that has ended, or no time."""
    record = await house.send()
    await asyncio.wait_for(house.tracker.wait("none", START + timedelta(days=1)), 1)
    late = house.clock.now() - timedelta(seconds=1)
    task = asyncio.create_task(house.tracker.wait(record.message_id, late))
    await let_run()
    house.clock.wake_next()
    await asyncio.wait_for(task, 1)
    await house.hear(report("id-1", MAMAN))

    await asyncio.wait_for(house.wait(record, timedelta(days=1)), 1)


async def test_who_no_longer_waits(asking: House, asked: AskedGateway) -> None:
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
    house: House, gateway: CallingGateway
) -> None:
    """The user has closed it: nothing more is awaited."""
    gateway.failures.append(NoAnswerError())
    record = await house.send()
    await house.clock.advance(30 * MINUTE)
    assert house.current(record).stage is Stage.HELD
    task = await waiting(house, record)
    assert not task.done()

    await house.outbox.resolve(record.message_id, Choice.DROP)

    await asyncio.wait_for(task, 1)


async def test_who_waits_when_the_house_stops(house: House) -> None:
    """He gets what is known."""
    task = await waiting(house, await house.send())

    await house.stop()

    await asyncio.wait_for(task, 1)


async def test_what_has_not_left_yet_is_waited_for(
    simulator: Simulator, client: GatewayMaker, tmp_path: Path
) -> None:
    """A gateway that can't be reached is no delivery: it is tried again meanwhile."""
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send", times=1)
    simulator.etech_keys.label = "DELIVERED"
    async with following(client(simulator.etech_keys), tmp_path) as house:
        record = await house.send()
        assert house.current(record).is_waiting

        task = await waiting(house, record)
        assert not task.done()
        await house.clock.advance(300)

        assert task.done()
        assert house.statuses() == ["delivered"]
