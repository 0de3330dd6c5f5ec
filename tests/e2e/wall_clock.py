"""A wall clock that is set from outside, as time synchronisation or a power cut does.

The time of day that Home Assistant sees is the machine's plus an offset, kept in a file
of the house's folder. Clocks that count elapsed time stay the machine's own.

Tokens are still checked against the machine's time: a client signs in while the offset
is zero, and stays signed in.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
import mmap
from pathlib import Path
import struct
import time
from typing import Final

_FILE: Final = "wall_clock_offset"
_SECONDS: Final = struct.Struct("d")


def set_offset(folder: Path, offset: timedelta) -> None:
    """Set the clock of the house in `folder`, whether it lives or not."""
    path = folder / _FILE
    path.touch()
    # Written in place: a living house looks at the very same bytes.
    with path.open("r+b") as file:
        file.write(_SECONDS.pack(offset.total_seconds()))


class WallClock:
    """The time of day in a house's own process."""

    def __init__(self) -> None:
        """Show the machine's time, until told what to follow."""
        self._time: Final = time.time
        self._memory: mmap.mmap | None = None

    def follow(self, folder: Path) -> None:
        """Show what is set for the house in `folder` from now on."""
        # Mapped, it is read without a file operation in the event loop.
        with (folder / _FILE).open("rb") as file:
            self._memory = mmap.mmap(
                file.fileno(), _SECONDS.size, access=mmap.ACCESS_READ
            )

    def replace(self) -> None:
        """Take the place of the machine's time of day.

        Home Assistant's modules take these functions by name when they are imported, so
        this comes before.
        """
        from homeassistant import util
        from homeassistant.util import dt as dt_util

        def now(time_zone: tzinfo | None = None) -> datetime:
            return self.now(time_zone or dt_util.DEFAULT_TIME_ZONE)

        _put(time, time=self.timestamp)
        _put(util, utcnow=self.utcnow)
        _put(dt_util, utcnow=self.utcnow, now=now, naive_now=self.naive_now)

    def timestamp(self) -> float:
        """Return the seconds since 1970."""
        return self._time() + self._offset

    def now(self, zone: tzinfo) -> datetime:
        """Return the time in a zone."""
        return datetime.fromtimestamp(self.timestamp(), zone)

    def utcnow(self) -> datetime:
        """Return the time in UTC."""
        return self.now(UTC)

    def naive_now(self) -> datetime:
        """Return the time in the machine's zone, without a word about it."""
        return self.utcnow().astimezone().replace(tzinfo=None)

    @property
    def _offset(self) -> float:
        if self._memory is None:
            return 0.0
        (seconds,) = _SECONDS.unpack_from(self._memory)
        return float(seconds)


def _put(module: object, **functions: Callable[..., object]) -> None:
    for name, function in functions.items():
        assert hasattr(module, name)
        setattr(module, name, function)
