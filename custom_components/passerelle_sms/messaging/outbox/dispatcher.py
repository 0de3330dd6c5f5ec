"""Hands waiting submissions to the gateway, one request after the other.

Its rule: on disk, a submission is unknown from just before its request until its answer.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import islice

from ..message_store import MessageStore
from ..model.record import MessageRecord
from ..model.sequence import blocked, following, is_blocked, ready, with_next
from ..model.submission import RowKey, SubmissionRecord
from ..model.transitions import mark_withdrawn
from ..observers import BalanceSource, MessageObserver
from ..reconciliation.ledger import Ledger
from ..runtime.clock import Alarm, Clock
from ..runtime.tasks import Tasks
from ..runtime.waiters import Waiters
from .account_watch import AccountWatch, RestStatus
from .backoff import pause_after
from .callers import Callers
from .expiry import Expiry
from .pace import Pace
from .queue import Batching, QueuedRequest, RequestQueue, requests_for
from .readiness import Readiness
from .request_runner import BegunRequest, RequestRunner
from .requests_under_way import RequestsUnderWay


class Dispatcher:
    """Makes the requests of one account or relay, as many at once as may be."""

    def __init__(
        self,
        runner: RequestRunner,
        batching: Batching,
        store: MessageStore,
        clock: Clock,
        observer: MessageObserver,
        balance: BalanceSource,
        ledger: Ledger,
        waiters: Waiters[MessageRecord],
    ) -> None:
        """Send what waits in `store` by `runner`, and tell `waiters` what becomes of it.

        `batching` says who shares a request, and how many may be under way.
        """
        self._store = store
        self._clock = clock
        self._observer = observer
        self._ledger = ledger
        self._runner = runner
        self.may_send = self._runner.may_send
        """Whether a request may be made for a submission, or made again."""
        self._batching = batching
        self._queue = RequestQueue()
        self._pace = Pace(
            store,
            self._queue,
            clock,
            ledger.cost_of,
            concurrency=batching.limits.concurrency,
            batch_size=batching.limits.recipients_per_request,
        )
        self._watch = AccountWatch(
            self._pace, self._queue, store, balance, observer, self._schedule_dispatch
        )
        self._expiry = Expiry(clock, self._queue, store)
        self._callers = Callers(waiters, self._queue, self._pace)
        self.readiness = Readiness(self._pace, self._callers, self._watch)
        """Whether anything could begin now."""
        self._alarm = Alarm(clock, self._schedule_dispatch)
        self._under_way = RequestsUnderWay(
            self._runner,
            self._queue,
            self._pace,
            self._watch,
            store,
            clock,
            observer,
            ledger,
            self._callers,
            self._go_on_after,
            self._schedule_dispatch,
        )
        ledger.request_count_if_idle = self._under_way.count_if_idle
        self._tasks = Tasks()
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
        await self._join()

    async def stop(self) -> None:
        """Begin nothing more, and wait for the requests under way."""
        self._is_running, self._callers.is_closing = False, True
        self._stop_following_clock()
        self._alarm.set(None)
        self._callers.release_idle()
        await self._join()

    @property
    def rest(self) -> RestStatus | None:
        """That the account rests, as its gateway has refused it."""
        return self._watch.status

    def retry_now(self) -> None:
        """Cut a pause short: perhaps the gateway can be reached again."""
        self._pace.backoff.retry_now()
        self._schedule_dispatch()

    def retry_each(self) -> None:
        """Try at once also what waits by itself: another account may take it."""
        self._pace.forget_put_off()
        self._queue.hasten()
        self._schedule_dispatch()

    def note_balance(self, credits_told: Decimal) -> None:
        """Note what the account holds: perhaps that ends its rest."""
        self._watch.note_balance(credits_told)

    def note_account_changed(self) -> None:
        """Note that the account has other settings: what waits is tried at once."""
        self._watch.note_change()

    def holds(self, message_id: str, key: RowKey) -> bool:
        """Return whether a submission waits for a request, or is in one."""
        return self._queue.holds(message_id, key)

    def is_in_request(self, message_id: str, key: RowKey) -> bool:
        """Return whether a submission is in a request that is being made."""
        return self._under_way.holds(message_id, key)

    async def admit(self, record: MessageRecord) -> None:
        """Take in a new message, and make at once what requests of it may be made.

        Both are written in one go: the disk is waited for once before they leave.

        Raises:
            NotStoredError: it was not taken in.

        """
        # Perhaps the gateway can be reached again: those before it go first.
        if self._is_draining:
            # There may be no later.
            self._pace.backoff.retry_now()
        else:
            self._pace.backoff.retry_for_new()
        self._schedule_dispatch()
        with self._callers.writing(record.message_id):
            # A stop waits for it, and a caller that goes away cuts nothing off.
            await self._tasks.complete(self._admit(record))

    async def withdraw(self, message_id: str) -> None:
        """Take back what of a message still waits to be handed over.

        Raises:
            NotStoredError: that could not be written down, so it goes on.

        """
        # What is in doubt, or could not be taken back, goes on.
        with self.withholding(message_id) as keys:
            if keys and self._store.get_open(message_id) is not None:
                await self._store.change_open(
                    message_id, partial(mark_withdrawn, keys=keys)
                )

    def is_under_way(self, message_id: str) -> bool:
        """Return whether a request of a message is under way."""
        return self._queue.is_under_way(message_id)

    @contextmanager
    def withholding(self, message_id: str) -> Iterator[Sequence[RowKey]]:
        """Begin no request of a message, and answer nobody, while it is written anew.

        Tells which submissions waited; what still waits then goes on.
        """
        requests = self._queue.waiting_by_message().get(message_id, [])
        keys = [key for request in requests for key in request.keys]
        record = self._store.get_open(message_id)
        keys += [] if record is None else blocked(record)
        for request in requests:
            self._queue.drop(request)
        with self._callers.writing(message_id):
            try:
                yield keys
            finally:
                self._store.notify_again(message_id, keys)

    # --- what is done when -------------------------------------------------------------

    def _on_message_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        """Queue what waits, and answer whoever waits for no more."""
        self._callers.update(record)
        current = self._store.get_open(record.message_id)
        if current is not None:
            self._enqueue(current, with_next(current, changed))
        self._callers.release_if_idle(record.message_id)

    def _enqueue(
        self, record: MessageRecord, submissions: Iterable[SubmissionRecord]
    ) -> None:
        """Put in the queue which of a message's submissions are still to be tried."""
        if record.urgent and self._queue.waits_as_ordinary(record.message_id):
            self._queue.promote(record.message_id)
        new = [
            submission
            for submission in submissions
            if not self._queue.holds(record.message_id, submission.key)
        ]
        self._note_left_over(new)
        waiting = [
            row.key for row in new if row.is_waiting and not is_blocked(record, row)
        ]
        put_off_until = self._pace.put_off_until(record.message_id)
        for request in requests_for(record, waiting, self._batching):
            self._queue.add(replace(request, due=put_off_until))
        for submission in new:
            if submission.is_unknown_open and self.may_send(record, submission):
                # It must not keep the others waiting, nor besiege the gateway.
                pause = pause_after(submission.attempts)
                due = self._clock.elapsed() + pause
                for request in requests_for(record, [submission.key], self._batching):
                    self._queue.add(replace(request, due=due))
        self._expiry.note(record)
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
        while (request := self._pace.next_request()) is not None:
            self._under_way.begin(request)
        self._watch.ask_if_due()
        if self._pace.is_waiting:
            self._callers.release_idle()
        self._alarm.set(self._next_time())

    def _go_on_after(self, request: QueuedRequest) -> None:
        """Begin what may begin once a request was made: perhaps what waited for it.

        Before others have their turn, so that nothing comes between two urgent parts.
        """
        record = self._store.get_open(request.message_id)
        if record is not None and record.parts:
            self._enqueue(record, following(record, request.keys))
        self._dispatch()

    def _next_time(self) -> timedelta | None:
        """Return when there is something to do that nobody else will cause."""
        times = (self._pace.wakes_at, self._expiry.due)
        return min((time for time in times if time is not None), default=None)

    # --- a new message ---------------------------------------------------------------

    async def _admit(self, earlier: MessageRecord) -> None:
        claimed = self._claim(earlier)
        with ExitStack() as undo:
            undo.callback(self._give_back, claimed)
            record = await self._store.add(self._begun(earlier, claimed))
            undo.pop_all()
        for request in claimed:
            begun = BegunRequest(earlier=earlier, record=record, keys=request.keys)
            self._under_way.carry_out(request, begun)

    def _claim(self, record: MessageRecord) -> tuple[QueuedRequest, ...]:
        """Return the requests of a new message that may be made before any other.

        They count as under way from now on.
        """
        now = self._clock.elapsed()
        is_free = self._is_running and not self._pace.is_waiting
        has_others = next(self._queue.due(now), None) is not None
        if not is_free or (has_others and not self._is_draining):
            return ()
        self._pace.backoff.backlog_empty()
        requests = requests_for(record, ready(record), self._batching)
        claimed = tuple(islice(requests, self._pace.room))
        for request in claimed:
            self._queue.add(request)
            self._under_way.claim(request)
        return claimed

    def _begun(
        self, record: MessageRecord, claimed: Sequence[QueuedRequest]
    ) -> MessageRecord:
        """Return a new message as it must be on disk before its claimed requests."""
        return self._runner.mark(
            record, [key for request in claimed for key in request.keys]
        )

    def _give_back(self, claimed: Iterable[QueuedRequest]) -> None:
        """Forget what was claimed and will not be made."""
        for request in claimed:
            self._queue.end(request)
        self._schedule_dispatch()

    def _note_left_over(self, submissions: Iterable[SubmissionRecord]) -> None:
        """Note what has failed before: such messages go one by one."""
        for submission in submissions:
            if submission.is_waiting and submission.failure is not None:
                self._pace.backoff.note_backlog()
                if not self._is_running:
                    self._watch.recall(submission.failure.key)

    async def _join(self) -> None:
        await self._tasks.join()
        await self._under_way.join()
        await self._watch.join()
