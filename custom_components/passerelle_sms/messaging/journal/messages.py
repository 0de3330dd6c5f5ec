"""The messages in the journal's file: how they are found, changed and pruned.

All of it blocks, and may raise `sqlite3.Error`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import sqlite3

from ...gateways.outcome import Outcome
from ..model.record import MessageRecord
from ..model.submission import Notice, Stage
from .message_rows import read_message, write_message
from .notes import RUN, read_run, record_balance_change, write_note
from .values import DamagedError, length, microseconds, moment

# Which messages: each is then read by its row.
_EVERYTHING = "SELECT rowid FROM message"
_GET = "SELECT rowid FROM message WHERE message_id = ?"
# These are few, and sorted later.
_NOT_CLOSED = """
    SELECT rowid FROM message
    WHERE message_id IN (SELECT message_id FROM submission WHERE stage <> 'closed')
"""
_AWAITED = """
    SELECT rowid FROM message
    WHERE message_id IN (SELECT message_id FROM submission WHERE awaited = 1)
"""
_NOTICED = """
    SELECT rowid FROM message
    WHERE message_id IN (SELECT message_id FROM submission WHERE notice IS NOT NULL)
"""
_SINCE = "SELECT rowid FROM message WHERE created >= ? ORDER BY created, message_id"
# By the time at which they are sent: by the other, all that is older would be walked
# through.
_SENT_SINCE = """
    SELECT rowid FROM message INDEXED BY message_scheduled
    WHERE send_at >= :when AND created < :when
"""
_FIND = """
    SELECT rowid FROM message
    WHERE created >= :since AND created < :until
    AND EXISTS (
        SELECT 1 FROM submission
        WHERE submission.message_id = message.message_id
        AND (:number IS NULL OR number = :number)
        AND (:outcome IS NULL OR outcome = :outcome)
    )
    ORDER BY created DESC, message_id DESC LIMIT :limit
"""
_PRUNE = """
    DELETE FROM message WHERE message_id IN (
        WITH settled AS (
            SELECT message_id, created FROM message
            WHERE (send_at IS NULL OR send_at < :before)
            AND message_id NOT IN (
                SELECT message_id FROM submission WHERE stage <> 'closed'
            )
            AND message_id NOT IN (SELECT message_id FROM submission WHERE awaited = 1)
            AND message_id NOT IN (
                SELECT message_id FROM submission WHERE notice IS NOT NULL
            )
        )
        SELECT message_id FROM settled WHERE created < :before
        UNION ALL
        SELECT message_id FROM (
            SELECT message_id FROM settled
            ORDER BY created DESC, message_id DESC LIMIT -1 OFFSET :keep
        )
    )
"""
_HOLD = """
    UPDATE submission SET outcome = :unknown, stage = :held, notice = :unannounced
    WHERE stage <> 'closed' AND stage = :open
"""
_LAST_IN_DOUBT = """
    SELECT max(attempted) FROM submission
    WHERE stage <> 'closed' AND attempted IS NOT NULL
"""
_LATEST = """
    SELECT max(at) FROM (
        SELECT max(created) AS at FROM message
        UNION ALL SELECT max(attempted) FROM submission
    )
"""
# The whole past moves, so that its order stays: what was charged before a doubt must not
# seem to have been charged after it. Only what is still to be sent ages from now.
_DATE_BACK = (
    """
    UPDATE message SET run = :run, created = created - :by WHERE message_id NOT IN (
        SELECT message_id FROM submission WHERE stage <> 'closed'
    )
    """,
    """
    UPDATE message SET run = :run, created = :now WHERE created > :now AND message_id IN (
        SELECT message_id FROM submission WHERE stage <> 'closed'
    )
    """,
    "UPDATE submission SET run = :run, attempted = attempted - :by",
)
_REDATE = (
    """
    UPDATE message SET run = :run, created = created + :by WHERE run = :run OR :by < 0
    """,
    """
    UPDATE submission SET run = :run, attempted = attempted + :by
    WHERE run = :run OR :by < 0
    """,
)

_FIRST, _LAST = -(2**63), 2**63 - 1


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A message to be written."""

    record: MessageRecord = field(repr=False)
    numbers: frozenset[str] | None = field(default=None, repr=False)
    """Whose submissions have changed; `None` for all, and whatever else is said of it."""

    def after(self, earlier: Change | None) -> Change:
        """Return both changes of one message as one."""
        if earlier is None or self.numbers is None:
            return self
        if earlier.numbers is None:
            return Change(record=self.record)
        return Change(record=self.record, numbers=self.numbers | earlier.numbers)


def write_messages(connection: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Write messages, or what has changed of them, each message at most once."""
    run = read_run(connection)
    for change in changes:
        write_message(connection, change.record, change.numbers, run)


def put_back(connection: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Write what memory knows into a file that may be old."""
    write_messages(connection, changes)
    distrust_balance(connection)


def get(connection: sqlite3.Connection, message_id: str) -> MessageRecord | None:
    """Return the message with this id, if there is one."""
    return next(iter(_read(connection, _GET, (message_id,))), None)


def not_closed(connection: sqlite3.Connection) -> list[MessageRecord]:
    """Return the messages that something will still happen to, oldest first."""
    return sorted(_read(connection, _NOT_CLOSED), key=_age)


def with_pending_delivery(connection: sqlite3.Connection) -> list[MessageRecord]:
    """Return the messages of which there is more to hear, or to tell, oldest first."""
    return sorted(_read(connection, _AWAITED), key=_age)


def with_notice(connection: sqlite3.Connection) -> list[MessageRecord]:
    """Return the messages of which a person has still to hear, oldest first."""
    return sorted(_read(connection, _NOTICED), key=_age)


def created_since(
    connection: sqlite3.Connection, when: datetime
) -> list[MessageRecord]:
    """Return the messages created, or sent, at `when` or later, oldest first."""
    first = microseconds(when)
    earlier = sorted(_read(connection, _SENT_SINCE, {"when": first}), key=_age)
    return [*earlier, *_read(connection, _SINCE, (first,))]


def find(connection: sqlite3.Connection, query: JournalQuery) -> list[MessageRecord]:
    """Return the messages that a query asks for, newest first."""
    return _read(
        connection,
        _FIND,
        {
            "number": query.number,
            "outcome": query.outcome,
            "since": _FIRST if query.since is None else microseconds(query.since),
            "until": _LAST if query.until is None else microseconds(query.until),
            "limit": query.limit,
        },
    )


def prune_messages(connection: sqlite3.Connection, before: datetime, keep: int) -> int:
    """Delete what is old or too much; return how many messages that were."""
    values = {"before": microseconds(before), "keep": keep}
    return connection.execute(_PRUNE, values).rowcount


def hold_waiting(connection: sqlite3.Connection) -> None:
    """Let the user judge all that waits or is in doubt: it may have left since."""
    connection.execute(
        _HOLD,
        {
            "unknown": Outcome.UNKNOWN,
            "held": Stage.HELD,
            "unannounced": Notice.UNANNOUNCED,
            "open": Stage.OPEN,
        },
    )


def distrust_balance(connection: sqlite3.Connection) -> None:
    """Let the balance prove nothing of what is in doubt: other charges may be missing."""
    [last] = connection.execute(_LAST_IN_DOUBT).fetchone()
    if last is not None:
        record_balance_change(connection, moment(last))


def begin_run(connection: sqlite3.Connection, now: datetime) -> bool:
    """Count a new run; return whether the past had to be dated anew.

    That is so if something of it is dated in the future: the clock is behind. Then all
    of it is as much older as its latest moment is ahead, and moves along when the clock
    is set right.
    """
    run = read_run(connection) + 1
    write_note(connection, RUN, str(run))
    [latest] = connection.execute(_LATEST).fetchone()
    by = 0 if latest is None else latest - microseconds(now)
    if by <= 0:
        return False
    for statement in _DATE_BACK:
        values = {"now": microseconds(now), "by": by, "run": run}
        connection.execute(statement, values)
    return True


def redate(connection: sqlite3.Connection, by: timedelta) -> None:
    """Date what this run has dated `by` later; the past too if the clock was set back.

    What came first must stay before what came later.
    """
    values = {"by": length(by), "run": read_run(connection)}
    for statement in _REDATE:
        connection.execute(statement, values)


def unreadable_messages(connection: sqlite3.Connection) -> list[tuple[int]]:
    """Return the rows that are no messages, or not what they are looked up as."""
    return [
        row
        for row in connection.execute(_EVERYTHING)
        if not _is_readable(connection, *row)
    ]


def remove_messages(connection: sqlite3.Connection, rows: list[tuple[int]]) -> None:
    """Take rows out."""
    connection.executemany("DELETE FROM message WHERE rowid = ?", rows)


def _age(record: MessageRecord) -> tuple[datetime, str]:
    return record.created, record.message_id


def _read(
    connection: sqlite3.Connection,
    statement: str,
    values: tuple[str | int, ...] | Mapping[str, str | int | None] = (),
) -> list[MessageRecord]:
    rows = connection.execute(statement, values).fetchall()
    return [read_message(connection, rowid) for (rowid,) in rows]


def _is_readable(connection: sqlite3.Connection, rowid: int) -> bool:
    try:
        read_message(connection, rowid)
    except DamagedError:
        return False
    return True
