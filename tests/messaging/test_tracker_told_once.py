"""Reports that SMSECO tells only once: none is lost, whenever the house goes down."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.models import Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.tracking.heard_reports import (
    STORE_AGAIN,
)
from tests.conftest import MAMAN, PAPA, GatewayMaker, warnings_logged
from tests.simulator import Fault, Simulator
from tests.simulator.smseco import SimulatedSmsEco

from .disk import nothing
from .house import House, following
from .quiet import let_run, quiet
from .telling import DELIVERED, UNDELIVERED, UNKNOWN

MINUTE = 60
DAY = 24 * 3600
# Section III-1 of its document.
SENT, ARRIVED, FAILED = 55, 56, 59


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSmsEco:
    """Return the gateway."""
    return simulator.smseco


@pytest.fixture
async def house(
    client: GatewayMaker, simulated: SimulatedSmsEco, tmp_path: Path
) -> AsyncIterator[House]:
    """Return a house that sends through it."""
    async with following(client(simulated), tmp_path) as house:
        simulated.clock = house.clock.now
        yield house


async def ask(house: House) -> None:
    """Ask for what is new, until the house goes down."""
    asking = asyncio.create_task(house.tracker.ask_for_all())
    await asyncio.wait([asking])


def power_cut(house: House, writes: int) -> Callable[[], None]:
    """Return what cuts the power after so many writes."""
    last = house.disk.writes + writes

    def cut() -> None:
        if house.disk.writes == last:
            house.lose_power()

    return cut


# --- the house goes down ------------------------------------------------------------


@pytest.mark.parametrize(
    "writes",
    range(1, 5),
    ids=["report", "record", "that it was told", "that it is done"],
)
async def test_power_is_cut_after_each_write(
    house: House, simulated: SimulatedSmsEco, writes: int
) -> None:
    """The gateway has forgotten the report, and the listener hears of it exactly once.

    The writes are these: the report, the message, that somebody has heard of it, and
    that nothing more is to be made of the report.
    """
    record = await house.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    house.disk.on_written = power_cut(house, writes)
    heard_before = writes >= 3

    await ask(house)
    assert simulated.unread == []
    assert len(house.books.deliveries) == heard_before
    house.disk.on_written = nothing
    await house.crash()
    await house.start()
    await house.clock.advance(DAY)

    assert house.statuses() == [DELIVERED]
    [made] = (await house.kept(record)).submissions
    assert (made.outcome, made.is_awaited) == (Outcome.ACCEPTED, False)
    assert await house.journal.unapplied_reports() == []


async def test_power_is_cut_when_somebody_has_heard(
    house: House, simulated: SimulatedSmsEco
) -> None:
    """That isn't noted, so he hears of it again: twice is better than never."""
    await house.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    house.books.on_delivery = house.lose_power

    await ask(house)
    assert house.statuses() == [DELIVERED]
    house.books.on_delivery = nothing
    await house.crash()
    await house.start()
    await house.clock.advance(DAY)

    assert house.statuses() == [DELIVERED, DELIVERED]


@pytest.mark.parametrize("writes", range(1, 9))
async def test_power_is_cut_amid_several_reports(
    house: House, simulated: SimulatedSmsEco, writes: int
) -> None:
    """Of one answer, and about two messages: each is heard of, and no third."""
    await house.send(MAMAN, PAPA)
    await house.send(PAPA)
    first, second, third = simulated.accepted
    simulated.report(first, SENT)
    simulated.report(first, FAILED)
    simulated.report(third, ARRIVED)
    house.disk.on_written = power_cut(house, writes)

    await ask(house)
    house.disk.on_written = nothing
    await house.crash()
    await house.start()
    await house.clock.advance(MINUTE)
    simulated.report(second, ARRIVED)
    await house.clock.advance(DAY)

    assert sorted(house.statuses()) == [DELIVERED, DELIVERED, UNDELIVERED]
    assert len({made.submission_id for _, made in house.books.deliveries}) == 3


async def test_what_is_lost_on_the_way_ends_unknown(
    house: House, simulated: SimulatedSmsEco
) -> None:
    """Nobody can help that; it is not awaited for ever."""
    await house.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    simulated.fail(Fault.CUT_AFTER, operation="delivery", times=1)

    await house.clock.advance(7 * DAY)

    assert house.statuses() == [UNKNOWN]


# --- there is no room on the disk ---------------------------------------------------


async def until_it_pauses(house: House, waiting: int) -> None:
    """Wait until it waits for room, besides those that wait anyway."""
    while house.clock.timers <= waiting:
        await asyncio.sleep(0)


async def test_no_room_for_the_answer(
    house: House, simulated: SimulatedSmsEco, caplog: pytest.LogCaptureFixture
) -> None:
    """It is kept in memory until there is; nothing else is asked meanwhile."""
    record = await house.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    house.disk.room = 0
    house.clock.time += timedelta(minutes=1)
    house.clock.wake_next()
    await until_it_pauses(house, 0)
    asking = [
        asyncio.create_task(house.tracker.ask_about(record.message_id)),
        asyncio.create_task(house.tracker.ask_for_all()),
    ]
    for _ in range(3):
        await until_it_pauses(house, 0)
        house.clock.time += STORE_AGAIN
        house.clock.wake_next()
    await until_it_pauses(house, 0)
    assert simulated.asked("delivery") == 1

    house.disk.room = None
    house.clock.wake_next()
    await asyncio.gather(*asking)
    await quiet()

    assert house.statuses() == [DELIVERED]
    # What was asked for has nothing new: what it would have told is known.
    assert simulated.asked("delivery") > 1
    assert len(warnings_logged(caplog)) == 4


async def test_the_house_stops_without_room(
    house: House, simulated: SimulatedSmsEco
) -> None:
    """It doesn't wait for that; who has asked hears of it."""
    await house.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    house.disk.room = 0
    asking = asyncio.create_task(house.tracker.ask_for_all())
    await until_it_pauses(house, 1)

    await house.stop()

    with pytest.raises(NotStoredError):
        await asking
    assert house.clock.timers == 0


async def test_there_is_room_when_the_house_stops(
    house: House, simulated: SimulatedSmsEco
) -> None:
    """So the next run makes something of it."""
    await house.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    house.disk.room = 0
    house.clock.time += timedelta(minutes=1)
    house.clock.wake_next()
    await until_it_pauses(house, 0)
    house.disk.room = None

    await house.stop()
    house.build()
    await house.start()
    await quiet()

    assert house.statuses() == [DELIVERED]


async def test_room_for_the_report_and_for_nothing_else(
    house: House, simulated: SimulatedSmsEco
) -> None:
    """The message is changed when there is more."""
    await house.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    house.disk.room = 1
    await house.clock.advance(MINUTE)
    assert house.statuses() == []
    [failure] = house.books.failures
    assert isinstance(failure, NotStoredError)
    [stored] = await house.journal.unapplied_reports()
    assert stored.message_id is None

    # Longer than a report waits for a message that may not be there.
    await house.clock.advance(15 * MINUTE)
    assert len(await house.journal.unapplied_reports()) == 1
    house.disk.room = None
    await house.clock.advance(30 * MINUTE)

    assert house.statuses() == [DELIVERED]
    assert await house.journal.reports(limit=9) == []


async def test_no_room_at_the_start(house: House, simulated: SimulatedSmsEco) -> None:
    """It begins all the same, and makes something of the report when there is room."""
    await house.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    house.disk.on_written = power_cut(house, 1)
    await ask(house)
    house.disk.on_written = nothing
    await house.crash()
    house.disk.room = 0

    await house.start()
    await quiet()
    assert house.statuses() == []
    house.disk.room = None
    await house.clock.advance(MINUTE)

    assert house.statuses() == [DELIVERED]


# --- whose report it is -------------------------------------------------------------


async def test_the_report_is_read_before_the_answer(
    house: House, simulated: SimulatedSmsEco
) -> None:
    """It waits on disk until the message is known to be accepted."""
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    simulated.instant_delivery = True
    message = house.message()
    sending = asyncio.create_task(house.outbox.send(message))
    await simulated.until_asked("send")
    await let_run()
    await house.tracker.ask_for_all()
    assert simulated.asked("delivery") == 1
    assert len(await house.journal.unapplied_reports()) == 1
    assert house.statuses() == []

    # The answer is lost, and the report is proof of what it would have said.
    await sending
    await house.clock.advance(2 * MINUTE)

    assert house.current(message).outcome is Outcome.ACCEPTED
    assert house.current(message).submission_id == simulated.accepted[0].submission_id
    assert house.statuses() == [DELIVERED]
    assert len(simulated.accepted) == 1


async def test_what_another_program_has_sent(
    house: House, simulated: SimulatedSmsEco
) -> None:
    """It is nobody's here, and is told nowhere."""
    await house.send()
    await house.gateway.send(Sms(text="Autre", recipients=(MAMAN,)))
    simulated.report(simulated.accepted[1], ARRIVED)
    await house.clock.advance(20 * MINUTE)
    assert len(await house.journal.reports(limit=9)) == 1
    simulated.report(simulated.accepted[0], FAILED)

    await house.clock.advance(DAY)

    assert house.statuses() == [UNDELIVERED]


async def test_an_answer_that_names_nobody(
    house: House, simulated: SimulatedSmsEco
) -> None:
    """The id of the request, and the number, tell whose report it is."""
    simulated.lists_messages = False
    await house.send(MAMAN, PAPA)
    first, second = simulated.accepted
    simulated.report(second, ARRIVED)
    simulated.report(first, FAILED)

    await house.clock.advance(2 * MINUTE)

    told = [
        (made.recipient.number, made.delivery and made.delivery.status)
        for _, made in house.books.deliveries
    ]
    assert told == [(PAPA, DELIVERED), (MAMAN, UNDELIVERED)]


async def test_a_gateway_that_is_away(house: House, simulated: SimulatedSmsEco) -> None:
    """What is new waits there."""
    await house.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    simulated.fail(Fault.RATE_LIMITED, operation="delivery", times=3)

    await house.clock.advance(30 * MINUTE)

    assert house.statuses() == [DELIVERED]
    assert len(house.books.failures) == 3
