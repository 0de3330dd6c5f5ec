"""How fast a gateway may be asked."""

from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.messaging.outbox.backoff import (
    FIRST_PAUSE,
    Backoff,
    pause_after,
)
from tests.messaging.fake_clock import FakeClock

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
    return resume_at - clock.elapsed()


def test_all_is_well(backoff: Backoff) -> None:
    """At will."""
    assert backoff.concurrency == 4
    assert backoff.resume_at is None


def test_pauses_grow_and_differ(clock: FakeClock, backoff: Backoff) -> None:
    """Doubled each time, up to half a minute, and up to a quarter less."""
    seen = []
    for index in range(20):
        backoff.record_failure()
        longest = min(FIRST_PAUSE * 2**index, 30 * SECOND)
        assert 0.75 * longest <= pause(clock, backoff) <= longest
        seen.append(pause(clock, backoff))
        clock.tick(pause(clock, backoff))
        assert backoff.resume_at is None

    assert len(set(seen[6:])) > 1
    assert 0.75 * FIRST_PAUSE <= pause_after(0) <= FIRST_PAUSE


@given(st.integers(min_value=0, max_value=10_000))
def test_no_pause_is_longer_than_half_a_minute(failures: int) -> None:
    """However often it has failed, and chance included."""
    assert timedelta() < pause_after(failures) <= 30 * SECOND


def test_what_fails_together_counts_once(clock: FakeClock, backoff: Backoff) -> None:
    """Four requests into the same hole are one failure."""
    for _ in range(4):
        backoff.record_failure()

    assert pause(clock, backoff) <= FIRST_PAUSE


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
    assert pause(clock, backoff) <= FIRST_PAUSE


def test_hurrying(clock: FakeClock, backoff: Backoff) -> None:
    """The pause is over, but the next one is longer."""
    backoff.record_failure()
    backoff.retry_now()
    assert backoff.resume_at is None

    backoff.record_failure()
    assert pause(clock, backoff) >= 1.5 * FIRST_PAUSE


@pytest.mark.parametrize("by", [timedelta(minutes=-5), timedelta(days=300)])
def test_a_clock_that_jumps_changes_no_pause(
    clock: FakeClock, backoff: Backoff, by: timedelta
) -> None:
    """It lasts as long as it was to last."""
    backoff.record_failure()
    lasts = pause(clock, backoff)
    clock.jump(by)

    assert pause(clock, backoff) == lasts
    clock.tick(lasts)
    assert backoff.resume_at is None
