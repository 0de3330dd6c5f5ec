"""When what happens in a month happens."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import heapq
import itertools

from .house import House

type Action = Callable[[], Awaitable[None]]


class Agenda:
    """What is still to happen, in its order."""

    def __init__(self, house: House) -> None:
        """Have nothing on it yet."""
        self.house = house
        self._left: list[tuple[timedelta, int, Action]] = []
        self._numbers = itertools.count()

    def at(self, moment: timedelta, action: Action) -> None:
        """Let something happen at a moment."""
        heapq.heappush(self._left, (moment, next(self._numbers), action))

    def later(self, by: timedelta, action: Action) -> None:
        """Let something happen so much later than now."""
        self.at(self.house.clock.elapsed() + by, action)

    async def live(self) -> None:
        """Let everything happen until the end of the month."""
        length = self.house.setup.length
        while self._left and self._left[0][0] <= length:
            moment, _, action = heapq.heappop(self._left)
            await self._pass_until(moment)
            await action()
            await self._settle()
        await self._pass_until(length)

    async def _pass_until(self, moment: timedelta) -> None:
        house = self.house
        while house.clock.elapsed() < moment:
            # Not too long: what is shown in between is looked at, too.
            until = min(moment, house.clock.elapsed() + house.plan.delay / 6)
            await house.clock.pass_until(until)
            await self._settle()

    async def _settle(self) -> None:
        house = self.house
        await house.clock.pass_until(house.clock.elapsed())
        house.sample()
