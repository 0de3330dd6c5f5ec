"""A clock that stands still until it is told to go on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import heapq
import itertools
from typing import override

from custom_components.passerelle_sms.messaging.runtime.clock import (
    Clock,
    ShiftListener,
)
from homeassistant.core import CALLBACK_TYPE

from .idle import until_idle

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


class FakeClock(Clock):
    """Simulated time: what is due runs when time gets there, in its order."""

    def __init__(self) -> None:
        """Begin at `START`."""
        self._start = START
        self._elapsed = timedelta()
        self.uptime = timedelta(days=1)
        """How long the machine was up at the start."""
        self._timers: list[tuple[timedelta, int]] = []
        self._wakes: dict[int, Callable[[], None]] = {}
        self._listeners: dict[int, ShiftListener] = {}
        self._numbers = itertools.count()

    @property
    def timers(self) -> int:
        """Return how many wait to be woken."""
        return len(self._wakes)

    @property
    def next_wake(self) -> timedelta:
        """Return when who is to be woken next is to be woken, by elapsed time."""
        return min(when for when, number in self._timers if number in self._wakes)

    @override
    def now(self) -> datetime:
        return self._start + self._elapsed

    @override
    def elapsed(self) -> timedelta:
        return self._elapsed

    @override
    def booted(self) -> datetime:
        return self._start - self.uptime

    @override
    def call_later(self, seconds: float, wake: Callable[[], None]) -> CALLBACK_TYPE:
        assert seconds >= 0
        number = next(self._numbers)
        heapq.heappush(
            self._timers, (self._elapsed + timedelta(seconds=seconds), number)
        )
        self._wakes[number] = wake

        def cancel() -> None:
            self._wakes.pop(number, None)

        return cancel

    @override
    def on_shift(self, listener: ShiftListener) -> CALLBACK_TYPE:
        number = next(self._numbers)
        self._listeners[number] = listener

        def cancel() -> None:
            self._listeners.pop(number, None)

        return cancel

    def forget(self) -> None:
        """Forget who waits to be woken or told, as a crash does."""
        self._wakes.clear()
        self._listeners.clear()

    def jump(self, by: timedelta) -> None:
        """Set the time of day forward or back; no time passes."""
        self._start += by
        for listener in tuple(self._listeners.values()):
            listener(by)

    def set_while_down(self, by: timedelta) -> None:
        """Set the time of day while nothing runs: nobody hears of it."""
        self._start += by

    def tick(self, by: timedelta = timedelta(microseconds=1)) -> None:
        """Let a little time pass without waking anybody."""
        self._elapsed += by

    def wake_next(self) -> None:
        """Wake who is to be woken next, without waiting for what comes of it."""
        _, number = min(timer for timer in self._timers if timer[1] in self._wakes)
        self._wakes.pop(number)()

    async def advance(self, seconds: float) -> None:
        """Let time pass, and everything that it causes happen."""
        await until_idle()
        end = self._elapsed + timedelta(seconds=seconds)
        while self._timers and self._timers[0][0] <= end:
            due, number = heapq.heappop(self._timers)
            if (wake := self._wakes.pop(number, None)) is not None:
                self._elapsed = max(due, self._elapsed)
                wake()
                await until_idle()
        self._elapsed = max(end, self._elapsed)
