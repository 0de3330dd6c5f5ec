"""Files of an earlier version get the tables of today, with all that they hold."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
import sqlite3

import pytest

from custom_components.passerelle_sms.messaging.journal.database import Opened
from custom_components.passerelle_sms.messaging.journal.messages import (
    JournalQuery,
    find,
    not_closed,
)
from custom_components.passerelle_sms.messaging.journal.opening import open_file
from custom_components.passerelle_sms.messaging.journal.schema import VERSION, upgrade
from tests.messaging.journal_records import ON_ITS_WAY, OPEN, message

FIRST = (Path(__file__).parent / "version_1.sql").read_text("utf-8")
URGENT = replace(message(2, OPEN), urgent=True)
PLANNED = message(3, ON_ITS_WAY, send_at=30, text='"urgent":true')
TABLES = "SELECT name, sql FROM sqlite_schema ORDER BY name"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file as the first version left it, with three messages."""
    path = tmp_path / "journal"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST)
    return path


def test_a_file_of_the_first_version_keeps_its_messages(path: Path) -> None:
    """What was urgent still is, and nothing is kept aside."""
    file, found = open_file(path)

    with closing(file):
        assert found == Opened()
        assert file.read(find, JournalQuery()) == [PLANNED, URGENT, message(1)]
        assert file.read(not_closed) == [URGENT]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_an_upgraded_file_has_the_tables_of_a_fresh_one(
    path: Path, tmp_path: Path
) -> None:
    """Two files of one version never differ."""
    for each in (path, tmp_path / "fresh"):
        open_file(each)[0].close()

    upgraded, fresh = (
        [
            (name, sql and " ".join(sql.replace('"', "").split()))
            for name, sql in _tables(each)
        ]
        for each in (path, tmp_path / "fresh")
    )
    assert upgraded == fresh


def _tables(path: Path) -> list[tuple[str, str | None]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(TABLES).fetchall()


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    """All of it is one transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("ALTER TABLE message ADD COLUMN urgent INTEGER")
        before = [*connection.iterdump()]
        with pytest.raises(sqlite3.OperationalError):
            upgrade(connection, 1)

        assert [*connection.iterdump()] == before
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


def test_an_unreadable_record_keeps_no_file_from_being_upgraded(path: Path) -> None:
    """It is taken out afterwards, as ever."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE message SET header = '{' WHERE rowid = 1")

    file, found = open_file(path)

    with closing(file):
        assert file.read(find, JournalQuery()) == [PLANNED, URGENT]
    assert found.kept_aside is not None
