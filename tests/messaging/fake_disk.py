"""A disk that may be full, or broken."""

import asyncio
from collections.abc import Callable
import sqlite3
from typing import Any

from custom_components.passerelle_sms.messaging.journal.database import Database
from custom_components.passerelle_sms.messaging.journal.messages import (
    created_since,
    find,
    not_closed,
    put_back,
    with_notice,
    with_pending_delivery,
    write_messages,
)
from custom_components.passerelle_sms.messaging.journal.notes import (
    note_finished,
    write_ledger,
)
from custom_components.passerelle_sms.messaging.journal.replies import (
    keep_replies,
    tell_replies,
)
from custom_components.passerelle_sms.messaging.journal.reports import (
    apply_reports,
    keep_reports,
    unapplied_reports,
)
from custom_components.passerelle_sms.messaging.journal.runs import begin_run

_WRITING = frozenset(
    {
        write_messages,
        put_back,
        keep_reports,
        apply_reports,
        keep_replies,
        tell_replies,
        write_ledger,
        note_finished,
    }
)
_READING = frozenset(
    {
        created_since,
        find,
        not_closed,
        with_notice,
        with_pending_delivery,
        unapplied_reports,
    }
)


def nothing() -> None:
    """Do nothing."""


def disk_error(code: int, words: str) -> sqlite3.OperationalError:
    """Return an error as SQLite raises it."""
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


class FakeDisk:
    """What the journal lies on: it may be full, at once or in a while."""

    def __init__(self) -> None:
        """Have room."""
        self.room: int | None = None
        """How many more writes there is room for; `None` for all."""
        self.is_readable = True
        self.writes = 0
        self.on_written: Callable[[], None] = nothing
        """Called when something has just been written."""

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function that blocks in a thread."""
        asked = args[1] if function in {Database.read, Database.write} else None
        is_writing = asked in _WRITING
        # How often a run begins is counted by nobody.
        if is_writing or asked is begin_run:
            if self.room == 0:
                raise disk_error(sqlite3.SQLITE_FULL, "database or disk is full")
            if self.room is not None:
                self.room -= 1
        if is_writing:
            self.writes += 1
        elif not self.is_readable and asked in _READING:
            # Not one that opening the file again would help against.
            raise disk_error(sqlite3.SQLITE_BUSY, "disk I/O error")
        result = await asyncio.to_thread(function, *args)
        if is_writing:
            self.on_written()
        return result
