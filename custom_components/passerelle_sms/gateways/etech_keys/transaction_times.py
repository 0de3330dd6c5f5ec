"""When a transaction of ETECH KEYS took place, told in one cell or in two."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ..wire.times import DOUALA, read_time

_ANY_DAY: Final = "2000-01-01"
_ANY_CLOCK: Final = "00:00"


def is_time(cell: str) -> bool:
    """Return whether a cell is a date, a time of day, or both."""
    return _is_clock(cell) or read_time(cell, DOUALA) is not None


def time_of(cells: Sequence[str]) -> datetime | None:
    """Return the one moment that is told, in one cell or in two; else `None`.

    A date alone is no moment, and of several moments none is chosen. Without a zone it
    is Douala's.
    """
    days = [cell for cell in cells if _is_day(cell)]
    clocks = [cell for cell in cells if _is_clock(cell)]
    whole = {read_time(cell, DOUALA) for cell in cells if cell not in days} - {None}
    if not whole and len(days) == len(clocks) == 1:
        whole = {read_time(f"{days[0]} {clocks[0]}", DOUALA)}
    return whole.pop() if len(whole) == 1 else None


def _is_day(cell: str) -> bool:
    return read_time(f"{cell} {_ANY_CLOCK}", DOUALA) is not None


def _is_clock(cell: str) -> bool:
    return read_time(f"{_ANY_DAY}T{cell}", DOUALA) is not None
