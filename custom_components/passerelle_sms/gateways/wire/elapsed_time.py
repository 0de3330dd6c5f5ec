"""Time that nobody can set: for windows and pauses."""

import time
from typing import Final

# Of the clocks that can't be set, the one that also counts the machine's sleep.
_STEADIEST: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def seconds_since_boot() -> float:
    """Return the seconds since the machine started, those of its sleep included."""
    return time.clock_gettime(_STEADIEST)
