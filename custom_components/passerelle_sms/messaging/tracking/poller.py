"""Asks a gateway about what is due: one request at a time, when messages leave room."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from ...gateways.errors import GatewayError
from ...gateways.wire.purpose import Purpose
from ...gateways.wire.request_budget import RequestBudget
from ..runtime.clock import Alarm, Clock
from ..runtime.tasks import Tasks

# Between two requests, however much is due.
SPACING: Final = timedelta(seconds=2)
# After a failure, doubled each time.
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)

# How long something is asked about, and how often: after as long again as it is old.
SHORTEST_INTERVAL: Final = timedelta(minutes=1)
LONGEST_INTERVAL: Final = timedelta(hours=6)
HORIZON: Final = timedelta(days=7)


def next_look(age: timedelta, shortest: timedelta = SHORTEST_INTERVAL) -> timedelta:
    """Return how long to wait before asking again about what is as old as `age`.

    Before it begins, at a negative age, there is nothing to hear.
    """
    wait = max(-age, shortest, min(age, LONGEST_INTERVAL))
    return min(wait, max(HORIZON - age, timedelta()))


class Poller:
    """Asks at the right time, and lets messages go first."""

    def __init__(
        self,
        clock: Clock,
        budget: Callable[[], RequestBudget | None],
        *,
        due: Callable[[], timedelta | None],
        ask: Callable[[], Awaitable[None]],
        failed: Callable[[GatewayError], None],
        replan: Callable[[], None],
    ) -> None:
        """Call `ask` when so much has elapsed as `due` says; nothing is due when `None`.

        `failed` hears of the `GatewayError` that `ask` raises; `replan` is called when
        what is due at an hour may be due at another time than before. `budget` returns
        the one to go by: the account may become another.
        """
        self._clock = clock
        self._budget = budget
        self._due = due
        self._ask = ask
        self._failed = failed
        self._replan = replan
        self._alarm = Alarm(clock, self._on_time)
        self._tasks = Tasks()
        self._failures = 0
        self._not_before = clock.elapsed()
        self._stop_following_clock: Callable[[], None] | None = None
        self._is_running = False

    def start(self) -> None:
        """Begin: before this nothing is asked."""
        self._is_running = True
        if self._stop_following_clock is None:
            self._stop_following_clock = self._clock.on_shift(self._on_shift)
        self._on_shift(timedelta())

    def wake(self) -> None:
        """Look again when something is due."""
        if not self._is_running or self._tasks:
            return
        due = self._due()
        self._alarm.set(None if due is None else max(due, self._not_before))

    async def stop(self) -> None:
        """Ask nothing more, and wait for what is being asked."""
        self._is_running = False
        if self._stop_following_clock is not None:
            self._stop_following_clock()
            self._stop_following_clock = None
        self._alarm.set(None)
        await self._tasks.join()

    def _on_shift(self, _by: timedelta) -> None:
        self._replan()
        self.wake()

    def _on_time(self) -> None:
        budget = self._budget()
        if budget is not None and not budget.has_room_for_polls:
            self._pause(budget.until_room(Purpose.QUESTION))
            self.wake()
            return
        task = self._tasks.spawn(self._look())
        task.add_done_callback(lambda _done: self.wake())

    async def _look(self) -> None:
        # A mistake of ours must not come again at once.
        self._pause(LONGEST_PAUSE)
        try:
            await self._ask()
        except GatewayError as error:
            self._failures += 1
            self._pause(pause_after(self._failures))
            self._failed(error)
        else:
            self._failures = 0
            self._pause(SPACING)

    def _pause(self, pause: timedelta) -> None:
        self._not_before = self._clock.elapsed() + max(pause, SPACING)


def pause_after(failures: int) -> timedelta:
    """Return how long to leave a gateway alone that has failed so often to answer."""
    doublings = min(failures - 1, 10)
    return min(LONGEST_PAUSE, FIRST_PAUSE * float(2**doublings))
