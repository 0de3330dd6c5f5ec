"""The journal's file: SQLite, and everything about it that blocks.

Why this way of writing:

- A write-ahead log with `synchronous` FULL: a commit is on disk when it returns, and
  costs one sync, the first after a checkpoint two. Syncs are what SD cards are slow at.
- EXCLUSIVE locking, set before anything is read: there is no third file of shared
  memory, and who looks into the file with another program can't lock us out of it.
- A checkpoint is made when we say so, never by SQLite, as the file must not change while
  it is backed up. It always cuts the log to nothing: no deleted text lies there longer,
  and what can't be read in it is damage (`write_ahead_log.py`).
- Nothing is spilled into the log before its commit, so that the log only grows.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
import os
from pathlib import Path
import secrets
import sqlite3
import threading
from typing import Final, NamedTuple

from ...gateways.errors import NewerJournalError
from .messages import hold_waiting, remove_messages, unreadable_messages
from .notes import (
    distrust_balance,
    end_epoch,
    note_doubtful,
    read_doubtful_up_to,
    read_epoch,
    read_note,
    write_epoch,
    write_note,
)
from .private_file import (
    aside,
    backup_token_of,
    content_of,
    doubt_of,
    log_of,
    make_private,
    size_of,
    sync_folder,
    write_private,
)
from .schema import VERSION, read_version, upgrade
from .values import DamagedError

LOG_LIMIT: Final = 4 * 1024 * 1024
"""Over how many bytes of log a checkpoint is made."""

_BACKUP = "backup"

# What SQLite says of a file that it cannot make sense of. The statements are right, so
# that an error in one of them means tables that are not ours. A disk that is full, busy
# or fails to answer says nothing about the file.
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
_PRIMARY_CODE = 0xFF
# What was open can't be read any more: it may help to open it again.
_LOST = {
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
    sqlite3.SQLITE_IOERR_DATA,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What was found when the journal was opened."""

    kept_aside: Path | None = None
    """Where what can't be used was moved, or copied as it was."""
    is_doubtful: bool = False
    """Whether what waited may have left since: it is held now, for the user to judge."""
    was_finished: bool = False
    """Whether the last run has ended well, and none was begun since."""


class _Stamp(NamedTuple):
    """How a file looks from outside: another one means somebody else's hand."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> _Stamp | None:
        """Return how a file looks now, if it can be looked at."""
        try:
            found = path.stat()
        except OSError:
            return None
        return cls(
            device=found.st_dev,
            inode=found.st_ino,
            size=found.st_size,
            modified=found.st_mtime_ns,
        )


class Database:
    """An open file. One thread at a time uses it, whichever that is; others wait.

    Everything here blocks, and may raise `sqlite3.Error`; a transaction that does has
    changed nothing.
    """

    path: Path
    connection: sqlite3.Connection
    """For what is to be said to SQLite itself."""
    epoch: str = ""
    """What tells this file from all that were, or will be, in its place; see `notes`."""
    doubtful_up_to: str = ""
    """The last message of which it may lack what became of it since; see `notes`."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`, or create it, for nobody else to read.

        Raises:
            DamagedError: there is a file, and it is none that this version can use.
            NewerJournalError: a newer version wrote it.
            sqlite3.Error, OSError: there can be no file.

        """
        self.path = path
        self._log = log_of(path)
        make_private(path)
        self.connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False
        )
        # Home Assistant's stop may end who waits for a thread, and not the thread.
        self._turn = threading.RLock()
        self._is_backed_up = False
        try:
            self._prepare()
        except (sqlite3.Error, NewerJournalError) as error:
            self.connection.close()
            if isinstance(error, sqlite3.Error) and _is_damage(error):
                raise DamagedError(str(error)) from None
            raise
        self._leave()

    @property
    def is_replaced(self) -> bool:
        """Whether somebody else has written the file, or deleted it."""
        return _Stamp.of(self.path) != self._stamp

    def read[*Ts, T](
        self, question: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts
    ) -> T:
        """Return the answer to a question."""
        with self._turn:
            self._check()
            return question(self.connection, *args)

    def write[*Ts, T](
        self, change: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts
    ) -> T:
        """Make a change, all of it or nothing; it is on disk when this returns."""
        with self._turn:
            result = self._write(change, *args)
            if self._log_size > LOG_LIMIT:
                # The change is on disk all the same, and the next one tries again.
                with suppress(sqlite3.Error):
                    self.checkpoint()
            return result

    def _write[*Ts, T](
        self, change: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts
    ) -> T:
        self._check()
        is_written = False
        try:
            with self.connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                result = change(connection, *args)
            is_written = True
        finally:
            if not is_written:
                self._cut_log()
            self._leave()
        return result

    def checkpoint(self) -> None:
        """Write the log into the file and cut it, unless the file is backed up now."""
        with self._turn:
            self._check()
            if self._is_backed_up or not self._log_size:
                return
            try:
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                self._leave()

    def begin_backup(self) -> None:
        """Mark the file, and leave it as it is until `end_backup`; raises `OSError`.

        Who finds the mark without its token, which no backup takes, has a copy before
        him. The token comes first: a crash in between must not look like that.
        """
        if self._is_backed_up:
            return
        mark, token = secrets.token_hex(16), backup_token_of(self.path)
        token.unlink(missing_ok=True)
        write_private(token, mark.encode())
        self.write(write_note, _BACKUP, mark)
        self.checkpoint()
        self._is_backed_up = True

    def end_backup(self) -> None:
        """Let the file change again; raises `OSError`."""
        self._is_backed_up = False
        self.write(write_note, _BACKUP, None)
        backup_token_of(self.path).unlink(missing_ok=True)
        self.checkpoint()

    def close(self) -> None:
        """Close the file, with a checkpoint if that can be made."""
        with suppress(sqlite3.Error):
            self.checkpoint()
        self.let_go()

    def let_go(self) -> None:
        """Close the file as it is."""
        with self._turn:
            self.connection.close()

    def take_out_unreadable(self) -> Path | None:
        """Take out the rows that are no messages, so that no question fails because of one.

        Returns where a copy of the file as it was lies, if there are any; raises
        `OSError`.
        """
        rows = self.read(unreadable_messages)
        if not rows:
            return None
        kept = self._copy()
        self.write(remove_messages, rows)
        return kept

    def settle_doubt(self) -> bool:
        """Hold what waits if it may have left since, and tell that; raises `OSError`."""
        doubt, token = doubt_of(self.path), backup_token_of(self.path)
        mark = self.read(read_note, _BACKUP)
        is_copy = mark is not None and content_of(token) != mark.encode()
        is_doubtful = is_copy or doubt.exists()
        if is_doubtful or mark is not None:
            self.write(_settle, is_doubtful)
            doubt.unlink(missing_ok=True)
            token.unlink(missing_ok=True)
            sync_folder(self.path.parent)
        self.doubtful_up_to = self.read(read_doubtful_up_to)
        self.epoch = self.read(read_epoch) or self._begin_epoch()
        return is_doubtful

    def _begin_epoch(self) -> str:
        """Return a new epoch, known as long as the file is open if it can't be written."""
        epoch = secrets.token_hex(8)
        with suppress(sqlite3.Error):
            self.write(write_epoch, epoch)
        return epoch

    @property
    def is_backed_up(self) -> bool:
        """Whether a backup runs, so that the file must not change."""
        return self._is_backed_up

    def _prepare(self) -> None:
        connection = self.connection
        # As bytes, since what is no UTF-8 must fail in our hands and not in the cursor's.
        connection.text_factory = bytes
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        version = read_version(connection)
        # Before anything is changed: what is damaged is kept aside as it was.
        [found] = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != b"ok":
            raise DamagedError("malformed")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_spill = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        # Pruned is gone: no text or number stays behind in a page that is free.
        connection.execute("PRAGMA secure_delete = ON")
        upgrade(connection, version)
        if version != VERSION:
            # Who looks for the version before SQLite does looks into the file.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _copy(self) -> Path:
        copy = aside(self.path)
        make_private(copy)
        try:
            self.connection.execute("VACUUM INTO ?", (str(copy),))
        except sqlite3.Error:
            copy.unlink()
            raise
        return copy

    @property
    def _log_size(self) -> int:
        return 0 if self._log_stamp is None else self._log_stamp.size

    def _leave(self) -> None:
        """Remember how the files look."""
        self._stamp = _Stamp.of(self.path)
        self._log_stamp = _Stamp.of(self._log)

    def _check(self) -> None:
        """Raise `DamagedError` if the files are no more as they were left."""
        if self.is_replaced or _Stamp.of(self._log) != self._log_stamp:
            raise DamagedError("changed by somebody else")

    def _cut_log(self) -> None:
        """Cut off what a commit that failed has left: nobody was promised that.

        SQLite would only write over its beginning, and take the rest for valid after a
        crash, or we for damage.
        """
        with suppress(OSError):
            if size_of(self._log) > self._log_size:
                os.truncate(self._log, self._log_size)


def is_lost(error: sqlite3.Error) -> bool:
    """Return whether an error tells that an open file is to be opened again."""
    return _is_damage(error) or getattr(error, "sqlite_errorcode", None) in _LOST


def _settle(connection: sqlite3.Connection, is_doubtful: bool) -> None:
    write_note(connection, _BACKUP, None)
    if is_doubtful:
        hold_waiting(connection)
        note_doubtful(connection)
        distrust_balance(connection)
        end_epoch(connection)


def _is_damage(error: sqlite3.Error) -> bool:
    # An error without a code comes from Python's own reading, or ours.
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & _PRIMARY_CODE in _DAMAGE
