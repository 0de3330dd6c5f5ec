"""The messages in the journal's file: how they are found, changed and pruned.

All of it blocks, and may raise `sqlite3.Error`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
import json
import sqlite3
from typing import Self

from ...gateways.outcome import Outcome
from ..model.joining import seen_by
from ..model.record import MessageRecord
from ..model.submission import Notice, RowKey, Stage, SubmissionRecord
from .joined_rows import find_leader
from .message_rows import check_moments, read_message, write_message
from .notes import distrust_balance, end_epoch, keep_ledger, read_run
from .values import DamagedError, microseconds

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
_SINCE = """
    SELECT rowid FROM message
    WHERE created >= :when AND (
        :number IS NULL OR EXISTS (
            SELECT 1 FROM submission
            WHERE submission.message_id = message.message_id
            AND number >= :number AND number < :number || '$'
        )
    )
    ORDER BY created, message_id
"""
# By the time at which they are sent: by the other, all that is older would be walked
# through.
_SENT_SINCE = """
    SELECT rowid FROM message INDEXED BY message_scheduled
    WHERE send_at >= :when AND created < :when AND (
        :number IS NULL OR EXISTS (
            SELECT 1 FROM submission
            WHERE submission.message_id = message.message_id
            AND number >= :number AND number < :number || '$'
        )
    )
"""
# Behind a number stands `#` and which part of the text it is, where that was split: all
# parts for a number are those up to `$`, the next sign. What became of them is what became
# of the first that was not accepted.
_FIND = """
    SELECT rowid FROM message
    WHERE created >= :since AND created < :until
    AND (
        :tag IS NULL
        OR CASE WHEN json_valid(header) THEN json_extract(header, '$.options.tag') END
            = :tag
    )
    AND EXISTS (
        SELECT 1 FROM submission
        WHERE submission.message_id = message.message_id
        AND (
            :numbers IS NULL
            OR substr(number, 1, instr(number || '#', '#') - 1)
                IN (SELECT value FROM json_each(:numbers))
        )
        AND (:outcome IS NULL OR outcome = :outcome)
        AND (:outcome IS NULL OR NOT EXISTS (
            SELECT 1 FROM submission AS other
            WHERE other.message_id = submission.message_id
            AND other.number >=
                substr(submission.number, 1, instr(submission.number || '#', '#') - 1)
            AND other.number <
                substr(submission.number, 1, instr(submission.number || '#', '#') - 1)
                || '$'
            AND other.outcome <> 'accepted'
            AND (other.position < submission.position OR :outcome = 'accepted')
        ))
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
# Of what a relay sends, the relay asks.
_HOLD = """
    UPDATE submission SET outcome = :unknown, stage = :held, notice = (
        SELECT CASE WHEN json_extract(header, '$.relay') IS NULL THEN :unannounced END
        FROM message WHERE message.message_id = submission.message_id
    )
    WHERE stage <> 'closed' AND stage IN (:open, :planned)
"""
_SINCE_PERIOD = """
    SELECT rowid FROM message
    WHERE message_id IN (SELECT message_id FROM submission WHERE period >= ?)
"""
_LATEST_PERIOD = "SELECT max(period) FROM submission WHERE period IS NOT NULL"
_FIRST, _LAST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalQuery:
    """Which messages to find; what is `None` does not matter."""

    numbers: frozenset[str] | None = field(default=None, repr=False)
    """E.164: one of the submissions goes to one of them."""
    outcome: Outcome | None = None
    """One of the submissions has it, whichever number it goes to."""
    tag: str | None = field(default=None, repr=False)
    """It was sent with this one."""
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
    keys: frozenset[RowKey] | None = field(default=None, repr=False)
    """Which submissions have changed; `None` for all, and whatever else is said of it."""

    @classmethod
    def of(
        cls, record: MessageRecord, changed: Iterable[SubmissionRecord] | None = None
    ) -> Self:
        """Return the change of some submissions, or of everything with `None`.

        Raises:
            TypeError: a moment that is sorted by has no time zone.

        """
        changed = None if changed is None else tuple(changed)
        check_moments(record, record.submissions if changed is None else changed)
        keys = None if changed is None else frozenset(row.key for row in changed)
        return cls(record=record, keys=keys)

    def after(self, earlier: Change | None) -> Change:
        """Return both changes of one message as one."""
        if earlier is None or self.keys is None:
            return self
        if earlier.keys is None:
            return Change(record=self.record)
        return Change(record=self.record, keys=self.keys | earlier.keys)


def write_messages(
    connection: sqlite3.Connection,
    changes: Iterable[Change],
    ledger: str | None = None,
) -> None:
    """Write messages, or what has changed of them, each message at most once.

    And what the ledger says, where that has changed.
    """
    if ledger is not None:
        keep_ledger(connection, ledger)
    run = read_run(connection)
    for change in changes:
        write_message(connection, change.record, change.keys, run)


def put_back(connection: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Write what memory knows into a file that may be old."""
    write_messages(connection, changes)
    distrust_balance(connection)


def get(connection: sqlite3.Connection, message_id: str) -> MessageRecord | None:
    """Return the message with this id, if there is one.

    One that has joined another is as that one is, under its own id.
    """
    if found := _read(connection, _GET, (message_id,)):
        return found[0]
    if (leader := find_leader(connection, message_id)) is None:
        return None
    [record] = _read(connection, _GET, (leader,))
    return seen_by(record, message_id)


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
    connection: sqlite3.Connection, when: datetime, number: str | None
) -> list[MessageRecord]:
    """Return the messages created, or sent, at `when` or later, oldest first.

    Those to a number, or all with `None`.
    """
    which = {"when": microseconds(when), "number": number}
    earlier = sorted(_read(connection, _SENT_SINCE, which), key=_age)
    return [*earlier, *_read(connection, _SINCE, which)]


def find(connection: sqlite3.Connection, query: JournalQuery) -> list[MessageRecord]:
    """Return the messages that a query asks for, newest first."""
    numbers = None if query.numbers is None else json.dumps([*query.numbers])
    return _read(
        connection,
        _FIND,
        {
            "numbers": numbers,
            "outcome": query.outcome,
            "tag": query.tag,
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
    """Let the user judge all that waits or is in doubt: it may have left since.

    Also what waited for its hour: it may have come, or the message been taken back.
    """
    connection.execute(
        _HOLD,
        {
            "unknown": Outcome.UNKNOWN,
            "held": Stage.HELD,
            "unannounced": Notice.UNANNOUNCED,
            "open": Stage.OPEN,
            "planned": Stage.PLANNED,
        },
    )


def with_period_since(
    connection: sqlite3.Connection, period: int
) -> list[MessageRecord]:
    """Return the messages handed over in this period of the ledger or later."""
    return _read(connection, _SINCE_PERIOD, (period,))


def latest_period(connection: sqlite3.Connection) -> int:
    """Return the last period of the ledger in which a message was handed over, or 0."""
    [latest] = connection.execute(_LATEST_PERIOD).fetchone()
    return latest or 0


def unreadable_messages(connection: sqlite3.Connection) -> list[tuple[int]]:
    """Return the rows that are no messages, or not what they are looked up as."""
    return [
        row
        for row in connection.execute(_EVERYTHING)
        if not _is_readable(connection, *row)
    ]


def remove_messages(connection: sqlite3.Connection, rows: list[tuple[int]]) -> None:
    """Take rows out: what they would have told of charges is unknown from now on."""
    distrust_balance(connection)
    end_epoch(connection)
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
