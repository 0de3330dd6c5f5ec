"""A clock that stands still until it is told to go on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import heapq
import itertools
from typing import override

from custom_components.passerelle_sms.messaging.runtime.clock import Clock
from homeassistant.core import CALLBACK_TYPE

from .idle import until_idle

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


class FakeClock(Clock):
    """Simulated time: what is due runs when time gets there, in its order."""

    def __init__(self) -> None:
        """Begin at `START`."""
        self.time = START
        self._elapsed = 0.0
        self._timers: list[tuple[float, int]] = []
        self._wakes: dict[int, Callable[[], None]] = {}
        self._numbers = itertools.count()

    @property
    def timers(self) -> int:
        """Return how many wait to be woken."""
        return len(self._wakes)

    @override
    def now(self) -> datetime:
        return self.time

    @override
    def call_later(self, seconds: float, wake: Callable[[], None]) -> CALLBACK_TYPE:
        assert seconds >= 0
        number = next(self._numbers)
        heapq.heappush(self._timers, (self._elapsed + seconds, number))
        self._wakes[number] = wake

        def cancel() -> None:
            self._wakes.pop(number, None)

        return cancel

    def forget(self) -> None:
        """Forget who waits to be woken, as a crash does."""
        self._wakes.clear()

    def set_back(self, back: timedelta) -> None:
        """Set the time of day back; who waits to be woken doesn't mind."""
        self.time -= back

    def wake_next(self) -> None:
        """Wake who is to be woken next, without waiting for what comes of it."""
        _, number = min(timer for timer in self._timers if timer[1] in self._wakes)
        self._wakes.pop(number)()

    async def advance(self, seconds: float) -> None:
        """Let time pass, and everything that it causes happen."""
        await until_idle()
        end = self._elapsed + seconds
        while self._timers and self._timers[0][0] <= end:
            due, number = heapq.heappop(self._timers)
            if (wake := self._wakes.pop(number, None)) is not None:
                self._go_on(due)
                wake()
                await until_idle()
        self._go_on(end)

    def _go_on(self, elapsed: float) -> None:
        self.time += timedelta(seconds=elapsed - self._elapsed)
        self._elapsed = elapsed
