"""Tests of a switch whose clocks are wrong, or whose row is old."""

from datetime import timedelta

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    NoAnswerError,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.observer import Reason
from tests.messaging.fake_clock import FakeClock
from tests.messaging.idle import until_idle

from .fakes import HOUR, MAMAN, PAPA, Failing, FakeCarrier, House

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


async def test_gateways_whose_clocks_are_far_apart_keep_one_message(
    clock: FakeClock,
) -> None:
    """By the clock of the other one it would be past as soon as it stands."""
    first, second = FakeCarrier(clock, "first"), FakeCarrier(clock, "second")
    second.ahead = 3 * HOUR
    house = House(first, second, clock=clock)

    await house.start()

    assert len(first.requests) == 1
    assert house.reasons == [Reason.CLOCK]


async def test_a_clock_that_goes_days_forward_sends_nothing(
    house: House, carrier: FakeCarrier, clock: FakeClock
) -> None:
    """What stands is taken back at a gateway whose clock is right, not forgotten."""
    await house.start()
    carrier.ahead = -2 * DAY
    clock.jump(2 * DAY)
    await until_idle()

    assert len(carrier.standing) == 1
    assert carrier.most <= 2
    assert house.heard.fired == []


async def test_what_was_long_taken_back_is_not_told_as_fired_after_a_restore(
    house: House, carrier: FakeCarrier, clock: FakeClock
) -> None:
    """The old row knows a message that a later one has replaced."""
    carrier.by_content = True
    await house.start()
    old = dict(house.rows.rows)
    await clock.advance((3 * DAY).total_seconds())
    await house.crash()
    house.rows.rows, house.rows.file = old, "file-2"
    await house.start()

    assert house.heard.fired == []


async def test_after_a_restore_the_hour_is_told_by_the_clock_of_the_gateway(
    house: House, carrier: FakeCarrier, clock: FakeClock
) -> None:
    """It is not known before it is asked; what stands there goes by it."""
    carrier.ahead = 30 * MINUTE
    await house.start()
    old = dict(house.rows.rows)
    await clock.advance(HOUR.total_seconds())
    await house.crash()
    house.rows.rows, house.rows.file = old, "file-2"
    await house.start()

    [(_, until, _)] = [one for one in house.heard.warnings if one[0] is Reason.RESTORED]
    assert until == clock.now() + 30 * MINUTE + HOUR


async def test_what_has_fired_is_not_told_as_a_late_renewal_too(
    house: House, clock: FakeClock
) -> None:
    """One silence is told once."""
    await house.start()
    await clock.advance(HOUR.total_seconds())
    await house.down(2 * HOUR)

    assert house.heard.events == ["armed", "fired"]


async def test_what_stood_is_entered_before_anything_is_asked(
    house: House, carrier: FakeCarrier
) -> None:
    """A balance that is told meanwhile may hold its charge."""
    await house.start()
    await house.crash()
    await house.switch.load()

    assert [one.number for one in carrier.noted] == [1]


async def test_somebody_whom_nothing_stands_for_is_shown_though_others_are_renewed(
    house: House, carrier: FakeCarrier
) -> None:
    """The last answer that was good hides no failure."""
    carrier.shares_requests = False
    house.change(recipients=(MAMAN, PAPA))
    carrier.scheduling.extend([Failing(error=NoAnswerError()), None])
    await house.start()

    assert Reason.NOT_RENEWED in house.reasons


async def test_no_hour_is_told_before_the_time_there_is_known(
    house: House, carrier: FakeCarrier, clock: FakeClock
) -> None:
    """After a power cut the clock may be hours behind: it would be sent at once."""
    await house.start()
    await house.crash()
    carrier.is_answered = False
    carrier.ahead = 3 * HOUR
    carrier.silence = CannotConnectError()
    await house.start()
    assert len(carrier.requests) == 1
    assert house.switch.state.last_number == 1
    assert house.switch.state.failure is not None
    assert house.switch.state.failure.key == "cannot_connect"

    carrier.silence = None
    await clock.advance((2 * MINUTE).total_seconds())

    [message] = carrier.standing
    assert message.fires_at > clock.now() + 3 * HOUR + 50 * MINUTE
    assert house.switch.status.is_armed
    assert house.reasons == [Reason.CLOCK]


async def test_what_stands_is_judged_by_the_time_there_from_the_start(
    house: House, carrier: FakeCarrier, clock: FakeClock
) -> None:
    """By a clock that lost hours nothing is due yet, and beside a doubt nothing is tried."""
    await house.start()
    carrier.scheduling.append(Failing(error=NoAnswerError()))
    await clock.advance((21 * MINUTE).total_seconds())
    assert [one.is_sure for one in house.switch.state.standing] == [True, False]
    await house.crash()
    await clock.advance((24 * MINUTE).total_seconds())
    clock.jump(-3 * HOUR)
    carrier.ahead = 3 * HOUR
    carrier.is_answered = False
    await house.start()

    await clock.advance((30 * MINUTE).total_seconds())
    assert carrier.sent == []
    assert house.switch.state.last_number > 2


async def test_a_row_that_may_be_lost_is_told_as_an_old_one(
    house: House, carrier: FakeCarrier, clock: FakeClock
) -> None:
    """A switch that is there as it was left says nothing."""
    await house.start()
    await house.crash()
    await house.switch.load(may_be_lost=True)
    house.switch.start()
    await until_idle()
    assert house.heard.warnings == []

    await house.crash()
    house.rows.rows.clear()
    await house.switch.load(may_be_lost=True)
    house.switch.start()
    await until_idle()
    assert house.heard.warnings == [
        (Reason.RESTORED, clock.now() + HOUR, (MAMAN.number,))
    ]
    assert house.reasons == [Reason.RESTORED]
    assert house.switch.status.is_armed
