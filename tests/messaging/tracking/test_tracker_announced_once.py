"""Reports that SMSECO tells only once: none is lost, whenever the house goes down."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.tracking.report_inbox import STORE_AGAIN
from tests.conftest import MAMAN, PAPA, GatewayMaker, warnings_logged
from tests.messaging.fake_disk import nothing
from tests.messaging.fake_gateways import DELIVERED, UNDELIVERED, UNKNOWN
from tests.messaging.harness import MessagingHarness, following
from tests.messaging.idle import let_run, until_idle
from tests.simulator import Fault, Simulator
from tests.simulator.smseco import SimulatedSmsEco

MINUTE = 60
DAY = 24 * 3600
# Section III-1 of its document.
SENT, ARRIVED, FAILED = 55, 56, 59


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSmsEco:
    """Return the gateway."""
    return simulator.smseco


@pytest.fixture
async def harness(
    client: GatewayMaker, simulated: SimulatedSmsEco, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house that sends through it."""
    async with following(client(simulated), tmp_path) as harness:
        simulated.now = harness.clock.now
        yield harness


async def ask(harness: MessagingHarness) -> None:
    """Ask for what is new, until the house goes down."""
    asking = asyncio.create_task(harness.tracker.ask_for_all())
    await asyncio.wait([asking])


def power_cut(harness: MessagingHarness, writes: int) -> Callable[[], None]:
    """Return what cuts the power after so many writes."""
    last = harness.disk.writes + writes

    def cut() -> None:
        if harness.disk.writes == last:
            harness.cancel_all()

    return cut


# --- the house goes down ------------------------------------------------------------


@pytest.mark.parametrize(
    "writes",
    range(1, 5),
    ids=["report", "record", "that it was told", "that it is done"],
)
async def test_power_is_cut_after_each_write(
    harness: MessagingHarness, simulated: SimulatedSmsEco, writes: int
) -> None:
    """The gateway has forgotten the report, and the listener hears of it exactly once.

    The writes are these: the report, the message, that somebody has heard of it, and
    that nothing more is to be made of the report.
    """
    record = await harness.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    harness.disk.on_written = power_cut(harness, writes)
    heard_before = writes >= 3

    await ask(harness)
    assert simulated.unread == []
    assert len(harness.observer.deliveries) == heard_before
    harness.disk.on_written = nothing
    await harness.crash()
    await harness.start()
    await harness.clock.advance(DAY)

    assert harness.statuses() == [DELIVERED]
    [submission] = (await harness.kept(record)).submissions
    assert (submission.outcome, submission.is_awaited) == (Outcome.ACCEPTED, False)
    assert await harness.journal.unapplied_reports() == []


async def test_power_is_cut_when_somebody_has_heard(
    harness: MessagingHarness, simulated: SimulatedSmsEco
) -> None:
    """That isn't noted, so he hears of it again: twice is better than never."""
    await harness.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    harness.observer.on_delivery = harness.cancel_all

    await ask(harness)
    assert harness.statuses() == [DELIVERED]
    harness.observer.on_delivery = nothing
    await harness.crash()
    await harness.start()
    await harness.clock.advance(DAY)

    assert harness.statuses() == [DELIVERED, DELIVERED]


@pytest.mark.parametrize("writes", range(1, 9))
async def test_power_is_cut_amid_several_reports(
    harness: MessagingHarness, simulated: SimulatedSmsEco, writes: int
) -> None:
    """Of one answer, and about two messages: each is heard of, and no third."""
    await harness.send(MAMAN, PAPA)
    await harness.send(PAPA)
    first, second, third = simulated.accepted
    simulated.report(first, SENT)
    simulated.report(first, FAILED)
    simulated.report(third, ARRIVED)
    harness.disk.on_written = power_cut(harness, writes)

    await ask(harness)
    harness.disk.on_written = nothing
    await harness.crash()
    await harness.start()
    await harness.clock.advance(MINUTE)
    simulated.report(second, ARRIVED)
    await harness.clock.advance(DAY)

    assert sorted(harness.statuses()) == [DELIVERED, DELIVERED, UNDELIVERED]
    assert (
        len({submission.submission_id for _, submission in harness.observer.deliveries})
        == 3
    )


async def test_what_is_lost_on_the_way_ends_unknown(
    harness: MessagingHarness, simulated: SimulatedSmsEco
) -> None:
    """Nobody can help that; it is not awaited for ever."""
    await harness.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    simulated.fail(Fault.CUT_AFTER, operation="delivery", times=1)

    await harness.clock.advance(7 * DAY)

    assert harness.statuses() == [UNKNOWN]


# --- there is no room on the disk ---------------------------------------------------


async def until_it_pauses(harness: MessagingHarness, waiting: int) -> None:
    """Wait until it waits for room, besides those that wait anyway."""
    while harness.clock.timers <= waiting:
        await asyncio.sleep(0)


async def test_no_room_for_the_answer(
    harness: MessagingHarness,
    simulated: SimulatedSmsEco,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is kept in memory until there is; nothing else is asked meanwhile."""
    record = await harness.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    harness.disk.room = 0
    harness.clock.tick(timedelta(minutes=1))
    harness.clock.wake_next()
    await until_it_pauses(harness, 0)
    asking = [
        asyncio.create_task(harness.tracker.ask_about(record.message_id)),
        asyncio.create_task(harness.tracker.ask_for_all()),
    ]
    for _ in range(3):
        await until_it_pauses(harness, 0)
        harness.clock.tick(STORE_AGAIN)
        harness.clock.wake_next()
    await until_it_pauses(harness, 0)
    assert simulated.asked("delivery") == 1

    harness.disk.room = None
    harness.clock.wake_next()
    await asyncio.gather(*asking)
    await until_idle()

    assert harness.statuses() == [DELIVERED]
    # What was asked for has nothing new: what it would have told is known.
    assert simulated.asked("delivery") > 1
    assert len(warnings_logged(caplog)) == 4


async def test_the_house_stops_without_room(
    harness: MessagingHarness, simulated: SimulatedSmsEco
) -> None:
    """It doesn't wait for that; who has asked hears of it."""
    await harness.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    harness.disk.room = 0
    asking = asyncio.create_task(harness.tracker.ask_for_all())
    await until_it_pauses(harness, 1)

    await harness.stop()

    with pytest.raises(NotStoredError):
        await asking
    assert harness.clock.timers == 0


async def test_there_is_room_when_the_house_stops(
    harness: MessagingHarness, simulated: SimulatedSmsEco
) -> None:
    """So the next run makes something of it."""
    await harness.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    harness.disk.room = 0
    harness.clock.tick(timedelta(minutes=1))
    harness.clock.wake_next()
    await until_it_pauses(harness, 0)
    harness.disk.room = None

    await harness.stop()
    harness.build()
    await harness.start()
    await until_idle()

    assert harness.statuses() == [DELIVERED]


async def test_room_for_the_report_and_for_nothing_else(
    harness: MessagingHarness, simulated: SimulatedSmsEco
) -> None:
    """The message is changed when there is more."""
    await harness.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    harness.disk.room = 1
    await harness.clock.advance(MINUTE)
    assert harness.statuses() == []
    [failure] = harness.observer.failures
    assert isinstance(failure, NotStoredError)
    [stored] = await harness.journal.unapplied_reports()
    assert stored.message_id is None

    # Longer than a report waits for a message that may not be there.
    await harness.clock.advance(15 * MINUTE)
    assert len(await harness.journal.unapplied_reports()) == 1
    harness.disk.room = None
    await harness.clock.advance(30 * MINUTE)

    assert harness.statuses() == [DELIVERED]
    assert await harness.journal.reports(limit=9) == []


async def test_no_room_at_the_start(
    harness: MessagingHarness, simulated: SimulatedSmsEco
) -> None:
    """It begins all the same, and makes something of the report when there is room."""
    await harness.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    harness.disk.on_written = power_cut(harness, 1)
    await ask(harness)
    harness.disk.on_written = nothing
    await harness.crash()
    # For the beginning of the run, and no more.
    harness.disk.room = 1

    await harness.start()
    await until_idle()
    assert harness.statuses() == []
    harness.disk.room = None
    await harness.clock.advance(MINUTE)

    assert harness.statuses() == [DELIVERED]


# --- whose report it is -------------------------------------------------------------


async def test_the_report_is_read_before_the_answer(
    harness: MessagingHarness, simulated: SimulatedSmsEco
) -> None:
    """It waits on disk until the message is known to be accepted."""
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    simulated.instant_delivery = True
    message = harness.message()
    sending = asyncio.create_task(harness.outbox.send(message))
    await simulated.until_asked("send")
    await let_run()
    await harness.tracker.ask_for_all()
    assert simulated.asked("delivery") == 1
    assert len(await harness.journal.unapplied_reports()) == 1
    assert harness.statuses() == []

    # The answer is lost, and the report is proof of what it would have said.
    await sending
    await harness.clock.advance(2 * MINUTE)

    assert harness.current(message).outcome is Outcome.ACCEPTED
    assert harness.current(message).submission_id == simulated.accepted[0].submission_id
    assert harness.statuses() == [DELIVERED]
    assert len(simulated.accepted) == 1


async def test_what_another_program_has_sent(
    harness: MessagingHarness, simulated: SimulatedSmsEco
) -> None:
    """It is nobody's here, and is told nowhere."""
    await harness.send()
    await harness.gateway.send(Sms(text="Autre", recipients=(MAMAN,)))
    simulated.report(simulated.accepted[1], ARRIVED)
    await harness.clock.advance(20 * MINUTE)
    assert len(await harness.journal.reports(limit=9)) == 1
    simulated.report(simulated.accepted[0], FAILED)

    await harness.clock.advance(DAY)

    assert harness.statuses() == [UNDELIVERED]


async def test_an_answer_that_names_nobody(
    harness: MessagingHarness, simulated: SimulatedSmsEco
) -> None:
    """The id of the request, and the number, tell whose report it is."""
    simulated.lists_messages = False
    await harness.send(MAMAN, PAPA)
    first, second = simulated.accepted
    simulated.report(second, ARRIVED)
    simulated.report(first, FAILED)

    await harness.clock.advance(2 * MINUTE)

    told = [
        (
            submission.recipient.number,
            submission.delivery and submission.delivery.status,
        )
        for _, submission in harness.observer.deliveries
    ]
    assert told == [(PAPA, DELIVERED), (MAMAN, UNDELIVERED)]


async def test_a_gateway_that_is_away(
    harness: MessagingHarness, simulated: SimulatedSmsEco
) -> None:
    """What is new waits there."""
    await harness.send()
    simulated.report(simulated.accepted[0], ARRIVED)
    simulated.fail(Fault.RATE_LIMITED, operation="delivery", times=3)

    await harness.clock.advance(30 * MINUTE)

    assert harness.statuses() == [DELIVERED]
    assert len(harness.observer.failures) == 3
