"""The journal's file: whole, private, and never a reason to stop."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
import json
from pathlib import Path
import re
import shutil
import sqlite3

import pytest

from custom_components.passerelle_sms.gateways.errors import NewerJournalError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.database import (
    LOG_LIMIT,
    Database,
    Opened,
)
from custom_components.passerelle_sms.messaging.journal.message_json import (
    header_to_json,
)
from custom_components.passerelle_sms.messaging.journal.messages import (
    Change,
    JournalQuery,
    created_since,
    find,
    get,
    hold_waiting,
    not_closed,
    with_notice,
    with_pending_delivery,
    write_messages,
)
from custom_components.passerelle_sms.messaging.journal.opening import open_file
from custom_components.passerelle_sms.messaging.journal.private_file import (
    log_of,
    remove_file,
)
from custom_components.passerelle_sms.messaging.journal.schema import VERSION
from custom_components.passerelle_sms.messaging.journal.state_json import state_to_json
from custom_components.passerelle_sms.messaging.journal.values import (
    DamagedError,
    to_text,
)
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import Notice
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA
from tests.messaging.journal_records import (
    NOON,
    ON_ITS_WAY,
    OPEN,
    after_noon,
    content_of,
    copy_of,
    garble,
    message,
    overwrite_pages,
    small_disk,
    submission,
)

SLOW = re.compile("SCAN|B-TREE")
# Few rows are in these, so that to read all of one is to look them up. The other is what
# the question itself says.
PARTIAL = re.compile("INDEX submission_(not_closed|awaited|noticed)|SCAN json_each")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a file may be."""
    return tmp_path / "storage" / "journal"


def write(path: Path, *records: MessageRecord) -> None:
    """Write records into a file that is closed before and after."""
    with closing(Database(path)) as file:
        put(file, *records)


def put(file: Database, *records: MessageRecord) -> None:
    """Write records into an open file."""
    file.write(write_messages, [Change(record=record) for record in records])


def ids(records: list[MessageRecord]) -> list[str]:
    """Return the messages' ids."""
    return [record.message_id for record in records]


def to(place: int) -> Recipient:
    """Return one of many recipients."""
    return Recipient(number=f"+2376{place:08}")


def mode_of(path: Path) -> int:
    """Return the permissions of a file."""
    return path.stat().st_mode & 0o777


# --- at rest ------------------------------------------------------------------


def test_nobody_else_may_read_it(path: Path) -> None:
    """Nor its log; not even if they were restored with other permissions."""
    write(path, message(1))
    path.chmod(0o644)
    log_of(path).chmod(0o644)
    with closing(Database(path)) as file:
        put(file, message(2))

        beside = sorted(path.parent.iterdir())
        assert [each.name for each in beside] == ["journal", "journal-wal"]
        assert [mode_of(each) for each in beside] == [0o600, 0o600]


def test_a_log_that_others_may_read_is_private_once_it_is_opened(path: Path) -> None:
    """Restored with what a crash had left in it."""
    with closing(Database(path)) as file:
        put(file, message(1))
        copy = copy_of(path)
    log_of(copy).chmod(0o644)

    opened, _ = open_file(copy)

    opened.close()
    assert mode_of(log_of(copy)) == 0o600


def test_closed_everything_is_in_one_file(path: Path) -> None:
    """And the log is empty."""
    write(path, message(1), message(2, OPEN))
    assert log_of(path).stat().st_size == 0
    copy = path.with_name("copy")
    shutil.copy(path, copy)

    with closing(Database(copy)) as copied:
        assert copied.read(find, JournalQuery()) == [message(2, OPEN), message(1)]


def test_a_power_cut_within_a_transaction_leaves_what_was_there(path: Path) -> None:
    """Nothing of it is in the files before its commit, however large it is."""
    before = [message(minute) for minute in range(50)]
    write(path, *before)

    def cut_power(connection: sqlite3.Connection) -> Path:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("UPDATE message SET header = upper(header)")
        assert log_of(path).stat().st_size == 0
        return copy_of(path)

    with closing(Database(path)) as file:
        cut = file.write(cut_power)
    opened, found = open_file(cut)

    with closing(opened):
        assert found == Opened()
        assert opened.read(created_since, NOON, None) == before


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("journal_mode", b"wal"),
        ("synchronous", 2),
        ("locking_mode", b"exclusive"),
        ("wal_autocheckpoint", 0),
        ("cache_spill", 0),
        ("secure_delete", 1),
    ],
)
def test_a_commit_survives_a_power_cut_and_costs_one_sync(
    path: Path, setting: str, value: bytes | int
) -> None:
    """As the head of the module explains."""
    with closing(Database(path)) as file:
        assert file.connection.execute(f"PRAGMA {setting}").fetchone() == (value,)


def test_a_checkpoint_cuts_the_log(path: Path) -> None:
    """Nothing that is no more valid lies behind what is."""
    with closing(Database(path)) as file:
        put(file, message(1))
        assert log_of(path).stat().st_size > 0

        file.checkpoint()

        assert log_of(path).stat().st_size == 0
        assert file.read(created_since, NOON, None) == [message(1)]


def test_a_log_that_has_grown_is_written_into_the_file(path: Path) -> None:
    """With the change that lets it grow too far."""
    with closing(Database(path)) as file:
        sizes: list[int] = []
        while not sizes or sizes[-1] > 0:
            put(file, message(len(sizes), text="x" * 500_000))
            sizes.append(log_of(path).stat().st_size)

    assert len(sizes) > 5
    assert sizes[-2] <= LOG_LIMIT


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
    change = Change(record=message(1), keys=frozenset({MAMAN}))
    shown = f"{change!r} {JournalQuery(numbers=frozenset({MAMAN}))!r}"

    assert MAMAN not in shown
    assert "citerne" not in shown


@pytest.mark.parametrize(
    ("question", "values"),
    [
        (not_closed, ()),
        (with_pending_delivery, ()),
        (with_notice, ()),
        (get, ("x",)),
        (created_since, (NOON, None)),
        (find, (JournalQuery(),)),
        (find, (JournalQuery(numbers=frozenset({MAMAN}), outcome=Outcome.REJECTED),)),
        (write_messages, ([Change(record=message(1))],)),
        (
            write_messages,
            ([Change(record=message(0), keys=frozenset({MAMAN}))],),
        ),
        (hold_waiting, ()),
    ],
)
def test_looks_nothing_up_by_reading_or_sorting_everything(
    path: Path, question: Callable[..., object], values: tuple[object, ...]
) -> None:
    """There is an index for every question."""
    asked: list[str] = []
    with closing(Database(path)) as file:
        put(file, message(0))
        file.connection.set_trace_callback(asked.append)
        file.write(question, *values)
        file.connection.set_trace_callback(None)
        plans = [
            step[3].decode()
            for statement in asked
            if statement.split()[0] in {"SELECT", "DELETE", "UPDATE"}
            for step in file.connection.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]

    assert plans
    assert [
        step for step in plans if not PARTIAL.search(step) and SLOW.search(step)
    ] == []


def test_most_messages_have_a_place_in_no_partial_index(path: Path) -> None:
    """Only those that are open, awaited, noticed or planned."""
    noticed = replace(submission(PAPA), notice=Notice.UNANNOUNCED)
    with closing(Database(path)) as file:
        put(
            file,
            message(1),
            message(2, ON_ITS_WAY),
            message(3, submission(), noticed),
            message(4, send_at=30),
            message(5, OPEN),
        )
        entries = file.connection.execute(
            "SELECT (SELECT count(*) FROM submission INDEXED BY submission_not_closed"
            " WHERE stage <> 'closed'), (SELECT count(*) FROM message"
            " INDEXED BY message_scheduled WHERE send_at IS NOT NULL),"
            " (SELECT count(*) FROM submission INDEXED BY submission_awaited"
            " WHERE awaited = 1), (SELECT count(*) FROM submission"
            " INDEXED BY submission_noticed WHERE notice IS NOT NULL)"
        ).fetchone()

    assert entries == (1, 1, 1, 1)


@pytest.mark.parametrize("recipients", [1, 1000])
def test_one_of_many_costs_what_one_alone_does(path: Path, recipients: int) -> None:
    """As many statements, and the same few pages."""
    record = message(
        1, *(replace(OPEN, recipient=to(each)) for each in range(recipients))
    )
    changed = replace(record.submissions[0], attempted=after_noon(1), attempts=1)
    asked: list[str] = []
    with closing(Database(path)) as file:
        put(file, record)
        file.checkpoint()
        file.connection.set_trace_callback(asked.append)
        keys = frozenset({changed.key})
        file.write(
            write_messages,
            [Change(record=record.updated([changed]), keys=keys)],
        )
        file.connection.set_trace_callback(None)
        size = log_of(path).stat().st_size

    assert len(asked) == 5
    assert size == 32 + 2 * 4120


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

    file, found = open_file(path)

    with closing(file):
        assert file.read(find, JournalQuery()) == []
        put(file, message(1))
    kept = found.kept_aside
    assert kept is not None
    assert kept.name.startswith("journal.damaged-20")
    assert kept.read_bytes() == was
    assert mode_of(kept) == 0o600
    again, found = open_file(path)
    with closing(again):
        assert found == Opened()
        assert again.read(created_since, NOON, None) == [message(1)]


def test_what_lies_beside_a_damaged_file_goes_with_it(path: Path) -> None:
    """SQLite would take it for a part of the fresh one."""
    path.parent.mkdir()
    garble(path)
    path.with_name("journal-shm").write_bytes(b"shared")

    file, found = open_file(path)

    file.close()
    kept = found.kept_aside
    assert kept is not None
    assert kept.with_name(f"{kept.name}-shm").read_bytes() == b"shared"
    assert not path.with_name("journal-shm").exists()


def test_a_newer_file_is_left_as_it_is(path: Path) -> None:
    """Byte for byte, with nothing beside it, and as readable as it was."""
    write(path, message(1))
    execute(path, f"PRAGMA user_version = {VERSION + 1}")
    path.chmod(0o640)
    was = path.read_bytes(), path.stat()

    with pytest.raises(NewerJournalError):
        open_file(path)

    assert (path.read_bytes(), path.stat()) == was
    assert list(path.parent.iterdir()) == [path]


def test_a_newer_file_whose_version_is_in_its_log_keeps_its_messages(
    path: Path,
) -> None:
    """A crash of the newer version left it so."""
    write(path, message(1))
    with closing(Database(path)) as file:
        file.write(
            lambda connection: connection.execute(
                f"PRAGMA user_version = {VERSION + 1}"
            )
        )
        cut = copy_of(path)
    was = content_of(cut)

    with pytest.raises(NewerJournalError):
        open_file(cut)

    assert content_of(cut) == was


SECOND = message(2, replace(OPEN, attempted=after_noon(2)), send_at=30)
HEADER = to_text(header_to_json(SECOND)).encode()
STATE = to_text(state_to_json(SECOND.submissions[0])).encode()


def changed(stored: bytes, **changes: object) -> bytes:
    """Return something stored, but for some of it."""
    return to_text(json.loads(stored) | changes).encode()


UNREADABLE = {
    "no JSON": ("header", b'{"text": '),
    "no object": ("header", b"[]"),
    "no UTF-8": ("header", HEADER.replace(b"MAISON", b"MAIS\xff\xff")),
    "endless": ("header", b"[" * 200_000),
    "a field is missing": ("header", b"{}"),
    "an unknown encoding": ("header", changed(HEADER, encoding="morse")),
    "no options": ("header", changed(HEADER, options=7)),
    "no id": ("message_id", b"\xff"),
    "another id": ("message_id", b"01M7W4EX1X0000000000000007"),
    "no time": ("created", 2**63 - 1),
    "no end": ("time_to_live", 2**62),
    "over before it began": ("time_to_live", -(10**12)),
    "sent never": ("send_at", 2**63 - 1),
    "a submission that is no JSON": ("state", b"{"),
    "a submission without attempts": ("state", b"{}"),
    "no amount": ("state", changed(STATE, cost="x")),
    "an unknown outcome": ("outcome", b"perhaps"),
    "an unknown stage": ("stage", b"\xff"),
    "an unknown notice": ("notice", b"soon"),
    "nothing to hear of": ("awaited", 1),
    "attempted never": ("attempted", -(2**63)),
    "a lost submission": ("position", 1),
}
OF_MESSAGE = {"header", "message_id", "created", "time_to_live", "send_at"}


@pytest.mark.parametrize(("column", "value"), UNREADABLE.values(), ids=UNREADABLE)
def test_one_unreadable_record_does_not_cost_the_others(
    path: Path, column: str, value: bytes | int
) -> None:
    """It is taken out, and the whole file as it was is kept aside."""
    write(path, message(1), SECOND, message(3, OPEN))
    table = "message" if column in OF_MESSAGE else "submission"
    with closing(sqlite3.connect(path)) as connection, connection:
        new = "CAST(? AS TEXT)" if isinstance(value, bytes) else "?"
        update = f"UPDATE {table} SET {column} = {new} WHERE message_id = ?"  # noqa: S608 - all of it stands in this module
        connection.execute(update, (value, SECOND.message_id))

    file, found = open_file(path)

    with closing(file):
        assert file.read(created_since, NOON, None) == [message(1), message(3, OPEN)]
    kept = found.kept_aside
    assert kept is not None
    assert not found.is_doubtful
    assert mode_of(kept) == 0o600
    with closing(sqlite3.connect(kept)) as connection:
        connection.text_factory = bytes
        select = f"SELECT {column} FROM {table}"  # noqa: S608 - as above
        rows = connection.execute(select).fetchall()
    assert (value,) in rows
    assert len(rows) == 3
    again, found = open_file(path)
    with closing(again):
        assert found == Opened()


def test_takes_nothing_out_that_it_cannot_keep(path: Path) -> None:
    """No room for the copy: the file stays as it is, and half a copy does not stay."""
    write(path, message(1), message(2))
    execute(path, "UPDATE message SET header = 'broken' WHERE rowid = 1")
    was = path.read_bytes()

    with small_disk(), pytest.raises(sqlite3.OperationalError) as raised:
        open_file(path)

    assert not isinstance(raised.value, DamagedError)
    assert path.read_bytes() == was
    assert list(path.parent.glob("*damaged*")) == []
    file, found = open_file(path)
    with closing(file):
        assert ids(file.read(created_since, NOON, None)) == [message(2).message_id]
    assert found.kept_aside is not None
