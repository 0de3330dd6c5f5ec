"""Hands waiting submissions to the gateway, one request after the other.

Its rule: on disk, a submission is unknown from just before its request until its answer.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import batched, islice

from ...gateways.errors import NotStoredError
from ...gateways.gateway import Gateway
from ...gateways.outcome import Outcome
from ..journal.journal import Journal
from ..message_store import MessageStore
from ..model.record import MessageRecord
from ..model.submission import SubmissionRecord
from ..model.transitions import mark_withdrawn
from ..observers import BalanceSource, MessageObserver
from ..runtime.clock import Alarm, Clock
from ..runtime.tasks import Tasks
from ..runtime.waiters import Waiters
from .backoff import LONGEST_PAUSE, Backoff, pause_after
from .callers import Callers
from .expiry import Expiry
from .queue import QueuedRequest, RequestQueue
from .request_runner import BegunRequest, RequestRunner


class Dispatcher:
    """Makes the requests of one account, as many at once as its gateway allows."""

    def __init__(
        self,
        gateway: Gateway,
        store: MessageStore,
        journal: Journal,
        clock: Clock,
        observer: MessageObserver,
        balance: BalanceSource,
        waiters: Waiters[MessageRecord],
    ) -> None:
        """Send what waits in `store`, and give `waiters` what becomes of it."""
        self._store = store
        self._clock = clock
        self._observer = observer
        self._runner = RequestRunner(gateway, store, journal, clock, balance)
        self.may_send = self._runner.may_send
        """Whether a request may be made for a submission, or made again."""
        self._batch_size = gateway.limits.recipients_per_request
        self._queue = RequestQueue()
        self._backoff = Backoff(clock, gateway.limits.concurrency)
        self._expiry = Expiry(clock, self._queue, store)
        self._callers = Callers(waiters, self._queue, self._backoff)
        self._alarm = Alarm(clock, self._schedule_dispatch)
        self._tasks = Tasks()
        self._requests = 0
        self._next_dispatch: asyncio.Handle | None = None
        self._is_running = False
        self._is_draining = False
        store.listen(self._on_message_changed)
        self._stop_following_clock = clock.on_shift(self._on_shift)

    def start(self) -> None:
        """Begin to make requests."""
        self._is_running = True
        self._schedule_dispatch()

    async def drain(self) -> None:
        """Begin nothing that waits, and wait for the requests under way.

        A new message is still sent, if there is room.
        """
        self._is_draining = self._callers.is_closing = True
        self._callers.release_idle()
        await self._tasks.join()

    async def stop(self) -> None:
        """Begin nothing more, and wait for the requests under way."""
        self._is_running, self._callers.is_closing = False, True
        self._stop_following_clock()
        self._runner.stop_following_clock()
        self._alarm.set(None)
        self._callers.release_idle()
        await self._tasks.join()

    def retry_now(self) -> None:
        """Cut a pause short: perhaps the gateway can be reached again."""
        self._backoff.retry_now()
        self._schedule_dispatch()

    def holds(self, message_id: str, number: str) -> bool:
        """Return whether a recipient of a message waits for a request, or is in one."""
        return self._queue.holds(message_id, number)

    def request_count_if_idle(self) -> int | None:
        """Return a count that grows with every request; `None` while one is made."""
        return None if self._queue.running else self._requests

    async def admit(self, record: MessageRecord) -> None:
        """Take in a new message, and make at once what requests of it may be made.

        Both are written in one go: the disk is waited for once before they leave.

        Raises:
            NotStoredError: it was not taken in.

        """
        with self._callers.writing(record.message_id):
            # A stop waits for it, and a caller that goes away cuts nothing off.
            await self._tasks.complete(self._admit(record))

    async def withdraw(self, message_id: str) -> None:
        """Take back what of a message still waits to be handed over.

        Raises:
            NotStoredError: that could not be written down, so it goes on.

        """
        requests = self._queue.waiting_by_message().get(message_id, [])
        numbers = [number for request in requests for number in request.numbers]
        record = self._store.get_open(message_id)
        if record is None or not numbers:
            return
        for request in requests:
            self._queue.drop(request)
        with self._callers.writing(message_id):
            try:
                await self._store.change(
                    message_id, partial(mark_withdrawn, numbers=numbers)
                )
            finally:
                # What is in doubt, or could not be taken back, goes on.
                self._store.notify_again(message_id, numbers)

    # --- what is done when -------------------------------------------------------------

    def _on_message_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        """Queue what waits, and answer whoever waits for no more."""
        self._callers.update(record)
        current = self._store.get_open(record.message_id)
        if current is not None:
            numbers = [submission.recipient.number for submission in changed]
            self._enqueue(current, map(current.find, numbers))
        self._callers.release_if_idle(record.message_id)

    def _enqueue(
        self, record: MessageRecord, submissions: Iterable[SubmissionRecord]
    ) -> None:
        """Put in the queue which of a message's submissions are still to be tried."""
        new = [
            submission
            for submission in submissions
            if not self._queue.holds(record.message_id, submission.recipient.number)
        ]
        waiting = [s.recipient.number for s in new if s.is_waiting]
        for request in self._batches(record, waiting):
            self._queue.add(request)
        for submission in new:
            if submission.is_unknown_open and self.may_send(record, submission):
                # It must not keep the others waiting, nor besiege the gateway.
                pause = pause_after(submission.attempts)
                self._queue.add(
                    QueuedRequest(
                        record.created,
                        record.message_id,
                        (submission.recipient.number,),
                        self._clock.elapsed() + pause,
                    )
                )
        self._expiry.note(record.expires)
        self._schedule_dispatch()

    def _on_shift(self, _by: timedelta) -> None:
        """Order what waits anew: its messages were dated anew."""
        self._expiry.redate()
        self._schedule_dispatch()

    def _schedule_dispatch(self) -> None:
        """Look what may begin: once for all that come at the same moment."""
        if self._next_dispatch is None:
            loop = asyncio.get_running_loop()
            self._next_dispatch = loop.call_soon(self._dispatch)

    def _dispatch(self) -> None:
        """Begin what may begin now, and be woken for what may not."""
        if self._next_dispatch is not None:
            self._next_dispatch.cancel()
            self._next_dispatch = None
        if not self._is_running or self._is_draining:
            self._callers.release_idle()
            return
        self._expiry.expire()
        while (request := self._next_request()) is not None:
            self._queue.begin(request)
            self._requests += 1
            self._spawn(request, self._begin_and_carry_out(request))
        if self._backoff.resume_at is not None:
            self._callers.release_idle()
        self._alarm.set(self._next_time())

    def _next_request(self) -> QueuedRequest | None:
        """Return what may begin now."""
        request = next(self._queue.due(self._clock.elapsed()), None)
        if request is None:
            self._backoff.backlog_empty()
            return None
        has_room = len(self._queue.running) < self._backoff.concurrency
        return request if has_room and self._backoff.resume_at is None else None

    def _next_time(self) -> timedelta | None:
        """Return when there is something to do that nobody else will cause."""
        due = self._queue.next_due(self._clock.elapsed())
        times = (self._backoff.resume_at, due, self._expiry.due)
        return min((time for time in times if time is not None), default=None)

    # --- one request ---------------------------------------------------------------------

    def _spawn(
        self, request: QueuedRequest, work: Coroutine[object, object, None]
    ) -> None:
        task = self._tasks.spawn(work)
        task.add_done_callback(partial(self._on_request_done, request))

    async def _admit(self, earlier: MessageRecord) -> None:
        claimed = self._claim(earlier)
        with ExitStack() as undo:
            undo.callback(self._give_back, claimed)
            record = await self._store.add(self._begun(earlier, claimed))
            undo.pop_all()
        for request in claimed:
            begun = BegunRequest(
                earlier=earlier, record=record, numbers=request.numbers
            )
            self._spawn(request, self._carry_out(request, begun))

    def _claim(self, record: MessageRecord) -> tuple[QueuedRequest, ...]:
        """Return the requests of a new message that may be made before any other.

        They count as under way from now on.
        """
        now = self._clock.elapsed()
        is_free = self._is_running and self._backoff.resume_at is None
        has_others = next(self._queue.due(now), None) is not None
        if not is_free or (has_others and not self._is_draining):
            return ()
        self._backoff.backlog_empty()
        room = max(0, self._backoff.concurrency - len(self._queue.running))
        waiting = [s.recipient.number for s in record.submissions if s.is_waiting]
        claimed = tuple(islice(self._batches(record, waiting), room))
        for request in claimed:
            self._queue.add(request)
            self._queue.begin(request)
        self._requests += len(claimed)
        return claimed

    def _begun(
        self, record: MessageRecord, claimed: Sequence[QueuedRequest]
    ) -> MessageRecord:
        """Return a new message as it must be on disk before its claimed requests."""
        # They begin together: one balance is the one before all of them.
        return self._runner.mark(
            record,
            [number for request in claimed for number in request.numbers],
            is_alone=len(self._queue.running) == len(claimed),
        )

    def _give_back(self, claimed: Iterable[QueuedRequest]) -> None:
        """Forget what was claimed and will not be made."""
        for request in claimed:
            self._queue.end(request)
        self._schedule_dispatch()

    async def _begin_and_carry_out(self, request: QueuedRequest) -> None:
        """Make a request that waited."""
        try:
            begun = await self._runner.begin(
                request, is_alone=len(self._queue.running) == 1
            )
        except NotStoredError:
            # Nothing has left, and on disk it still waits. It keeps nobody waiting who
            # needs no disk.
            self._queue.end(request)
            due = self._clock.elapsed() + LONGEST_PAUSE
            self._queue.add(replace(request, due=due))
            return
        if begun is not None:
            await self._carry_out(request, begun)

    async def _carry_out(self, request: QueuedRequest, begun: BegunRequest) -> None:
        """Make a request that is on disk, and keep what comes of it."""
        message_id = request.message_id
        requests = self._requests if len(self._queue.running) == 1 else None
        result = await self._runner.ask(begun)
        alone = requests == self._requests
        if any(s.outcome is Outcome.NOT_SENT for s in result.submissions):
            self._backoff.record_failure()
        else:
            self._backoff.record_success()
        stored = await self._runner.keep(
            begun, result, is_answered=message_id not in self._callers
        )
        with self._callers.writing(message_id):
            # The next one begins at once, so that both are written in one go. And only
            # now a balance that is asked for proves something: nothing is under way.
            self._queue.end(request)
            self._observer.on_send_result(result, alone=alone)
            self._dispatch()
            if stored is not None:
                await stored

    def _on_request_done(
        self, request: QueuedRequest, task: asyncio.Task[None]
    ) -> None:
        """Go on with the next, whatever became of this one."""
        # Itself: the next one for the same recipients is equal, and may be under way.
        if any(running is request for running in self._queue.running):
            self._queue.end(request)
        if task.cancelled():
            # The house comes down: what was begun is known to be, and nothing else is.
            return
        if task.exception() is not None:
            # A mistake of ours, which is logged. If it was on its way, it is in doubt.
            self._backoff.record_failure()
        self._store.notify_again(request.message_id, request.numbers)
        self._callers.release_if_idle(request.message_id)
        self._schedule_dispatch()

    def _batches(
        self, record: MessageRecord, numbers: Sequence[str]
    ) -> Iterator[QueuedRequest]:
        for batch in batched(numbers, self._batch_size, strict=False):
            yield QueuedRequest(record.created, record.message_id, batch)
