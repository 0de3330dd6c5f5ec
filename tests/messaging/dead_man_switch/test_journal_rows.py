"""The rows of switches in a journal, and how it is known that they are old."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
import shutil

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.messaging.dead_man_switch.journal_rows import (
    JournalRows,
)
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.journal.private_file import (
    backup_token_of,
    log_of,
)
from tests.messaging.journal_records import (
    NOON,
    OPEN,
    Threads,
    content_of,
    copy_of,
    garble,
    message,
    opened,
    small_disk,
)

from .test_state_json import FULL

EMPTY = replace(FULL, standing=(), is_armed=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal is."""
    return tmp_path / "journal"


@pytest.fixture
async def threads() -> Threads:
    """Return the threads of the journal."""
    return Threads()


@pytest.fixture
async def journal(path: Path, threads: Threads) -> AsyncIterator[Journal]:
    """Return an open journal."""
    async with opened(path, threads) as journal:
        yield journal


@pytest.fixture
def rows(journal: Journal) -> JournalRows:
    """Return the rows in it."""
    return JournalRows(journal)


async def test_each_switch_has_a_row_of_its_own(rows: JournalRows) -> None:
    """The one written last counts; other notes are none."""
    await rows.write("a", FULL)
    await rows.write("b_%", FULL)
    await rows.write("b_%", EMPTY)

    assert await rows.known() == ("a", "b_%")
    assert await rows.read("a") == FULL
    assert await rows.read("b_%") == EMPTY
    assert await rows.read("c") is None


async def test_a_row_that_was_deleted_is_gone(
    rows: JournalRows, journal: Journal, path: Path
) -> None:
    """With the text and the numbers in it, once the log is cut."""
    await rows.write("a", FULL)
    assert FULL.standing[0].text.encode() in content_of(path)

    await rows.write("a", None)
    await journal.checkpoint()

    assert await rows.known() == ()
    assert await rows.read("a") is None
    assert FULL.standing[0].text.encode() not in content_of(path)


async def test_a_row_is_on_disk_when_it_is_written(
    rows: JournalRows, path: Path
) -> None:
    """As a power cut would leave it."""
    await rows.write("a", FULL)

    async with opened(copy_of(path), Threads()) as copy:
        assert await JournalRows(copy).read("a") == FULL


async def test_no_row_is_pruned(rows: JournalRows, journal: Journal) -> None:
    """However old it is."""
    await rows.write("a", FULL)

    await journal.prune(before=NOON.replace(year=2100), keep=0)

    assert await rows.read("a") == FULL


@pytest.mark.parametrize("value", [b"{}", b"\xff", b"null"])
async def test_a_row_that_is_none_is_read_as_none(
    rows: JournalRows, threads: Threads, value: bytes
) -> None:
    """It is known that there was one."""
    await rows.write("a", FULL)
    threads.tell_sqlite(
        "UPDATE note SET value = CAST(? AS TEXT) WHERE key LIKE 'dead%'", value
    )

    assert await rows.read("a") is None
    assert await rows.known() == ("a",)


async def test_a_disk_that_fails_is_told_and_the_last_row_stays(
    rows: JournalRows,
) -> None:
    """What is not written down must not be scheduled."""
    await rows.write("a", FULL)

    with small_disk(0), pytest.raises(NotStoredError):
        await rows.write("a", EMPTY)

    assert await rows.read("a") == FULL


async def test_a_journal_that_is_closed_tells_nothing(
    rows: JournalRows, journal: Journal
) -> None:
    """Not even its epoch."""
    await journal.close()

    assert rows.epoch is None
    for ask in (rows.read("a"), rows.write("a", FULL), rows.known()):
        with pytest.raises(NotStoredError):
            await ask


# --- whether a row is as old as the switch believes -----------------------------------


async def test_a_clean_restart_keeps_the_epoch(
    rows: JournalRows, journal: Journal
) -> None:
    """All that was written is there."""
    await rows.write("a", FULL)
    epoch = rows.epoch

    await journal.close()
    await journal.open()

    assert rows.epoch == epoch
    assert await rows.read("a") == FULL


async def test_a_crash_keeps_the_epoch(rows: JournalRows, path: Path) -> None:
    """The log is whole, or ends in what nobody was promised."""
    await rows.write("a", FULL)
    copy = copy_of(path)
    with log_of(copy).open("ab") as log:
        log.write(log_of(copy).read_bytes()[32:100])

    async with opened(copy, Threads()) as after:
        assert JournalRows(after).epoch == rows.epoch
        assert await JournalRows(after).read("a") == FULL


async def test_a_crash_while_a_backup_is_made_keeps_the_epoch(
    rows: JournalRows, journal: Journal, path: Path
) -> None:
    """Its token still lies beside the file."""
    await journal.begin_backup()
    await rows.write("a", FULL)
    copy = copy_of(path)
    shutil.copy(backup_token_of(path), backup_token_of(copy))

    async with opened(copy, Threads()) as after:
        assert JournalRows(after).epoch == rows.epoch
        assert await JournalRows(after).read("a") == FULL


async def test_a_backup_that_is_put_back_has_another_epoch(
    rows: JournalRows, journal: Journal, path: Path
) -> None:
    """What it says stands has long been replaced."""
    await rows.write("a", FULL)
    epoch = rows.epoch
    await journal.begin_backup()
    copy = path.with_name("backup")
    shutil.copy(path, copy)
    await journal.end_backup()
    await rows.write("a", EMPTY)
    await journal.close()
    shutil.copy(copy, path)

    await journal.open()

    assert await rows.read("a") == FULL
    assert rows.epoch not in {None, epoch}


async def test_a_file_begun_anew_has_another_epoch_and_no_row(
    rows: JournalRows, journal: Journal, path: Path
) -> None:
    """What stands is forgotten: who arms must reckon with it."""
    await rows.write("a", FULL)
    epoch = rows.epoch
    await journal.close()
    garble(path)

    await journal.open()

    assert rows.epoch not in {None, epoch}
    assert await rows.known() == ()


async def test_a_log_that_was_damaged_gives_another_epoch(
    rows: JournalRows, path: Path
) -> None:
    """The newest rows may be lost with its end."""
    await rows.write("a", FULL)
    copy = copy_of(path)
    await rows.write("a", EMPTY)
    log = log_of(path).read_bytes()
    damaged = bytearray(log)
    damaged[log_of(copy).stat().st_size + 100] ^= 0xFF
    log_of(copy).write_bytes(damaged + log[-4120:])

    async with opened(copy, Threads()) as after:
        assert JournalRows(after).epoch not in {None, rows.epoch}


async def test_a_file_that_is_put_back_meanwhile_has_another_epoch(
    rows: JournalRows, journal: Journal, path: Path
) -> None:
    """Told as soon as it is found out."""
    await rows.write("a", FULL)
    epoch = rows.epoch
    await journal.checkpoint()
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    await rows.write("a", EMPTY)
    await journal.put(message(1, OPEN))
    shutil.copy(copy, path)
    log_of(path).unlink()

    assert await rows.read("a") == FULL

    assert rows.epoch not in {None, epoch}
