"""The journal: all messages of one account, on disk before anything leaves.

Home Assistant's `Store` would not do: it only logs that a disk is full, puts writing off
while Home Assistant stops, and writes everything again for each message.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
import sqlite3
from typing import Any

from ...gateways.errors import NotStoredError
from ...gateways.model.delivery import DeliveryReport
from ..model.record import MessageRecord
from ..runtime.tasks import Tasks
from .database import Database, JournalQuery, open_file
from .notes import last_balance_change, record_balance_change
from .private_file import remove_file
from .replies import (
    StoredReply,
    count_replies,
    find_replies,
    keep_replies,
    tell_replies,
    untold_replies,
)
from .reports import (
    StoredReport,
    apply_reports,
    keep_reports,
    unapplied_reports,
    unmatched_reports,
)
from .row import Row

__all__ = ["Journal", "JournalQuery", "StoredReply", "StoredReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Records that wait to be written together."""

    rows: dict[str, Row]
    """By message: what was put last counts."""
    written: asyncio.Task[None]


class Journal:
    """All messages of one account, unsettled or not, on disk, and what came back.

    Whatever is asked of it happens in the order in which it was asked, one thing at a
    time, and to its end even if the caller is cancelled. When the file cannot be read or
    written, every method raises `NotStoredError`, with the reason as its words.
    """

    def __init__(self, path: Path, run: Callable[..., Awaitable[Any]]) -> None:
        """Keep the messages in the file at `path`.

        `run(function, *args)` runs a function that blocks in a thread.
        """
        self._path = path
        self._run = run
        self._lock = asyncio.Lock()
        self._file: Database | None = None
        self._batch: _Batch | None = None
        # Everything is a task of its own, as a thread cannot be cancelled half-way. Tasks
        # start in the order in which they were made, and so the lock is handed on.
        self._tasks = Tasks()

    async def open(self) -> Path | None:
        """Open the file, or create it.

        Never fails because of what is in the file: one that is damaged, or that a newer
        version wrote, is kept aside and a fresh one begun; if it is sound but for some
        records, a copy is kept aside and the others are gone on with.

        Returns:
            Where the damaged file, or the copy, is kept: its messages may never have
            left. `None` when all is well.

        Raises:
            NotStoredError: there can be no file at all.

        """
        return await _end_of(self._tasks.spawn(self._open()))

    async def put(self, record: MessageRecord) -> None:
        """Write a record in the place of what is there of the message.

        It is on disk when this returns, and survives a power cut. Records that are put
        while another one is being written share one transaction.

        Raises:
            NotStoredError: it could not be written. What was there before still is.

        """
        row = Row.of(record)
        if self._batch is None:
            rows: dict[str, Row] = {}
            self._batch = _Batch(
                rows=rows, written=self._tasks.spawn(self._write(rows))
            )
        batch = self._batch
        batch.rows[row.message_id] = row
        await _end_of(batch.written)

    async def not_closed(self) -> list[MessageRecord]:
        """Return the messages that are not closed, oldest first."""
        return await self._ask(Database.not_closed)

    async def with_pending_delivery(self) -> list[MessageRecord]:
        """Return the messages with a delivery to hear of, or to tell, oldest first."""
        return await self._ask(Database.with_pending_delivery)

    async def get(self, message_id: str) -> MessageRecord | None:
        """Return the message with this id, if there is one."""
        return await self._ask(Database.get, message_id)

    async def created_since(self, when: datetime) -> list[MessageRecord]:
        """Return the messages created at `when` or later, oldest first.

        And those that the gateway is to send at `when` or later, however long ago they
        were created: what is sent later counts when it is sent.
        """
        return await self._ask(Database.created_since, when)

    async def find(self, query: JournalQuery) -> list[MessageRecord]:
        """Return the messages that a query asks for, newest first."""
        return await self._ask(Database.find, query)

    async def prune(self, *, before: datetime, keep: int) -> int:
        """Delete closed messages: those created before `before`, and all but the newest `keep`.

        One stays, and is not counted, that isn't closed, that is still tracked, or that
        the gateway sends at `before` or later. Of the replies those go that were heard of
        before `before` and told, of the reports what is over their bound.

        Returns how many messages were deleted.
        """
        return await self._ask(Database.prune, before, keep)

    async def keep_reports(
        self, reports: Sequence[DeliveryReport], heard: datetime
    ) -> list[StoredReport]:
        """Write down reports that no gateway tells twice, all of them or none.

        They are on disk when this returns, and nothing was made of them yet.
        """
        return await self._ask_tables(keep_reports, tuple(reports), heard)

    async def unapplied_reports(self) -> list[StoredReport]:
        """Return the reports that nothing was made of yet, oldest first."""
        return await self._ask_tables(unapplied_reports)

    async def apply_reports(self, ids: Mapping[int, str | None]) -> None:
        """Note which message of ours each report is about; `None` if it is none."""
        await self._ask_tables(apply_reports, dict(ids))

    async def reports(self, *, limit: int) -> list[StoredReport]:
        """Return the reports that are about no message of ours, newest first."""
        return await self._ask_tables(unmatched_reports, limit)

    async def keep_replies(self, replies: Sequence[StoredReply]) -> list[StoredReply]:
        """Write down the replies that are new, all of them or none, and return these.

        They are on disk when this returns, and nobody has heard of them yet. A reply is
        known by its message, its number, its time and its text.
        """
        return await self._ask_tables(keep_replies, tuple(replies))

    async def untold_replies(self) -> list[StoredReply]:
        """Return the replies that not everybody has heard of, in the order they came."""
        return await self._ask_tables(untold_replies)

    async def replies_told(self, ids: Sequence[int]) -> None:
        """Note that everybody has heard of the replies with these ids."""
        await self._ask_tables(tell_replies, tuple(ids))

    async def replies(self, message_id: str | None, *, limit: int) -> list[StoredReply]:
        """Return the replies to a message, or to any with `None`, newest first."""
        return await self._ask_tables(find_replies, message_id, limit)

    async def count_replies(self, message_id: str) -> int:
        """Return how many replies to a message are kept."""
        return await self._ask_tables(count_replies, message_id)

    async def record_balance_change(self, at: datetime) -> None:
        """Note that credits came or went at `at` for something that is no message."""
        await self._ask_tables(record_balance_change, at)

    async def last_balance_change(self) -> datetime | None:
        """Return when credits last came or went for something that is no message."""
        return await self._ask_tables(last_balance_change)

    async def close(self) -> None:
        """Close the file, after all that was asked before; closing it again is nothing."""
        await _end_of(self._tasks.spawn(self._close()))

    async def remove(self) -> None:
        """Close the file and delete it; what was kept aside stays."""
        await _end_of(self._tasks.spawn(self._remove()))

    async def _open(self) -> Path | None:
        async with self._lock:
            if self._file is not None:
                return None
            self._file, kept = await self._block(open_file, self._path)
            return kept

    async def _write(self, rows: dict[str, Row]) -> None:
        async with self._lock:
            # Whoever comes from now on is for the next transaction.
            self._batch = None
            await self._block(Database.write, self._opened, rows.values())

    async def _close(self) -> None:
        async with self._lock:
            await self._let_go()

    async def _remove(self) -> None:
        async with self._lock:
            await self._let_go()
            await self._block(remove_file, self._path)

    async def _let_go(self) -> None:
        if self._file is not None:
            await self._block(Database.close, self._file)
            self._file = None

    async def _ask[*Ts, T](
        self, question: Callable[[Database, *Ts], T], *args: *Ts
    ) -> T:
        return await self._in_turn(lambda: self._block(question, self._opened, *args))

    async def _ask_tables[*Ts, T](
        self, question: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts
    ) -> T:
        return await self._in_turn(
            lambda: self._block(question, self._opened.connection, *args)
        )

    async def _in_turn[T](self, ask: Callable[[], Awaitable[T]]) -> T:
        async def answer() -> T:
            async with self._lock:
                return await ask()

        return await _end_of(self._tasks.spawn(answer()))

    @property
    def _opened(self) -> Database:
        if self._file is None:
            raise NotStoredError(words="the journal is closed")
        return self._file

    async def _block[*Ts, T](self, function: Callable[[*Ts], T], *args: *Ts) -> T:
        try:
            result: T = await self._run(function, *args)
        except sqlite3.Error as error:
            raise NotStoredError(words=str(error)) from error
        except OSError as error:
            # Its own text would name the path.
            raise NotStoredError(words=error.strerror) from error
        return result


async def _end_of[T](task: asyncio.Task[T]) -> T:
    """Wait for a task without cancelling it when we are; return what it returns."""
    await asyncio.wait([task])
    return task.result()
