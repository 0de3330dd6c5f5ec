"""The journal's file: SQLite, and everything about it that blocks.

Why this way of writing (`journal_mode`, `synchronous`):

- A rollback journal and not a write-ahead log: between two transactions everything is in
  the one file, so that a copy which a backup takes then is whole, and a write costs the
  same whether the file is small or large.
- TRUNCATE with FULL: every commit is on disk when it returns, the end of the rollback
  journal included, which is what makes it a commit. DELETE would need EXTRA for the
  same, and one sync of the folder more for each commit. PERSIST would leave old texts
  and numbers lying beside the file.
- EXCLUSIVE locking: who looks into the file with another program cannot lock us out of
  it, which would refuse a message; and the rollback journal stays open, which saves the
  sync of the folder with each commit.
- Syncs are what SD cards are slow at. A commit takes four, however many messages it
  holds: those that come together share one (`journal.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
import sqlite3

from ...gateways.outcome import Outcome
from ..model.record import MessageRecord
from .private_file import aside, keep_aside, make_private
from .replies import prune_replies
from .reports import prune_reports
from .row import DamagedError, Row, is_record, microseconds, read_record
from .schema import read_version, upgrade

_WRITE = """
    INSERT INTO message (message_id, created, closed, tracked, send_at, record)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (message_id) DO UPDATE SET
        created = excluded.created, closed = excluded.closed,
        tracked = excluded.tracked, send_at = excluded.send_at, record = excluded.record
"""
_WRITE_SUBMISSION = """
    INSERT OR IGNORE INTO submission (message_id, number, outcome) VALUES (?, ?, ?)
"""

# As bytes, since what is no UTF-8 must fail in our hands and not in the cursor's.
_UNSETTLED = """
    SELECT CAST(record AS BLOB) FROM message WHERE closed = 0
    ORDER BY created, message_id
"""
_TRACKED = """
    SELECT CAST(record AS BLOB) FROM message WHERE tracked = 1
    ORDER BY created, message_id
"""
_GET = "SELECT CAST(record AS BLOB) FROM message WHERE message_id = ?"
_SINCE = """
    SELECT CAST(record AS BLOB) FROM message WHERE created >= ?
    ORDER BY created, message_id
"""
# By the time at which they are sent: by the other, all that is older would be walked
# through. They are few, and sorted later.
_SENT_SINCE = """
    SELECT CAST(record AS BLOB) FROM message INDEXED BY message_scheduled
    WHERE send_at >= :when AND created < :when
"""
_FIND = """
    SELECT CAST(record AS BLOB) FROM message
    WHERE created >= :since AND created < :until
    AND EXISTS (
        SELECT 1 FROM submission
        WHERE submission.message_id = message.message_id
        AND (:number IS NULL OR number = :number)
        AND (:outcome IS NULL OR outcome = :outcome)
    )
    ORDER BY created DESC, message_id DESC LIMIT :limit
"""
_EVERYTHING = """
    SELECT rowid, CAST(message_id AS BLOB), created, closed, tracked, send_at,
        CAST(record AS BLOB)
    FROM message
"""
_PRUNE = """
    DELETE FROM message
    WHERE closed = 1 AND tracked = 0 AND (send_at IS NULL OR send_at < :before) AND (
        created < :before
        OR message_id IN (
            SELECT message_id FROM message
            WHERE closed = 1 AND tracked = 0
            AND (send_at IS NULL OR send_at < :before)
            ORDER BY created DESC, message_id DESC LIMIT -1 OFFSET :keep
        )
    )
"""

_FIRST, _LAST = -(2**63), 2**63 - 1

# What SQLite says of a file that it cannot make sense of. The statements above are
# right, so that an error in one of them means tables that are not ours. A disk that is
# full, busy or fails to answer says nothing about the file.
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
_PRIMARY_CODE = 0xFF


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalQuery:
    """Which messages to find; what is `None` does not matter."""

    number: str | None = field(default=None, repr=False)
    """E.164: one of the submissions goes there."""
    outcome: Outcome | None = None
    """One of the submissions has it, whichever number it goes to."""
    since: datetime | None = None
    """Created then or later."""
    until: datetime | None = None
    """Created before then."""
    limit: int = 50
    """How many, the newest first."""


class Database:
    """An open file. One thread at a time may use it, whichever that is.

    Everything here blocks. Everything may raise `sqlite3.Error`; a transaction that does
    has changed nothing.
    """

    connection: sqlite3.Connection
    """For the tables that hold no messages, and what is to be said to SQLite itself."""
    kept_aside: Path | None
    """Where a copy of the file as it was lies, if some of its rows were no records."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`, or create it, for nobody else to read.

        Raises:
            DamagedError: there is a file, and it is none that this version can use.
            sqlite3.Error, OSError: there can be no file.

        """
        make_private(path)
        self.connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare()
            self.kept_aside = self._take_out_unreadable(path)
        except (sqlite3.Error, OSError) as error:
            self.connection.close()
            if _is_damage(error):
                raise DamagedError(str(error)) from None
            raise

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows, each message at most once, all of them or none.

        They are on disk when this returns.
        """
        rows = tuple(rows)
        with self.connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                _WRITE,
                (
                    (
                        row.message_id,
                        row.created,
                        row.closed,
                        row.tracked,
                        row.send_at,
                        row.record,
                    )
                    for row in rows
                ),
            )
            connection.executemany(
                "DELETE FROM submission WHERE message_id = ?",
                ((row.message_id,) for row in rows),
            )
            connection.executemany(
                _WRITE_SUBMISSION,
                (
                    (row.message_id, *submission)
                    for row in rows
                    for submission in row.submissions
                ),
            )

    def not_closed(self) -> list[MessageRecord]:
        """Return the messages that something will still happen to, oldest first."""
        return self._read(_UNSETTLED)

    def with_pending_delivery(self) -> list[MessageRecord]:
        """Return the messages of which there is more to hear, or to tell, oldest first."""
        return self._read(_TRACKED)

    def get(self, message_id: str) -> MessageRecord | None:
        """Return the message with this id, if there is one."""
        found = self._read(_GET, (message_id,))
        return found[0] if found else None

    def created_since(self, when: datetime) -> list[MessageRecord]:
        """Return the messages created, or sent, at `when` or later, oldest first."""
        first = microseconds(when)
        earlier = self._read(_SENT_SINCE, {"when": first})
        earlier.sort(key=lambda record: (record.created, record.message_id))
        return [*earlier, *self._read(_SINCE, (first,))]

    def find(self, query: JournalQuery) -> list[MessageRecord]:
        """Return the messages that a query asks for, newest first."""
        return self._read(
            _FIND,
            {
                "number": query.number,
                "outcome": query.outcome,
                "since": _FIRST if query.since is None else microseconds(query.since),
                "until": _LAST if query.until is None else microseconds(query.until),
                "limit": query.limit,
            },
        )

    def prune(self, before: datetime, keep: int) -> int:
        """Delete what is old or too much; return how many messages that were."""
        with self.connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            prune_reports(connection)
            prune_replies(connection, before)
            return connection.execute(
                _PRUNE, {"before": microseconds(before), "keep": keep}
            ).rowcount

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def _prepare(self) -> None:
        connection = self.connection
        version = read_version(connection)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # Pruned is gone: no text or number stays behind in a page that is free.
        connection.execute("PRAGMA secure_delete = ON")
        # Before anything is changed: what is damaged is kept aside as it was.
        [found] = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise DamagedError("malformed")
        upgrade(connection, version)

    def _take_out_unreadable(self, path: Path) -> Path | None:
        # Every row is looked at now, so that later no question fails because of one.
        unreadable = [
            (rowid,)
            for rowid, *columns in self.connection.execute(_EVERYTHING)
            if not is_record(*columns)
        ]
        if not unreadable:
            return None
        kept = self._copy(path)
        with self.connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("DELETE FROM message WHERE rowid = ?", unreadable)
        return kept

    def _copy(self, path: Path) -> Path:
        copy = aside(path)
        make_private(copy)
        try:
            self.connection.execute("VACUUM INTO ?", (str(copy),))
        except sqlite3.Error:
            copy.unlink()
            raise
        return copy

    def _read(
        self, statement: str, values: tuple[str | int, ...] | Mapping[str, object] = ()
    ) -> list[MessageRecord]:
        return [
            read_record(stored)
            for (stored,) in self.connection.execute(statement, values).fetchall()
        ]


def open_file(path: Path) -> tuple[Database, Path | None]:
    """Open the file at `path`, whatever is there.

    What cannot be used, as a whole or because of some rows, is kept beside it, and what
    can be used is gone on with. The second result tells where that is, if anything is.

    Raises:
        sqlite3.Error, OSError: there can be no file.

    """
    try:
        file = Database(path)
    except DamagedError:
        kept = keep_aside(path)
        return Database(path), kept
    return file, file.kept_aside


def _is_damage(error: Exception) -> bool:
    # An error without a code comes from Python's own reading, or ours.
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return isinstance(error, sqlite3.Error) and code & _PRIMARY_CODE in _DAMAGE
