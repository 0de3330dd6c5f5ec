"""Asks a gateway about what is due: one request at a time, when messages leave room."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from ...gateways.errors import GatewayError
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


def next_look(
    since: datetime, now: datetime, shortest: timedelta = SHORTEST_INTERVAL
) -> datetime:
    """Return when to ask again about what begins at `since` and was asked about now.

    Before it begins there is nothing to hear.
    """
    age = now - since
    soonest = max(since, now + max(shortest, min(age, LONGEST_INTERVAL)))
    return min(soonest, max(now, since + HORIZON))


class Poller:
    """Asks at the right time, and lets messages go first."""

    def __init__(
        self,
        clock: Clock,
        budget: RequestBudget | None,
        *,
        due: Callable[[], datetime | None],
        ask: Callable[[], Awaitable[None]],
        failed: Callable[[GatewayError], None],
    ) -> None:
        """Call `ask` when something is `due`; `failed` hears of its `GatewayError`."""
        self._clock = clock
        self._budget = budget
        self._due = due
        self._ask = ask
        self._failed = failed
        self._alarm = Alarm(clock, self._on_time)
        self._tasks = Tasks()
        self._failures = 0
        self._not_before: datetime | None = None
        self._is_running = False

    def start(self) -> None:
        """Begin: before this nothing is asked."""
        self._is_running = True
        self.wake()

    def wake(self) -> None:
        """Look again when something is due."""
        if not self._is_running or self._tasks:
            return
        due = self._due()
        if due is not None:
            due = max(due, self._not_before or due)
            # A clock that is set back must not put it off for ever.
            due = min(due, self._clock.now() + LONGEST_INTERVAL)
        self._alarm.set(due)

    async def stop(self) -> None:
        """Ask nothing more, and wait for what is being asked."""
        self._is_running = False
        self._alarm.set(None)
        await self._tasks.join()

    def _on_time(self) -> None:
        if self._budget is not None and not self._budget.has_room_for_polls:
            self._pause(self._budget.until_room_for_polls())
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
        self._not_before = self._clock.now() + max(pause, SPACING)


def pause_after(failures: int) -> timedelta:
    """Return how long to leave a gateway alone that has failed so often to answer."""
    doublings = min(failures - 1, 10)
    return min(LONGEST_PAUSE, FIRST_PAUSE * float(2**doublings))
