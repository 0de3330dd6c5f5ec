"""The time of a simulated month: of the house, of its gateways, and what truly passes."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
import heapq
from typing import Final, override

from tests.messaging.fake_clock import START, FakeClock
from tests.messaging.fake_disk import nothing
from tests.messaging.idle import until_idle

_INSTANT: Final = timedelta(microseconds=1)


class MonthClock(FakeClock):
    """Simulated time; what truly passes is `elapsed`, also while the house is dead."""

    def __init__(self, begin: datetime) -> None:
        """Begin at a moment of the calendar, with all clocks right."""
        super().__init__()
        self._start += begin - START
        self._begin = begin
        self.ahead_there = timedelta()
        """By how much the clock of the gateways is wrong."""
        self.before_passing: Callable[[timedelta], None] = nothing_until
        """Called with how much will have elapsed, before time passes."""

    def there(self) -> datetime:
        """Return the time of day at the gateways."""
        return self.there_at(self.elapsed())

    def there_at(self, elapsed: timedelta) -> datetime:
        """Return what the clock of the gateways will say, or has said, if none sets it."""
        return self._begin + elapsed + self.ahead_there

    @property
    def error_here(self) -> timedelta:
        """By how much the clock of the house is before the right time."""
        return self.now() - (self._begin + self.elapsed())

    def set_there(self, by: timedelta) -> None:
        """Set the clock of the gateways forward or back."""
        self.ahead_there += by
        self.before_passing(self.elapsed())

    def pass_by(self, by: timedelta) -> None:
        """Let time pass while nothing runs."""
        self._pass_to(self.elapsed() + by)

    async def pass_until(self, end: timedelta) -> None:
        """Let time pass, and everything that it causes happen."""
        await until_idle()
        while (due := self.next_due) is not None and due <= end:
            self._wake_at(due)
            await until_idle()
        self._pass_to(end)

    @property
    def next_due(self) -> timedelta | None:
        """When somebody is woken next."""
        while self._timers and self._timers[0][1] not in self._wakes:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    async def go_into_next(self, turns: int) -> None:
        """Wake who is to be woken next, and let so many turns of the loop pass."""
        await until_idle()
        if (due := self.next_due) is not None:
            self._wake_at(due)
        for _ in range(turns):
            await asyncio.sleep(0)

    def _wake_at(self, due: timedelta) -> None:
        self._pass_to(due)
        _, number = heapq.heappop(self._timers)
        self._wakes.pop(number)()

    def _pass_to(self, end: timedelta) -> None:
        if end > self._elapsed:
            self.before_passing(end)
            self._elapsed = end

    @override
    async def advance(self, seconds: float) -> None:
        await self.pass_until(self.elapsed() + timedelta(seconds=seconds))

    @override
    def tick(self, by: timedelta = _INSTANT) -> None:
        self._pass_to(self.elapsed() + by)


def nothing_until(_elapsed: timedelta) -> None:
    """Do nothing, whatever passes."""
    nothing()
