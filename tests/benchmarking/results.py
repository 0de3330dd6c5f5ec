"""Results that nobody measured, for the tests of what is made of them."""

from collections.abc import Iterable

from scripts.benchmarking.plan import (
    BARE_POST,
    CLICKSEND,
    IDLE,
    RELAY,
    RELAY_ALERT,
    Case,
    Section,
)
from scripts.benchmarking.samples import Figure, Result


def alert(subject: str) -> Case:
    """Return the case of one alert."""
    return Case(section=Section.ALERT, subject=subject)


def many(size: int, subject: str = "etech_keys") -> Case:
    """Return the case of a message to so many recipients."""
    return Case(section=Section.RECIPIENTS, subject=subject, size=size)


JOURNAL = Case(section=Section.JOURNAL, subject="etech_keys", size=10_000)
AWAITED = Case(section=Section.AWAITED, subject="etech_keys", size=1000)
RELAY_MANY = Case(section=Section.RELAY, subject=RELAY, size=1000)


def result(
    case: Case, milliseconds: float, *, syncs: int | None = 2, gap: float = 1
) -> Result:
    """Return a result in which all runs were the same."""
    return Result(
        case=case,
        milliseconds=Figure.of([milliseconds]),
        gap=Figure.of([gap]),
        syncs=None if syncs is None else Figure.of([syncs]),
    )


def by_case(*results: Result) -> dict[Case, Result]:
    """Return results as they are passed on."""
    return {one.case: one for one in results}


def good_results(syncs: int | None = 2) -> dict[Case, Result]:
    """Return a result for every kind of row, with which all goals are reached."""
    others: Iterable[Result] = (
        result(alert(subject), 10, syncs=0) for subject in (IDLE, BARE_POST, CLICKSEND)
    )
    return by_case(
        *others,
        result(alert("etech_keys"), 12.5, syncs=syncs),
        result(JOURNAL, 13, syncs=syncs),
        result(AWAITED, 13, syncs=syncs),
        result(many(1), 12.5, syncs=syncs),
        result(many(100), 250, syncs=syncs),
        result(many(1000), 2400, syncs=syncs),
        result(RELAY_ALERT, 25, syncs=None if syncs is None else 2 * syncs),
        result(RELAY_MANY, 4000, syncs=syncs, gap=40),
    )
