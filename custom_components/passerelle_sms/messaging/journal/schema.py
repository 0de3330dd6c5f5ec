"""The tables of the journal's file. All of it blocks, and may raise `sqlite3.Error`."""

import sqlite3
from typing import Final

from ...gateways.errors import NewerJournalError
from .values import DamagedError

# A message has a row, and a row for each recipient, so that a change for one recipient
# costs the same however many there are. The message is closed once all of these are: a
# column that told it could be wrong, as they are not all written at once. `run` tells
# which run of Home Assistant has dated a message or an attempt: when the clock is set
# right, these move with it.
_MESSAGES = (
    """
    CREATE TABLE message (
        message_id TEXT NOT NULL PRIMARY KEY,
        run INTEGER NOT NULL,
        created INTEGER NOT NULL,
        time_to_live INTEGER NOT NULL,
        send_at INTEGER,
        header TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX message_by_time ON message (created, message_id)",
    """
    CREATE TABLE submission (
        message_id TEXT NOT NULL REFERENCES message ON DELETE CASCADE,
        number TEXT NOT NULL,
        position INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        stage TEXT NOT NULL,
        run INTEGER NOT NULL,
        attempted INTEGER,
        awaited INTEGER NOT NULL,
        notice TEXT,
        state TEXT NOT NULL,
        PRIMARY KEY (message_id, number)
    ) STRICT, WITHOUT ROWID
    """,
)

# Few rows qualify for these, and the others cost nothing. By number and outcome there is
# none: a house writes to few people and most is accepted, so that walking through time
# finds the newest ones soonest.
_PARTIAL_INDEXES = (
    "CREATE INDEX message_scheduled ON message (send_at) WHERE send_at IS NOT NULL",
    """
    CREATE INDEX submission_not_closed ON submission (message_id)
    WHERE stage <> 'closed'
    """,
    "CREATE INDEX submission_awaited ON submission (message_id) WHERE awaited = 1",
    """
    CREATE INDEX submission_noticed ON submission (message_id)
    WHERE notice IS NOT NULL
    """,
)

# A report or a reply has no foreign key: it may be heard of after its message has been
# pruned, and a report may be about none. A reply is the whole of who said what and when,
# so that it is stored once; `at` is what it is sorted by: when it was written or, if
# nobody tells, when it was heard of.
_OTHERS = (
    """
    CREATE TABLE report (
        report_id INTEGER PRIMARY KEY,
        heard INTEGER NOT NULL,
        applied INTEGER NOT NULL DEFAULT 0,
        message_id TEXT,
        report TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX report_unapplied ON report (applied) WHERE applied = 0",
    """
    CREATE INDEX report_of_nobody ON report (message_id)
    WHERE applied = 1 AND message_id IS NULL
    """,
    """
    CREATE TABLE reply (
        reply_id INTEGER PRIMARY KEY,
        message_id TEXT NOT NULL,
        at INTEGER NOT NULL,
        heard INTEGER NOT NULL,
        told INTEGER NOT NULL DEFAULT 0,
        reply TEXT NOT NULL,
        UNIQUE (message_id, reply)
    ) STRICT
    """,
    "CREATE INDEX reply_by_time ON reply (at)",
    "CREATE INDEX reply_by_message ON reply (message_id, at)",
    "CREATE INDEX reply_untold ON reply (told) WHERE told = 0",
    """
    CREATE TABLE note (
        key TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

# In which period of the ledger a submission was last handed over.
_LEDGER = (
    "ALTER TABLE submission ADD COLUMN period INTEGER",
    """
    CREATE INDEX submission_by_period ON submission (period, message_id)
    WHERE period IS NOT NULL
    """,
)

# Who has joined a message that waited is found by his own id, and by that message's. A
# message becomes urgent when an urgent one joins it, so that this is a column now.
_JOINED = (
    """
    CREATE TABLE joined (
        message_id TEXT NOT NULL PRIMARY KEY,
        leader TEXT NOT NULL REFERENCES message ON DELETE CASCADE,
        run INTEGER NOT NULL,
        created INTEGER NOT NULL,
        time_to_live INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX joined_by_leader ON joined (leader)",
    "ALTER TABLE message ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0",
    # What is no JSON is found later, and kept aside.
    """
    UPDATE message SET urgent = 1
    WHERE CASE WHEN json_valid(header) THEN json_extract(header, '$.urgent') END = 1
    """,
)

# What each version has added. A fresh file takes every step too, so that two files of
# one version never differ.
_STEPS = ((*_MESSAGES, *_PARTIAL_INDEXES, *_OTHERS), (*_LEDGER, *_JOINED))

VERSION: Final = len(_STEPS)

# Reads nothing, and fails if one of them isn't there.
_ALL_TABLES = "SELECT 1 FROM message, submission, report, reply, note, joined LIMIT 0"

# Where SQLite keeps `user_version`; what is no database has none.
_MAGIC = b"SQLite format 3\0"
_USER_VERSION = slice(60, 64)
HEAD_SIZE: Final = 100
"""How much of a file `refuse_newer` wants to see."""


def refuse_newer(head: bytes) -> None:
    """Look at the beginning of a file before SQLite does, which might change it.

    Raises:
        NewerJournalError: a newer version of ours wrote the file.

    """
    version = int.from_bytes(head[_USER_VERSION], signed=True)
    if head.startswith(_MAGIC) and version > VERSION:
        raise NewerJournalError


def read_version(connection: sqlite3.Connection) -> int:
    """Return the version of a file's tables, 0 if it has none; changes nothing.

    Raises:
        DamagedError: they are somebody else's.
        NewerJournalError: a newer version of ours made them.

    """
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise NewerJournalError
    if not connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        return 0
    if version < 1:
        raise DamagedError(f"schema version {version}")
    return int(version)


def upgrade(connection: sqlite3.Connection, version: int) -> None:
    """Give a file of this version the tables of today, with all that it holds.

    It happens in one transaction: whatever comes between leaves the file as it was.
    """
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for step in _STEPS[version:]:
            for statement in step:
                connection.execute(statement)
        if version != VERSION:
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute(_ALL_TABLES)
