"""."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """One submission that counts."""

    at: datetime
    segments: int
    said: str
    number: str = field(repr=False)


class _Window:
    """What was counted in the last hour, day or minute, the oldest first.

    An `OrderedDict`, as what is released goes from its middle and at once: a message
    that is refused again and again must not pile up here.
    """

    def __init__(self, length: timedelta) -> None:
        self.length = length
        self._counted: OrderedDict[tuple[str, str], _Counted] = OrderedDict()
        self._texts: Counter[tuple[str, str]] = Counter()
        self.segments = 0

    def add(self, key: tuple[str, str], counted: _Counted) -> None:
        """Add what is not older than all the rest; a key counts once."""
        self.discard(key)
        self._counted[key] = counted
        self._texts[counted.said, counted.number] += 1
        self.segments += counted.segments

    def discard(self, key: tuple[str, str]) -> None:
        """Remove a submission, if it is here."""
        counted = self._counted.pop(key, None)
        if counted is None:
            return
        self.segments -= counted.segments
        self._texts[counted.said, counted.number] -= 1
        if not self._texts[counted.said, counted.number]:
            del self._texts[counted.said, counted.number]

    def prune(self, now: datetime) -> None:
        """Remove what is as old as the window is long."""
        while self._counted:
            key, oldest = next(iter(self._counted.items()))
            if now - oldest.at < self.length:
                return
            self.discard(key)

    def holds(self, said: str, number: str) -> bool:
        """Return whether the same was said to this number within the window."""
        return (said, number) in self._texts

    def frees(self, segments: int) -> datetime:
        """Return when so many of the segments counted here, if there are, have left."""
        oldest = self._counted.values()
        freed = accumulate(counted.segments for counted in oldest)
        last = next(
            counted
            for counted, so_far in zip(oldest, freed, strict=True)
            if so_far >= segments
        )
        return last.at + self.length
