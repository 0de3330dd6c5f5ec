"""A backup: the file lies still, and a restored copy sends nothing that may have left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
import random
import shutil

import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.database import (
    LOG_LIMIT,
    Opened,
)
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.journal.messages import not_closed
from custom_components.passerelle_sms.messaging.journal.opening import open_file
from custom_components.passerelle_sms.messaging.journal.private_file import (
    backup_token_of,
    log_of,
)
from custom_components.passerelle_sms.messaging.model.submission import Notice, Stage
from homeassistant.components.backup.const import EXCLUDE_FROM_BACKUP
from tests.messaging.journal_records import (
    NOON,
    OPEN,
    Threads,
    message,
    opened,
    submission,
)

HELD = replace(
    submission(outcome=Outcome.UNKNOWN, stage=Stage.HELD), notice=Notice.UNANNOUNCED
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "journal"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    """Return an open journal."""
    async with opened(path, Threads()) as journal:
        yield journal


def hash_of(path: Path) -> bytes:
    """Return what tells whether a file has changed."""
    return sha256(path.read_bytes()).digest()


def back_up(path: Path, name: str, log_size: int | None = None) -> Path:
    """Copy what a backup takes, perhaps only the beginning of the log."""
    copy = path.with_name(name) / "journal"
    copy.parent.mkdir()
    shutil.copy(path, copy)
    log_of(copy).write_bytes(log_of(path).read_bytes()[:log_size])
    return copy


async def test_what_is_backed_up_does_not_change(journal: Journal, path: Path) -> None:
    """However much is written meanwhile; afterwards it may."""
    await journal.put(message(0, OPEN))
    await journal.begin_backup()
    was = hash_of(path)
    assert log_of(path).stat().st_size == 0

    for minute in range(1, 1001):
        await journal.put(message(minute, OPEN))
    await journal.prune(before=NOON, keep=0)
    await journal.checkpoint()

    assert hash_of(path) == was
    assert log_of(path).stat().st_size > LOG_LIMIT

    await journal.end_backup()

    assert hash_of(path) != was
    assert log_of(path).stat().st_size == 0
    assert len(await journal.not_closed()) == 1001


async def test_every_copy_is_sound_and_holds_what_waits(
    journal: Journal, path: Path
) -> None:
    """Taken at any moment, and with only a part of the log."""
    await journal.put(message(0, OPEN))
    await journal.begin_backup()
    chance = random.Random(0)
    copies = []
    for turn in range(12):
        await journal.put(message(turn + 1, OPEN))
        size = log_of(path).stat().st_size
        cut = chance.choice([None, 0, chance.randrange(size)])
        copies.append(back_up(path, f"copy-{turn}", cut))
    # Its owner has sent what waited, since.
    await journal.end_backup()

    for copy in copies:
        file, found = open_file(copy)
        with closing(file):
            assert found == Opened(is_doubtful=True)
            messages = file.read(not_closed)
        assert messages[0] == message(0, HELD)
        assert {each.outcome for record in messages for each in record.submissions} == {
            Outcome.UNKNOWN
        }
        again, found = open_file(copy)
        again.close()
        assert found == Opened()


async def test_a_copy_with_a_torn_log_holds_what_waits(
    journal: Journal, path: Path
) -> None:
    """Copied while it was written: its end makes no sense."""
    await journal.put(message(0, OPEN))
    await journal.begin_backup()
    await journal.put(message(1, OPEN))
    copy = back_up(path, "copy")
    log = log_of(copy).read_bytes()
    log_of(copy).write_bytes(log[:-2000] + b"\0" * 2000)

    file, found = open_file(copy)

    with closing(file):
        assert found.is_doubtful
        assert file.read(not_closed) == [message(0, HELD)]


async def test_a_crash_during_a_backup_changes_nothing(
    journal: Journal, path: Path
) -> None:
    """The token is still there: what waits goes on, and a later copy is none of it."""
    await journal.put(message(0, OPEN))
    await journal.begin_backup()
    copy = back_up(path, "crashed")
    shutil.copy(backup_token_of(path), backup_token_of(copy))

    file, found = open_file(copy)

    with closing(file):
        assert found == Opened()
        assert file.read(not_closed) == [message(0, OPEN)]
    assert not backup_token_of(copy).exists()
    again, found = open_file(copy)
    again.close()
    assert found == Opened()


@pytest.mark.parametrize("token", [None, b"", b"another", b"\xff"])
async def test_a_mark_without_its_token_is_a_copy(
    journal: Journal, path: Path, token: bytes | None
) -> None:
    """Or with the token of another backup."""
    await journal.put(message(0, OPEN))
    await journal.begin_backup()
    copy = back_up(path, "copy")
    if token is not None:
        backup_token_of(copy).write_bytes(token)

    file, found = open_file(copy)

    with closing(file):
        assert found == Opened(is_doubtful=True)
        assert file.read(not_closed) == [message(0, HELD)]


async def test_a_copy_after_the_backup_is_no_copy_of_it(
    journal: Journal, path: Path
) -> None:
    """Neither mark nor token is left: so it is documented of snapshots without a hook."""
    await journal.put(message(0, OPEN))
    await journal.begin_backup()
    await journal.begin_backup()
    await journal.end_backup()
    await journal.end_backup()

    file, found = open_file(back_up(path, "copy"))
    file.close()

    assert found == Opened()
    assert not backup_token_of(path).exists()


async def test_no_backup_takes_the_token(journal: Journal, path: Path) -> None:
    """Neither Home Assistant's nor the Supervisor's; and nobody else may read it."""
    await journal.begin_backup()
    token = backup_token_of(path)

    assert any(token.match(pattern) for pattern in EXCLUDE_FROM_BACKUP)
    assert not any(path.match(pattern) for pattern in EXCLUDE_FROM_BACKUP)
    assert not any(log_of(path).match(pattern) for pattern in EXCLUDE_FROM_BACKUP)
    assert token.stat().st_mode & 0o777 == 0o600
    await journal.remove()
    assert not token.exists()


async def test_a_stop_during_a_backup_leaves_the_file_alone(
    journal: Journal, path: Path
) -> None:
    """What was written meanwhile is in the log, and goes on with the next start."""
    await journal.begin_backup()
    was = hash_of(path)
    await asyncio.gather(*(journal.put(message(minute, OPEN)) for minute in range(3)))

    await journal.close()

    assert hash_of(path) == was
    assert await journal.open() == Opened()
    assert len(await journal.not_closed()) == 3
