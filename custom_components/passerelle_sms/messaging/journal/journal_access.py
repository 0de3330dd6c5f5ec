"""Access to the journal's database: one thing at a time, opened again when it was lost."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from pathlib import Path
import sqlite3
from typing import Any

from ...gateways.errors import NotStoredError
from ..model.record import MessageRecord
from ..runtime.tasks import Tasks, end_of
from . import messages
from .database import Database, Opened, is_lost
from .messages import Change
from .opening import open_file, reopen
from .private_file import remove_file


class _LostError(NotStoredError):
    """The file is to be opened again."""


class JournalAccess:
    """Does what is asked of a database in turn, and opens it again when it was lost."""

    open_messages: Callable[[], Iterable[MessageRecord]]
    """Returns the messages that memory knows to be open."""
    on_reopened: Callable[[Opened], None]
    """Called when the file has been opened again."""
    on_distrusted: Callable[[], None]
    """Called when charges may be missing in the file, as it was opened again."""

    def __init__(self, path: Path, run: Callable[..., Awaitable[Any]]) -> None:
        """Open nothing yet.

        `run(function, *args)` runs a function that blocks in a thread.
        """
        self.open_messages = tuple
        self.on_reopened = lambda _opened: None
        self.on_distrusted = lambda: None
        self._path = path
        self._run = run
        self._lock = asyncio.Lock()
        self._file: Database | None = None
        self._is_lost = False
        self._was_finished = False
        self.has_lost = False
        """Whether something of an earlier run may be missing in the file."""
        # Everything is a task of its own, as a thread cannot be cancelled half-way. Tasks
        # start in the order in which they were made, and so the lock is handed on.
        self._tasks = Tasks()

    @property
    def epoch(self) -> str:
        """What tells the file that is open from all that were, or will be, in its place.

        What a file of the same epoch doesn't hold was never written to it, unless it was
        pruned. Nothing while none is open.
        """
        return "" if self._file is None else self._file.epoch

    @property
    def doubtful_up_to(self) -> str:
        """The id of the last message of which the file may lack what became of it since.

        It was restored from a backup, or damaged. Nothing where it lacks nothing.
        """
        return "" if self._file is None else self._file.doubtful_up_to

    @property
    def _is_open(self) -> bool:
        return self._file is not None

    async def _open(self) -> Opened:
        if self._file is not None:
            return Opened()
        self._file, opened = await self._block(open_file, self._path)
        self._was_finished = opened.was_finished
        self.has_lost |= opened.kept_aside is not None
        return opened

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

        return end_of(self._tasks.spawn(do()))

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
        self.on_distrusted()

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
