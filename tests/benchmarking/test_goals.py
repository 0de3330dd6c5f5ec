"""Whether the goals are reached."""

import pytest

from scripts.benchmarking.goals import Goal, Verdict, judge
from scripts.benchmarking.plan import BARE_POST, CLICKSEND, RELAY_ALERT
from scripts.benchmarking.samples import Figure, Result

from .results import (
    AWAITED,
    JOURNAL,
    RELAY_MANY,
    alert,
    by_case,
    good_results,
    many,
    result,
)


def verdict(goal: Goal, *changed: Result) -> Verdict:
    """Return what is said of a goal when some results are others than good ones."""
    results = {**good_results(), **by_case(*changed)}
    return {one.goal: one for one in judge(results)}[goal]


def test_says_so_when_all_are_reached() -> None:
    """Each with the worst that was measured."""
    verdicts = judge(good_results())
    assert [one.goal for one in verdicts] == list(Goal)
    assert all(one.is_reached for one in verdicts)


@pytest.mark.parametrize(
    ("goal", "bad", "measured"),
    [
        (Goal.SYNCS, result(alert("smseco"), 12.5, syncs=3), 3),
        (Goal.CLICKSEND, result(alert("smseco"), 25), 2.5),
        (Goal.MANY, result(many(1000, "smseco"), 4000), 4),
        (Goal.GAP, result(many(10, "sms123"), 30, gap=21), 21),
        (Goal.FLAT_JOURNAL, result(JOURNAL, 25), 2),
        (Goal.FLAT_AWAITED, result(AWAITED, 25), 2),
        (Goal.LINEAR, result(many(1000), 5000), 2),
        (Goal.RELAY, result(RELAY_ALERT, 50), 4),
        (Goal.RELAY_MANY, result(RELAY_MANY, 6000), 6),
        (Goal.RELAY_GAP, result(RELAY_MANY, 4000, gap=51), 51),
    ],
)
def test_one_bad_row_misses_its_goal(goal: Goal, bad: Result, measured: float) -> None:
    """However good all others are."""
    missed = verdict(goal, bad)
    assert missed.measured == measured
    assert missed.is_reached is False


def test_the_longest_of_all_gaps_counts() -> None:
    """Not their median: every single one stops the house."""
    slow = Result(
        case=alert("etech_keys"),
        milliseconds=Figure.of([12.5]),
        gap=Figure.of([1, 1, 50]),
        syncs=None,
    )
    assert verdict(Goal.GAP, slow).measured == 50


@pytest.mark.parametrize("subject", [BARE_POST, CLICKSEND])
def test_what_we_are_compared_with_misses_nothing(subject: str) -> None:
    """Its gaps are not ours."""
    assert verdict(Goal.GAP, result(alert(subject), 10, gap=100)).is_reached


def test_says_nothing_of_what_was_not_measured() -> None:
    """Neither that it is reached nor that it is missed."""
    uncounted = {one.goal: one for one in judge(good_results(syncs=None))}
    assert uncounted[Goal.SYNCS].is_reached is None
    assert all(one.is_reached is None for one in judge({}))
