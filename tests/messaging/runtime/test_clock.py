"""Time: it passes steadily, and the time of day is set right when it was wrong."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.passerelle_sms.gateways.wire import elapsed_time
from custom_components.passerelle_sms.messaging.runtime.clock import (
    CHECK_INTERVAL,
    TOLERANCE,
    Alarm,
    SteadyClock,
)
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.messaging.fake_clock import FakeClock

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
UPTIME = timedelta(minutes=1)


class Machine:
    """The machine's two clocks: one that can be set, and one that can't."""

    def __init__(self, freezer: FrozenDateTimeFactory) -> None:
        """Begin a minute after its start."""
        self._freezer = freezer
        self._off = timedelta()
        self.uptime = UPTIME

    def now(self) -> datetime:
        """Return what the wall clock shows."""
        return datetime.now(UTC) + self._off

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return self.uptime.total_seconds()

    def pass_time(self, time: timedelta) -> None:
        """Let time pass, for both."""
        self.uptime += time
        self._freezer.tick(time)

    def set_clock(self, by: timedelta) -> None:
        """Set the wall clock forward or back."""
        # Not by the freezer, which would set the event loop's own time, too.
        self._off += by


@pytest.fixture
def machine(freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return the machine on which Home Assistant runs."""
    machine = Machine(freezer)
    monkeypatch.setattr(elapsed_time, "seconds_since_boot", machine.seconds)
    monkeypatch.setattr(dt_util, "utcnow", machine.now)
    return machine


@pytest.fixture
def clock(hass: HomeAssistant, machine: Machine) -> SteadyClock:
    """Return a clock that looks at the wall clock when it is told to."""
    return SteadyClock(hass)


@pytest.fixture
def shifts(clock: SteadyClock) -> list[timedelta]:
    """Return by how much the clock says that it was set, each time."""
    shifts: list[timedelta] = []
    clock.on_shift(shifts.append)
    return shifts


# --- the time of day ----------------------------------------------------------


def test_time_passes_as_on_the_wall(
    clock: SteadyClock, machine: Machine, shifts: list[timedelta]
) -> None:
    """As long as nobody sets the clock."""
    machine.pass_time(HOUR)
    clock.follow_wall_clock()

    assert clock.now() == dt_util.utcnow()
    assert clock.elapsed() == HOUR
    assert shifts == []


def test_it_knows_when_the_machine_started(
    clock: SteadyClock, machine: Machine
) -> None:
    """By the time of day as it is now, however long it runs."""
    started = dt_util.utcnow() - UPTIME

    machine.pass_time(HOUR)
    assert clock.booted() == started
    machine.set_clock(6 * HOUR)
    clock.follow_wall_clock()

    assert clock.booted() == started + 6 * HOUR


@pytest.mark.parametrize("by", [6 * HOUR, -6 * HOUR, 3 * SECOND, -3 * SECOND])
def test_a_wall_clock_that_jumps_is_followed_and_told_once(
    clock: SteadyClock, machine: Machine, shifts: list[timedelta], by: timedelta
) -> None:
    """By how much, to everybody; what has elapsed stays as it is."""
    machine.pass_time(HOUR)
    before = clock.now()
    machine.set_clock(by)
    assert clock.now() == before

    clock.follow_wall_clock()
    clock.follow_wall_clock()

    assert shifts == [by]
    assert clock.now() == before + by == dt_util.utcnow()
    assert clock.elapsed() == HOUR


def test_who_listens_finds_the_clock_set_already(
    clock: SteadyClock, machine: Machine
) -> None:
    """What is dated anew is dated by the new time."""
    seen: list[object] = []
    clock.on_shift(lambda _by: seen.append(clock.now()))
    machine.set_clock(HOUR)

    clock.follow_wall_clock()

    assert seen == [dt_util.utcnow()]


def test_a_clock_that_runs_a_little_fast_is_no_jump_until_it_adds_up(
    clock: SteadyClock, machine: Machine, shifts: list[timedelta]
) -> None:
    """Then the time of day is set right, once for all of it."""
    for _ in range(4):
        machine.set_clock(TOLERANCE / 4)
        clock.follow_wall_clock()
    assert shifts == []
    assert dt_util.utcnow() - clock.now() == TOLERANCE

    machine.set_clock(TOLERANCE / 4)
    clock.follow_wall_clock()

    assert shifts == [TOLERANCE * 1.25]
    assert clock.now() == dt_util.utcnow()


def test_who_listens_no_longer_hears_nothing(
    clock: SteadyClock, machine: Machine, shifts: list[timedelta]
) -> None:
    """To say so twice does no harm, nor while others are told."""
    heard: list[timedelta] = []
    end = clock.on_shift(heard.append)
    clock.on_shift(lambda _by: end())
    machine.set_clock(HOUR)
    clock.follow_wall_clock()
    assert heard == [HOUR]

    end()
    machine.set_clock(HOUR)
    clock.follow_wall_clock()

    assert heard == [HOUR]
    assert shifts == [HOUR, HOUR]


def test_the_same_listener_may_listen_twice(
    clock: SteadyClock, machine: Machine, shifts: list[timedelta]
) -> None:
    """Each time it says for itself when that ends."""
    clock.on_shift(shifts.append)()
    machine.set_clock(HOUR)

    clock.follow_wall_clock()

    assert shifts == [HOUR]


# --- in Home Assistant --------------------------------------------------------


async def pass_time(
    hass: HomeAssistant, machine: Machine, time: timedelta = CHECK_INTERVAL
) -> None:
    """Let time pass, and wake who is to be woken."""
    machine.pass_time(time)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def test_from_the_start_on_it_looks_again_and_again(
    hass: HomeAssistant,
    clock: SteadyClock,
    machine: Machine,
    shifts: list[timedelta],
) -> None:
    """At once, and every few seconds."""
    machine.set_clock(HOUR)
    clock.start()
    assert shifts == [HOUR]

    await pass_time(hass, machine)
    assert shifts == [HOUR]
    for by in (-HOUR, 2 * HOUR, -6 * HOUR):
        machine.set_clock(by)
        await pass_time(hass, machine)
        assert shifts[-1] == by
    assert len(shifts) == 4


async def test_a_mistake_of_who_listens_does_not_end_it(
    hass: HomeAssistant,
    clock: SteadyClock,
    machine: Machine,
    shifts: list[timedelta],
) -> None:
    """The next jump is told all the same."""

    def fail(_by: timedelta) -> None:
        raise RuntimeError("A mistake of ours.")

    end = clock.on_shift(fail)
    machine.set_clock(HOUR)
    with pytest.raises(RuntimeError):
        clock.start()
    end()
    machine.set_clock(HOUR)

    await pass_time(hass, machine)

    assert shifts == [HOUR, HOUR]


async def test_it_ends_with_home_assistant(
    hass: HomeAssistant,
    clock: SteadyClock,
    machine: Machine,
    shifts: list[timedelta],
) -> None:
    """Nobody is left who could hear of it."""
    clock.start()
    await hass.async_stop(force=True)
    machine.set_clock(HOUR)

    await pass_time(hass, machine)

    assert shifts == []


async def test_it_wakes_once_and_not_when_cancelled(
    hass: HomeAssistant, clock: SteadyClock, machine: Machine
) -> None:
    """In its time."""
    woken: list[str] = []
    clock.call_later(10, lambda: woken.append("first"))
    clock.call_later(10, lambda: woken.append("second"))()

    await pass_time(hass, machine, 9 * SECOND)
    assert woken == []
    await pass_time(hass, machine, 2 * SECOND)

    assert woken == ["first"]


# --- the alarm ----------------------------------------------------------------


class Sleeper:
    """Somebody who is woken by an alarm."""

    def __init__(self) -> None:
        """Sleep, and let the clock have run a while."""
        self.clock = FakeClock()
        self.clock.tick(HOUR)
        self.woken: list[timedelta] = []
        self.alarm = Alarm(
            self.clock, lambda: self.woken.append(self.clock.elapsed() - HOUR)
        )

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        await self.clock.advance(seconds)


@pytest.fixture
def sleeper() -> Sleeper:
    """Return somebody who sleeps."""
    return Sleeper()


async def test_an_alarm_wakes_once_in_its_time(sleeper: Sleeper) -> None:
    """By elapsed time, and not before it."""
    sleeper.alarm.set(HOUR + 10 * SECOND)

    await sleeper.sleep(9)
    assert sleeper.woken == []
    await sleeper.sleep(60)

    assert sleeper.woken == [10 * SECOND]


async def test_an_alarm_for_a_time_that_is_over_wakes_at_once(
    sleeper: Sleeper,
) -> None:
    """Not in the call itself: who sets it is not done yet."""
    sleeper.alarm.set(timedelta())
    assert sleeper.woken == []

    await sleeper.sleep(0)

    assert sleeper.woken == [timedelta()]


@pytest.mark.parametrize(
    ("again", "woken"), [(None, []), (5, [5]), (10, [10]), (15, [15])]
)
async def test_an_alarm_that_is_set_again_forgets_its_first_time(
    sleeper: Sleeper, again: int | None, woken: list[int]
) -> None:
    """Whether the new one is sooner or later, or never."""
    sleeper.alarm.set(HOUR + 10 * SECOND)
    sleeper.alarm.set(None if again is None else HOUR + again * SECOND)

    await sleeper.sleep(60)

    assert sleeper.woken == [seconds * SECOND for seconds in woken]
    assert sleeper.clock.timers == 0


async def test_an_alarm_may_be_set_by_whom_it_wakes() -> None:
    """It goes on then."""
    clock = FakeClock()
    woken: list[timedelta] = []

    def wake() -> None:
        woken.append(clock.elapsed())
        if len(woken) < 3:
            alarm.set(clock.elapsed() + SECOND)

    alarm = Alarm(clock, wake)
    alarm.set(SECOND)

    await clock.advance(60)

    assert woken == [SECOND, 2 * SECOND, 3 * SECOND]


@pytest.mark.parametrize("by", [-6 * HOUR, 6 * HOUR])
async def test_a_clock_that_jumps_moves_no_alarm(
    sleeper: Sleeper, by: timedelta
) -> None:
    """It is set by elapsed time."""
    sleeper.alarm.set(HOUR + 10 * SECOND)
    sleeper.clock.jump(by)

    await sleeper.sleep(60)

    assert sleeper.woken == [10 * SECOND]
