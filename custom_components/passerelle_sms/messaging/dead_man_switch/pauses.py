"""How long what has failed waits before it is tried again."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

_FIRST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Pause:
    failures: int
    until: timedelta


class Pauses:
    """Pauses by the key of what waits, in elapsed time: each twice as long as the last."""

    def __init__(self) -> None:
        """Let nothing wait."""
        self._pauses: dict[str, _Pause] = {}

    def lengthen(self, key: str, now: timedelta, delay: timedelta) -> None:
        """Let something wait that has failed: a sixth of `delay` and five minutes at most."""
        known = self._pauses.get(key)
        failures = 0 if known is None else known.failures
        wait = min(_FIRST * 2 ** min(failures, 10), _LONGEST, delay / 6)
        self._pauses[key] = _Pause(failures + 1, now + wait)

    def wait(self, key: str, now: timedelta, length: timedelta) -> None:
        """Let something wait for so long, however often it has failed."""
        self._pauses[key] = _Pause(0, now + length)

    def failures(self, key: str) -> int:
        """Return how often something has failed in a row."""
        known = self._pauses.get(key)
        return 0 if known is None else known.failures

    def end(self, key: str) -> None:
        """Forget that something has failed."""
        self._pauses.pop(key, None)

    def end_all(self) -> None:
        """Let everything be tried again now."""
        self._pauses.clear()

    def held_off(self, now: timedelta) -> frozenset[str]:
        """Return the keys of what is to wait."""
        return frozenset(key for key, one in self._pauses.items() if one.until > now)

    def next_end(self, now: timedelta) -> timedelta | None:
        """Return when the next one may be tried again; `None` if nothing waits."""
        ends = [one.until for one in self._pauses.values() if one.until > now]
        return min(ends, default=None)
