"""The journal's file: whole, private, and never a reason to stop."""

from collections.abc import Callable
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
from custom_components.passerelle_sms.messaging.journal.private_file import remove_file
from custom_components.passerelle_sms.messaging.journal.row import (
    DamagedError,
    Row,
    microseconds,
)
from custom_components.passerelle_sms.messaging.journal.schema import VERSION
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from tests.conftest import MAMAN
from tests.messaging.journal_records import (
    NOON,
    ON_ITS_WAY,
    OPEN,
    after_noon,
    garble,
    message,
    overwrite_pages,
    small_disk,
    submission,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a file may be."""
    return tmp_path / "storage" / "journal"


def write(path: Path, *records: MessageRecord) -> None:
    """Write records into a file that is closed before and after."""
    with closing(Database(path)) as file:
        file.write(Row.of(record) for record in records)


def ids(records: list[MessageRecord]) -> list[str]:
    """Return the messages' ids."""
    return [record.message_id for record in records]


def mode_of(path: Path) -> int:
    """Return the permissions of a file."""
    return path.stat().st_mode & 0o777


# --- at rest ------------------------------------------------------------------


def test_nobody_else_may_read_it(path: Path) -> None:
    """Nor what lies beside it; not even if it was restored with other permissions."""
    write(path, message(1))
    path.chmod(0o644)
    write(path, message(2))

    beside = sorted(path.parent.iterdir())
    assert [each.name for each in beside] == ["journal", "journal-journal"]
    assert [mode_of(each) for each in beside] == [0o600, 0o600]


def test_between_two_transactions_everything_is_in_one_file(path: Path) -> None:
    """A copy taken then has every message, though the file is still open."""
    copy = path.with_name("copy")
    with closing(Database(path)) as file:
        file.write([Row.of(message(1))])
        file.write([Row.of(message(2, OPEN))])
        assert path.with_name("journal-journal").stat().st_size == 0
        shutil.copy(path, copy)

    with closing(Database(copy)) as copied:
        assert copied.find(JournalQuery()) == [message(2, OPEN), message(1)]


def test_a_power_cut_within_a_transaction_leaves_what_was_there(path: Path) -> None:
    """The half that is in the file already is taken back at the next opening."""
    before = [message(minute) for minute in range(50)]
    write(path, *before)
    with closing(Database(path)) as file:
        file.connection.execute("PRAGMA cache_size = 1")
        file.connection.execute("BEGIN IMMEDIATE")
        file.connection.execute("UPDATE message SET record = upper(record)")
        cut = path.with_name("cut")
        shutil.copy(path, cut)
        shutil.copy(path.with_name("journal-journal"), cut.with_name("cut-journal"))
        file.connection.execute("ROLLBACK")
    assert cut.read_bytes() != path.read_bytes()

    opened, kept = open_file(cut)

    with closing(opened):
        assert kept is None
        assert opened.created_since(NOON) == before


@pytest.mark.parametrize(
    ("setting", "value"),
    [("journal_mode", "truncate"), ("synchronous", 2), ("locking_mode", "exclusive")],
)
def test_a_commit_survives_a_power_cut(
    path: Path, setting: str, value: str | int
) -> None:
    """As the head of the module explains."""
    with closing(Database(path)) as file:
        assert file.connection.execute(f"PRAGMA {setting}").fetchone() == (value,)


def test_deletes_everything_but_what_was_kept_aside(path: Path) -> None:
    """And does not mind if there is nothing."""
    write(path, message(1))
    kept = path.with_name("journal.damaged-20261120T120000.000000Z")
    kept.touch()

    remove_file(path)
    remove_file(path)

    assert list(path.parent.iterdir()) == [kept]


def test_shows_no_number_and_no_text() -> None:
    """Whoever prints it."""
    row = Row.of(message(1))
    shown = f"{row!r} {JournalQuery(number=MAMAN)!r}"

    assert MAMAN not in shown
    assert "citerne" not in shown


def test_nothing_is_left_of_what_was_pruned(path: Path) -> None:
    """Neither a number nor a text, wherever SQLite put it."""
    with closing(Database(path)) as file:
        file.write([Row.of(message(1, text="Fuite"))])
        assert file.prune(NOON, 0) == 1
        left = file.connection.execute("SELECT * FROM submission").fetchall()

    assert left == []
    content = path.read_bytes()
    assert b"Fuite" not in content
    assert MAMAN.encode() not in content


@pytest.mark.parametrize(
    "ask",
    [
        Database.not_closed,
        Database.with_pending_delivery,
        lambda file: file.get("x"),
        lambda file: file.created_since(NOON),
        lambda file: file.find(JournalQuery()),
        lambda file: file.find(JournalQuery(number=MAMAN, outcome=Outcome.REJECTED)),
        lambda file: file.write([Row.of(message(1))]),
    ],
)
def test_looks_nothing_up_by_reading_or_sorting_everything(
    path: Path, ask: Callable[[Database], object]
) -> None:
    """There is an index for every question."""
    asked: list[str] = []
    with closing(Database(path)) as file:
        file.connection.set_trace_callback(asked.append)
        ask(file)
        file.connection.set_trace_callback(None)
        plans = [
            step[3]
            for statement in asked
            if statement.split()[0] in {"SELECT", "DELETE"}
            for step in file.connection.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]

    assert plans
    assert [step for step in plans if "SCAN" in step or "B-TREE" in step] == []


def test_most_messages_cost_what_they_did_before_some_were_tracked(path: Path) -> None:
    """As many statements, and an entry in no index but the first three."""
    asked: list[str] = []
    with closing(Database(path)) as file:
        file.connection.set_trace_callback(asked.append)
        file.write([Row.of(message(1))])
        file.connection.set_trace_callback(None)
        file.write([Row.of(message(2, ON_ITS_WAY))])
        file.write([Row.of(message(3, submission(), send_at=30))])
        indexes = {
            (name, partial)
            for _, name, _, _, partial in file.connection.execute(
                "PRAGMA index_list(message)"
            )
        }
        entries = file.connection.execute(
            "SELECT (SELECT count(*) FROM message INDEXED BY message_tracked"
            " WHERE tracked = 1), (SELECT count(*) FROM message"
            " INDEXED BY message_scheduled WHERE send_at IS NOT NULL)"
        ).fetchone()

    assert [statement.split()[0] for statement in asked] == [
        "BEGIN",
        "INSERT",
        "DELETE",
        "INSERT",
        "COMMIT",
    ]
    assert indexes == {
        ("sqlite_autoindex_message_1", 0),
        ("message_by_time", 0),
        ("message_by_state", 0),
        ("message_tracked", 1),
        ("message_scheduled", 1),
    }
    assert entries == (1, 1)


# --- damaged ------------------------------------------------------------------


def cut_off(path: Path) -> None:
    """Lose the second half."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def upset_tables(path: Path) -> None:
    """Keep the version and lose a table."""
    execute(path, "DROP TABLE message")


def upset_other_tables(path: Path) -> None:
    """Keep the messages and lose what came back."""
    execute(path, "DROP TABLE reply")


def belong_to_others(path: Path) -> None:
    """Make it somebody else's database."""
    execute(path, "PRAGMA user_version = 0")


def come_from_the_future(path: Path) -> None:
    """Have it written by a newer version."""
    execute(path, f"PRAGMA user_version = {VERSION + 1}")


def break_an_index(path: Path) -> None:
    """Let a page that belongs to nothing be used twice."""
    execute(
        path,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'message_by_time'",
    )


def execute(path: Path, *statements: str) -> None:
    """Do something to a file behind our back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    "damage",
    [
        garble,
        overwrite_pages,
        cut_off,
        upset_tables,
        upset_other_tables,
        belong_to_others,
        come_from_the_future,
        break_an_index,
    ],
)
def test_a_damaged_file_is_kept_aside(
    path: Path, damage: Callable[[Path], None]
) -> None:
    """As it was; and a fresh one is begun, that works."""
    write(path, *(message(minute) for minute in range(100)))
    damage(path)
    was = path.read_bytes()

    file, kept = open_file(path)

    with closing(file):
        assert file.find(JournalQuery()) == []
        file.write([Row.of(message(1))])
    assert kept is not None
    assert kept.name.startswith("journal.damaged-20")
    assert kept.read_bytes() == was
    assert mode_of(kept) == 0o600
    again, kept = open_file(path)
    with closing(again):
        assert kept is None
        assert again.created_since(NOON) == [message(1)]


def test_what_lies_beside_a_damaged_file_goes_with_it(path: Path) -> None:
    """SQLite would take it for a part of the fresh one."""
    path.parent.mkdir()
    garble(path)
    path.with_name("journal-shm").write_bytes(b"shared")

    file, kept = open_file(path)

    file.close()
    assert kept is not None
    assert kept.with_name(f"{kept.name}-shm").read_bytes() == b"shared"
    assert not path.with_name("journal-shm").exists()


type BrokenRow = tuple[bytes, int, int, int, int | None, bytes]


def stored(**changes: object) -> bytes:
    """Return the second message as it is stored, but for some of it."""
    return json.dumps(record_to_json(message(2, OPEN, send_at=30)) | changes).encode()


def row(
    record: bytes,
    *,
    message_id: bytes = message(2).message_id.encode(),
    created: int = microseconds(message(2).created),
    closed: int = 0,
    tracked: int = 0,
    send_at: int | None = microseconds(after_noon(30)),
) -> BrokenRow:
    """Return the second message's row, but for some of it."""
    return message_id, created, closed, tracked, send_at, record


UNREADABLE = {
    "no JSON": row(b'{"message_id": '),
    "no object": row(b"[]"),
    "no UTF-8": row(stored().replace(b"MAISON", b"MAIS\xff\xff")),
    "endless": row(b"[" * 200_000),
    "a field is missing": row(stored(submissions=[{}])),
    "no time": row(stored(created="noon")),
    "no time zone": row(stored(created="2026-11-20T12:02:00")),
    "no amount": row(
        stored(
            submissions=[
                record_to_json(message(2, OPEN))["submissions"][0] | {"cost": "x"}
            ]
        )
    ),
    "another id": row(stored(), message_id=b"01M7W4EX1X0000000000000007"),
    "no id": row(stored(), message_id=b"\xff"),
    "another time": row(stored(), created=7),
    "another state": row(stored(), closed=1),
    "nothing to hear of": row(stored(), tracked=1),
    "sent at another time": row(stored(), send_at=7),
    "not sent at once": row(stored(), send_at=None),
    "sent at once": row(stored(options={})),
    "no zone to send it in": row(stored(options={"send_at": "2026-11-20T12:30:00"})),
    "no options": row(stored(options=7)),
}


@pytest.mark.parametrize("broken", UNREADABLE.values(), ids=UNREADABLE)
def test_one_unreadable_record_does_not_cost_the_others(
    path: Path, broken: BrokenRow
) -> None:
    """It is taken out, and the whole file as it was is kept aside."""
    write(path, message(1), message(2, OPEN), message(3, OPEN))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE message SET message_id = CAST(? AS TEXT), created = ?, closed = ?,"
            " tracked = ?, send_at = ?, record = CAST(? AS TEXT) WHERE message_id = ?",
            (*broken, message(2).message_id),
        )
        connection.execute("DELETE FROM submission")

    file, kept = open_file(path)

    with closing(file):
        assert file.created_since(NOON) == [message(1), message(3, OPEN)]
    assert kept is not None
    assert mode_of(kept) == 0o600
    with closing(sqlite3.connect(kept)) as connection:
        rows = connection.execute("SELECT CAST(record AS BLOB) FROM message").fetchall()
    assert (broken[-1],) in rows
    assert len(rows) == 3
    again, kept = open_file(path)
    with closing(again):
        assert kept is None


def test_takes_nothing_out_that_it_cannot_keep(path: Path) -> None:
    """No room for the copy: the file stays as it is, and half a copy does not stay."""
    write(path, message(1), message(2))
    execute(path, "UPDATE message SET record = 'broken' WHERE rowid = 1")
    was = path.read_bytes()

    with small_disk(), pytest.raises(sqlite3.OperationalError) as raised:
        open_file(path)

    assert not isinstance(raised.value, DamagedError)
    assert path.read_bytes() == was
    assert list(path.parent.glob("*damaged*")) == []
    file, kept = open_file(path)
    with closing(file):
        assert ids(file.created_since(NOON)) == [message(2).message_id]
    assert kept is not None
