"""The runs of Home Assistant, and what each of them has dated.

All of it blocks, and may raise `sqlite3.Error`.
"""

from datetime import datetime, timedelta
import sqlite3

from .notes import RUN, note_unfinished, read_run, write_note
from .values import length, microseconds

_LATEST = """
    SELECT max(at) FROM (
        SELECT max(created) AS at FROM message
        UNION ALL SELECT max(attempted) FROM submission
        UNION ALL SELECT max(created) FROM joined
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
    """
    UPDATE joined SET run = :run, created = created - :by WHERE leader NOT IN (
        SELECT message_id FROM submission WHERE stage <> 'closed'
    )
    """,
    """
    UPDATE joined SET run = :run, created = :now WHERE created > :now AND leader IN (
        SELECT message_id FROM submission WHERE stage <> 'closed'
    )
    """,
)
_REDATE = (
    """
    UPDATE message SET run = :run, created = created + :by WHERE run = :run OR :by < 0
    """,
    """
    UPDATE submission SET run = :run, attempted = attempted + :by
    WHERE run = :run OR :by < 0
    """,
    """
    UPDATE joined SET run = :run, created = created + :by WHERE run = :run OR :by < 0
    """,
)


def begin_run(connection: sqlite3.Connection, now: datetime) -> bool:
    """Count a new run; return whether the past had to be dated anew.

    That is so if something of it is dated in the future: the clock is behind. Then all
    of it is as much older as its latest moment is ahead, and moves along when the clock
    is set right.
    """
    run = read_run(connection) + 1
    write_note(connection, RUN, str(run))
    note_unfinished(connection)
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
