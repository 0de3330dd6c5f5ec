"""What an account remembers that is no message."""

from collections.abc import AsyncIterator
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.messaging.journal.journal import Journal, Opened
from tests.messaging.journal_records import NOON, Threads, after_noon, opened


@pytest.fixture
async def threads() -> Threads:
    """Return the threads of the journal."""
    return Threads()


@pytest.fixture
async def journal(tmp_path: Path, threads: Threads) -> AsyncIterator[Journal]:
    """Return an open journal."""
    async with opened(tmp_path / "journal", threads) as journal:
        yield journal


async def test_credits_that_never_moved(journal: Journal) -> None:
    """There is nothing to tell."""
    assert await journal.last_balance_change() is None


@pytest.mark.parametrize("minutes", [(1, 2, 3), (3, 2, 1), (2, 3, 3), (3,)])
async def test_knows_when_credits_moved_last(
    journal: Journal, minutes: tuple[int, ...]
) -> None:
    """Whichever was noted first, in whatever zone, and after a restart."""
    for minute in minutes:
        zone = timezone(timedelta(hours=minute))
        await journal.record_balance_change(after_noon(minute).astimezone(zone))

    await journal.close()
    await journal.open()

    assert await journal.last_balance_change() == after_noon(3)


async def test_to_the_microsecond_and_before_the_epoch(journal: Journal) -> None:
    """As exactly as messages are sorted."""
    moved = NOON.replace(year=1969, microsecond=1)
    await journal.record_balance_change(moved)

    assert await journal.last_balance_change() == moved


@pytest.mark.parametrize(("by", "expected"), [(3, 4), (-3, 1)])
async def test_is_never_earlier_when_the_clock_is_set(
    journal: Journal, by: int, expected: int
) -> None:
    """Too late, it only keeps the balance from proving anything for a while."""
    await journal.record_balance_change(after_noon(1))

    await journal.redate(timedelta(minutes=by))

    assert await journal.last_balance_change() == after_noon(expected)


async def test_is_not_pruned(journal: Journal) -> None:
    """It is one line."""
    await journal.record_balance_change(NOON)
    await journal.prune(before=after_noon(1), keep=0)

    assert await journal.last_balance_change() == NOON


async def test_a_disk_that_fails_is_told_and_changes_nothing(
    journal: Journal, threads: Threads
) -> None:
    """What was known still is."""
    await journal.record_balance_change(NOON)
    threads.tell_sqlite(
        "CREATE TEMP TRIGGER fail AFTER UPDATE ON note"
        " BEGIN SELECT RAISE (ABORT, 'disk I/O error'); END"
    )

    with pytest.raises(NotStoredError, match="disk I/O error"):
        await journal.record_balance_change(after_noon(1))

    assert await journal.last_balance_change() == NOON


@pytest.mark.parametrize("value", [b"noon", b"\xff", b"9" * 30, b"9" * 5000])
async def test_what_is_unreadable_is_none(
    journal: Journal, threads: Threads, value: bytes
) -> None:
    """The journal opens as if all were well, and the next one takes its place."""
    await journal.record_balance_change(NOON)
    threads.tell_sqlite("UPDATE note SET value = CAST(? AS TEXT)", value)

    await journal.close()
    assert await journal.open() == Opened()
    assert await journal.last_balance_change() is None
    await journal.record_balance_change(NOON)
    assert await journal.last_balance_change() == NOON


async def test_without_a_time_zone_nothing_is_noted(journal: Journal) -> None:
    """A mistake of ours."""
    with pytest.raises(TypeError):
        await journal.record_balance_change(NOON.replace(tzinfo=None))

    assert await journal.last_balance_change() is None
