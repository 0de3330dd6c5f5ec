"""Messages on their way: tried, tried again, or expired.

The promise: what is handed in is on disk before the first byte leaves; what may have
left is never repeated blindly; what has provably not left is tried until its time is
over; and every message ends accepted, rejected, expired, or unknown and shown.
"""

import asyncio
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import batched
from typing import Final

from ...gateways.abilities.options import RefusesDuplicates
from ...gateways.errors import NotStoredError, OutboxFullError, RejectedError
from ...gateways.gateway import Gateway
from ...gateways.model.message import SendResult, Submission
from ...gateways.outcome import Outcome
from ..journal.journal import Journal
from ..message_store import OpenMessages
from ..model.record import Choice, MessageRecord, SubmissionRecord, sms_for
from ..model.transitions import apply_results, expired, mark_in_flight, mark_withdrawn
from ..observers import MessageObserver
from ..reconciliation.duplicate_evidence import proves_earlier_send
from ..reconciliation.reconciler import Reconciler
from ..runtime.clock import Alarm, Clock
from ..runtime.tasks import Tasks
from ..runtime.waiters import Waiters
from .backoff import Backoff, pause_after
from .queue import QueuedRequest, RequestQueue

# More than this waits only when something is badly wrong.
MOST_OPEN: Final = 500


class Outbox:
    """The messages of one account that are not settled yet."""

    def __init__(
        self,
        gateway: Gateway,
        journal: Journal,
        clock: Clock,
        observer: MessageObserver,
    ) -> None:
        """Send through `gateway` what `journal` holds and will hold."""
        self._gateway = gateway
        self._journal = journal
        self._clock = clock
        self._observer = observer
        self.messages: Final = OpenMessages(journal, clock, self._changed)
        """Those that are not settled."""
        self._can_tell = isinstance(gateway, RefusesDuplicates)
        self._doubts = Reconciler(self.messages, journal, clock, self)
        self._jobs = RequestQueue()
        self._requests = 0
        self._told: dict[QueuedRequest, tuple[SendResult, bool]] = {}
        self._arriving = 0
        self._withdrawing: set[str] = set()
        self._tasks = Tasks()
        self._waiters = Waiters(self.messages.get)
        self._backoff = Backoff(clock, gateway.limits.concurrency)
        self._alarm = Alarm(clock, self._schedule_dispatch)
        self._next_pump: asyncio.Handle | None = None
        self._started = False
        self._stopped = False

    async def start(self) -> None:
        """Go on where the last run, or a crash, has left off.

        What was taken in before waits for this: the old goes first.

        Raises:
            NotStoredError: the journal can't be read, so all goes on next time.

        """
        try:
            await self.messages.load()
        except NotStoredError:
            await self.stop()
            raise
        self._started = True
        for record in self.messages:
            self.enqueue(record)
        self._look_later()

    async def send(self, record: MessageRecord) -> MessageRecord:
        """Take a message in, and return it after its first attempt.

        Where the gateway could not be reached it is `queued` then, and goes on here.

        Raises:
            OutboxFullError, NotStoredError: it was not taken in, and not sent.

        """
        if self._is_full():
            raise OutboxFullError
        self._arriving += 1
        try:
            await self.messages.add(record)
        finally:
            self._arriving -= 1
        if record.is_closed:
            return record
        answer = self._waiters.wait_for(record)
        # Perhaps the gateway can be reached again: those before it go first.
        self._backoff.retry_now()
        self.enqueue(record)
        return await answer

    def enqueue(self, record: MessageRecord) -> None:
        """Put in the queue what of a message still has to be tried."""
        new = [
            submission
            for submission in record.submissions
            if not self._jobs.holds(record.message_id, submission.recipient.number)
        ]
        waiting = [
            submission.recipient.number for submission in new if submission.is_waiting
        ]
        size = self._gateway.limits.recipients_per_request
        for batch in batched(waiting, size, strict=False):
            self._jobs.add(QueuedRequest(record.created, record.message_id, batch))
        for submission in new:
            if self.may_send(record, submission) and not submission.is_waiting:
                # It must not keep the others waiting, nor besiege the gateway.
                due = self._clock.now() + pause_after(submission.attempts)
                numbers = (submission.recipient.number,)
                self._jobs.add(
                    QueuedRequest(record.created, record.message_id, numbers, due)
                )
        self._schedule_dispatch()

    async def withdraw(self, message_id: str) -> None:
        """Take back what of a message still waits to be handed over.

        Raises:
            NotStoredError: that could not be written down, so it goes on.

        """
        jobs = [job for job in self._jobs.waiting if job.message_id == message_id]
        numbers = [number for job in jobs for number in job.numbers]
        if self.messages.get(message_id) is None or not numbers:
            return
        for job in jobs:
            self._jobs.drop(job)
        # Until that is on disk nobody is told.
        self._withdrawing.add(message_id)
        try:
            await self.messages.change(
                message_id, partial(mark_withdrawn, numbers=numbers)
            )
        finally:
            self._withdrawing.discard(message_id)
            # What is in doubt, or could not be taken back, goes on.
            if (record := self.messages.get(message_id)) is not None:
                self.enqueue(record)
            self._schedule_dispatch()

    def holds(self, message_id: str, number: str) -> bool:
        """Return whether a recipient of a message waits for a request, or is in one."""
        return self._jobs.holds(message_id, number)

    def may_send(self, record: MessageRecord, submission: SubmissionRecord) -> bool:
        """Return whether a request may be made, or made again.

        Where the gateway itself refuses a text it has had, doubt is no obstacle; but it
        knows only what it has sent, and not what it keeps for later.
        """
        refuses = self._can_tell and record.options.send_at is None
        return submission.is_waiting or (submission.is_unknown_open and refuses)

    def wake(self) -> None:
        """Try at once what waits: the gateway can be reached again."""
        self._backoff.retry_now()
        self._schedule_dispatch()

    async def resolve(self, message_id: str, choice: Choice) -> None:
        """Do with a held message what the user has chosen; nothing if it isn't held.

        Raises:
            NotStoredError: the choice could not be written down, so it is not made.

        """
        await self._doubts.resolve(message_id, choice)

    def request_count_if_idle(self) -> int | None:
        """Return a count that grows with every request; `None` while one is made."""
        return None if self._jobs.running else self._requests

    async def ask_credits(self) -> Decimal | None:
        """Ask the gateway what the account holds."""
        return await self._observer.refresh_balance()

    async def stop(self) -> None:
        """Start nothing more, and wait for the requests that are under way.

        Whoever waits for an answer gets what is known; what waits goes on next time.
        """
        self._stopped = True
        self._alarm.set(None)
        self._answer_all()
        await self._doubts.stop()
        await self._tasks.join()
        await self.messages.close()
        self._answer_all()

    def _is_full(self) -> bool:
        room = MOST_OPEN - self._arriving
        # What waits for the user doesn't count: alerts must not stop for that.
        return len(self.messages) >= room and self.messages.busy >= room

    def _schedule_dispatch(self) -> None:
        """Look what may be started: once for all that come at the same moment."""
        if self._next_pump is None:
            self._next_pump = asyncio.get_running_loop().call_soon(self._dispatch)

    def _dispatch(self) -> None:
        """Start what may be started now, and be woken for what may not."""
        self._next_pump = None
        if self._started and not self._stopped:
            self._expire()
            while (job := self._next_job()) is not None:
                self._jobs.begin(job)
                self._requests += 1
                task = self._tasks.spawn(self._attempt(job))
                task.add_done_callback(partial(self._on_request_done, job))
            self._alarm.set(self._next_time())
        self._answer_all()

    def _next_job(self) -> QueuedRequest | None:
        """Return what may be started now."""
        job = next(self._jobs.due(self._clock.now()), None)
        if job is None:
            self._backoff.backlog_empty()
            return None
        has_room = len(self._jobs.running) < self._backoff.concurrency
        return job if has_room and self._backoff.resume_at is None else None

    def _on_request_done(self, job: QueuedRequest, task: asyncio.Task[None]) -> None:
        """Go on with the next."""
        self._jobs.end(job)
        if task.cancelled():
            # The house comes down: what was begun is known to be, and nothing else is.
            return
        if (told := self._told.pop(job, None)) is not None:
            # Only now: a balance asked for while a request is under way proves nothing.
            result, alone = told
            self._observer.on_send_result(result, alone=alone)
        if task.exception() is not None:
            # A mistake of ours, which is logged. If it was on its way, it is in doubt.
            self._backoff.record_failure()
        record = self.messages.get(job.message_id)
        if record is not None:
            self.enqueue(record)
            self._look_later()
        self._schedule_dispatch()

    async def _attempt(self, job: QueuedRequest) -> None:
        """Hand a job to the gateway, and keep what comes of it."""
        # As it is now: what has been settled meanwhile is not sent again.
        earlier = self.messages.get(job.message_id)
        numbers = tuple(
            number
            for number in job.numbers
            if earlier is not None and self.may_send(earlier, earlier.find(number))
        )
        if earlier is None or not numbers:
            return
        now, balance = self._doubts.time_of_attempt(), self._known_balance()
        try:
            record = await self.messages.change(
                job.message_id,
                lambda known: mark_in_flight(known, numbers, now, balance),
            )
        except NotStoredError:
            # Nothing has left, and on disk it still waits.
            self._backoff.record_failure()
            return
        results = await self._send_to_gateway(job, record, numbers)
        if any(submission.outcome is Outcome.NOT_SENT for submission in results):
            self._backoff.record_failure()
        else:
            self._backoff.record_success()
        proof = await proves_earlier_send(self._gateway, self._journal, record, results)
        await self.messages.change_eventually(
            job.message_id,
            lambda known: apply_results(
                known, earlier, results, proves_earlier_send=proof
            ),
        )

    async def _send_to_gateway(
        self, job: QueuedRequest, record: MessageRecord, numbers: tuple[str, ...]
    ) -> tuple[Submission, ...]:
        sms = sms_for(record, numbers, self._clock.now())
        requests = self._requests if len(self._jobs.running) == 1 else None
        try:
            result = await self._gateway.send(sms)
        except RejectedError as error:
            # The account's own rules have changed since the message was taken in.
            return tuple(Submission.failed(number, error) for number in numbers)
        self._told[job] = result, requests == self._requests
        return result.submissions

    def _look_later(self) -> None:
        """Look for evidence in the balance, where the gateway has none of its own."""
        if self._doubts.to_settle():
            self._doubts.schedule_check()

    def _known_balance(self) -> Decimal | None:
        """Return what the account holds, if nothing else is under way or in doubt."""
        if len(self._jobs.running) > 1 or self._doubts.in_doubt():
            return None
        return self._observer.known_credits()

    def _expire(self) -> None:
        """Keep old news at home."""
        now = self._clock.now()
        for job in self._jobs.waiting:
            record = self.messages.get(job.message_id)
            if record is None:
                self._jobs.drop(job)
            elif record.expires <= now:
                self._jobs.drop(job)
                self.messages.change_in_background(
                    job.message_id, partial(expired, numbers=job.numbers)
                )

    def _next_time(self) -> datetime | None:
        """Return when there is something to do that nobody else will cause."""
        waiting = self._jobs.waiting
        if not waiting:
            return None
        records = (self.messages.get(job.message_id) for job in waiting)
        times = [record.expires for record in records if record is not None]
        others = (self._backoff.resume_at, self._jobs.next_due(self._clock.now()))
        return min((*times, *filter(None, others)), default=None)

    def _answer_all(self) -> None:
        """Answer those whose message has been tried, or can't be for now."""
        busy = self._withdrawing | {job.message_id for job in self._jobs.running}
        if not self._stopped and self._backoff.resume_at is None:
            busy.update(job.message_id for job in self._jobs.due(self._clock.now()))
        self._waiters.release(busy)

    def _changed(self, record: MessageRecord) -> None:
        self._waiters.changed(record)
        self._observer.on_message_changed(record)
