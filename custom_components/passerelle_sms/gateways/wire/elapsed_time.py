"""Time that nobody can set: for windows and pauses."""

from datetime import timedelta
import time
from typing import Final

# Of the clocks that can't be set, the one that also counts the machine's sleep.
_STEADIEST: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def time_since_boot() -> timedelta:
    """Return how long ago the machine started, the time of its sleep included."""
    return timedelta(seconds=seconds_since_boot())


def seconds_since_boot() -> float:
    """Return the same in seconds."""
    return time.clock_gettime(_STEADIEST)
