"""What tells a journal's file from all others that are in its place."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
import shutil
import sqlite3

import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.journal.private_file import (
    backup_token_of,
    doubt_of,
    log_of,
)
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.messaging.journal_records import (
    OPEN,
    Threads,
    garble,
    message,
    opened,
    small_disk,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "journal"


@pytest.fixture
async def threads() -> Threads:
    """Return the threads of the journal."""
    return Threads()


@pytest.fixture
async def journal(path: Path, threads: Threads) -> AsyncIterator[Journal]:
    """Return an open journal with a message that waits."""
    async with opened(path, threads) as journal:
        await journal.put(message(1, OPEN))
        yield journal


async def test_it_stays_as_long_as_the_file(journal: Journal, path: Path) -> None:
    """Of any run; while none is open there is none."""
    epoch = journal.epoch
    assert len(epoch) == 16

    await journal.close()
    assert journal.epoch == ""
    again = Journal(path, Threads().run)
    await again.open()

    assert again.epoch == epoch
    await again.close()


async def test_each_file_has_its_own(tmp_path: Path) -> None:
    """Also one that is made in the place of another."""
    epochs = set()
    for name in ("a", "b", "b"):
        (tmp_path / name).unlink(missing_ok=True)
        async with opened(tmp_path / name, Threads()) as journal:
            epochs.add(journal.epoch)

    assert len(epochs) == 3


async def test_a_file_of_an_earlier_version_is_given_one(
    journal: Journal, path: Path, threads: Threads
) -> None:
    """When it is opened for the first time."""
    await journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM note WHERE key = 'epoch'")
    connection.close()

    async with opened(path, threads) as first:
        epoch = first.epoch
    async with opened(path, threads) as second:
        assert second.epoch == epoch

    assert epoch


def _leave_a_doubt(path: Path) -> None:
    doubt_of(path).touch()


def _damage(path: Path) -> None:
    garble(path)


def _take_the_token(path: Path) -> None:
    backup_token_of(path).unlink()


@pytest.mark.parametrize(
    "happen", [_leave_a_doubt, _damage, _take_the_token, Path.unlink]
)
async def test_another_one_begins_where_anything_may_be_missing(
    journal: Journal, path: Path, happen: Callable[[Path], None]
) -> None:
    """Restored from a backup, damaged, or deleted while nothing ran."""
    epoch = journal.epoch
    await journal.begin_backup()
    await journal.close()
    happen(path)

    async with opened(path, Threads()) as again:
        other = again.epoch
    async with opened(path, Threads()) as later:
        assert later.epoch == other

    assert other not in {"", epoch}


async def test_another_one_begins_where_a_message_was_unreadable(
    journal: Journal, path: Path
) -> None:
    """It may have been the one that somebody will ask for."""
    epoch = journal.epoch
    await journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE message SET header = 'no JSON'")
    connection.close()

    async with opened(path, Threads()) as again:
        assert again.epoch not in {"", epoch}


async def test_another_one_begins_where_the_file_was_put_back_meanwhile(
    journal: Journal, path: Path
) -> None:
    """Though memory knows what was open."""
    epoch = journal.epoch
    await journal.checkpoint()
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    await journal.put(message(2, OPEN))
    shutil.copy(copy, path)
    log_of(path).unlink()

    assert await journal.get(message(2).message_id) is None

    assert journal.epoch not in {"", epoch}


async def test_what_can_not_be_written_is_good_for_this_time(
    journal: Journal, path: Path
) -> None:
    """A disk without room keeps nobody from opening it, and proves nothing later."""
    await journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM note WHERE key = 'epoch'")
    connection.close()

    with small_disk(0):
        again = Journal(path, Threads().run)
        await again.open()
        epoch = again.epoch
        assert epoch
        await again.close()

    async with opened(path, Threads()) as later:
        assert later.epoch not in {"", epoch}


async def test_of_what_a_relay_sends_nobody_is_told_here_when_it_is_held(
    journal: Journal, path: Path
) -> None:
    """The relay asks; of all else the account tells."""
    leg = replace(message(2, OPEN), relay="relay-1")
    await journal.put(leg)
    await journal.close()
    _leave_a_doubt(path)

    async with opened(path, Threads()) as again:
        held = {
            record.relay: record.submissions[0] for record in await again.not_closed()
        }
        noticed = await again.with_notice()

    assert {(row.outcome, row.stage) for row in held.values()} == {
        (Outcome.UNKNOWN, Stage.HELD)
    }
    assert held["relay-1"].notice is None
    assert [record.relay for record in noticed] == [None]
