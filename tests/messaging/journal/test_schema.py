"""The journal's tables: a file of an older version goes on with all that it holds."""

from contextlib import closing
import json
from pathlib import Path
import shutil
import sqlite3

import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.database import (
    Database,
    JournalQuery,
    open_file,
)
from custom_components.passerelle_sms.messaging.journal.message_json import (
    record_to_json,
)
from custom_components.passerelle_sms.messaging.journal.row import (
    DamagedError,
    Row,
    microseconds,
)
from custom_components.passerelle_sms.messaging.journal.schema import VERSION, upgrade
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from tests.conftest import MAMAN, PAPA
from tests.messaging.journal_records import (
    NOON,
    ON_ITS_WAY,
    OPEN,
    Threads,
    message,
    opened,
    small_disk,
    submission,
)

# As the first version made it.
FIRST = """
    CREATE TABLE message (
        message_id TEXT NOT NULL PRIMARY KEY,
        created INTEGER NOT NULL,
        closed INTEGER NOT NULL,
        record TEXT NOT NULL
    ) STRICT;
    CREATE INDEX message_by_time ON message (created, message_id);
    CREATE INDEX message_by_state ON message (closed, created, message_id);
    CREATE TABLE submission (
        message_id TEXT NOT NULL REFERENCES message ON DELETE CASCADE,
        number TEXT NOT NULL,
        outcome TEXT NOT NULL,
        PRIMARY KEY (message_id, number, outcome)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;
"""

MESSAGES = [
    message(1),
    message(2, OPEN, text="Fuite à la cave 💧"),
    message(3, submission(), submission(PAPA, Outcome.REJECTED)),
    *(message(minute) for minute in range(4, 100)),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a file of the first version is, with messages."""
    path = tmp_path / "journal"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(FIRST)
        for record in MESSAGES:
            connection.execute(
                "INSERT INTO message VALUES (?, ?, ?, ?)",
                (
                    record.message_id,
                    microseconds(record.created),
                    record.is_closed,
                    as_first_stored(record),
                ),
            )
            connection.executemany(
                "INSERT INTO submission VALUES (?, ?, ?)",
                (
                    (record.message_id, submission.recipient.number, submission.outcome)
                    for submission in record.submissions
                ),
            )
    return path


def as_first_stored(record: MessageRecord) -> str:
    """Return a record as the first version stored it."""
    stored = record_to_json(record)
    del stored["kind"], stored["options"]
    for kept in stored["submissions"]:
        del kept["sending_id"], kept["delivery"]
    return json.dumps(stored)


def version_of(path: Path) -> int:
    """Return the version of a file that is closed."""
    with closing(sqlite3.connect(path)) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def schema_of(path: Path) -> dict[str, list[str]]:
    """Return the words that made each table and index of a file, once it is opened."""
    with closing(Database(path)) as file:
        submission = file.connection.execute(
            "SELECT name, sql FROM sqlite_schema"
        ).fetchall()
    return {name: (sql or "").split() for name, sql in submission}


def test_a_file_of_the_first_version_keeps_its_messages(path: Path) -> None:
    """It is of today's version afterwards, nothing is kept aside, and it goes on."""
    file, kept = open_file(path)

    with closing(file):
        assert kept is None
        assert file.created_since(NOON) == MESSAGES
        assert file.not_closed() == [MESSAGES[1]]
        assert file.find(JournalQuery(outcome=Outcome.REJECTED)) == [MESSAGES[2]]
        assert file.with_pending_delivery() == []
        file.write([Row.of(message(200, ON_ITS_WAY, send_at=300))])
    assert version_of(path) == VERSION == 2

    file, kept = open_file(path)
    with closing(file):
        assert kept is None
        assert file.created_since(NOON) == [
            *MESSAGES,
            message(200, ON_ITS_WAY, send_at=300),
        ]
        assert len(file.with_pending_delivery()) == 1


async def test_opens_it_like_any_other(path: Path) -> None:
    """Through the journal, with the tables that are new."""
    async with opened(path, Threads()) as journal:
        assert await journal.created_since(NOON) == MESSAGES
        assert await journal.unapplied_reports() == []
        assert await journal.untold_replies() == []
        assert await journal.last_balance_change() is None


def test_a_file_that_was_upgraded_is_like_a_fresh_one(path: Path) -> None:
    """To the last index."""
    fresh = path.with_name("fresh")

    assert schema_of(path) == schema_of(fresh)
    assert version_of(path) == version_of(fresh) == VERSION


def test_opening_a_file_of_today_writes_nothing(path: Path) -> None:
    """It costs a house's SD card nothing to restart."""
    Database(path).close()
    was = path.read_bytes()

    Database(path).close()

    assert path.read_bytes() == was


def test_a_power_cut_within_the_upgrade_leaves_the_first_version(path: Path) -> None:
    """The half that is in the file already is taken back; the next opening upgrades."""
    was = path.read_bytes()
    cut = path.with_name("cut")

    def cut_power(statement: str) -> None:
        if statement == f"PRAGMA user_version = {VERSION}":
            shutil.copy(path, cut)
            shutil.copy(path.with_name("journal-journal"), f"{cut}-journal")

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.set_trace_callback(cut_power)
        upgrade(connection, 1)
    assert cut.read_bytes() != was
    assert version_of(cut) == 1
    assert cut.read_bytes() == was

    file, kept = open_file(cut)

    with closing(file):
        assert kept is None
        assert file.created_since(NOON) == MESSAGES
    assert version_of(cut) == VERSION


def test_no_room_for_the_upgrade_leaves_the_first_version(path: Path) -> None:
    """It is no damage: with room again it goes on."""
    was = path.read_bytes()

    with small_disk(len(was)), pytest.raises(sqlite3.OperationalError) as raised:
        open_file(path)

    assert not isinstance(raised.value, DamagedError)
    assert path.read_bytes() == was
    assert list(path.parent.glob("*damaged*")) == []
    file, kept = open_file(path)
    with closing(file):
        assert kept is None
        assert file.created_since(NOON) == MESSAGES


@pytest.mark.parametrize("table", ["message", "submission"])
def test_half_a_file_of_the_first_version_is_kept_aside(path: Path, table: str) -> None:
    """As it was."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"DROP TABLE {table}")
    was = path.read_bytes()

    file, kept = open_file(path)

    with closing(file):
        assert file.created_since(NOON) == []
    assert kept is not None
    assert kept.read_bytes() == was


def test_an_unreadable_record_of_the_first_version_is_taken_out(path: Path) -> None:
    """And kept in the copy; no text and no number stays in the file."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE message SET record = 'Secret' WHERE message_id = ?",
            (MESSAGES[0].message_id,),
        )
        connection.execute(
            "DELETE FROM submission WHERE message_id != ?", (MESSAGES[0].message_id,)
        )

    file, kept = open_file(path)

    with closing(file):
        assert file.created_since(NOON) == MESSAGES[1:]
    assert kept is not None
    assert b"Secret" in kept.read_bytes()
    assert b"Secret" not in path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        left = connection.execute(
            "SELECT * FROM submission WHERE number = ?", (MAMAN,)
        ).fetchall()
    assert left == []
