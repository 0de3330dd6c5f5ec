"""How fast a gateway may be asked."""

from datetime import timedelta

import pytest

from custom_components.passerelle_sms.messaging.outbox.backoff import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Backoff,
    pause_after,
)
from tests.messaging.fake_clock import START, FakeClock

SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock."""
    return FakeClock()


@pytest.fixture
def backoff(clock: FakeClock) -> Backoff:
    """Return a pace of four at once."""
    return Backoff(clock, 4)


def pause(clock: FakeClock, backoff: Backoff) -> timedelta:
    """Return for how long the gateway is left alone."""
    resume_at = backoff.resume_at
    assert resume_at is not None
    return resume_at - clock.now()


def test_all_is_well(backoff: Backoff) -> None:
    """At will."""
    assert backoff.concurrency == 4
    assert backoff.resume_at is None


def test_pauses_grow_and_differ(clock: FakeClock, backoff: Backoff) -> None:
    """Doubled each time, up to two minutes, give or take a quarter."""
    seen = []
    for index in range(20):
        backoff.record_failure()
        expected = min(FIRST_PAUSE * 2**index, LONGEST_PAUSE)
        assert 0.75 * expected <= pause(clock, backoff) <= 1.25 * expected
        seen.append(pause(clock, backoff))
        clock.time += pause(clock, backoff)
        assert backoff.resume_at is None

    assert len(set(seen[6:])) > 1
    assert 0.75 * FIRST_PAUSE <= pause_after(0) <= 1.25 * FIRST_PAUSE


def test_what_fails_together_counts_once(clock: FakeClock, backoff: Backoff) -> None:
    """Four requests into the same hole are one failure."""
    for _ in range(4):
        backoff.record_failure()

    assert pause(clock, backoff) <= 1.25 * FIRST_PAUSE


def test_one_by_one_until_nothing_is_left_over(
    clock: FakeClock, backoff: Backoff
) -> None:
    """So that what waited leaves in its order."""
    backoff.record_failure()
    backoff.backlog_empty()
    assert backoff.concurrency == 1

    backoff.record_success()
    assert backoff.resume_at is None
    assert backoff.concurrency == 1

    backoff.backlog_empty()
    assert backoff.concurrency == 4
    backoff.record_failure()
    assert pause(clock, backoff) <= 1.25 * FIRST_PAUSE


def test_hurrying(clock: FakeClock, backoff: Backoff) -> None:
    """The pause is over, but the next one is longer."""
    backoff.record_failure()
    backoff.retry_now()
    assert backoff.resume_at is None

    backoff.record_failure()
    assert pause(clock, backoff) >= 1.5 * FIRST_PAUSE


@pytest.mark.parametrize("set_back", [timedelta(minutes=5), timedelta(days=300)])
def test_a_clock_that_is_set_back(
    clock: FakeClock, backoff: Backoff, set_back: timedelta
) -> None:
    """Nobody waits for a time that has been."""
    backoff.record_failure()
    clock.set_back(set_back)

    assert backoff.resume_at is None
    assert clock.now() == START - set_back
