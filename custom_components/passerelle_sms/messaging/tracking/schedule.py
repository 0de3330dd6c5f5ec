"""What is to be done when."""

from collections.abc import Hashable, Iterator
from datetime import timedelta
import heapq
import itertools


class Schedule[Key: Hashable]:
    """When each thing is due, by elapsed time.

    The first is found without looking at the others, however many there are.
    """

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._due: dict[Key, timedelta] = {}
        # Soonest first. What was set anew or removed stays here until it comes up.
        self._heap: list[tuple[timedelta, int, Key]] = []
        self._numbers = itertools.count()

    def get(self, key: Key) -> timedelta | None:
        """Return when something is due."""
        return self._due.get(key)

    def set(self, key: Key, due: timedelta) -> None:
        """Have something done when so much has elapsed, and at no other time."""
        self._due[key] = due
        heapq.heappush(self._heap, (due, next(self._numbers), key))

    def remove(self, key: Key) -> None:
        """Have something never done."""
        self._due.pop(key, None)

    def first(self) -> timedelta | None:
        """Return when the first is due; `None` if there is nothing to do."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, elapsed: timedelta) -> Iterator[Key]:
        """Remove what is due by now, one by one, and yield it, the soonest first."""
        while (due := self.first()) is not None and due <= elapsed:
            _, _, key = heapq.heappop(self._heap)
            self.remove(key)
            yield key
