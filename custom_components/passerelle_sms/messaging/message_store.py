"""The one way to read or change a message, whether something still happens to it or not.

What is not settled is in memory, and on disk before it matters; all else is on disk only.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import timedelta
import logging
from typing import Final

from ..gateways.errors import NotStoredError
from .change_listeners import ChangeListener, ChangeListeners
from .journal.journal import Journal
from .model.dated_here import DatedHere
from .model.open_messages import OpenMessages
from .model.record import MessageRecord, leaves_unstored
from .model.submission import RowKey, SubmissionRecord
from .model.undoing import undone
from .runtime.clock import Clock
from .runtime.tasks import Tasks

_LOGGER = logging.getLogger(__name__)

# What could not be written is written again until there is room.
RETRY_INTERVAL: Final = timedelta(seconds=30)

type Change = Callable[[MessageRecord], MessageRecord]


class MessageStore:
    """All messages of an account, each as it is now.

    A change of a message that is not settled is made in memory first and at once; what is
    written are the submissions that it has changed.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        """Keep the messages in `journal`."""
        self._journal = journal
        self._clock = clock
        self._open = OpenMessages()
        self._listeners = ChangeListeners()
        self.closed_listeners = ChangeListeners()
        """Who hears what changes of messages that are settled: news of deliveries."""
        self.is_loaded = False
        """Whether what the journal holds has been taken up."""
        self._dated_here = DatedHere()
        self._shifted_by = timedelta()
        self._unstored: dict[str, set[RowKey]] = {}
        """The submissions that are not on disk as they are, by message."""
        self._cancel_retry: Callable[[], None] | None = None
        self._closed_messages = asyncio.Lock()
        self._tasks = Tasks()
        self._is_closing = False
        self._is_failing = False
        journal.open_messages = self._open.values
        self._stop_following_clock = clock.on_shift(self._on_shift)

    def __len__(self) -> int:
        """Return how many messages are not settled."""
        return len(self._open)

    def __iter__(self) -> Iterator[MessageRecord]:
        """Yield the messages that are not settled, oldest first."""
        return iter(tuple(self._open.values()))

    def listen(self, listener: ChangeListener) -> None:
        """Call `listener` with every new state, and the submissions that are new in it."""
        self._listeners.add(listener)

    def get_open(self, message_id: str) -> MessageRecord | None:
        """Return a message, if it is not settled."""
        return self._open.get(message_id)

    async def get(self, message_id: str) -> MessageRecord | None:
        """Return a message as its caller knows it, if there is one.

        Raises:
            NotStoredError: it is not open, and can't be read.

        """
        return self._open.seen_by(message_id) or await self._journal.get(message_id)

    def leader_of(self, message_id: str) -> str:
        """Return under which id an open message is sent: others may have joined it."""
        return self._open.leader_of(message_id)

    def is_stored(self, message_id: str) -> bool:
        """Return whether a message is on disk as it is."""
        return self._open.leader_of(message_id) not in self._unstored

    @property
    def is_all_stored(self) -> bool:
        """Whether all messages are on disk as they are."""
        return not self._unstored

    async def load(self) -> None:
        """Take up what the journal holds; raises `NotStoredError`."""
        now = self._clock.now()
        is_dated_back = await self._journal.begin_run(now)
        loaded = {
            record.message_id: record for record in await self._journal.not_closed()
        }
        # What came in meanwhile is newer here.
        known = dict(self._open)
        self._open.clear()
        self._open.update(loaded | known)
        for message_id, record in loaded.items():
            if message_id not in known:
                self._dated_here.take(
                    record,
                    created=is_dated_back and record.created == now,
                    attempts=is_dated_back,
                    joined=[
                        joined.message_id
                        for joined in record.joined
                        if is_dated_back and joined.created == now
                    ],
                )
                self._listeners.tell(record, record.submissions)
        self.is_loaded = True

    async def add(self, record: MessageRecord) -> MessageRecord:
        """Take in a new message once it is on disk, and return it.

        One that is worth more than its own record is taken in all the same: who asked
        for it rather twice than never, and at once, gets that on a disk that fails too.

        Raises:
            NotStoredError: it isn't on disk, so it was not taken in.

        """
        shifted_by = self._shifted_by
        try:
            await self._journal.put(record)
        except NotStoredError as error:
            if record.is_closed or not leaves_unstored(record, self._clock.now()):
                raise
            self._tell_failure(error)
            self._store_later(record, record.submissions)
        if not record.is_closed:
            self._dated_here.take(record, created=True, attempts=True)
            # The clock may have been set right meanwhile.
            record = self._dated_here.redated(record, self._shifted_by - shifted_by)
            self._open[record.message_id] = record
        await self._listeners.tell_in_turns(record, record.submissions)
        return record

    async def change(self, message_id: str, change: Change) -> MessageRecord | None:
        """Change a message, if there is one, and return it once that is on disk.

        Raises:
            NotStoredError: it isn't, so the change is taken back.

        """
        if message_id in self._open:
            return await self.change_open(message_id, change)
        async with self._closed_messages:
            before = await self._journal.get(message_id)
            # Looked up again: it may have been taken up from the disk meanwhile.
            if message_id in self._open:
                return await self.change_open(message_id, change)
            if before is None or (after := change(before)) == before:
                return before
            changed = after.submissions.changed_since(before.submissions)
            await self._journal.put(after, changed)
            # Or while it was written, as it was before.
            if message_id in self._open:
                return await self.change_open(message_id, change)
            if not after.is_closed:
                self._open[message_id] = after
                self._listeners.tell(after, after.submissions)
            else:
                self.closed_listeners.tell(after, changed)
            return after

    async def change_open(self, message_id: str, change: Change) -> MessageRecord:
        """Change a message that is not settled, and return it once that is on disk.

        Raises:
            NotStoredError: it isn't, so the change is taken back.

        """
        before, shifted_by = self._open[message_id], self._shifted_by
        after = change(before)
        changed = after.submissions.changed_since(before.submissions)
        if not changed and after == before:
            return before
        self._open[message_id] = after
        noted = self._dated_here.note(before, after, changed)
        try:
            await self._store(after, changed)
        except NotStoredError:
            # The clock may have been set right meanwhile.
            by = self._shifted_by - shifted_by
            after = self._dated_here.redated(after, by)
            self._dated_here.undo(message_id, noted)
            self._revert(self._dated_here.redated(before, by), after, changed)
            raise
        await self._listeners.tell_in_turns(after, changed)
        return after

    def change_in_background(
        self, message_id: str, change: Change
    ) -> asyncio.Task[MessageRecord]:
        """Change an open message at once, and on disk as soon as there is room.

        The task ends after the first attempt to write it, and returns the message.
        """
        before = self._open[message_id]
        after = self._open[message_id] = change(before)
        changed = after.submissions.changed_since(before.submissions)
        self._dated_here.note(before, after, changed)
        return self._tasks.spawn(self._store_and_notify(after, changed))

    async def part(
        self, message_id: str, kept: MessageRecord, parted: MessageRecord
    ) -> None:
        """Let an open message go on as `kept`, and one who had joined it end as `parted`.

        Nobody is told yet, but by `tell`.

        Raises:
            NotStoredError: it isn't on disk, so it is as it was before.

        """
        before, shifted_by = self._open.pop(message_id), self._shifted_by
        self._open[kept.message_id] = kept
        known = self._dated_here.hand_on(message_id, kept)
        try:
            await self._journal.put_together(kept, parted)
        except NotStoredError:
            self._dated_here.take_back(kept.message_id, message_id, known)
            del self._open[kept.message_id]
            # The clock may have been set right meanwhile.
            by = self._shifted_by - shifted_by
            self._open[message_id] = self._dated_here.redated(before, by)
            raise
        self._unstored.pop(message_id, None)

    def tell(self, record: MessageRecord) -> None:
        """Tell who listens where all of a message stands."""
        self._listeners.tell(record, record.submissions)

    def notify_again(self, message_id: str, keys: Iterable[RowKey]) -> None:
        """Tell who listens once more where some submissions stand, if they are open."""
        if (record := self._open.get(message_id)) is not None:
            self._listeners.tell(record, [*map(record.find, keys)])

    async def close(self) -> None:
        """Wait for what is being written, and try once more what could not be."""
        self._is_closing = True
        self._stop_following_clock()
        if self._cancel_retry is not None:
            self._cancel_retry()
            self._retry()
        await self._tasks.join()

    async def _store_and_notify(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> MessageRecord:
        await self._store_or_retry(record, changed)
        await self._listeners.tell_in_turns(record, changed)
        return record

    async def _store(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        keys = self._unstored.pop(record.message_id, set())
        keys.update(submission.key for submission in changed)
        current = self._open.get(record.message_id, record)
        try:
            await self._journal.put(current, [*map(current.find, keys)])
        except NotStoredError:
            self._unstored.setdefault(record.message_id, set()).update(keys)
            raise
        self._is_failing = False
        # If it has changed meanwhile, its last state still has to be stored.
        if current.is_closed and self._open.get(record.message_id) is current:
            del self._open[record.message_id]
            self._dated_here.forget(record.message_id)

    async def _store_or_retry(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        try:
            await self._store(record, changed)
        except NotStoredError as error:
            self._tell_failure(error)
            self._store_later(record, changed)

    def _revert(
        self,
        before: MessageRecord,
        after: MessageRecord,
        changed: Sequence[SubmissionRecord],
    ) -> None:
        """Undo a change where no other has come on top of it."""
        current = self._open[after.message_id]
        record = undone(current, before, after, changed)
        self._open[after.message_id] = record
        # Another change of the message may have taken this one to the disk.
        self._store_later(record, changed)

    def _store_later(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        keys = self._unstored.setdefault(record.message_id, set())
        keys.update(submission.key for submission in changed)
        if self._cancel_retry is None and not self._is_closing:
            self._cancel_retry = self._clock.call_later(
                RETRY_INTERVAL.total_seconds(), self._retry
            )

    def _retry(self) -> None:
        self._cancel_retry = None
        for record in self:
            if record.message_id in self._unstored:
                self._tasks.spawn(self._store_or_retry(record, ()))

    def _on_shift(self, by: timedelta) -> None:
        """Date anew what this run has dated."""
        self._shifted_by += by
        for record in self:
            self._open[record.message_id] = self._dated_here.redated(record, by)
            if by < timedelta():
                # What was moved back comes forward again with the clock.
                self._dated_here.take(
                    record, created=True, attempts=True, joined=record.joined_ids
                )
        # Called now: what is put from here on has its new moments already.
        self._tasks.spawn(self._redate(self._journal.redate(by)))

    async def _redate(self, redating: Awaitable[None]) -> None:
        try:
            await redating
        except NotStoredError as error:
            self._tell_failure(error)
            for record in self:
                self._store_later(record, record.submissions)

    def _tell_failure(self, error: NotStoredError) -> None:
        """Log that the disk fails, once until it is written again."""
        if not self._is_failing:
            _LOGGER.warning("The journal can't be written for now: %s", error)
        self._is_failing = True
