"""The messages that are kept here until their hour, as their gateway sends nothing later."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from typing import Final

from ...gateways.errors import NotStoredError, OutboxFullError
from ..guard.guard import Guard
from ..message_store import RETRY_INTERVAL, Change, MessageStore
from ..model.record import MessageRecord, leaves_unstored
from ..model.submission import RowKey, SubmissionRecord
from ..model.transitions import expired, mark_withdrawn
from ..runtime.clock import Alarm, Clock
from ..runtime.tasks import Tasks
from .admission import admitted_at_its_hour, planned, uncount

MOST_PLANNED: Final = 1_000
"""More than this is planned only by mistake. They take no room in the outbox."""
# How many leave before others have their turn.
_AT_ONCE: Final = 50


class PlannedMessages:
    """Keeps the messages of one account until their hour, and lets them leave then.

    At its hour a message counts like any other of that moment, and is on disk as waiting
    before anything of it leaves. What can't leave then, since the house is down, leaves
    later as long as it is worth sending.

    The hour follows the clock as it is set: this is no time that elapses. What a clock that
    ran ahead has let go, and what has not left when it is set back, is kept here again as
    soon as its request would be made.
    """

    def __init__(self, store: MessageStore, guard: Guard, clock: Clock) -> None:
        """Keep them in `store`; `guard` is asked about each when it leaves."""
        self._store = store
        self._guard = guard
        self._clock = clock
        self._hours: dict[str, datetime] = {}
        self._arriving = 0
        self._is_running = self._is_letting_leave = False
        self._alarm = Alarm(clock, self._on_time)
        # Whoever takes one back finds it as it is on disk.
        self._turn = asyncio.Lock()
        self._tasks = Tasks()
        store.listen(self._follow)
        self._stop_following_clock = clock.on_shift(lambda _by: self._set_alarm())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._hours)

    def start(self) -> None:
        """Begin to let them leave."""
        self._is_running = True
        self._set_alarm()

    async def stop(self) -> None:
        """Let none leave any more, and wait for what is being written."""
        self._is_running = False
        self._stop_following_clock()
        self._set_alarm()
        await self._tasks.join()

    async def keep(self, record: MessageRecord) -> MessageRecord:
        """Take a new message in until its hour, and return it: it is `queued`.

        Raises:
            RejectedError: it was not taken in.

        """
        if len(self._hours) + self._arriving >= MOST_PLANNED:
            raise OutboxFullError
        record = planned(self._guard, record)
        self._arriving += 1
        try:
            return await self._store.add(record)
        except NotStoredError:
            self._uncount(record)
            raise
        finally:
            self._arriving -= 1

    async def withdraw(self, message_id: str) -> bool:
        """Take a message back, and return whether it was still kept here.

        Raises:
            NotStoredError: that could not be written down, so it is kept.

        """
        async with self._turn:
            record = self._store.get_open(message_id)
            if record is None or not record.is_planned:
                return False
            await self._store.change_open(
                message_id, partial(mark_withdrawn, keys=_keys(record))
            )
            return True

    def _follow(
        self, record: MessageRecord, _changed: Sequence[SubmissionRecord]
    ) -> None:
        """Hear of every message: which are kept, and until when."""
        send_at = record.options.send_at
        if record.is_planned and send_at is not None:
            self._guard.note_planned(record)
            self._hours[record.message_id] = send_at
        elif self._hours.pop(record.message_id, None) is None:
            return
        self._set_alarm()

    def _set_alarm(self, *, pause: timedelta = timedelta()) -> None:
        """Be woken at the next hour, and not before a pause is over."""
        if not self._is_running or self._is_letting_leave or not self._hours:
            self._alarm.set(None)
            return
        wait = min(self._hours.values()) - self._clock.now()
        self._alarm.set(self._clock.elapsed() + max(wait, pause))

    def _on_time(self) -> None:
        self._is_letting_leave = True
        self._tasks.spawn(self._let_leave())

    async def _let_leave(self) -> None:
        """Let all leave whose hour has come, urgent ones first."""
        are_gone = False
        try:
            gone: list[bool] = []
            for due in batched(self._due(), _AT_ONCE, strict=False):
                async with self._turn:
                    # Together, so that they are written in one go.
                    gone += await asyncio.gather(*map(self._let_one_leave, due))
            are_gone = all(gone)
        finally:
            self._is_letting_leave = False
            self._set_alarm(pause=timedelta() if are_gone else RETRY_INTERVAL)

    def _due(self) -> list[str]:
        """Return the ids of those whose hour has come."""
        now = self._clock.now()

        def turn(message_id: str) -> tuple[bool, datetime]:
            record = self._store.get_open(message_id)
            return record is None or not record.urgent, self._hours[message_id]

        due = [message_id for message_id, hour in self._hours.items() if hour <= now]
        return sorted(due, key=turn)

    async def _let_one_leave(self, message_id: str) -> bool:
        """Let one leave, or expire; return whether that is on disk, or needs no disk."""
        record = self._store.get_open(message_id)
        if record is None or not record.is_planned:
            # Taken back meanwhile.
            self._hours.pop(message_id, None)
            return True
        if not self._is_running or record.is_kept_beyond(self._clock.now()):
            # The house stops, or the clock was set back meanwhile.
            return True
        if record.expires <= self._clock.now():
            change: Change = partial(expired, keys=_keys(record))
        else:
            change = admitted_at_its_hour(self._guard, record)
        try:
            await self._store.change_open(message_id, change)
        except NotStoredError:
            if not leaves_unstored(record, self._clock.now()):
                # It is as it was, and not counted: it is tried again.
                self._uncount(record)
                return False
            await self._store.change_in_background(message_id, change)
        return True

    def _uncount(self, record: MessageRecord) -> None:
        uncount(self._guard, record, _keys(record))


def _keys(record: MessageRecord) -> list[RowKey]:
    return [submission.key for submission in record.submissions]
