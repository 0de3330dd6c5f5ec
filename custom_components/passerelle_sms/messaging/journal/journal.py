"""The journal: all messages of one account, on disk before anything leaves.

Home Assistant's `Store` would not do: it only logs that a disk is full, puts writing off
while Home Assistant stops, and writes everything again for each message.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
import sqlite3
from typing import Any, override

from ...gateways.errors import NotStoredError
from ...gateways.model.delivery import DeliveryReport
from ..model.record import MessageRecord
from ..model.submission import SubmissionRecord
from ..runtime.tasks import end_of
from . import messages, notes, replies, reports, runs
from .database import Database, Opened
from .journal_access import JournalAccess
from .messages import Change, JournalQuery
from .private_file import end_of_run_of, write_private
from .replies import StoredReply
from .reports import StoredReport

__all__ = ["Journal", "JournalQuery", "Opened", "StoredReply", "StoredReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Changes that wait to be written together."""

    changes: dict[str, Change]
    """By message: the record that was put last counts."""
    written: asyncio.Task[None]


class Journal(JournalAccess):
    """All messages of one account, settled or not, on disk, and what came back.

    Whatever is asked of it happens in the order in which it was asked, one thing at a
    time, and to its end even if the caller is cancelled. When the file cannot be read or
    written, every method raises `NotStoredError`, with the reason as its words.

    If the file turns out to be damaged, or was written by somebody else, it is opened
    again, and what was asked is done then. What waits in it is held, except for what
    memory knows better.
    """

    def __init__(self, path: Path, run: Callable[..., Awaitable[Any]]) -> None:
        """Keep the messages in the file at `path`.

        `run(function, *args)` runs a function that blocks in a thread.
        """
        super().__init__(path, run)
        self._batch: _Batch | None = None
        self._ledger: str | None = None
        """What the ledger says, while that is not on disk."""

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
        return await self._change(runs.begin_run, now)

    def redate(self, by: timedelta) -> Coroutine[Any, Any, None]:
        """Date what this run has dated `by` later, and all of it if the clock went back.

        A planned hour stays.

        What is put before this is called moves, what is put after it does not, whenever
        the call is awaited.
        """
        self._batch = None
        return self._change(runs.redate, by)

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
        await self._put(Change.of(record, changed))

    async def put_together(self, *records: MessageRecord) -> None:
        """Write messages as `put` does, all of them or none; raises `NotStoredError`."""
        await self._put(*map(Change.of, records))

    async def _put(self, *changes: Change) -> None:
        if self._batch is None:
            begun: dict[str, Change] = {}
            self._batch = _Batch(
                changes=begun, written=self._tasks.spawn(self._write(begun))
            )
        batch = self._batch
        for change in changes:
            message_id = change.record.message_id
            earlier = batch.changes.get(message_id)
            batch.changes[message_id] = change.after(earlier)
        await end_of(batch.written)

    async def get(self, message_id: str) -> MessageRecord | None:
        """Return the message with this id, or the one that it has joined under its id."""
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

    async def created_since(
        self, when: datetime, number: str | None = None
    ) -> list[MessageRecord]:
        """Return the messages created at `when` or later, oldest first.

        Those to a number (E.164), or all with `None`.

        And those that the gateway is to send at `when` or later, however long ago they
        were created: what is sent later counts when it is sent.
        """
        return await self._ask(messages.created_since, when, number)

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
        pruned = await self._change(_prune, before, keep)
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

    async def note(self, key: str) -> str | None:
        """Return what was noted under a key; `None` if that is nothing, or unreadable."""
        return await self._ask(notes.read_note, key)

    async def write_note(self, key: str, value: str | None) -> None:
        """Note a value in the place of the last one, none with `None`.

        It is on disk when this returns, and survives a power cut.

        Raises:
            NotStoredError: it could not be written. What was there before still is.

        """
        await self._change(notes.write_note, key, value)

    async def keys_with(self, prefix: str) -> list[str]:
        """Return the keys of notes that begin with `prefix`, sorted."""
        return await self._ask(notes.keys_with, prefix)

    async def ledger(self) -> str | None:
        """Return what the ledger said last."""
        return await self._ask(notes.read_ledger)

    async def is_balance_distrusted(self) -> bool:
        """Return whether charges may be missing in the file."""
        return await self._ask(notes.is_balance_distrusted)

    def write_ledger_with_next(self, ledger: str) -> None:
        """Have what the ledger says written with the next message, in one transaction."""
        self._ledger = ledger

    async def write_ledger(self, ledger: str) -> None:
        """Write down what the ledger says; it is on disk when this returns.

        From now on the balance is distrusted only as far as the ledger says. What can't
        be written now is written with the next message.
        """
        await self._write_ledger(notes.write_ledger, ledger)

    async def finish_run(self, ledger: str) -> None:
        """Write down that this run has ended and all of it is on disk, with its ledger.

        Raises:
            NotStoredError: it could not be written, so the next run takes it for a crash.

        """
        await self._write_ledger(notes.note_finished, ledger)
        await self._in_turn(self._block(write_private, end_of_run_of(self._path), b""))

    async def is_unfinished(self) -> bool:
        """Return whether the last run may have done what is not on disk."""
        return await self._ask(notes.is_unfinished, self._was_finished)

    async def with_period_since(self, period: int) -> list[MessageRecord]:
        """Return the messages handed over in this period of the ledger or later."""
        return await self._ask(messages.with_period_since, period)

    async def latest_period(self) -> int:
        """Return the last period of the ledger in which a message was handed over."""
        return await self._ask(messages.latest_period)

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

    async def _write(self, changes: dict[str, Change]) -> None:
        async with self._lock:
            # Whoever comes from now on is for the next transaction.
            if self._batch is not None and self._batch.changes is changes:
                self._batch = None
            ledger, self._ledger = self._ledger, None
            try:
                await self._do(
                    Database.write, messages.write_messages, changes.values(), ledger
                )
            except NotStoredError:
                self._ledger = self._ledger or ledger
                raise

    async def _write_ledger(
        self, write: Callable[[sqlite3.Connection, str], None], ledger: str
    ) -> None:
        self._ledger = None
        try:
            await self._change(write, ledger)
        except NotStoredError:
            self._ledger = self._ledger or ledger
            raise

    @override
    async def _close(self) -> None:
        if self._is_open and self._ledger is not None:
            # What it lacks then only proves less.
            with suppress(NotStoredError):
                await self._do(Database.write, notes.write_ledger, self._ledger)
        await super()._close()


def _prune(connection: sqlite3.Connection, before: datetime, keep: int) -> int:
    replies.prune_replies(connection, before)
    return messages.prune_messages(connection, before, keep)
