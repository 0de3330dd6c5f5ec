"""How long an account that its gateway has refused is left alone."""

from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.messaging.outbox.probe_pauses import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    ProbePauses,
)
from tests.messaging.fake_clock import FakeClock

SECOND = timedelta(seconds=1)


def test_pauses_are_doubled_up_to_five_minutes() -> None:
    """And begin anew once a message was accepted."""
    pauses = ProbePauses(FakeClock())
    assert not pauses
    seen = []
    for _ in range(6):
        pauses.lengthen()
        seen.append(pauses.left.total_seconds())
    assert pauses

    pauses.reset()
    assert not pauses
    pauses.lengthen()

    assert seen == [30, 60, 120, 240, 300, 300]
    assert pauses.left == FIRST_PAUSE


def test_a_pause_that_is_repeated_is_no_longer() -> None:
    """Or shorter, where nobody has refused anything."""
    pauses = ProbePauses(FakeClock())
    for _ in range(3):
        pauses.lengthen()

    pauses.repeat()
    assert pauses.left == 120 * SECOND
    pauses.repeat(longest=FIRST_PAUSE)
    assert pauses.left == FIRST_PAUSE
    pauses.lengthen()
    assert pauses.left == 240 * SECOND


@pytest.mark.parametrize("by", [timedelta(hours=-6), timedelta(days=300)])
def test_a_clock_that_jumps_changes_no_pause(by: timedelta) -> None:
    """Only what has elapsed counts."""
    clock = FakeClock()
    pauses = ProbePauses(clock)
    pauses.lengthen()

    clock.jump(by)
    assert pauses.left == FIRST_PAUSE
    assert not pauses.is_over
    clock.tick(FIRST_PAUSE)

    assert pauses.left == timedelta()
    assert pauses.is_over


@given(st.lists(st.sampled_from(["lengthen", "repeat", "reset"]), max_size=1100))
def test_each_pause_is_between_half_a_minute_and_five(steps: list[str]) -> None:
    """Whatever came before, and the next is never shorter without an accepted message."""
    clock = FakeClock()
    pauses = ProbePauses(clock)
    last = timedelta()
    for step in steps:
        if step == "lengthen":
            pauses.lengthen()
        elif step == "repeat":
            pauses.repeat()
        else:
            pauses.reset()
            last = timedelta()
            continue
        assert FIRST_PAUSE <= pauses.left <= LONGEST_PAUSE
        assert pauses.left >= last
        last = pauses.left
        clock.tick(last)
