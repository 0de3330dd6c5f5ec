"""The goals, and whether they are reached."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .plan import ALERT_GATEWAYS, BARE_POST, CLICKSEND, IDLE, RELAY_ALERT, Case, Section
from .samples import Result

type Results = Mapping[Case, Result]

_OTHERS: Final = frozenset({IDLE, BARE_POST, CLICKSEND})


class Goal(StrEnum):
    """What the project sets out to reach."""

    SYNCS = "syncs"
    """An alert syncs no more often, mostly."""
    CLICKSEND = "clicksend"
    """An alert takes no longer, compared with core's `clicksend`."""
    MANY = "many"
    """The message to the most recipients takes no longer, in seconds."""
    GAP = "gap"
    """The event loop is never away for longer, in milliseconds."""
    FLAT_JOURNAL = "flat_journal"
    """An alert takes no longer with a long journal, compared with a short one."""
    FLAT_AWAITED = "flat_awaited"
    """An alert takes no longer while many deliveries are awaited."""
    LINEAR = "linear"
    """A recipient of the most takes no longer than one of the second most."""
    RELAY = "relay"
    """An alert takes no longer through a relay, compared with its first account."""
    RELAY_MANY = "relay_many"
    """The message to the most recipients takes no longer through a relay, in seconds."""
    RELAY_GAP = "relay_gap"
    """The event loop is never away for longer meanwhile, in milliseconds."""


# What should be equal is measured, and differs a little each time.
_SAME: Final = 1.5
_LIMITS: Final = {
    Goal.SYNCS: 2.0,
    Goal.CLICKSEND: 2.0,
    Goal.MANY: 3.0,
    Goal.GAP: 20.0,
    Goal.FLAT_JOURNAL: _SAME,
    Goal.FLAT_AWAITED: _SAME,
    Goal.LINEAR: _SAME,
    # Two journals know of it, and one after the other is written.
    Goal.RELAY: 2.5,
    Goal.RELAY_MANY: 5.0,
    Goal.RELAY_GAP: 50.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a goal is reached."""

    goal: Goal
    limit: float
    measured: float | None
    """The worst; `None` if it was not measured."""

    @property
    def is_reached(self) -> bool | None:
        """Whether what was measured is within the limit; `None` if nothing was."""
        return None if self.measured is None else self.measured <= self.limit


def judge(results: Results) -> list[Verdict]:
    """Return all goals, each with the worst that was measured."""
    measures: dict[Goal, Callable[[Results], Iterable[float]]] = {
        Goal.SYNCS: _syncs,
        Goal.CLICKSEND: _times_clicksend,
        Goal.MANY: _seconds_for_the_most,
        Goal.GAP: _gaps,
        Goal.FLAT_JOURNAL: lambda results: _growth(results, Section.JOURNAL),
        Goal.FLAT_AWAITED: lambda results: _growth(results, Section.AWAITED),
        Goal.LINEAR: _growth_per_recipient,
        Goal.RELAY: _times_account,
        Goal.RELAY_MANY: _seconds_through_relay,
        Goal.RELAY_GAP: _relay_gaps,
    }
    return [
        Verdict(
            goal=goal,
            limit=_LIMITS[goal],
            measured=max(measure(results), default=None),
        )
        for goal, measure in measures.items()
    ]


def ours(results: Results, section: Section) -> list[Result]:
    """Return the results of a table that are about this integration."""
    return [
        result
        for case, result in results.items()
        if case.section is section and case.subject not in _OTHERS
    ]


def times_clicksend(results: Results, result: Result) -> float | None:
    """Return how long something takes, compared with core's `clicksend`."""
    case = Case(section=Section.ALERT, subject=CLICKSEND)
    if case not in results:
        return None
    return result.milliseconds.median / results[case].milliseconds.median


def _syncs(results: Results) -> Iterable[float]:
    return (
        result.syncs.median
        for result in ours(results, Section.ALERT)
        if result.syncs is not None
    )


def _times_clicksend(results: Results) -> Iterable[float]:
    return (
        times
        for result in ours(results, Section.ALERT)
        if (times := times_clicksend(results, result)) is not None
    )


def _seconds_for_the_most(results: Results) -> Iterable[float]:
    many = ours(results, Section.RECIPIENTS)
    most = max((result.case.size for result in many), default=0)
    return (
        result.milliseconds.median / 1000 for result in many if result.case.size == most
    )


def _gaps(results: Results) -> Iterable[float]:
    return (
        result.gap.highest
        for section in Section
        if section is not Section.RELAY
        for result in ours(results, section)
    )


def _times_account(results: Results) -> Iterable[float]:
    """Return how long an alert takes through a relay, compared with its first account."""
    first = results.get(Case(section=Section.ALERT, subject=ALERT_GATEWAYS[0]))
    through = results.get(RELAY_ALERT)
    if first is not None and through is not None:
        yield through.milliseconds.median / first.milliseconds.median


def _seconds_through_relay(results: Results) -> Iterable[float]:
    return (one.milliseconds.median / 1000 for one in _to_many_through_relay(results))


def _relay_gaps(results: Results) -> Iterable[float]:
    return (result.gap.highest for result in ours(results, Section.RELAY))


def _to_many_through_relay(results: Results) -> Iterable[Result]:
    return (one for one in ours(results, Section.RELAY) if one.case != RELAY_ALERT)


def _growth(results: Results, section: Section) -> Iterable[float]:
    """Return how long an alert takes, compared with one through an empty account."""
    for result in ours(results, section):
        empty = results.get(Case(section=Section.ALERT, subject=result.case.subject))
        if empty is not None:
            yield result.milliseconds.median / empty.milliseconds.median


def _growth_per_recipient(results: Results) -> Iterable[float]:
    per_recipient: dict[str, list[tuple[int, float]]] = {}
    for result in ours(results, Section.RECIPIENTS):
        size = result.case.size
        per_recipient.setdefault(result.case.subject, []).append(
            (size, result.milliseconds.median / size)
        )
    for sizes in per_recipient.values():
        if len(sizes) > 1:
            (_, fewer), (_, most) = sorted(sizes)[-2:]
            yield most / fewer
