"""A log that is damaged: what was begun is never taken for waiting."""

from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
import sqlite3
from tempfile import TemporaryDirectory

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.database import Database, Opened
from custom_components.passerelle_sms.messaging.journal.messages import (
    Change,
    get,
    hold_waiting,
    not_closed,
    write_messages,
)
from custom_components.passerelle_sms.messaging.journal.opening import open_file
from custom_components.passerelle_sms.messaging.journal.private_file import (
    doubt_of,
    log_of,
)
from custom_components.passerelle_sms.messaging.journal.write_ahead_log import (
    LogState,
    read_log,
)
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import Notice, Stage
from tests.conftest import MAMAN, PAPA
from tests.messaging.journal_records import (
    OPEN,
    after_noon,
    content_of,
    message,
    small_disk,
    submission,
)

HELD = replace(
    submission(outcome=Outcome.UNKNOWN, stage=Stage.HELD), notice=Notice.UNANNOUNCED
)
UNDER_WAY = replace(OPEN, outcome=Outcome.UNKNOWN, attempts=1, attempted=after_noon(2))
BEGUN = message(2, UNDER_WAY)
IN_DOUBT = replace(UNDER_WAY, stage=Stage.HELD, notice=Notice.UNANNOUNCED)
WAITING = message(3, OPEN)


def put(file: Database, record: MessageRecord) -> None:
    """Write a message into an open file."""
    file.write(write_messages, [Change(record=record)])


@cache
def left_by_a_crash() -> tuple[bytes, bytes]:
    """Return a file and its log, of when a request was under way."""
    with (
        TemporaryDirectory() as folder,
        closing(Database(Path(folder) / "journal")) as file,
    ):
        put(file, message(1))
        file.checkpoint()
        put(file, message(2, OPEN))
        put(file, WAITING)
        put(file, BEGUN)
        return file.path.read_bytes(), log_of(file.path).read_bytes()


def crash(folder: Path) -> Path:
    """Return a file as a crash leaves it while a request is under way."""
    path = folder / "journal"
    for file, content in zip((path, log_of(path)), left_by_a_crash(), strict=True):
        file.write_bytes(content)
    return path


def opened(path: Path) -> tuple[Opened, dict[str, MessageRecord]]:
    """Open a file and close it; return what was found, and its open messages."""
    file, found = open_file(path)
    with closing(file):
        return found, {each.message_id: each for each in file.read(not_closed)}


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 255))
def test_any_other_byte_of_the_log_holds_what_waits(
    data: st.DataObject, flip: int
) -> None:
    """In the header or in any frame; and what was there is kept aside."""
    with TemporaryDirectory() as folder:
        path = crash(Path(folder))
        log = bytearray(log_of(path).read_bytes())
        log[data.draw(st.integers(0, len(log) - 1))] ^= flip
        log_of(path).write_bytes(log)

        found, messages = opened(path)

        assert found.is_doubtful
        assert not any(
            each.is_waiting
            for record in messages.values()
            for each in record.submissions
        )
        assert found.kept_aside is not None
        assert log_of(found.kept_aside).read_bytes() == log
        assert found.kept_aside.stat().st_mode & 0o777 == 0o600
        assert log_of(found.kept_aside).stat().st_mode & 0o777 == 0o600
        # It was told once, and is settled.
        assert opened(path) == (Opened(), messages)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_log_cut_anywhere_is_gone_on_with(data: st.DataObject) -> None:
    """Nobody was told of what a crash has cut off."""
    with TemporaryDirectory() as folder:
        path = crash(Path(folder))
        whole = log_of(path).read_bytes()
        log_of(path).write_bytes(whole[: data.draw(st.integers(0, len(whole)))])

        found, messages = opened(path)

        assert found == Opened()
        assert messages.get(WAITING.message_id) in (None, WAITING)
        assert messages.get(BEGUN.message_id) in (None, message(2, OPEN), BEGUN)


def test_a_crash_is_no_damage(tmp_path: Path) -> None:
    """What was under way is in doubt, and what waits goes on."""
    found, messages = opened(crash(tmp_path))

    assert found == Opened()
    assert messages == {BEGUN.message_id: BEGUN, WAITING.message_id: WAITING}


def test_a_crash_while_what_waits_is_held_holds_it_again(tmp_path: Path) -> None:
    """The log has been cut by then, and looks sound."""
    path = crash(tmp_path)
    doubt_of(path).touch()

    found, messages = opened(path)

    assert found.is_doubtful
    assert messages == {
        BEGUN.message_id: message(2, IN_DOUBT),
        WAITING.message_id: message(3, HELD),
    }
    assert not doubt_of(path).exists()


def test_a_damaged_log_that_cannot_be_kept_stays_as_it_is(tmp_path: Path) -> None:
    """With no room for a copy nothing is opened, and half a copy does not stay."""
    path = crash(tmp_path)
    log = bytearray(log_of(path).read_bytes())
    log[100] ^= 1
    log_of(path).write_bytes(log)
    was = content_of(path)

    with small_disk(), pytest.raises(OSError, match="File too large"):
        open_file(path)

    assert content_of(path) == was
    assert list(tmp_path.glob("*damaged*")) == []
    assert opened(path)[0].is_doubtful


def test_a_log_without_its_file_is_kept_aside(tmp_path: Path) -> None:
    """SQLite would delete it."""
    path = crash(tmp_path)
    log = log_of(path).read_bytes()
    path.unlink()

    found, messages = opened(path)

    assert messages == {}
    assert found.kept_aside is not None
    assert found.kept_aside.read_bytes() == log


def test_holds_all_that_is_open(tmp_path: Path) -> None:
    """Whoever else has a place in the same message stays where he was."""
    over = submission(PAPA)
    in_doubt = message(4, UNDER_WAY, over)
    half = message(5, OPEN, over)
    with closing(Database(tmp_path / "journal")) as file:
        for record in (in_doubt, half, message(6)):
            put(file, record)

        file.write(hold_waiting)

        assert file.read(not_closed) == [
            message(4, IN_DOUBT, over),
            message(5, HELD, over),
        ]
        assert file.read(get, message(6).message_id) == message(6)


def test_a_commit_that_fails_leaves_nothing_in_the_log(tmp_path: Path) -> None:
    """What it has left behind the last commit would be taken for damage, or for valid."""
    path = tmp_path / "journal"
    with closing(Database(path)) as file:
        put(file, message(1))
        size = log_of(path).stat().st_size
        with small_disk(size + 10_000), pytest.raises(sqlite3.OperationalError):
            put(file, message(2, text="x" * 50_000))
        assert log_of(path).stat().st_size == size

        put(file, message(3))
        with log_of(path).open("rb") as log:
            assert read_log(log).state is LogState.INTACT
        assert MAMAN.encode() in log_of(path).read_bytes()
