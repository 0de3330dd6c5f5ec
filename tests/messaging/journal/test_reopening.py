"""Damage done while the journal is open: opened again, with what memory knows."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
import os
from pathlib import Path
import shutil
import sqlite3
from typing import Any, override

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal import messages
from custom_components.passerelle_sms.messaging.journal.database import Database
from custom_components.passerelle_sms.messaging.journal.journal import Journal, Opened
from custom_components.passerelle_sms.messaging.journal.messages import (
    not_closed,
    write_messages,
)
from custom_components.passerelle_sms.messaging.journal.opening import reopen
from custom_components.passerelle_sms.messaging.journal.private_file import (
    backup_token_of,
    log_of,
)
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import Notice, Stage
from tests.messaging.fake_disk import disk_error
from tests.messaging.journal_records import (
    NOON,
    OPEN,
    Threads,
    content_of,
    garble,
    message,
    opened,
    overwrite_pages,
    small_disk,
    submission,
)

HELD = replace(
    submission(outcome=Outcome.UNKNOWN, stage=Stage.HELD), notice=Notice.UNANNOUNCED
)
UNDER_WAY = replace(OPEN, outcome=Outcome.UNKNOWN, attempts=1)


class FailingThreads(Threads):
    """Threads in which something fails once, or several times."""

    def __init__(self) -> None:
        """Begin with nothing that fails."""
        super().__init__()
        self.failing: object = None
        self.errors: list[Exception] = []

    @override
    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function in a thread, unless it fails."""
        asked = args[1] if function in {Database.read, Database.write} else function
        if self.errors and asked == self.failing:
            raise self.errors.pop()
        return await super().run(function, *args)


class Memory:
    """What the owner of a journal knows, and hears."""

    def __init__(self, journal: Journal) -> None:
        """Know nothing."""
        self.open: list[MessageRecord] = []
        self.heard: list[Opened] = []
        journal.open_messages = self._messages
        journal.on_reopened = self.heard.append

    def _messages(self) -> Iterable[MessageRecord]:
        return self.open


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "storage" / "journal"


@pytest.fixture
async def threads() -> FailingThreads:
    """Return the threads of the journal."""
    return FailingThreads()


@pytest.fixture
async def journal(path: Path, threads: FailingThreads) -> AsyncIterator[Journal]:
    """Return an open journal with one message that was settled, and two that were not."""
    async with opened(path, threads) as journal:
        await journal.put(message(1))
        await journal.put(message(2, OPEN))
        await journal.put(message(3, OPEN))
        await journal.checkpoint()
        # Since the file was written last, a request has begun.
        await journal.put(message(3, UNDER_WAY))
        yield journal


@pytest.fixture
async def memory(journal: Journal) -> Memory:
    """Return what memory knows: the same two messages."""
    memory = Memory(journal)
    memory.open = [message(2, OPEN), message(3, UNDER_WAY)]
    return memory


def file_content(path: Path) -> bytes:
    """Return what is in the file itself."""
    return path.read_bytes()


def delete(path: Path) -> None:
    """Delete the file, and leave its log."""
    path.unlink()


def delete_all(path: Path) -> None:
    """Delete the folder."""
    shutil.rmtree(path.parent)


def put_back(path: Path) -> None:
    """Put an old copy in its place, as a restored backup may."""
    old = path.with_name("old")
    shutil.copy(path, old)
    old.replace(path)


def write_over(path: Path) -> None:
    """Write an old copy over it."""
    content = path.read_bytes()
    os.utime(path, ns=(0, 0))
    path.write_bytes(content)


def garble_log(path: Path) -> None:
    """Make its log none."""
    garble(log_of(path))


def cut_log(path: Path) -> None:
    """Lose the end of its log, at a commit."""
    os.truncate(log_of(path), 0)


@pytest.mark.parametrize(
    "damage",
    [
        garble,
        overwrite_pages,
        delete,
        delete_all,
        put_back,
        write_over,
        garble_log,
        cut_log,
    ],
)
@pytest.mark.parametrize("is_put", [True, False])
async def test_what_memory_knows_is_written_anew(
    journal: Journal,
    path: Path,
    memory: Memory,
    is_put: bool,
    damage: Callable[[Path], None],
) -> None:
    """And then what was asked is done, once, whatever that is; after a restart too."""
    damage(path)

    if is_put:
        await journal.put(message(4, OPEN))
        memory.open.append(message(4, OPEN))
    assert await journal.not_closed() == memory.open

    assert [found.is_doubtful for found in memory.heard] == [True]
    await journal.put(message(5))
    await journal.close()
    assert await journal.open() == Opened()
    assert await journal.not_closed() == memory.open
    assert (await journal.created_since(NOON))[-1] == message(5)
    assert len(memory.heard) == 1


@pytest.mark.parametrize("damage", [garble, overwrite_pages, delete, put_back])
async def test_what_is_replaced_keeps_nothing_of_the_old_log(
    journal: Journal, path: Path, memory: Memory, damage: Callable[[Path], None]
) -> None:
    """It is not its own: both are kept aside."""
    log = log_of(path).read_bytes()
    damage(path)

    await journal.not_closed()

    logs = path.parent.glob("journal.damaged-*-wal")
    assert log in [each.read_bytes() for each in logs]
    [found] = memory.heard
    assert found.kept_aside is not None
    assert all(
        each.stat().st_mode & 0o777 == 0o600 for each in path.parent.glob("*damaged*")
    )


async def test_what_memory_does_not_know_is_held(
    journal: Journal, path: Path, memory: Memory
) -> None:
    """What was put back may be old: it may have left since."""
    memory.open = [message(3, UNDER_WAY)]
    put_back(path)

    assert await journal.not_closed() == [message(2, HELD), message(3, UNDER_WAY)]
    assert await journal.get(message(1).message_id) == message(1)


async def test_without_an_owner_it_is_opened_again_all_the_same(
    journal: Journal, path: Path
) -> None:
    """Nobody knows of anything, and nobody hears of it."""
    put_back(path)

    assert await journal.not_closed() == [message(2, HELD), message(3, HELD)]


def broken(code: int, words: str) -> sqlite3.OperationalError:
    """Return an error as SQLite raises it."""
    return disk_error(code, words)


DAMAGE = [
    broken(sqlite3.SQLITE_CORRUPT, "database disk image is malformed"),
    broken(sqlite3.SQLITE_NOTADB, "file is not a database"),
    broken(sqlite3.SQLITE_IOERR_READ, "disk I/O error"),
    broken(sqlite3.SQLITE_ERROR, "no such table: message"),
]
REFUSALS = [
    broken(sqlite3.SQLITE_FULL, "database or disk is full"),
    broken(sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
    broken(sqlite3.SQLITE_CANTOPEN, "unable to open database file"),
    broken(sqlite3.SQLITE_IOERR_WRITE, "disk I/O error"),
    broken(sqlite3.SQLITE_BUSY, "database is locked"),
]


@pytest.mark.parametrize("error", DAMAGE, ids=str)
async def test_an_error_that_means_damage_is_tried_again_once(
    journal: Journal, memory: Memory, threads: FailingThreads, error: Exception
) -> None:
    """With the file opened again, where nothing was wrong with it: nothing is lost."""
    threads.failing, threads.errors = not_closed, [error]

    assert await journal.not_closed() == memory.open

    assert memory.heard == [Opened(is_doubtful=True)]


@pytest.mark.parametrize("error", DAMAGE, ids=str)
async def test_damage_that_stays_is_told(
    journal: Journal, memory: Memory, threads: FailingThreads, error: Exception
) -> None:
    """It is not tried for ever."""
    threads.failing, threads.errors = not_closed, [error, error]

    with pytest.raises(NotStoredError) as raised:
        await journal.not_closed()

    assert raised.value.words == str(error)
    assert len(memory.heard) == 1
    assert await journal.not_closed() == memory.open


@pytest.mark.parametrize("error", REFUSALS, ids=str)
async def test_a_disk_that_refuses_is_no_damage(
    journal: Journal, memory: Memory, threads: FailingThreads, error: Exception
) -> None:
    """Nothing is opened again, and the next one works."""
    threads.failing, threads.errors = write_messages, [error]

    with pytest.raises(NotStoredError):
        await journal.put(message(4))

    assert memory.heard == []
    await journal.put(message(4))
    assert memory.heard == []


@pytest.mark.parametrize("failing", [reopen, messages.put_back])
async def test_goes_on_as_soon_as_it_can_be_opened_again(
    journal: Journal,
    path: Path,
    memory: Memory,
    threads: FailingThreads,
    failing: object,
) -> None:
    """The disk is full just then, or can't be written: nobody is told anything wrong."""
    garble(path)
    threads.failing, threads.errors = failing, [OSError(30, "Read-only file system")]

    with pytest.raises(NotStoredError, match="Read-only file system"):
        await journal.not_closed()
    assert memory.heard == []

    assert await journal.not_closed() == memory.open
    assert [found.is_doubtful for found in memory.heard] == [True]


async def test_closing_what_was_lost_writes_nothing(
    journal: Journal, path: Path, memory: Memory
) -> None:
    """Into a file that is somebody else's now."""
    garble(path)
    was = content_of(path)

    await journal.close()

    assert content_of(path) == was
    assert memory.heard == []


async def test_closing_what_could_not_be_opened_again(
    journal: Journal, path: Path, threads: FailingThreads
) -> None:
    """Then it is closed, and may be opened as ever."""
    garble(path)
    threads.failing = reopen
    threads.errors = [OSError(30, "Read-only file system")]
    with pytest.raises(NotStoredError):
        await journal.not_closed()

    await journal.close()

    with pytest.raises(NotStoredError, match="the journal is closed"):
        await journal.not_closed()
    assert (await journal.open()).kept_aside is not None


async def test_all_that_wait_share_one_reopening(
    journal: Journal, path: Path, memory: Memory
) -> None:
    """And each gets what it has asked for."""
    garble(path)
    later = [message(minute, OPEN) for minute in range(4, 20)]

    *_, found = await asyncio.gather(
        *(journal.put(record) for record in later), journal.not_closed()
    )

    assert found == [*memory.open, *later]
    assert len(memory.heard) == 1


async def test_a_backup_goes_on_with_what_is_opened_again(
    journal: Journal, path: Path, memory: Memory
) -> None:
    """It lies still too, and a copy of it is known."""
    await journal.begin_backup()
    garble(path)
    await journal.not_closed()
    was = file_content(path)

    await journal.put(message(4))
    await journal.checkpoint()

    assert file_content(path) == was
    assert backup_token_of(path).exists()
    await journal.end_backup()
    assert file_content(path) != was


async def test_a_row_that_became_unreadable_is_taken_out(
    journal: Journal, memory: Memory, threads: FailingThreads
) -> None:
    """A copy is kept aside, and no question fails because of it, nor quotes it."""
    memory.open.pop()
    threads.tell_sqlite("UPDATE message SET header = '[\"secret\"]' WHERE rowid = 3")

    assert await journal.not_closed() == memory.open

    assert memory.heard[0].kept_aside is not None


async def test_a_full_disk_is_no_damage_and_a_later_put_works(
    journal: Journal, path: Path, memory: Memory
) -> None:
    """What was there before still is, and the log is as sound as it was."""
    size = log_of(path).stat().st_size
    with small_disk(size), pytest.raises(NotStoredError):
        await journal.put(message(4, OPEN))

    assert log_of(path).stat().st_size == size
    await journal.put(message(5, OPEN))
    assert await journal.not_closed() == [*memory.open, message(5, OPEN)]
    assert memory.heard == []


async def test_opening_that_failed_may_be_tried_again(path: Path) -> None:
    """The disk was read-only, or the folder was none."""
    path.parent.touch()
    journal = Journal(path, Threads().run)
    with pytest.raises(NotStoredError):
        await journal.open()
    path.parent.unlink()

    assert await journal.open() == Opened()

    await journal.put(message(1))
    await journal.close()
