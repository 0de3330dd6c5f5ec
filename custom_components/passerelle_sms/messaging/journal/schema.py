"""The tables of the journal's file, and the way to them from an older file.

All of it blocks, and may raise `sqlite3.Error`.
"""

import sqlite3
from typing import Final

from .row import DamagedError

# `message` holds the records; its other columns are what they are looked up by.
# `submission` only answers whether a message went to a number or has an outcome. It
# needs no index of its own by these: a house writes to few people and most is accepted,
# so that walking through time finds the newest ones soonest, and each index more would
# be written with every message.
_MESSAGES = (
    """
    CREATE TABLE message (
        message_id TEXT NOT NULL PRIMARY KEY,
        created INTEGER NOT NULL,
        closed INTEGER NOT NULL,
        record TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX message_by_time ON message (created, message_id)",
    "CREATE INDEX message_by_state ON message (closed, created, message_id)",
    """
    CREATE TABLE submission (
        message_id TEXT NOT NULL REFERENCES message ON DELETE CASCADE,
        number TEXT NOT NULL,
        outcome TEXT NOT NULL,
        PRIMARY KEY (message_id, number, outcome)
    ) STRICT, WITHOUT ROWID
    """,
)

# The indexes by `tracked` and `send_at` are partial: a message that is neither has no
# place in them and is written as fast as before. Nothing that was stored before was
# either of these.
#
# A report or a reply has no foreign key: it may be heard of after its message has been
# pruned, and a report may be about none. A reply is the whole of who said what and when,
# so that it is stored once; `at` is what it is sorted by: when it was written or, if
# nobody tells, when it was heard of.
_DELIVERIES = (
    "ALTER TABLE message ADD COLUMN tracked INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE message ADD COLUMN send_at INTEGER",
    """
    CREATE INDEX message_tracked ON message (tracked, created, message_id)
    WHERE tracked = 1
    """,
    "CREATE INDEX message_scheduled ON message (send_at) WHERE send_at IS NOT NULL",
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

# What each version has added. A fresh file takes every step too, so that two files of
# one version never differ.
_STEPS = (_MESSAGES, _DELIVERIES)

VERSION: Final = len(_STEPS)

# Reads nothing, and fails if one of them isn't there.
_ALL_TABLES = "SELECT 1 FROM message, submission, report, reply, note LIMIT 0"


def read_version(connection: sqlite3.Connection) -> int:
    """Return the version of a file's tables, 0 if it has none; changes nothing.

    Raises:
        DamagedError: somebody else's, or a newer one than is known here.

    """
    [version] = connection.execute("PRAGMA user_version").fetchone()
    is_new = not connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    if is_new:
        return 0
    if not 1 <= version <= VERSION:
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
