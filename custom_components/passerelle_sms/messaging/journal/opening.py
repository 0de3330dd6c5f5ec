"""Opens the journal's file, whatever is there, and opens it again when it was lost.

All of it blocks.
"""

from dataclasses import replace
import os
from pathlib import Path
import sqlite3

from .database import Database, Opened
from .private_file import (
    content_of,
    copy_aside,
    doubt_of,
    end_of_run_of,
    log_of,
    make_private,
    move_aside,
    move_log_aside,
    size_of,
    take_away,
    write_private,
)
from .schema import HEAD_SIZE, refuse_newer
from .values import DamagedError
from .write_ahead_log import LogState, read_log


def open_file(path: Path) -> tuple[Database, Opened]:
    """Open the file at `path`, whatever is there.

    What cannot be used, as a whole or because of some rows, is kept beside it, and what
    can be used is gone on with.

    Raises:
        NewerJournalError: a newer version wrote it; it is left as it is.
        sqlite3.Error, OSError: there can be no file.

    """
    # Before anything can leave: a full disk has room for that, if for nothing else.
    was_finished = take_away(end_of_run_of(path))
    refuse_newer(content_of(path, HEAD_SIZE))
    kept = _mend_log(path)
    try:
        database = Database(path)
    except DamagedError:
        # What it told of may still be charged.
        write_private(doubt_of(path), b"")
        kept = move_aside(path)
        database = Database(path)
    try:
        kept = database.take_out_unreadable() or kept
        is_doubtful = database.settle_doubt()
    except sqlite3.Error, OSError:
        database.close()
        raise
    return database, Opened(
        kept_aside=kept, is_doubtful=is_doubtful, was_finished=was_finished
    )


def reopen(lost: Database) -> tuple[Database, Opened]:
    """Open what is there now in the place of what was lost; raises `OSError`.

    What waits in it may be old, and is held. If somebody else has written the file, the
    log that lies beside it is not its own.
    """
    path = lost.path
    lost.let_go()
    make_private(path)
    write_private(doubt_of(path), b"")
    kept = move_log_aside(path) if lost.is_replaced else None
    database, opened = open_file(path)
    if lost.is_backed_up:
        database.begin_backup()
    return database, replace(opened, kept_aside=opened.kept_aside or kept)


def _mend_log(path: Path) -> Path | None:
    """Leave nothing in the log behind its last commit.

    Returns where a copy of all is kept, if something of it may have been confirmed.
    """
    log = log_of(path)
    if not size_of(log):
        return None
    if not size_of(path):
        # SQLite would delete it.
        write_private(doubt_of(path), b"")
        return move_log_aside(path)
    with log.open("rb") as file:
        content = read_log(file)
    kept = None
    if content.state is LogState.DAMAGED:
        kept = copy_aside(path)
        # The log is sound from now on: whatever comes between, this tells what it was.
        write_private(doubt_of(path), b"")
    if content.state is not LogState.INTACT:
        os.truncate(log, content.size)
    log.chmod(0o600)
    return kept
