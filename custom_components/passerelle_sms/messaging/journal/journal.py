"""The journal: all messages of one account, on disk before anything leaves.

Home Assistant's `Store` would not do: it only logs that a disk is full, puts writing off
while Home Assistant stops, and writes everything again for each message.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
import sqlite3
from typing import Any

from ...gateways.errors import NotStoredError
from ...gateways.model.delivery import DeliveryReport
from ..model.record import MessageRecord
from ..model.submission import SubmissionRecord
from ..runtime.tasks import Tasks
from . import messages, notes, replies, reports, tables
from .database import Database, Opened, is_lost
from .message_rows import check_moments
from .messages import Change, JournalQuery
from .opening import open_file, reopen
from .private_file import remove_file
from .replies import StoredReply
from .reports import StoredReport

__all__ = ["Journal", "JournalQuery", "Opened", "StoredReply", "StoredReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Changes that wait to be written together."""

    changes: dict[str, Change]
    """By message: the record that was put last counts."""
    written: asyncio.Task[None]


class _LostError(NotStoredError):
    """The file is to be opened again."""


class Journal:
    """All messages of one account, settled or not, on disk, and what came back.

    Whatever is asked of it happens in the order in which it was asked, one thing at a
    time, and to its end even if the caller is cancelled. When the file cannot be read or
    written, every method raises `NotStoredError`, with the reason as its words.

    If the file turns out to be damaged, or was written by somebody else, it is opened
    again, and what was asked is done then. What waits in it is held, except for what
    memory knows better.
    """

    open_messages: Callable[[], Iterable[MessageRecord]]
    """Returns the messages that memory knows to be open."""
    on_reopened: Callable[[Opened], None]
    """Called when the file has been opened again."""

    def __init__(self, path: Path, run: Callable[..., Awaitable[Any]]) -> None:
        """Keep the messages in the file at `path`.

        `run(function, *args)` runs a function that blocks in a thread.
        """
        self.open_messages = tuple
        self.on_reopened = _ignore
        self._path = path
        self._run = run
        self._lock = asyncio.Lock()
        self._file: Database | None = None
        self._is_lost = False
        self._batch: _Batch | None = None
        # Everything is a task of its own, as a thread cannot be cancelled half-way. Tasks
        # start in the order in which they were made, and so the lock is handed on.
        self._tasks = Tasks()

    async def open(self) -> Opened:
        """Open the file, or create it, and tell what was found.

        Never fails because of what is in the file: one that is damaged is kept aside and
        a fresh one begun; if it is sound but for some records, or for the end of its log,
        a copy is kept aside and the rest is gone on with.

        Raises:
            NewerJournalError: a newer version wrote the file; it is left as it is.
            NotStoredError: there can be no file at all.

        """
        return await self._in_turn(self._open())

    async def begin_run(self, now: datetime) -> bool:
        """Count a new run of Home Assistant, whose clock says `now`.

        What an earlier run has dated later than that is dated back, with all that came
        before it, and belongs to this run.

        Returns whether that was necessary.
        """
        return await self._change(messages.begin_run, now)

    def redate(self, by: timedelta) -> Coroutine[Any, Any, None]:
        """Date what this run has dated `by` later, and all of it if the clock went back.

        A planned hour stays.

        What is put before this is called moves, what is put after it does not, whenever
        the call is awaited.
        """
        self._batch = None
        return self._change(tables.redate, by)

    async def put(
        self, record: MessageRecord, changed: Iterable[SubmissionRecord] | None = None
    ) -> None:
        """Write a message in the place of what is there of it.

        With `changed`, only these of its submissions are written, and none of its text
        and options but for `send_at`. It is on disk when this returns, and survives a
        power cut. What is put while something else is being written shares one
        transaction.

        Raises:
            NotStoredError: it could not be written. What was there before still is.

        """
        changed = None if changed is None else tuple(changed)
        check_moments(record, record.submissions if changed is None else changed)
        change = Change(
            record=record,
            numbers=None
            if changed is None
            else frozenset(submission.recipient.number for submission in changed),
        )
        if self._batch is None:
            changes: dict[str, Change] = {}
            self._batch = _Batch(
                changes=changes, written=self._tasks.spawn(self._write(changes))
            )
        batch = self._batch
        earlier = batch.changes.get(record.message_id)
        batch.changes[record.message_id] = change.after(earlier)
        await _end_of(batch.written)

    async def get(self, message_id: str) -> MessageRecord | None:
        """Return the message with this id, if there is one."""
        return await self._ask(messages.get, message_id)

    async def not_closed(self) -> list[MessageRecord]:
        """Return the messages that are not closed, oldest first."""
        return await self._ask(messages.not_closed)

    async def with_pending_delivery(self) -> list[MessageRecord]:
        """Return the messages with a delivery to hear of, or to tell, oldest first."""
        return await self._ask(messages.with_pending_delivery)

    async def with_notice(self) -> list[MessageRecord]:
        """Return the messages of which a person has still to hear, oldest first."""
        return await self._ask(messages.with_notice)

    async def created_since(self, when: datetime) -> list[MessageRecord]:
        """Return the messages created at `when` or later, oldest first.

        And those that the gateway is to send at `when` or later, however long ago they
        were created: what is sent later counts when it is sent.
        """
        return await self._ask(messages.created_since, when)

    async def find(self, query: JournalQuery) -> list[MessageRecord]:
        """Return the messages that a query asks for, newest first."""
        return await self._ask(messages.find, query)

    async def prune(self, *, before: datetime, keep: int) -> int:
        """Delete closed messages: those created before `before`, and all but the newest `keep`.

        One stays, and is not counted, that isn't closed, of which there is more to hear or
        to tell, or that the gateway sends at `before` or later. Of the replies those go
        that were heard of before `before` and told, of the reports what is over their
        bound. Nothing of them stays in the log either.

        Returns how many messages were deleted.
        """
        pruned = await self._change(tables.prune, before, keep)
        await self.checkpoint()
        return pruned

    async def keep_reports(
        self, heard_of: Sequence[DeliveryReport], heard: datetime
    ) -> list[StoredReport]:
        """Write down reports that no gateway tells twice, all of them or none.

        They are on disk when this returns, and nothing was made of them yet.
        """
        return await self._change(reports.keep_reports, tuple(heard_of), heard)

    async def unapplied_reports(self) -> list[StoredReport]:
        """Return the reports that nothing was made of yet, oldest first."""
        return await self._ask(reports.unapplied_reports)

    async def apply_reports(self, ids: Mapping[int, str | None]) -> None:
        """Note which message of ours each report is about; `None` if it is none."""
        await self._change(reports.apply_reports, dict(ids))

    async def reports(self, *, limit: int) -> list[StoredReport]:
        """Return the reports that are about no message of ours, newest first."""
        return await self._ask(reports.unmatched_reports, limit)

    async def keep_replies(self, heard_of: Sequence[StoredReply]) -> list[StoredReply]:
        """Write down the replies that are new, all of them or none, and return these.

        They are on disk when this returns, and nobody has heard of them yet. A reply is
        known by its message, its number, its time and its text.
        """
        return await self._change(replies.keep_replies, tuple(heard_of))

    async def untold_replies(self) -> list[StoredReply]:
        """Return the replies that not everybody has heard of, in the order they came."""
        return await self._ask(replies.untold_replies)

    async def replies_told(self, ids: Sequence[int]) -> None:
        """Note that everybody has heard of the replies with these ids."""
        await self._change(replies.tell_replies, tuple(ids))

    async def replies(self, message_id: str | None, *, limit: int) -> list[StoredReply]:
        """Return the replies to a message, or to any with `None`, newest first."""
        return await self._ask(replies.find_replies, message_id, limit)

    async def count_replies(self, message_id: str) -> int:
        """Return how many replies to a message are kept."""
        return await self._ask(replies.count_replies, message_id)

    async def record_balance_change(self, at: datetime) -> None:
        """Note that credits came or went at `at` for something that is no message."""
        await self._change(notes.record_balance_change, at)

    async def last_balance_change(self) -> datetime | None:
        """Return when credits last came or went for something that is no message."""
        return await self._ask(notes.last_balance_change)

    async def checkpoint(self) -> None:
        """Write the log into the file and cut it; nothing while a backup is made."""
        await self._in_turn(self._do(Database.checkpoint))

    async def begin_backup(self) -> None:
        """Let the file lie still until `end_backup`, marked: a copy of it is known by that."""
        await self._in_turn(self._do(Database.begin_backup))

    async def end_backup(self) -> None:
        """Let the file change again."""
        await self._in_turn(self._do(Database.end_backup))

    async def close(self) -> None:
        """Close the file, after all that was asked before; closing it again is nothing."""
        await self._in_turn(self._close())

    async def remove(self) -> None:
        """Close the file and delete it; what was kept aside stays."""
        await self._in_turn(self._remove())

    async def _open(self) -> Opened:
        if self._file is not None:
            return Opened()
        self._file, opened = await self._block(open_file, self._path)
        return opened

    async def _write(self, changes: dict[str, Change]) -> None:
        async with self._lock:
            # Whoever comes from now on is for the next transaction.
            if self._batch is not None and self._batch.changes is changes:
                self._batch = None
            await self._do(Database.write, messages.write_messages, changes.values())

    async def _close(self) -> None:
        if self._file is not None:
            await self._block(Database.close, self._file)
        self._file, self._is_lost = None, False

    async def _remove(self) -> None:
        await self._close()
        await self._block(remove_file, self._path)

    def _ask[*Ts, T](
        self, question: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts
    ) -> Coroutine[Any, Any, T]:
        return self._in_turn(self._do(Database.read, question, *args))

    def _change[*Ts, T](
        self, change: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts
    ) -> Coroutine[Any, Any, T]:
        return self._in_turn(self._do(Database.write, change, *args))

    def _in_turn[T](self, work: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Do some work after all that was asked before; that it is asked counts now."""

        async def do() -> T:
            async with self._lock:
                return await work

        return _end_of(self._tasks.spawn(do()))

    async def _do(self, work: Callable[..., Any], *args: object) -> Any:
        """Do something with the open file; if it was lost, once more."""
        if self._is_lost:
            await self._reopen()
        try:
            return await self._block(work, self._opened, *args)
        except _LostError:
            await self._reopen()
            return await self._block(work, self._opened, *args)

    async def _reopen(self) -> None:
        self._is_lost = True
        file, opened = await self._block(reopen, self._opened)
        self._file = file
        changes = [Change(record=record) for record in self.open_messages()]
        await self._block(Database.write, file, messages.put_back, changes)
        self._is_lost = False
        self.on_reopened(opened)

    @property
    def _opened(self) -> Database:
        if self._file is None:
            raise NotStoredError(words="the journal is closed")
        return self._file

    async def _block[*Ts, T](self, function: Callable[[*Ts], T], *args: *Ts) -> T:
        try:
            result: T = await self._run(function, *args)
        except sqlite3.Error as error:
            kind = _LostError if is_lost(error) else NotStoredError
            raise kind(words=str(error)) from error
        except OSError as error:
            # Its own text would name the path.
            raise NotStoredError(words=error.strerror) from error
        return result


def _ignore(_opened: Opened) -> None:
    """Do nothing, as nobody wants to hear of it."""


async def _end_of[T](task: asyncio.Task[T]) -> T:
    """Wait for a task without cancelling it when we are; return what it returns."""
    await asyncio.wait([task])
    return task.result()
