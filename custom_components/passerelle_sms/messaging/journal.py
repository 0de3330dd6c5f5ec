"""The journal: all messages of one account, on disk before anything leaves.

Home Assistant's `Store` would not do: it only logs that a disk is full, puts writing off
while Home Assistant stops, and writes everything again for each message.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
import sqlite3
from typing import Any

from ..gateways.errors import NotStoredError
from .journal_file import JournalFile, JournalQuery, open_file
from .journal_row import Row
from .private_file import remove_file
from .record import MessageRecord
from .tasks import Tasks

__all__ = ["Journal", "JournalQuery"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Records that wait to be written together."""

    rows: dict[str, Row]
    """By message: what was put last counts."""
    written: asyncio.Task[None]


class Journal:
    """All messages of one account, unsettled or not, on disk.

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
        self._file: JournalFile | None = None
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

    async def unsettled(self) -> list[MessageRecord]:
        """Return the messages that are not closed, oldest first."""
        return await self._ask(JournalFile.unsettled)

    async def get(self, message_id: str) -> MessageRecord | None:
        """Return the message with this id, if there is one."""
        return await self._ask(JournalFile.get, message_id)

    async def since(self, when: datetime) -> list[MessageRecord]:
        """Return the messages created at `when` or later, oldest first."""
        return await self._ask(JournalFile.since, when)

    async def find(self, query: JournalQuery) -> list[MessageRecord]:
        """Return the messages that a query asks for, newest first."""
        return await self._ask(JournalFile.find, query)

    async def prune(self, *, before: datetime, keep: int) -> int:
        """Delete closed messages: those created before `before`, and all but the newest `keep`.

        One that is not closed stays, and is not counted. Returns how many were deleted.
        """
        return await self._ask(JournalFile.prune, before, keep)

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
            await self._block(JournalFile.write, self._opened, rows.values())

    async def _close(self) -> None:
        async with self._lock:
            await self._let_go()

    async def _remove(self) -> None:
        async with self._lock:
            await self._let_go()
            await self._block(remove_file, self._path)

    async def _let_go(self) -> None:
        if self._file is not None:
            await self._block(JournalFile.close, self._file)
            self._file = None

    async def _ask[*Ts, T](
        self, question: Callable[[JournalFile, *Ts], T], *args: *Ts
    ) -> T:
        async def answer() -> T:
            async with self._lock:
                return await self._block(question, self._opened, *args)

        return await _end_of(self._tasks.spawn(answer()))

    @property
    def _opened(self) -> JournalFile:
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
