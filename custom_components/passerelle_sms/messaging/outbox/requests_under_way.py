"""The requests of one account that are under way, and what becomes of them."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial

from ...gateways.errors import NotStoredError
from ..message_store import MessageStore
from ..model.submission import RowKey
from ..observers import MessageObserver
from ..reconciliation.ledger import Ledger
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from .account_watch import AccountWatch
from .backoff import LONGEST_PAUSE
from .callers import Callers
from .pace import Pace, Start
from .queue import QueuedRequest, RequestQueue
from .request_runner import BegunRequest, RequestRunner


class RequestsUnderWay:
    """Makes requests that it is time for, each to its end."""

    def __init__(
        self,
        runner: RequestRunner,
        queue: RequestQueue,
        pace: Pace,
        watch: AccountWatch,
        store: MessageStore,
        clock: Clock,
        observer: MessageObserver,
        ledger: Ledger,
        callers: Callers,
        go_on: Callable[[QueuedRequest], None],
        schedule_dispatch: Callable[[], None],
    ) -> None:
        """Make them by `runner`, and call `go_on` with one after which the next may begin.

        `schedule_dispatch` does so once for all that come at the same moment.
        """
        self._runner = runner
        self._queue = queue
        self._pace = pace
        self._watch = watch
        self._store = store
        self._clock = clock
        self._observer = observer
        self._ledger = ledger
        self._callers = callers
        self._go_on = go_on
        self._schedule_dispatch = schedule_dispatch
        self._tasks = Tasks()
        self._count = 0

    def count_if_idle(self) -> int | None:
        """Return a count that grows with every request; `None` while one is made."""
        return None if self._queue.running else self._count

    def holds(self, message_id: str, key: RowKey) -> bool:
        """Return whether a submission of a message is in one of them."""
        return self._queue.is_running(message_id, key)

    async def join(self) -> None:
        """Wait until none is under way."""
        await self._tasks.join()

    def begin(self, request: QueuedRequest) -> None:
        """Make a request that waited, unless its message was settled meanwhile."""
        record = self._store.get_open(request.message_id)
        if record is None:
            self._queue.drop(request)
            self._callers.release_if_idle(request.message_id)
            return
        self.claim(request)
        start = self._pace.start(record, request.keys)
        self._spawn(request, start, self._begin_and_carry_out(request, start))

    def claim(self, request: QueuedRequest) -> None:
        """Count a request that waits as under way from now on."""
        self._queue.begin(request)
        self._count += 1

    def carry_out(self, request: QueuedRequest, begun: BegunRequest) -> None:
        """Make a request that is claimed, and on disk."""
        start = self._pace.start(begun.earlier, request.keys)
        self._spawn(request, start, self._carry_out(request, start, begun))

    def _spawn(
        self,
        request: QueuedRequest,
        start: Start,
        work: Coroutine[object, object, None],
    ) -> None:
        task = self._tasks.spawn(work)
        task.add_done_callback(partial(self._on_request_done, request, start))

    async def _begin_and_carry_out(self, request: QueuedRequest, start: Start) -> None:
        """Make a request that waited."""
        try:
            begun = await self._runner.begin(request)
        except NotStoredError:
            # Nothing has left, and on disk it still waits. It keeps nobody waiting who
            # needs no disk.
            self._queue.end(request)
            due = self._clock.elapsed() + LONGEST_PAUSE
            self._queue.add(replace(request, due=due))
            return
        if begun is not None:
            await self._carry_out(request, start, begun)

    async def _carry_out(
        self, request: QueuedRequest, start: Start, begun: BegunRequest
    ) -> None:
        """Make a request that is on disk, and keep what comes of it."""
        message_id = request.message_id
        alone = len(self._queue.running) == 1
        moves = self._count, self._ledger.movements
        asked = self._clock.elapsed()
        result = await self._runner.ask(begun)
        alone = alone and moves == (self._count, self._ledger.movements)
        refused = self._pace.note_result(start, begun.record, result, begun.part)
        stored = await self._runner.keep(
            begun, result, is_answered=self._callers.has_answered(begun.record)
        )
        with self._callers.writing(message_id):
            # The next one begins at once, so that both are written in one go. And only
            # now a balance that is asked for proves something: nothing is under way.
            self._queue.end(request)
            self._pace.end(start)
            self._observer.on_send_result(result)
            if alone and result.remaining is not None:
                self._ledger.enter(result.remaining, asked)
            self._watch.tell(message_id, refused)
            self._go_on(request)
            if stored is not None:
                await stored

    def _on_request_done(
        self, request: QueuedRequest, start: Start, task: asyncio.Task[None]
    ) -> None:
        """Go on with the next, whatever became of this one."""
        self._pace.end(start)
        # Itself: the next one for the same recipients is equal, and may be under way.
        if any(running is request for running in self._queue.running):
            self._queue.end(request)
        if task.cancelled():
            # The house comes down: what was begun is known to be, and nothing else is.
            return
        if task.exception() is not None:
            # A mistake of ours, which is logged. If it was on its way, it is in doubt.
            self._pace.backoff.record_failure(start.begin)
        self._store.notify_again(request.message_id, request.keys)
        self._callers.release_if_idle(request.message_id)
        self._schedule_dispatch()
