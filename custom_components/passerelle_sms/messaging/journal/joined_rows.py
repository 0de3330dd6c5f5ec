"""Who has joined a message, as rows of the journal's file, and back.

All of it blocks, and may raise `sqlite3.Error`.
"""

import sqlite3

from ..model.record import Joined, MessageRecord
from .values import length, microseconds, moment, span

_STORED = "SELECT message_id, created, time_to_live FROM joined WHERE leader = ?"
# Each keeps the run that has dated it, until he is dated anew.
_WRITE = """
    INSERT INTO joined (message_id, leader, run, created, time_to_live)
    VALUES (:message_id, :leader, :run, :created, :time_to_live)
    ON CONFLICT (message_id) DO UPDATE SET
        leader = :leader,
        run = CASE WHEN created = :created THEN run ELSE :run END,
        created = :created, time_to_live = :time_to_live
"""
# Not one that has been handed on to another message meanwhile.
_REMOVE = "DELETE FROM joined WHERE message_id = ? AND leader = ?"
_LEADER = "SELECT leader FROM joined WHERE message_id = ?"


def write_joined(
    connection: sqlite3.Connection, record: MessageRecord, run: int
) -> None:
    """Write who has joined a message, as far as that is not there."""
    rows = connection.execute(_STORED, (record.message_id,)).fetchall()
    stored = {message_id.decode(): values for message_id, *values in rows}
    wanted = {
        joined.message_id: [microseconds(joined.created), length(joined.time_to_live)]
        for joined in record.joined
    }
    connection.executemany(
        _REMOVE,
        ((message_id, record.message_id) for message_id in stored.keys() - wanted),
    )
    connection.executemany(
        _WRITE,
        (
            {
                "message_id": message_id,
                "leader": record.message_id,
                "run": run,
                "created": created,
                "time_to_live": time_to_live,
            }
            for message_id, (created, time_to_live) in wanted.items()
            if stored.get(message_id) != [created, time_to_live]
        ),
    )


def read_joined(connection: sqlite3.Connection, leader: str) -> tuple[Joined, ...]:
    """Return who has joined a message, oldest first; raises what is `UNREADABLE`."""
    rows = connection.execute(_STORED, (leader,)).fetchall()
    return tuple(
        Joined(
            message_id=message_id.decode(),
            created=moment(created),
            time_to_live=span(time_to_live),
        )
        for message_id, created, time_to_live in sorted(
            rows, key=lambda row: (row[1], row[0])
        )
    )


def find_leader(connection: sqlite3.Connection, message_id: str) -> str | None:
    """Return the id of the message that one has joined, if it has."""
    row = connection.execute(_LEADER, (message_id,)).fetchone()
    return None if row is None else row[0].decode()
