"""What the reading of one answer costs: processor time and memory."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import time
import tracemalloc

from .operations import outcome_of

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What something took."""

    seconds: float
    """Of this process, whatever else the machine does."""
    octets: int
    """Of memory, at the most, beyond what there was before."""


async def cost_of(operation: Callable[[], Awaitable[object]], at_most: float) -> Cost:
    """Return what an operation takes.

    If it was more than `at_most` seconds, it is measured again: Python may have been
    busy with something else, but not each time.
    """
    seconds = await _seconds_of(operation)
    for _ in range(_TRIES - 1):
        if seconds >= at_most:
            seconds = min(seconds, await _seconds_of(operation))
    tracemalloc.start()
    try:
        await outcome_of(operation)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return Cost(seconds=seconds, octets=peak)


async def _seconds_of(operation: Callable[[], Awaitable[object]]) -> float:
    begun = time.process_time()
    await outcome_of(operation)
    return time.process_time() - begun
