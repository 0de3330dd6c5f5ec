"""A file of an earlier version is gone on with."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
import sqlite3

import pytest

from custom_components.passerelle_sms.gateways.errors import NewerJournalError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.database import Database, Opened
from custom_components.passerelle_sms.messaging.journal.messages import (
    Change,
    JournalQuery,
    find,
    get,
    latest_period,
    with_period_since,
    write_messages,
)
from custom_components.passerelle_sms.messaging.journal.notes import (
    is_balance_distrusted,
    read_ledger,
)
from custom_components.passerelle_sms.messaging.journal.opening import open_file
from custom_components.passerelle_sms.messaging.journal.schema import (
    HEAD_SIZE,
    VERSION,
    refuse_newer,
)
from custom_components.passerelle_sms.messaging.model.submission import Notice, Stage
from tests.conftest import PAPA
from tests.messaging.journal_records import (
    ON_ITS_WAY,
    OPEN,
    after_noon,
    message,
    submission,
)

UNDER_WAY = replace(OPEN, outcome=Outcome.UNKNOWN, attempts=1, attempted=after_noon(2))
HELD = replace(UNDER_WAY, stage=Stage.HELD, notice=Notice.UNACKNOWLEDGED)
RECORDS = [
    message(1, ON_ITS_WAY, submission(PAPA, Outcome.REJECTED)),
    message(2, UNDER_WAY, replace(OPEN, recipient=submission(PAPA).recipient)),
    message(3, HELD),
    message(4, OPEN, send_at=90),
]


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """Return a file that the first version has left, with messages in it.

    It knew no period, kept a balance beside each submission, and joined nothing.
    """
    path = tmp_path / "journal"
    with closing(Database(path)) as file:
        file.write(write_messages, [Change(record=record) for record in RECORDS])
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in (
            "UPDATE message SET header = json_set(header, '$.urgent', json('false'))",
            "ALTER TABLE message DROP COLUMN urgent",
            "DROP TABLE joined",
            "DROP INDEX submission_by_period",
            "ALTER TABLE submission DROP COLUMN period",
            "UPDATE submission SET state = json_set(state, '$.balance_before', '9.5')",
            "INSERT INTO note (key, value) VALUES ('balance_changed', '0')",
            "PRAGMA user_version = 1",
            "PRAGMA wal_checkpoint(TRUNCATE)",
        ):
            connection.execute(statement).fetchall()
    return path


def columns(file: Database) -> list[object]:
    """Return of what a submission's row is made up."""
    return file.connection.execute("PRAGMA table_xinfo(submission)").fetchall()


def test_nothing_is_lost_of_a_file_of_the_first_version(first_version: Path) -> None:
    """Whatever was waiting, under way, held or done is as it was."""
    file, found = open_file(first_version)

    with closing(file):
        assert found == Opened()
        assert file.read(find, JournalQuery()) == RECORDS[::-1]


def test_what_it_holds_is_of_no_period(first_version: Path) -> None:
    """There was no ledger then, and none is made up."""
    file, _ = open_file(first_version)

    with closing(file):
        assert {
            submission.period
            for record in file.read(find, JournalQuery())
            for submission in record.submissions
        } == {None}
        assert file.read(latest_period) == 0
        assert file.read(with_period_since, 0) == []
        assert file.read(read_ledger) is None
        assert not file.read(is_balance_distrusted)


def test_it_is_like_a_fresh_one_from_now_on(first_version: Path) -> None:
    """Its messages get their period with their next request."""
    file, _ = open_file(first_version)
    begun = replace(UNDER_WAY, attempts=2, period=1)
    record = RECORDS[1].updated([begun])

    with (
        closing(file),
        closing(Database(first_version.with_name("fresh"))) as fresh,
    ):
        file.write(
            write_messages,
            [Change(record=record, keys=frozenset({begun.key}))],
        )

        assert columns(file) == columns(fresh)
        assert file.read(get, record.message_id) == record
        assert file.read(with_period_since, 1) == [record]
        assert file.read(latest_period) == 1


def test_an_older_program_leaves_it_alone_from_now_on(first_version: Path) -> None:
    """It sees so before SQLite looks at the file."""
    assert _version(first_version) == 1

    open_file(first_version)[0].close()

    assert _version(first_version) == VERSION
    refuse_newer(first_version.read_bytes()[:HEAD_SIZE])
    with closing(sqlite3.connect(first_version)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(NewerJournalError):
        refuse_newer(first_version.read_bytes()[:HEAD_SIZE])


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(first_version: Path) -> None:
    """All of it happens, or nothing: the next try finds the first version."""
    with closing(sqlite3.connect(first_version)) as connection:
        connection.execute("CREATE INDEX submission_by_period ON message (run)")
    before = first_version.read_bytes()

    file, found = open_file(first_version)
    file.close()

    # It is none of ours, so that it is kept.
    assert found.kept_aside is not None
    assert found.kept_aside.read_bytes() == before


def _version(path: Path) -> int:
    """Return the version that SQLite keeps in a file's head."""
    return int.from_bytes(path.read_bytes()[60:64])
