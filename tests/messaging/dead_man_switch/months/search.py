"""Many months, on all cores, and what happened in them."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
import os
from typing import Final

from .judge import faults
from .run import run_month
from .setup import draw

KINDS: Final = (
    "account empty",
    "account gone",
    "alert",
    "answers lost",
    "armed",
    "backup",
    "budget used up: MESSAGE",
    "budget used up: QUESTION",
    "changed: delay",
    "changed: message",
    "changed: recipients",
    "clock lost with the power",
    "clock of the gateway set",
    "clock of the house set",
    "crash",
    "disarmed",
    "false alarm possible: doubt",
    "false alarm possible: not_cancelled",
    "false alarm possible: restored",
    "fired",
    "full disk",
    "line cut",
    "misreads_cancel",
    "overlooks_cancel",
    "power cut",
    "refused: IP_NOT_ALLOWED",
    "refused: NO_CREDIT",
    "refused: WRONG_CREDENTIALS",
    "reload",
    "renewed_late",
    "restart",
    "restore",
)
"""What has to happen in a thousand months."""


@dataclass(slots=True, kw_only=True)
class Found:
    """What was found in some months."""

    months: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    faults: dict[int, list[str]] = field(default_factory=dict)
    """By the number of the month."""

    @property
    def missing(self) -> list[str]:
        """What has never happened."""
        return [kind for kind in KINDS if not self.happened[kind]]


def look_at(seed: int) -> tuple[list[str], Counter[str]]:
    """Return the faults of a month, and what happened in it."""
    setup, record = draw(seed), run_month(seed)
    happened = record.happened
    happened["messages taken"] += len(record.kept)
    happened["messages sent"] += sum(one.sent is not None for one in record.kept)
    happened["requests"] += len(record.asked)
    happened["days"] += record.length.days
    happened[f"months at {' and '.join(setup.gateways)}"] += 1
    happened[f"months with a delay of {setup.delay}"] += 1
    for told in record.told:
        kind = told.what
        if told.what == "false_alarm_possible":
            kind = f"false alarm possible: {told.reason}"
        happened[kind] += 1
    return faults(record), happened


def search(count: int, first: int = 0) -> Found:
    """Look at so many months, on all cores."""
    found = Found()
    seeds = range(first, first + count)
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        looked = pool.map(look_at, seeds, chunksize=5)
        for seed, (wrong, happened) in zip(seeds, looked, strict=True):
            found.months += 1
            found.happened += happened
            if wrong:
                found.faults[seed] = wrong
    return found
