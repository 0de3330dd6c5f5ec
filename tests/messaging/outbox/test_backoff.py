"""How fast a gateway may be asked."""

from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.messaging.outbox.backoff import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LONGEST_PUT_OFF,
    SHORTEST_PAUSE,
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


def fail(backoff: Backoff, wait: timedelta | None = None) -> None:
    """Let a request begin and fail at the same moment."""
    backoff.record_failure(backoff.begin(), wait)


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
        fail(backoff)
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


@given(lasts=st.lists(st.integers(0, 60), min_size=1, max_size=30))
def test_requests_that_hang_begin_no_later_for_it(lasts: list[int]) -> None:
    """At most half a minute after the last one began, or when that has ended."""
    clock = FakeClock()
    backoff = Backoff(clock, 1)
    for seconds in lasts:
        begin = backoff.begin()
        clock.tick(seconds * SECOND)
        backoff.record_failure(begin)
        resumes = backoff.resume_at or clock.elapsed()
        assert resumes <= max(clock.elapsed(), begin.elapsed + LONGEST_PAUSE)
        clock.tick(resumes - clock.elapsed())


def test_what_fails_together_counts_once(clock: FakeClock, backoff: Backoff) -> None:
    """Four requests into the same hole are one failure, also if they hang in it."""
    begun = [backoff.begin() for _ in range(4)]
    clock.tick(20 * SECOND)
    for begin in begun:
        backoff.record_failure(begin)
    assert backoff.resume_at is None

    fail(backoff)
    assert pause(clock, backoff) <= 2 * FIRST_PAUSE


def test_one_by_one_until_nothing_is_left_over(
    clock: FakeClock, backoff: Backoff
) -> None:
    """So that what waited leaves in its order."""
    fail(backoff)
    backoff.backlog_empty()
    assert backoff.concurrency == 1

    backoff.record_success()
    assert backoff.resume_at is None
    assert backoff.concurrency == 1

    backoff.backlog_empty()
    assert backoff.concurrency == 4
    fail(backoff)
    assert pause(clock, backoff) <= FIRST_PAUSE


def test_what_is_left_over_from_an_earlier_run_goes_one_by_one(
    backoff: Backoff,
) -> None:
    """Until that is gone."""
    backoff.note_backlog()
    assert backoff.concurrency == 1
    assert backoff.resume_at is None

    backoff.backlog_empty()
    assert backoff.concurrency == 4


def test_hurrying(clock: FakeClock, backoff: Backoff) -> None:
    """The pause is over, but the next one is longer."""
    fail(backoff)
    backoff.retry_now()
    assert backoff.resume_at is None

    fail(backoff)
    assert pause(clock, backoff) >= 1.5 * FIRST_PAUSE


def test_a_new_message_cuts_a_pause_short(clock: FakeClock, backoff: Backoff) -> None:
    """A loop of them is no more than one request each five seconds."""
    for _ in range(4):
        fail(backoff)
        backoff.retry_for_new()
        assert pause(clock, backoff) <= SHORTEST_PAUSE
        clock.tick(pause(clock, backoff))
        assert backoff.resume_at is None


def test_a_rate_limits_own_wait_is_cut_short_by_nothing(
    clock: FakeClock, backoff: Backoff
) -> None:
    """It counts from the answer on, and a shorter one doesn't end it."""
    begin = backoff.begin()
    clock.tick(2 * SECOND)
    backoff.record_failure(begin, 1800 * SECOND)
    fail(backoff, 60 * SECOND)
    clock.tick(60 * SECOND)
    backoff.retry_for_new()
    backoff.retry_now()
    backoff.record_success()

    assert pause(clock, backoff) == 1740 * SECOND
    clock.tick(1740 * SECOND)
    assert backoff.resume_at is None


@pytest.mark.parametrize("by", [timedelta(minutes=-5), timedelta(days=300)])
def test_a_clock_that_jumps_changes_no_pause(
    clock: FakeClock, backoff: Backoff, by: timedelta
) -> None:
    """It lasts as long as it was to last."""
    fail(backoff)
    lasts = pause(clock, backoff)
    clock.jump(by)

    assert pause(clock, backoff) == lasts
    clock.tick(lasts)
    assert backoff.resume_at is None


# --- what the gateway did not look at -------------------------------------------------


def test_what_is_put_off_waits_alone(backoff: Backoff) -> None:
    """The gateway may well take another one: nothing else waits."""
    for _ in range(10):
        backoff.record_put_off(backoff.begin(), "one")

    assert backoff.resume_at is None
    assert backoff.concurrency == 4


def test_what_is_put_off_in_a_row_lets_all_wait(
    clock: FakeClock, backoff: Backoff
) -> None:
    """Longer each time, up to five minutes: requests may be counted."""
    backoff.record_put_off(backoff.begin(), "one")
    for index in range(10):
        backoff.record_put_off(backoff.begin(), f"other {index % 2}")
        longest = min(FIRST_PAUSE * 2**index, LONGEST_PUT_OFF)
        assert 0.75 * longest <= pause(clock, backoff) <= longest
        clock.tick(pause(clock, backoff))
    assert backoff.concurrency == 1

    backoff.record_success()
    backoff.record_put_off(backoff.begin(), "other")
    assert backoff.resume_at is None


def test_what_is_put_off_together_counts_once(backoff: Backoff) -> None:
    """They began before either was answered."""
    together = [backoff.begin(), backoff.begin()]
    for begin, message_id in zip(together, ("one", "other"), strict=True):
        backoff.record_put_off(begin, message_id)

    assert backoff.resume_at is None
