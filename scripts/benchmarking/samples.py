"""What was measured: single samples, and what is said of several."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
import json
from statistics import median
from typing import Self

from .plan import Case, Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measurement."""

    case: Case
    seconds: float
    """Until the caller had the answer."""
    gap: float
    """For how many seconds the event loop was away, at the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What is said of several measurements of one thing."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return the median of values, with the lowest and the highest."""
        return cls(median=median(values), lowest=min(values), highest=max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A row: what came of one case."""

    case: Case
    milliseconds: Figure
    gap: Figure
    """In milliseconds."""
    syncs: Figure | None
    """`None` where nobody could count them."""


def summarise(
    samples: Iterable[Sample], syncs: Mapping[str, Sequence[int]]
) -> dict[Case, Result]:
    """Return the results, in the order in which the cases were measured.

    `syncs` are the counts for each case's key, from a run of their own.
    """
    grouped: dict[Case, list[Sample]] = {}
    for sample in samples:
        grouped.setdefault(sample.case, []).append(sample)
    return {
        case: Result(
            case=case,
            milliseconds=Figure.of([1000 * one.seconds for one in same]),
            gap=Figure.of([1000 * one.gap for one in same]),
            syncs=Figure.of(counts) if (counts := syncs.get(case.key)) else None,
        )
        for case, same in grouped.items()
    }


def write_samples(samples: Sequence[Sample]) -> str:
    """Return samples as text for another process."""
    return json.dumps([asdict(sample) for sample in samples])


def read_samples(text: str) -> list[Sample]:
    """Return the samples that `write_samples` has written."""
    return [
        Sample(
            case=Case(
                section=Section(one["case"]["section"]),
                subject=one["case"]["subject"],
                size=one["case"]["size"],
            ),
            seconds=one["seconds"],
            gap=one["gap"],
        )
        for one in json.loads(text)
    ]
