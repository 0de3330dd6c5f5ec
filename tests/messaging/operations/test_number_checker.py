"""Numbers that are checked: like a message, but never repeated."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from custom_components.passerelle_sms.gateways.abilities.account import ChecksNumbers
from custom_components.passerelle_sms.gateways.errors import (
    DailyCapError,
    IdenticalMessageError,
    NotANumberError,
    NotStoredError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.guard.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.model.record import Kind, MessageRecord
from custom_components.passerelle_sms.messaging.model.report import Report
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.messaging.operations.number_checker import (
    NumberChecker,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    AddressBook,
    Recipient,
)
from custom_components.passerelle_sms.messaging.reconciliation.books_json import (
    books_from_json,
)
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import HOUR, MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.scheduling import outcomes
from tests.simulator import Fault, Simulator
from tests.simulator.smseco import SimulatedSmsEco


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSmsEco:
    """Return the gateway that checks numbers."""
    return simulator.smseco


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedSmsEco
) -> MessagingHarness:
    """Return a house that follows deliveries there."""
    harness = make_house(simulated)
    simulated.now = harness.clock.now
    harness.follows_deliveries = True
    await harness.start()
    return harness


@pytest.fixture
def guard(harness: MessagingHarness) -> Guard:
    """Return a guard that lets three segments pass."""
    return Guard(GuardLimits(segments_per_day=3), harness.clock)


@pytest.fixture
def checker(harness: MessagingHarness, guard: Guard) -> NumberChecker:
    """Return who has numbers checked, and knows Maman."""
    return NumberChecker(
        AddressBook([Recipient(name="Maman", number=MAMAN)], "CM"),
        guard,
        harness.journal,
        harness.ledger,
        harness.clock,
        harness.tracker,
        harness.observer,
    )


async def check(
    harness: MessagingHarness, checker: NumberChecker, *targets: str
) -> Report:
    """Have numbers checked."""
    assert isinstance(harness.gateway, ChecksNumbers)
    report = await checker.check(harness.gateway, harness.gateway.key, targets)
    await until_idle()
    return report


async def checks(harness: MessagingHarness) -> list[MessageRecord]:
    """Return all checks on disk."""
    return [
        record
        for record in await harness.journal.created_since(
            harness.clock.now() - 24 * HOUR
        )
        if record.kind is Kind.NUMBER_CHECK
    ]


async def test_what_is_asked(
    harness: MessagingHarness, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """The answer is target by target; what it costs is known."""
    report = await check(harness, checker, "Maman", "x", PAPA)

    assert [result.label for result in report.results] == ["Maman", "x", PAPA]
    assert [result.outcome for result in report.results] == [
        Outcome.ACCEPTED,
        Outcome.REJECTED,
        Outcome.ACCEPTED,
    ]
    assert {result.gateway for result in report.results} == {"smseco"}
    assert [taken.recipient for taken in simulated.checked] == [MAMAN[1:], PAPA[1:]]
    [kept] = await checks(harness)
    assert kept == report.record
    assert kept.is_closed
    assert [submission.cost for submission in kept.submissions] == [1, 1]
    assert [submission.attempted for submission in kept.submissions] == [
        kept.created
    ] * 2
    [result] = harness.observer.results
    assert result.remaining == simulated.credits


async def test_the_ledger_knows_that_credits_move_before_they_do(
    harness: MessagingHarness, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """And what it cost is told nowhere, so that the balance proves nothing for a while."""
    simulated.fail(Fault.STALL_AFTER, operation="check_numbers", times=1)
    checking = asyncio.create_task(check(harness, checker, "Maman"))
    await simulated.until_asked("check_numbers")

    stored = await harness.journal.ledger()

    assert stored is not None
    assert books_from_json(stored).is_disturbed
    simulated.heal()
    simulated.release()
    await checking
    assert harness.ledger.books.is_disturbed
    assert harness.ledger.books.moved == 0


async def test_what_is_found(
    harness: MessagingHarness, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """It comes as a delivery."""
    report = await check(harness, checker, "Maman", PAPA)
    maman, papa = simulated.checked
    simulated.report(maman, 56)
    simulated.report(papa, 59)
    assert len(harness.tracker) == 2

    await harness.clock.advance(200)

    kept = await harness.kept(report.record)
    assert [
        submission.delivery.status
        for submission in kept.submissions
        if submission.delivery
    ] == [
        "delivered",
        "undelivered",
    ]
    assert len(harness.tracker) == 0


async def test_nobody_to_check(
    harness: MessagingHarness, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """Nothing is written, and nothing is asked."""
    writes = harness.disk.writes

    with pytest.raises(NotANumberError):
        await check(harness, checker, "personne", "12")

    assert simulated.requests == []
    assert harness.disk.writes == writes


# --- durable ----------------------------------------------------------------------------


async def test_it_is_on_disk_before_it_leaves(
    harness: MessagingHarness, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """As unknown and closed: a crash in between finds it so, and repeats nothing."""
    simulated.fail(Fault.STALL_AFTER, operation="check_numbers", times=1)
    checking = asyncio.create_task(check(harness, checker, "Maman"))
    await simulated.until_asked("check_numbers")

    [kept] = await checks(harness)
    assert outcomes(kept) == [Outcome.UNKNOWN]
    assert kept.is_closed
    assert kept.submissions[0].attempts == 1
    await harness.crash()
    await asyncio.gather(checking, return_exceptions=True)
    await harness.start()
    await harness.clock.advance(24 * 3600)

    assert await harness.kept(kept) == kept
    assert simulated.asked("check_numbers") == 1
    assert harness.observer.history == []


@pytest.mark.parametrize("room", [0, 1])
async def test_no_room_before_the_request(
    harness: MessagingHarness,
    simulated: SimulatedSmsEco,
    checker: NumberChecker,
    guard: Guard,
    room: int,
) -> None:
    """Nothing is asked, and nothing counts."""
    harness.disk.room = room

    with pytest.raises(NotStoredError):
        await check(harness, checker, "Maman")

    assert simulated.requests == []
    assert guard.segments_last_day == 0


async def test_no_room_for_the_outcome(
    harness: MessagingHarness,
    simulated: SimulatedSmsEco,
    checker: NumberChecker,
    guard: Guard,
) -> None:
    """It is said, it stays unknown, and it counts: it may have cost something."""
    harness.disk.room = 2

    with pytest.raises(NotStoredError):
        await check(harness, checker, "Maman")

    harness.disk.room = None
    [kept] = await checks(harness)
    assert outcomes(kept) == [Outcome.UNKNOWN]
    assert len(simulated.checked) == 1
    assert guard.segments_last_day == 1
    assert len(harness.observer.results) == 1


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
async def test_one_that_may_have_been_made(
    harness: MessagingHarness,
    simulated: SimulatedSmsEco,
    checker: NumberChecker,
    guard: Guard,
    fault: Fault,
) -> None:
    """It is unknown, closed, and counts; nobody asks again, nor the user."""
    simulated.fail(fault, operation="check_numbers", times=1)

    report = await check(harness, checker, "Maman")
    await harness.clock.advance(24 * 3600)

    [submission] = report.record.submissions
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.CLOSED)
    assert submission.failure is not None
    assert await harness.kept(report.record) == report.record
    assert simulated.asked("check_numbers") == 1
    assert len(harness.store) == 0


async def test_a_caller_who_goes_away_cuts_nothing_off(
    harness: MessagingHarness, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """What was paid for is kept, and followed."""
    checking = asyncio.create_task(check(harness, checker, "Maman"))
    await simulated.until_asked("check_numbers")

    checking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await checking
    await checker.finish()

    [kept] = await checks(harness)
    assert outcomes(kept) == [Outcome.ACCEPTED]
    assert len(harness.tracker) == 1


@pytest.mark.parametrize("by", [-HOUR, HOUR])
async def test_the_clock_is_set_meanwhile(
    harness: MessagingHarness,
    simulated: SimulatedSmsEco,
    checker: NumberChecker,
    by: timedelta,
) -> None:
    """It is dated by the clock as it is set now."""
    began = harness.clock.now()
    checking = asyncio.create_task(check(harness, checker, "Maman"))
    await simulated.until_asked("check_numbers")

    harness.clock.jump(by)
    await checking

    [kept] = await checks(harness)
    assert kept.created == kept.find(MAMAN).attempted == began + by


# --- the guard ------------------------------------------------------------------------


async def test_the_guard_counts_it(
    harness: MessagingHarness,
    simulated: SimulatedSmsEco,
    checker: NumberChecker,
    guard: Guard,
) -> None:
    """Like a message of one segment."""
    await check(harness, checker, "Maman", PAPA)
    assert guard.segments_last_day == 2
    await harness.clock.advance(61)

    with pytest.raises(DailyCapError):
        await check(harness, checker, "Maman", PAPA)

    assert simulated.asked("check_numbers") == 1
    assert guard.segments_last_day == 2


async def test_the_guard_refuses_a_part(
    harness: MessagingHarness, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """A number that was just checked is not checked again; the others are."""
    await check(harness, checker, "Maman")

    report = await check(harness, checker, "Maman", PAPA)

    maman, papa = report.results
    assert maman.failure is not None
    assert maman.failure.key == IdenticalMessageError.key
    assert maman.outcome is Outcome.REJECTED
    assert papa.outcome is Outcome.ACCEPTED
    assert len(simulated.checked) == 2
    assert report.record.is_closed


async def test_the_guard_refuses_all(
    harness: MessagingHarness, simulated: SimulatedSmsEco, checker: NumberChecker
) -> None:
    """It raises, and nothing is written."""
    await check(harness, checker, "Maman")
    writes = harness.disk.writes

    with pytest.raises(IdenticalMessageError):
        await check(harness, checker, "Maman")

    assert harness.disk.writes == writes
    assert simulated.asked("check_numbers") == 1


async def test_what_never_left_does_not_count(
    harness: MessagingHarness,
    simulated: SimulatedSmsEco,
    checker: NumberChecker,
    guard: Guard,
) -> None:
    """It may be tried again at once; what the gateway has refused counts."""
    simulated.fail(Fault.RATE_LIMITED, operation="check_numbers", times=1)
    never_left = await check(harness, checker, "Maman")
    assert outcomes(never_left.record) == [Outcome.NOT_SENT]
    assert guard.segments_last_day == 0
    simulated.credits = Decimal(0)

    refused = await check(harness, checker, "Maman")

    assert outcomes(refused.record) == [Outcome.REJECTED]
    assert guard.segments_last_day == 1
    with pytest.raises(IdenticalMessageError):
        await check(harness, checker, "Maman")
    assert all(record.is_closed for record in await checks(harness))
