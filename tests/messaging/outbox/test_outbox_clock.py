"""The outbox through a clock that is set: what waits ages by the time that passes."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.conftest import MAMAN
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import HOUR, MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.outbox.conftest import texts
from tests.messaging.scheduling import keep_time, outcomes
from tests.simulator import Fault, SimulatedGateway, Simulator

SIX_HOURS = 6 * HOUR
MINUTE = timedelta(minutes=1)

both_ways = pytest.mark.parametrize("by", [SIX_HOURS, -SIX_HOURS])


async def queue(
    harness: MessagingHarness, simulated: SimulatedGateway, life: timedelta = HOUR
) -> MessageRecord:
    """Return a message that waits for its line."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await harness.send(life=life)
    assert outcomes(record) == [Outcome.QUEUED]
    return record


async def leave_over(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> MessageRecord:
    """Return a message that an earlier run has left waiting."""
    record = await queue(harness, simulated)
    await harness.crash()
    harness.clock.tick()
    return record


# --- queued in this run ---------------------------------------------------------------


@both_ways
async def test_what_waits_is_sent_when_the_line_is_back_after_a_jump(
    harness: MessagingHarness, simulated: SimulatedGateway, by: timedelta
) -> None:
    """The alert of a house after a power cut: time is set, then the line returns."""
    record = await queue(harness, simulated)
    await harness.clock.advance(10 * 60)

    harness.clock.jump(by)
    await until_idle()
    simulated.heal()
    await harness.clock.advance(30)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert texts(simulated) == [record.text]
    kept = await harness.kept(record)
    assert kept.created == record.created + by


@both_ways
async def test_what_waits_expires_when_its_life_has_passed_however_the_clock_is_set(
    harness: MessagingHarness, simulated: SimulatedGateway, by: timedelta
) -> None:
    """Not sooner, and not later; nothing else wakes it."""
    record = await queue(harness, simulated)
    await harness.clock.advance(30 * 60)
    harness.clock.jump(by)

    await harness.clock.advance(30 * 60 - 2)
    assert harness.current(record).outcome is Outcome.QUEUED
    await harness.clock.advance(3)

    assert harness.current(record).outcome is Outcome.EXPIRED


@both_ways
async def test_what_came_first_leaves_first_after_a_jump(
    harness: MessagingHarness, simulated: SimulatedGateway, by: timedelta
) -> None:
    """Also before what came after it."""
    before = [await queue(harness, simulated) for _ in range(3)]
    harness.clock.jump(by)
    await until_idle()
    simulated.heal()
    harness.clock.tick(timedelta(seconds=5))

    after = await harness.send()

    assert texts(simulated) == [record.text for record in [*before, after]]


@both_ways
async def test_the_clock_is_set_during_a_request(
    harness: MessagingHarness, simulated: SimulatedGateway, by: timedelta
) -> None:
    """Its answer is its answer."""
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    record = harness.message()
    sending = asyncio.create_task(harness.outbox.send(record))
    await simulated.until_asked("send")

    harness.clock.jump(by)
    await until_idle()

    assert outcomes(await sending) == [Outcome.UNKNOWN]
    submission = (await harness.kept(record)).find(MAMAN)
    assert submission.attempted is not None
    assert submission.attempted - harness.clock.now() < MINUTE
    assert harness.clock.now() - submission.attempted < MINUTE


@both_ways
async def test_requests_are_told_apart_by_their_moments_after_a_jump(
    harness: MessagingHarness, by: timedelta
) -> None:
    """Each later than the one before, as evidence goes by that."""
    first = await harness.send()
    harness.clock.jump(by)
    await until_idle()

    second = await harness.send()

    moments = [
        (await harness.kept(record)).find(MAMAN).attempted for record in (first, second)
    ]
    assert None not in moments
    assert moments == sorted(filter(None, moments))
    assert len(set(moments)) == 2
    assert moments[-1] is not None
    assert abs(moments[-1] - harness.clock.now()) < MINUTE


# --- for later ------------------------------------------------------------------------


@pytest.fixture
async def later(make_house: HouseMaker, simulator: Simulator) -> MessagingHarness:
    """Return a house whose gateway keeps messages for later."""
    harness = make_house(simulator.sms123)
    keep_time(simulator, harness)
    await harness.start()
    return harness


async def plan(
    later: MessagingHarness, simulator: Simulator, after: timedelta
) -> MessageRecord:
    """Return a message for later that waits for its line."""
    simulator.sms123.fail(Fault.RATE_LIMITED, operation="send")
    message = later.message()
    options = SmsOptions(send_at=later.clock.now() + after)
    return await later.outbox.send(replace(message, options=options))


async def test_a_planned_hour_that_a_jump_has_passed(
    later: MessagingHarness, simulator: Simulator
) -> None:
    """The hour follows the clock that is right now: it leaves at once."""
    record = await plan(later, simulator, 2 * HOUR)
    later.clock.jump(SIX_HOURS)
    await until_idle()
    simulator.sms123.heal()

    await later.clock.advance(31)

    assert later.current(record).outcome is Outcome.ACCEPTED
    assert simulator.sms123.scheduled == []


async def test_a_planned_hour_that_a_jump_has_put_off(
    later: MessagingHarness, simulator: Simulator
) -> None:
    """The gateway is told the hour that was meant."""
    record = await plan(later, simulator, 2 * HOUR)
    later.clock.jump(-SIX_HOURS)
    await until_idle()
    await later.clock.advance(7 * 3600)
    assert later.current(record).outcome is Outcome.QUEUED
    simulator.sms123.heal()

    await later.clock.advance(31)

    assert later.current(record).outcome is Outcome.ACCEPTED
    assert [kept.acceptance.text for kept in simulator.sms123.scheduled] == [
        record.text
    ]


# --- left over from an earlier run ----------------------------------------------------


async def test_what_an_earlier_run_has_left_ages_by_its_date(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """While nothing ran, time has passed all the same: it is old news."""
    record = await leave_over(harness, simulated)
    harness.clock.set_while_down(SIX_HOURS)

    await harness.start()
    await until_idle()

    assert harness.current(record).outcome is Outcome.EXPIRED
    assert simulated.accepted == []


async def test_what_an_earlier_run_has_left_is_old_news_once_the_clock_is_right(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It was started with the hour of its end, hours ago."""
    record = await leave_over(harness, simulated)
    await harness.start()
    await until_idle()

    harness.clock.jump(SIX_HOURS)
    await until_idle()

    assert harness.current(record).outcome is Outcome.EXPIRED


async def test_what_an_earlier_run_has_dated_in_the_future_ages_from_now(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """A clock without a battery starts in the past: it has its life, and no more."""
    record = await leave_over(harness, simulated)
    harness.clock.set_while_down(-SIX_HOURS)
    await harness.start()

    await harness.clock.advance(3600 - 2)
    assert harness.current(record).outcome is Outcome.QUEUED
    harness.clock.jump(SIX_HOURS)
    await until_idle()
    assert harness.current(record).outcome is Outcome.QUEUED
    await harness.clock.advance(3)

    assert harness.current(record).outcome is Outcome.EXPIRED


async def test_a_doubt_of_this_run_about_an_old_message_is_not_given_up_by_a_jump(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """An earlier run has left it, this one has tried it: it is looked at, not resent.

    Nor does it expire: it may have left.
    """
    for _ in range(2):
        await harness.poll()
        await harness.send()
    await harness.poll()
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await harness.send(on_unknown=OnUnknown.RESEND)
    await harness.crash()
    simulated.heal()
    await harness.clock.advance(60)
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    simulated.fail(Fault.RATE_LIMITED, operation="balance")
    simulated.fail(Fault.HTML, operation="transactions")
    await harness.start()
    await until_idle()
    assert harness.current(record).is_unknown_open

    harness.clock.jump(SIX_HOURS)
    await harness.clock.advance(5 * 60)

    assert harness.current(record).is_unknown_open
    await harness.clock.advance(5 * 60 + 1)
    assert harness.current(record).stage is Stage.HELD
    assert texts(simulated).count(record.text) == 1


async def test_a_doubt_is_as_old_as_before_after_a_jump(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The user is asked after ten minutes, whenever its own time is over."""
    simulated.fail(Fault.HTML, operation="transactions")
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    simulated.fail(Fault.RATE_LIMITED, operation="balance")
    record = await harness.send(MAMAN, life=MINUTE)
    harness.clock.jump(SIX_HOURS)

    await harness.clock.advance(599)
    assert harness.current(record).is_unknown_open
    await harness.clock.advance(2)

    assert harness.current(record).stage is Stage.HELD


async def test_what_the_user_sends_again_has_its_life_anew_after_a_jump(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Also where the choice was made before the clock was right."""
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    record = await harness.send(MAMAN)
    await harness.clock.advance(601)
    assert harness.current(record).stage is Stage.HELD
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await harness.outbox.resolve(record.message_id, Choice.RESEND)
    await until_idle()
    harness.clock.jump(SIX_HOURS)
    simulated.heal()

    await harness.clock.advance(31)

    assert harness.current(record).outcome is Outcome.ACCEPTED
