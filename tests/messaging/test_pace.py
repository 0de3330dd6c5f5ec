"""How fast a gateway may be asked."""

from datetime import timedelta

import pytest

from custom_components.passerelle_sms.messaging.pace import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Pace,
    pause_after,
)

from .clock import START, FakeClock

SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock."""
    return FakeClock()


@pytest.fixture
def pace(clock: FakeClock) -> Pace:
    """Return a pace of four at once."""
    return Pace(clock, 4)


def pause(clock: FakeClock, pace: Pace) -> timedelta:
    """Return for how long the gateway is left alone."""
    resume_at = pace.resume_at
    assert resume_at is not None
    return resume_at - clock.now()


def test_all_is_well(pace: Pace) -> None:
    """At will."""
    assert pace.at_once == 4
    assert pace.resume_at is None


def test_pauses_grow_and_differ(clock: FakeClock, pace: Pace) -> None:
    """Doubled each time, up to two minutes, give or take a quarter."""
    seen = []
    for index in range(20):
        pace.failed()
        expected = min(FIRST_PAUSE * 2**index, LONGEST_PAUSE)
        assert 0.75 * expected <= pause(clock, pace) <= 1.25 * expected
        seen.append(pause(clock, pace))
        clock.time += pause(clock, pace)
        assert pace.resume_at is None

    assert len(set(seen[6:])) > 1
    assert 0.75 * FIRST_PAUSE <= pause_after(0) <= 1.25 * FIRST_PAUSE


def test_what_fails_together_counts_once(clock: FakeClock, pace: Pace) -> None:
    """Four requests into the same hole are one failure."""
    for _ in range(4):
        pace.failed()

    assert pause(clock, pace) <= 1.25 * FIRST_PAUSE


def test_one_by_one_until_nothing_is_left_over(clock: FakeClock, pace: Pace) -> None:
    """So that what waited leaves in its order."""
    pace.failed()
    pace.caught_up()
    assert pace.at_once == 1

    pace.answered()
    assert pace.resume_at is None
    assert pace.at_once == 1

    pace.caught_up()
    assert pace.at_once == 4
    pace.failed()
    assert pause(clock, pace) <= 1.25 * FIRST_PAUSE


def test_hurrying(clock: FakeClock, pace: Pace) -> None:
    """The pause is over, but the next one is longer."""
    pace.failed()
    pace.hurry()
    assert pace.resume_at is None

    pace.failed()
    assert pause(clock, pace) >= 1.5 * FIRST_PAUSE


@pytest.mark.parametrize("set_back", [timedelta(minutes=5), timedelta(days=300)])
def test_a_clock_that_is_set_back(
    clock: FakeClock, pace: Pace, set_back: timedelta
) -> None:
    """Nobody waits for a time that has been."""
    pace.failed()
    clock.set_back(set_back)

    assert pace.resume_at is None
    assert clock.now() == START - set_back
