"""The messages that are not settled: in memory, and on disk before it matters."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
import logging
from typing import Final

from ..gateways.errors import NotStoredError
from .journal.journal import Journal
from .model.record import MessageRecord, Stage
from .runtime.clock import Clock
from .runtime.tasks import Tasks

_LOGGER = logging.getLogger(__name__)

# What could not be written down is written again until there is room.
STORE_AGAIN: Final = timedelta(seconds=30)

type Change = Callable[[MessageRecord], MessageRecord]
type ChangeListener = Callable[[MessageRecord], None]


class OpenMessages:
    """Messages by their id, oldest first, each as it is now.

    A change is made in memory first and at once, and what is written is always the
    whole message: so requests for several recipients of one message never undo each
    other's changes, on disk either.
    """

    def __init__(self, journal: Journal, clock: Clock, changed: ChangeListener) -> None:
        """Keep the messages of `journal`; `changed` hears of every new state."""
        self._journal = journal
        self._clock = clock
        self._changed = changed
        self._records: dict[str, MessageRecord] = {}
        self._tasks = Tasks()
        self._cancel_storing: Callable[[], None] | None = None
        self._unstored: set[str] = set()
        self._closed = False

    def __len__(self) -> int:
        """Return how many messages are not settled."""
        return len(self._records)

    def __iter__(self) -> Iterator[MessageRecord]:
        """Yield the messages that are not settled."""
        return iter(tuple(self._records.values()))

    @property
    def busy(self) -> int:
        """How many wait for something else than the user."""
        return sum(
            any(submission.stage is Stage.OPEN for submission in record.submissions)
            for record in self._records.values()
        )

    def get(self, message_id: str) -> MessageRecord | None:
        """Return a message, if it is not settled."""
        return self._records.get(message_id)

    async def load(self) -> None:
        """Take up what the journal holds; raises `NotStoredError`.

        Before anything else is changed here: what is read would undo it.
        """
        known = self._records
        loaded = {
            record.message_id: record for record in await self._journal.not_closed()
        }
        self._records = loaded | known
        for message_id, record in loaded.items():
            if message_id not in known:
                self._changed(record)

    async def add(self, record: MessageRecord) -> None:
        """Take in a new message once it is on disk.

        Raises:
            NotStoredError: it isn't, so it was not taken in.

        """
        await self._journal.put(record)
        if not record.is_closed:
            self._records[record.message_id] = record
        self._changed(record)

    async def change(self, message_id: str, change: Change) -> MessageRecord:
        """Change a message that is here, and return once that is on disk.

        Raises:
            NotStoredError: it isn't, so the change is taken back.

        """
        before = self._records[message_id]
        record = self._apply(message_id, change)
        try:
            await self._store(record)
        except NotStoredError:
            self._revert(before, record)
            raise
        self._changed(record)
        return record

    async def change_eventually(self, message_id: str, change: Change) -> MessageRecord:
        """Change a message that is here, and on disk as soon as there is room."""
        record = self._apply(message_id, change)
        await self._keep(record)
        return record

    def change_in_background(self, message_id: str, change: Change) -> MessageRecord:
        """Change a message that is here, without waiting for the disk."""
        record = self._apply(message_id, change)
        self._tasks.spawn(self._keep(record))
        return record

    async def close(self) -> None:
        """Wait for what is being written, and try once more what could not be."""
        self._closed = True
        if self._cancel_storing is not None:
            self._cancel_storing()
            self._store_again()
        await self._tasks.join()

    def _apply(self, message_id: str, change: Change) -> MessageRecord:
        record = change(self._records[message_id])
        self._records[message_id] = record
        return record

    async def _keep(self, record: MessageRecord) -> None:
        await self._store_or_wait(record)
        self._changed(record)

    async def _store(self, record: MessageRecord) -> None:
        await self._journal.put(record)
        self._unstored.discard(record.message_id)
        # If it has changed meanwhile, its last state still has to be stored.
        if record.is_closed and self._records.get(record.message_id) is record:
            del self._records[record.message_id]

    async def _store_or_wait(self, record: MessageRecord) -> None:
        try:
            await self._store(record)
        except NotStoredError as error:
            if not self._unstored:
                _LOGGER.warning("The journal can't be written for now: %s", error)
            self._store_later(record.message_id)

    def _revert(self, before: MessageRecord, after: MessageRecord) -> None:
        """Undo a change where no other has come on top of it."""
        current = self._records[after.message_id]
        undone = current.updated(
            before.find(submission.recipient.number)
            for submission in after.submissions
            if submission is current.find(submission.recipient.number)
        )
        self._records[after.message_id] = replace(
            undone, created=before.created, expires=before.expires
        )
        # Another change of the message may have taken this one to the disk.
        self._store_later(after.message_id)

    def _store_later(self, message_id: str) -> None:
        self._unstored.add(message_id)
        if self._cancel_storing is None and not self._closed:
            self._cancel_storing = self._clock.call_later(
                STORE_AGAIN.total_seconds(), self._store_again
            )

    def _store_again(self) -> None:
        self._cancel_storing = None
        for message_id in sorted(self._unstored):
            self._tasks.spawn(self._store_or_wait(self._records[message_id]))


class Records:
    """All messages of an account, each as it is now."""

    def __init__(self, messages: OpenMessages, journal: Journal) -> None:
        """Know those that are not settled, in `messages`, and all others on disk."""
        self._messages = messages
        self._journal = journal
        self._lock = asyncio.Lock()

    async def get(self, message_id: str) -> MessageRecord | None:
        """Return a message, if there is one; raises `NotStoredError`."""
        return self._messages.get(message_id) or await self._journal.get(message_id)

    async def change(self, message_id: str, change: Change) -> MessageRecord | None:
        """Change a message, if there is one, and return once that is on disk.

        Raises:
            NotStoredError: it isn't, so the change is taken back.

        """
        async with self._lock:
            record = await self.get(message_id)
            if record is None or (changed := change(record)) == record:
                return record
            # Looked up again: it may have been taken up from the disk meanwhile.
            if self._messages.get(message_id) is not None:
                return await self._messages.change(message_id, change)
            await self._journal.put(changed)
            return changed
