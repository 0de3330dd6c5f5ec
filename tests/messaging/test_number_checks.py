"""Numbers that are checked: like a message, but never repeated."""

import asyncio
from decimal import Decimal

import pytest

from custom_components.passerelle_sms.gateways.abilities import ChecksNumbers
from custom_components.passerelle_sms.gateways.errors import (
    DailyCapError,
    IdenticalMessageError,
    NotANumberError,
    NotStoredError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.number_checks import NumberChecker
from custom_components.passerelle_sms.messaging.recipients import AddressBook, Recipient
from custom_components.passerelle_sms.messaging.record import Kind, MessageRecord, Stage
from custom_components.passerelle_sms.messaging.report import Report
from tests.conftest import MAMAN, PAPA
from tests.simulator import Fault, Simulator
from tests.simulator.smseco import SimulatedSmsEco

from .conftest import HouseMaker
from .house import HOUR, House
from .quiet import quiet
from .scheduling import outcomes


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSmsEco:
    """Return the gateway that checks numbers."""
    return simulator.smseco


@pytest.fixture
async def house(make_house: HouseMaker, simulated: SimulatedSmsEco) -> House:
    """Return a house that follows deliveries there."""
    house = make_house(simulated)
    simulated.clock = house.clock.now
    house.follows_deliveries = True
    await house.start()
    return house


@pytest.fixture
def guard(house: House) -> Guard:
    """Return a guard that lets three segments pass."""
    return Guard(GuardLimits(segments_per_day=3), house.clock)


@pytest.fixture
def checker(house: House, guard: Guard) -> NumberChecker:
    """Return who has numbers checked, and knows Maman."""
    return NumberChecker(
        AddressBook([Recipient(name="Maman", number=MAMAN)], "CM"),
        guard,
        house.journal,
        house.clock,
        house.tracker,
        house.books,
    )


async def check(house: House, checker: NumberChecker, *targets: str) -> Report:
    """Have numbers checked."""
    assert isinstance(house.gateway, ChecksNumbers)
    report = await checker.check(house.gateway, house.gateway.key, targets)
    await quiet()
    return report


async def checks(house: House) -> list[MessageRecord]:
    """Return all checks on disk."""
    return [
        record
        for record in await house.journal.since(house.clock.now() - 24 * HOUR)
        if record.kind is Kind.NUMBER_CHECK
    ]


async def test_what_is_asked(
    house: House, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """The answer is target by target; what it costs is known."""
    report = await check(house, checker, "Maman", "x", PAPA)

    assert [result.label for result in report.results] == ["Maman", "x", PAPA]
    assert [result.outcome for result in report.results] == [
        Outcome.ACCEPTED,
        Outcome.REJECTED,
        Outcome.ACCEPTED,
    ]
    assert {result.gateway for result in report.results} == {"smseco"}
    assert [taken.recipient for taken in simulated.checked] == [MAMAN[1:], PAPA[1:]]
    [kept] = await checks(house)
    assert kept == report.record
    assert kept.is_closed
    assert [made.cost for made in kept.submissions] == [1, 1]
    assert [made.attempted for made in kept.submissions] == [kept.created] * 2
    [(result, alone)] = house.books.results
    assert result.remaining == simulated.credits
    assert not alone
    assert await house.journal.last_movement() == kept.created


async def test_what_is_found(
    house: House, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """It comes as a delivery."""
    report = await check(house, checker, "Maman", PAPA)
    maman, papa = simulated.checked
    simulated.report(maman, 56)
    simulated.report(papa, 59)
    assert len(house.tracker) == 2

    await house.clock.advance(200)

    kept = await house.kept(report.record)
    assert [made.delivery.status for made in kept.submissions if made.delivery] == [
        "delivered",
        "undelivered",
    ]
    assert len(house.tracker) == 0


async def test_nobody_to_check(
    house: House, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """Nothing is written, and nothing is asked."""
    writes = house.disk.writes

    with pytest.raises(NotANumberError):
        await check(house, checker, "personne", "12")

    assert simulated.requests == []
    assert house.disk.writes == writes


# --- durable ----------------------------------------------------------------------------


async def test_it_is_on_disk_before_it_leaves(
    house: House, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """As unknown and closed: a crash in between finds it so, and repeats nothing."""
    simulated.fail(Fault.STALL_AFTER, operation="check_numbers", times=1)
    checking = asyncio.create_task(check(house, checker, "Maman"))
    await simulated.until_asked("check_numbers")

    [kept] = await checks(house)
    assert outcomes(kept) == [Outcome.UNKNOWN]
    assert kept.is_closed
    assert kept.submissions[0].attempts == 1
    await house.crash()
    await asyncio.gather(checking, return_exceptions=True)
    await house.start()
    await house.clock.advance(24 * 3600)

    assert await house.kept(kept) == kept
    assert simulated.asked("check_numbers") == 1
    assert house.books.history == []


@pytest.mark.parametrize("room", [0, 1])
async def test_no_room_before_the_request(
    house: House,
    simulated: SimulatedSmsEco,
    checker: NumberChecker,
    guard: Guard,
    room: int,
) -> None:
    """Nothing is asked, and nothing counts."""
    house.disk.room = room

    with pytest.raises(NotStoredError):
        await check(house, checker, "Maman")

    assert simulated.requests == []
    assert guard.segments_last_day == 0


async def test_no_room_for_the_outcome(
    house: House, simulated: SimulatedSmsEco, checker: NumberChecker, guard: Guard
) -> None:
    """It is said, it stays unknown, and it counts: it may have cost something."""
    house.disk.room = 2

    with pytest.raises(NotStoredError):
        await check(house, checker, "Maman")

    house.disk.room = None
    [kept] = await checks(house)
    assert outcomes(kept) == [Outcome.UNKNOWN]
    assert len(simulated.checked) == 1
    assert guard.segments_last_day == 1
    assert len(house.books.results) == 1


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
async def test_one_that_may_have_been_made(
    house: House,
    simulated: SimulatedSmsEco,
    checker: NumberChecker,
    guard: Guard,
    fault: Fault,
) -> None:
    """It is unknown, closed, and counts; nobody asks again, nor the user."""
    simulated.fail(fault, operation="check_numbers", times=1)

    report = await check(house, checker, "Maman")
    await house.clock.advance(24 * 3600)

    [made] = report.record.submissions
    assert (made.outcome, made.stage) == (Outcome.UNKNOWN, Stage.CLOSED)
    assert made.failure is not None
    assert await house.kept(report.record) == report.record
    assert simulated.asked("check_numbers") == 1
    assert len(house.outbox.messages) == 0


async def test_a_caller_who_goes_away_cuts_nothing_off(
    house: House, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """What was paid for is kept, and followed."""
    checking = asyncio.create_task(check(house, checker, "Maman"))
    await simulated.until_asked("check_numbers")

    checking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await checking
    await checker.finish()

    [kept] = await checks(house)
    assert outcomes(kept) == [Outcome.ACCEPTED]
    assert len(house.tracker) == 1


# --- the guard ------------------------------------------------------------------------


async def test_the_guard_counts_it(
    house: House, simulated: SimulatedSmsEco, checker: NumberChecker, guard: Guard
) -> None:
    """Like a message of one segment."""
    await check(house, checker, "Maman", PAPA)
    assert guard.segments_last_day == 2
    await house.clock.advance(61)

    with pytest.raises(DailyCapError):
        await check(house, checker, "Maman", PAPA)

    assert simulated.asked("check_numbers") == 1
    assert guard.segments_last_day == 2


async def test_the_guard_refuses_a_part(
    house: House, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """A number that was just checked is not checked again; the others are."""
    await check(house, checker, "Maman")

    report = await check(house, checker, "Maman", PAPA)

    maman, papa = report.results
    assert maman.failure is not None
    assert maman.failure.key == IdenticalMessageError.key
    assert maman.outcome is Outcome.REJECTED
    assert papa.outcome is Outcome.ACCEPTED
    assert len(simulated.checked) == 2
    assert report.record.is_closed


async def test_the_guard_refuses_all(
    house: House, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """It raises, and nothing is written."""
    await check(house, checker, "Maman")
    writes = house.disk.writes

    with pytest.raises(IdenticalMessageError):
        await check(house, checker, "Maman")

    assert house.disk.writes == writes
    assert simulated.asked("check_numbers") == 1


async def test_what_cost_nothing_does_not_count(
    house: House, simulated: SimulatedSmsEco, checker: NumberChecker, guard: Guard
) -> None:
    """What was refused, and what never left, may be tried again at once."""
    simulated.fail(Fault.RATE_LIMITED, operation="check_numbers", times=1)
    never_left = await check(house, checker, "Maman")
    assert outcomes(never_left.record) == [Outcome.NOT_SENT]
    assert guard.segments_last_day == 0
    credit, simulated.credits = simulated.credits, Decimal(0)
    refused = await check(house, checker, "Maman")
    assert outcomes(refused.record) == [Outcome.REJECTED]
    assert guard.segments_last_day == 0
    simulated.credits = credit

    checked = await check(house, checker, "Maman")

    assert outcomes(checked.record) == [Outcome.ACCEPTED]
    assert all(record.is_closed for record in await checks(house))
