"""What was said to whom a short while ago."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import override

from ...gateways.wire.sliding_window import SlidingWindow


@dataclass(frozen=True, slots=True)
class Said:
    """A text as one recipient reads it, and the recipient's number."""

    text: str = field(repr=False)
    number: str = field(repr=False)


class RecentTexts[Key: Hashable](SlidingWindow[Key]):
    """A sliding window of texts, in which each is found at once."""

    def __init__(self, length: timedelta) -> None:
        """Know nothing yet; each text will be held for `length`."""
        super().__init__(length)
        self._said: dict[Key, Said] = {}
        self._times: Counter[Said] = Counter()

    def add_text(self, key: Key, at: timedelta, said: Said) -> None:
        """Hold a text from the moment `at` on."""
        self.add(key, at)
        self._said[key] = said
        self._times[said] += 1

    @override
    def discard(self, key: Key) -> None:
        super().discard(key)
        if (said := self._said.pop(key, None)) is None:
            return
        self._times[said] -= 1
        if not self._times[said]:
            del self._times[said]

    @override
    def rename(self, key: Key, to: Key) -> None:
        said = self._said.get(key)
        super().rename(key, to)
        if said is not None:
            self._said[to] = said
            self._times[said] += 1

    def holds(self, said: Said) -> bool:
        """Return whether the same was said to the same number within the window."""
        return said in self._times
