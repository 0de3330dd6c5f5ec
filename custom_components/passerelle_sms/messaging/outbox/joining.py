"""Sends equal messages that wait as one, and lets each of their callers take his back."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

from ...gateways.errors import NotStoredError, OutboxFullError
from ..message_store import MessageStore
from ..model.joining import (
    can_join,
    is_same,
    is_wholly_unsent,
    joined_by,
    left_by,
    may_join,
    seen_by,
    taken_out,
)
from ..model.record import MessageRecord, leaves_unstored
from ..observers import MessageObserver
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from ..runtime.waiters import Waiters
from .dispatcher import Dispatcher

# As many as a day has minutes, and some more.
MOST_JOINED: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedMessage:
    """A new message that is on disk as sent with another one."""

    new: MessageRecord = field(repr=False)
    kept_id: str
    """The id of the message that it has joined."""
    awaited: asyncio.Future[MessageRecord] = field(repr=False)

    async def answer(self) -> MessageRecord:
        """Return it as its caller is answered: once the other one has been tried."""
        answer, message_id = await self.awaited, self.new.message_id
        if message_id not in {answer.message_id, *answer.joined_ids}:
            # It was told while the joining was being written.
            answer = joined_by(answer, self.new)
        return seen_by(answer, message_id)


class Joining:
    """Finds what waits and equals a new message.

    Whatever is made of one message here is made in turn: nobody joins one that is being
    handed on to another id.
    """

    def __init__(
        self,
        store: MessageStore,
        dispatcher: Dispatcher,
        observer: MessageObserver,
        clock: Clock,
        waiters: Waiters[MessageRecord],
    ) -> None:
        """Look in `store` for what `dispatcher` has not begun to send."""
        self._store = store
        self._dispatcher = dispatcher
        self._observer = observer
        self._clock = clock
        self._waiters = waiters
        self._arriving: dict[str, tuple[MessageRecord, asyncio.Event]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks = Tasks()

    @contextmanager
    def arriving(self, record: MessageRecord) -> Iterator[None]:
        """Let those who equal a new message wait until it is on disk."""
        written = asyncio.Event()
        self._arriving[record.message_id] = record, written
        try:
            yield
        finally:
            del self._arriving[record.message_id]
            written.set()

    async def join(self, record: MessageRecord) -> JoinedMessage | None:
        """Let a new message join an equal one that waits; `None` if there is none.

        That is told at once, before anybody else has his turn, unless an equal one is
        being written.

        Raises:
            NotStoredError: it could not be written down, so it has not joined.
            OutboxFullError: too many have joined that one.

        """
        if not may_join(record):
            return None
        if self._find(record) is None and self._find_arriving(record) is None:
            return None
        # To its end: a caller that goes away leaves nothing half done.
        return await self._tasks.complete(self._join_in_turn(record))

    async def leave(self, message_id: str) -> bool:
        """Take one caller's message back while it waits with others, which go on.

        If it is the first, they go on under the id of the oldest of them. Returns whether
        it was so: it may be alone, or have been handed over already.

        Raises:
            NotStoredError: that could not be written down, so all of them go on.

        """
        kept_id = self._store.leader_of(message_id)
        async with self._turn(kept_id):
            record = self._store.get_open(kept_id)
            if record is None or not record.joined or not self._is_unsent(record):
                return False
            await self._part(record, message_id)
            return True

    async def _join_in_turn(self, record: MessageRecord) -> JoinedMessage | None:
        booted = self._clock.booted()
        while True:
            while (written := self._find_arriving(record)) is not None:
                await written.wait()
            if (waiting := self._find(record)) is None:
                return None
            async with self._turn(waiting.message_id):
                # The clock may have been set right meanwhile.
                new = record.dated(self._clock.booted() - booted)
                current = self._store.get_open(waiting.message_id)
                if current is not None and self._can_join(current, new):
                    return await self._join(current, new)

    async def _join(
        self, waiting: MessageRecord, new: MessageRecord
    ) -> JoinedMessage | None:
        kept_id = waiting.message_id
        if len(waiting.joined) >= MOST_JOINED:
            raise OutboxFullError
        answer = self._waiters.wait_for(kept_id, waiting, new.message_id)
        change = partial(joined_by, new=new)
        try:
            await self._store.change_open(kept_id, change)
        except NotStoredError:
            current = self._store.get_open(kept_id)
            if not leaves_unstored(new, self._clock.now()):
                self._waiters.forget(kept_id, new.message_id)
                raise
            if current is None or not self._can_join(current, new):
                self._waiters.forget(kept_id, new.message_id)
                return None
            await self._store.change_in_background(kept_id, change)
        return JoinedMessage(new=new, kept_id=kept_id, awaited=answer)

    async def _part(self, record: MessageRecord, message_id: str) -> None:
        kept, parted = left_by(record, message_id), taken_out(record, message_id)
        kept_id = kept.message_id
        with self._dispatcher.withholding(record.message_id):
            await self._store.part(record.message_id, kept, parted)
            self._waiters.answer(record.message_id, message_id, parted)
            if kept_id != record.message_id:
                self._waiters.hand_on(record.message_id, kept_id, kept)
                self._observer.on_handed_on(record, kept)
            self._store.tell(parted)
        current = self._store.get_open(kept_id)
        if kept_id != record.message_id and current is not None:
            self._store.tell(current)

    def _find(self, new: MessageRecord) -> MessageRecord | None:
        return next(
            (record for record in self._store if self._can_join(record, new)), None
        )

    def _find_arriving(self, new: MessageRecord) -> asyncio.Event | None:
        """Return what tells that an equal one is on disk, unless that one leaves now."""
        return next(
            (
                written
                for record, written in self._arriving.values()
                if is_same(record, new)
                and may_join(record)
                and not self._dispatcher.is_under_way(record.message_id)
            ),
            None,
        )

    def _can_join(self, waiting: MessageRecord, new: MessageRecord) -> bool:
        return can_join(waiting, new) and self._is_unsent(waiting)

    def _is_unsent(self, record: MessageRecord) -> bool:
        return is_wholly_unsent(record) and not self._dispatcher.is_under_way(
            record.message_id
        )

    def _turn(self, message_id: str) -> asyncio.Lock:
        return self._turns.setdefault(message_id, asyncio.Lock())
