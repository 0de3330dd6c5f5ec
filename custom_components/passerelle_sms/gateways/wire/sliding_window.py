"""What was counted within the last hour, day or minute, whichever began when."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from datetime import timedelta
from itertools import accumulate
from typing import NamedTuple


class _Entry(NamedTuple):
    at: timedelta
    weight: int


class SlidingWindow[Key: Hashable]:
    """Counts what came within a time, and forgets what is as old as that.

    All moments are elapsed time, as the clock of the house may be set at any moment.
    An `OrderedDict`, as what is discarded goes from its middle and at once: what comes
    and goes again and again must not pile up here.
    """

    def __init__(self, length: timedelta) -> None:
        """Count nothing yet; each entry will count for `length`."""
        self.length = length
        self.total = 0
        """The weight of all that counts, as of the last `prune`."""
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._newest = timedelta.min
        self._is_sorted = True

    def __contains__(self, key: Key) -> bool:
        """Return whether an entry counts, as of the last `prune`."""
        return key in self._entries

    def add(self, key: Key, at: timedelta, weight: int = 1) -> None:
        """Count an entry from the moment `at` on; a key counts once, as added last."""
        self.discard(key)
        self._entries[key] = _Entry(at, weight)
        self.total += weight
        self._is_sorted = self._is_sorted and at >= self._newest
        self._newest = max(self._newest, at)

    def discard(self, key: Key) -> None:
        """Forget an entry, if it is here."""
        if (entry := self._entries.pop(key, None)) is not None:
            self.total -= entry.weight

    def rename(self, key: Key, to: Key) -> None:
        """Count an entry under another key, if it is here."""
        if (entry := self._entries.get(key)) is not None:
            self.discard(key)
            self.add(to, entry.at, entry.weight)

    def prune(self, now: timedelta) -> None:
        """Forget what is as old as the window is long."""
        self._sort()
        while self._entries:
            key, oldest = next(iter(self._entries.items()))
            if now - oldest.at < self.length:
                return
            self.discard(key)

    def frees(self, weight: int) -> timedelta | None:
        """Return when so much of what counts here will have left.

        `None` if there is less than that.
        """
        self._sort()
        entries = self._entries.values()
        freed = accumulate(entry.weight for entry in entries)
        return next(
            (
                entry.at + self.length
                for entry, so_far in zip(entries, freed, strict=True)
                if so_far >= weight
            ),
            None,
        )

    def departures(self) -> Iterator[timedelta]:
        """Yield when each entry that counts here will have left, in that order."""
        self._sort()
        for entry in self._entries.values():
            yield entry.at + self.length

    def _sort(self) -> None:
        if not self._is_sorted:
            by_age = sorted(self._entries.items(), key=lambda item: item[1].at)
            self._entries = OrderedDict(by_age)
            self._is_sorted = True
