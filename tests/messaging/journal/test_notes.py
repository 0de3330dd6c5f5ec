"""What an account remembers that is no message: its ledger, and whether to trust it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.journal import Journal, Opened
from custom_components.passerelle_sms.messaging.journal.messages import write_messages
from custom_components.passerelle_sms.messaging.journal.notes import distrust_balance
from custom_components.passerelle_sms.messaging.journal.private_file import log_of
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from tests.conftest import PAPA
from tests.messaging.journal_records import (
    NOON,
    OPEN,
    Threads,
    after_noon,
    copy_of,
    garble,
    message,
    opened,
    submission,
)

UNDER_WAY = replace(OPEN, outcome=Outcome.UNKNOWN, attempts=1, period=7)
BEGUN = message(1, UNDER_WAY)


@pytest.fixture
async def threads() -> Threads:
    """Return the threads of the journal."""
    return Threads()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal is."""
    return tmp_path / "journal"


@pytest.fixture
async def journal(path: Path, threads: Threads) -> AsyncIterator[Journal]:
    """Return an open journal."""
    async with opened(path, threads) as journal:
        yield journal


def fail_at_notes(threads: Threads) -> None:
    """Let no note be written."""
    for kind in ("INSERT", "UPDATE"):
        threads.tell_sqlite(
            f"CREATE TEMP TRIGGER fail_{kind} BEFORE {kind} ON note"
            " BEGIN SELECT RAISE (ABORT, 'disk I/O error'); END"
        )


def fail_at_messages(threads: Threads) -> None:
    """Let no message be written."""
    threads.tell_sqlite(
        "CREATE TEMP TRIGGER fail BEFORE INSERT ON message"
        " BEGIN SELECT RAISE (ABORT, 'disk I/O error'); END"
    )


def mend(threads: Threads) -> None:
    """Let everything be written again."""
    for name in ("fail", "fail_INSERT", "fail_UPDATE"):
        threads.tell_sqlite(f"DROP TRIGGER IF EXISTS {name}")


def ledger_on_disk(threads: Threads) -> bytes | None:
    """Return what the file says, which a journal would have to be asked for in turn."""
    rows = threads.tell_sqlite("SELECT value FROM note WHERE key = 'ledger'")
    return next((value for (value,) in rows), None)


# --- what the ledger says -----------------------------------------------------------


async def test_a_fresh_file_has_no_ledger_and_is_trusted(journal: Journal) -> None:
    """Nothing has been charged yet."""
    assert await journal.ledger() is None
    assert not await journal.is_balance_distrusted()
    assert await journal.latest_period() == 0


async def test_the_ledger_written_last_outlives_a_restart(journal: Journal) -> None:
    """It is one line, and is not pruned."""
    await journal.write_ledger("one")
    await journal.write_ledger("two")
    await journal.prune(before=after_noon(1), keep=0)

    await journal.close()
    await journal.open()

    assert await journal.ledger() == "two"


async def test_a_disk_that_fails_is_told_and_changes_nothing(
    journal: Journal, threads: Threads
) -> None:
    """What was known still is."""
    await journal.write_ledger("one")
    fail_at_notes(threads)

    with pytest.raises(NotStoredError, match="disk I/O error"):
        await journal.write_ledger("two")

    assert await journal.ledger() == "one"


async def test_a_ledger_that_could_not_be_written_is_written_with_the_next_message(
    journal: Journal, threads: Threads
) -> None:
    """It is not forgotten because the disk was full at that moment."""
    fail_at_notes(threads)
    with pytest.raises(NotStoredError):
        await journal.write_ledger("one")
    mend(threads)

    await journal.put(BEGUN)

    assert await journal.ledger() == "one"


async def test_a_ledger_that_is_no_text_is_none(
    journal: Journal, threads: Threads
) -> None:
    """The journal opens as if all were well, and the next one takes its place."""
    await journal.write_ledger("one")
    threads.tell_sqlite("UPDATE note SET value = CAST(? AS TEXT)", b"\xff")

    await journal.close()
    assert await journal.open() == Opened()
    assert await journal.ledger() is None
    await journal.write_ledger("two")
    assert await journal.ledger() == "two"


# --- with the next message ----------------------------------------------------------


async def test_the_ledger_is_written_in_the_same_transaction_as_the_message(
    journal: Journal, threads: Threads, path: Path
) -> None:
    """A crash just after it finds both, and at no other cost than the message's."""
    threads.done.clear()
    journal.write_ledger_with_next("one")
    assert ledger_on_disk(threads) is None

    await journal.put(BEGUN)

    assert threads.done == [write_messages]
    async with opened(copy_of(path), Threads()) as crashed:
        assert await crashed.ledger() == "one"
        assert await crashed.not_closed() == [BEGUN]


async def test_a_message_that_cannot_be_written_leaves_the_ledger_to_the_next(
    journal: Journal, threads: Threads
) -> None:
    """Both are on disk, or neither is."""
    await journal.write_ledger("zero")
    journal.write_ledger_with_next("one")
    fail_at_messages(threads)
    with pytest.raises(NotStoredError):
        await journal.put(BEGUN)
    assert await journal.ledger() == "zero"
    mend(threads)

    await journal.put(BEGUN)

    assert await journal.ledger() == "one"


async def test_what_the_ledger_says_meanwhile_is_not_undone_by_a_failure(
    journal: Journal, threads: Threads
) -> None:
    """The newer one is written with the next message."""
    journal.write_ledger_with_next("one")
    fail_at_messages(threads)
    threads.gate.clear()
    threads.busy.clear()
    putting = asyncio.create_task(journal.put(BEGUN))
    await threads.busy.wait()
    journal.write_ledger_with_next("two")
    threads.gate.set()
    with pytest.raises(NotStoredError):
        await putting
    mend(threads)

    await journal.put(BEGUN)

    assert await journal.ledger() == "two"


async def test_a_ledger_is_written_once(journal: Journal) -> None:
    """What was written by itself since is the newer one."""
    journal.write_ledger_with_next("one")
    await journal.write_ledger("two")
    await journal.put(BEGUN)

    assert await journal.ledger() == "two"


async def test_the_ledger_is_written_when_the_journal_closes(journal: Journal) -> None:
    """Without a message after it."""
    journal.write_ledger_with_next("one")

    await journal.close()
    await journal.open()

    assert await journal.ledger() == "one"


async def test_a_ledger_that_cannot_be_written_at_the_close_hinders_nothing(
    journal: Journal, threads: Threads
) -> None:
    """What it lacks then only proves less."""
    await journal.write_ledger("one")
    journal.write_ledger_with_next("two")
    fail_at_notes(threads)

    await journal.close()
    await journal.open()

    assert await journal.ledger() == "one"


# --- whether it is trusted ----------------------------------------------------------


async def distrust(journal: Journal, threads: Threads) -> None:
    """Note that charges may be missing."""
    assert threads.file is not None
    threads.file.write(distrust_balance)
    assert await journal.is_balance_distrusted()


async def test_a_ledger_that_knows_of_it_is_trusted_as_far_as_it_says(
    journal: Journal, threads: Threads
) -> None:
    """It is written in answer to that."""
    await distrust(journal, threads)

    await journal.write_ledger("disturbed")

    assert not await journal.is_balance_distrusted()


async def test_a_message_takes_no_distrust_away(
    journal: Journal, threads: Threads
) -> None:
    """The ledger that goes with it may have been made before."""
    await distrust(journal, threads)
    journal.write_ledger_with_next("one")

    await journal.put(BEGUN)

    assert await journal.ledger() == "one"
    assert await journal.is_balance_distrusted()


async def test_a_row_that_was_taken_out_may_have_been_a_charge(
    journal: Journal, threads: Threads
) -> None:
    """So the balance proves nothing until the ledger knows."""
    await journal.put(BEGUN)
    threads.tell_sqlite("UPDATE message SET header = '?'")

    await journal.close()
    found = await journal.open()

    assert found.kept_aside is not None
    assert await journal.is_balance_distrusted()


async def test_a_file_in_the_place_of_a_damaged_one_lacks_what_was_charged(
    path: Path, threads: Threads
) -> None:
    """What that told of may still be charged."""
    garble(path)

    async with opened(path, threads) as journal:
        assert await journal.is_balance_distrusted()
        assert await journal.is_unfinished()


async def test_a_file_in_the_place_of_a_lost_one_lacks_what_was_charged(
    path: Path, threads: Threads
) -> None:
    """Of which only the log is left."""
    path.parent.mkdir(exist_ok=True)
    log_of(path).write_bytes(bytes(100))

    async with opened(path, threads) as journal:
        assert await journal.is_balance_distrusted()


async def test_a_copy_from_a_backup_lacks_what_was_charged_since(
    journal: Journal, threads: Threads, path: Path
) -> None:
    """It is known by its mark."""
    await journal.write_ledger("one")
    await journal.begin_backup()
    copy = copy_of(path)
    await journal.end_backup()

    async with opened(copy, Threads()) as restored:
        assert await restored.is_balance_distrusted()
        assert await restored.ledger() == "one"
    assert not await journal.is_balance_distrusted()


async def test_whoever_keeps_the_ledger_hears_that_the_file_was_opened_again(
    journal: Journal, threads: Threads, path: Path
) -> None:
    """And the ledger that was about to be written takes the mark of it not away."""
    heard: list[str] = []

    def hear() -> None:
        heard.append("distrusted")
        journal.write_ledger_with_next("disturbed")

    journal.on_distrusted = hear
    journal.write_ledger_with_next("one")
    garble(path)

    await journal.put(BEGUN)

    assert heard == ["distrusted"]
    assert await journal.is_balance_distrusted()
    await journal.put(BEGUN)
    assert await journal.ledger() == "disturbed"


# --- whether a run has finished -------------------------------------------------------


async def test_before_the_first_run_none_is_unfinished(journal: Journal) -> None:
    """Nothing can have been forgotten."""
    assert not await journal.is_unfinished()


async def test_a_run_is_unfinished_from_its_beginning(journal: Journal) -> None:
    """Whatever is written in it, and whether or not the file is closed."""
    await journal.begin_run(NOON)
    await journal.write_ledger("one")

    await journal.close()
    await journal.open()

    assert await journal.is_unfinished()


async def test_a_run_that_has_finished_leaves_its_ledger(journal: Journal) -> None:
    """Until the next one begins."""
    await journal.begin_run(NOON)
    journal.write_ledger_with_next("one")

    await journal.finish_run("two")
    await journal.close()
    await journal.open()

    assert not await journal.is_unfinished()
    assert await journal.ledger() == "two"
    await journal.begin_run(NOON)
    assert await journal.is_unfinished()


async def test_a_run_that_could_not_be_noted_is_unfinished(journal: Journal) -> None:
    """Whoever has opened the file may have done anything since."""
    await journal.begin_run(NOON)
    await journal.finish_run("one")
    for _ in range(2):
        await journal.close()
        await journal.open()

    assert await journal.is_unfinished()
    assert await journal.ledger() == "one"


@contextmanager
def out_of_reach(path: Path) -> Iterator[None]:
    """Let there be something else in the place of a file."""
    kept = path.rename(path.with_name("kept"))
    path.mkdir()
    yield
    path.rmdir()
    kept.rename(path)


async def test_a_file_that_cannot_be_opened_belongs_to_a_run_all_the_same(
    journal: Journal, path: Path
) -> None:
    """What leaves meanwhile is forgotten by a crash."""
    await journal.begin_run(NOON)
    await journal.finish_run("one")
    await journal.close()
    with out_of_reach(path), pytest.raises(NotStoredError):
        await journal.open()

    await journal.open()

    assert await journal.is_unfinished()


async def test_a_run_that_cannot_be_written_has_not_finished(
    journal: Journal, threads: Threads
) -> None:
    """Neither the end nor the ledger is there, and the ledger is tried once more."""
    await journal.begin_run(NOON)
    await journal.write_ledger("one")
    fail_at_notes(threads)
    with pytest.raises(NotStoredError):
        await journal.finish_run("two")
    assert await journal.ledger() == "one"
    mend(threads)

    await journal.close()
    await journal.open()

    assert await journal.is_unfinished()
    assert await journal.ledger() == "two"


async def test_a_file_that_was_opened_again_tells_of_no_run_that_has_finished(
    journal: Journal, path: Path
) -> None:
    """It may be older than this run, or know of none."""
    await journal.begin_run(NOON)
    garble(path)

    await journal.put(BEGUN)

    assert await journal.is_unfinished()


# --- by period ----------------------------------------------------------------------


def of_period(minute: int, *periods: int | None) -> MessageRecord:
    """Return a message whose recipients were reached in these periods."""
    numbers = (OPEN.recipient.number, PAPA)
    return message(
        minute,
        *(
            replace(submission(number), period=period)
            for number, period in zip(numbers, periods, strict=False)
        ),
    )


@pytest.mark.parametrize(
    ("since", "minutes"),
    [(0, {1, 2, 3}), (4, {1, 2, 3}), (5, {2, 3}), (6, {3}), (7, set())],
)
async def test_finds_what_was_handed_over_in_a_period_or_later(
    journal: Journal, since: int, minutes: set[int]
) -> None:
    """By any of its recipients; and never what was not handed over."""
    records = {
        0: of_period(0, None),
        1: of_period(1, 4),
        2: of_period(2, None, 5),
        3: of_period(3, 6, 1),
    }
    for record in records.values():
        await journal.put(record)

    found = await journal.with_period_since(since)

    assert {record.message_id for record in found} == {
        records[minute].message_id for minute in minutes
    }
    assert all(record in records.values() for record in found)
    assert await journal.latest_period() == 6


async def test_a_period_is_of_the_last_request(journal: Journal) -> None:
    """What is written of one recipient is enough."""
    await journal.put(BEGUN)
    later = replace(BEGUN.submissions[0], period=8, attempts=2)

    await journal.put(BEGUN.updated([later]), [later])

    assert await journal.latest_period() == 8
    [found] = await journal.with_period_since(8)
    assert found.submissions[0] == later


async def test_what_was_pruned_is_of_no_period(journal: Journal) -> None:
    """Its charge is long told."""
    await journal.put(of_period(1, 4))

    await journal.prune(before=NOON.replace(hour=23), keep=0)

    assert await journal.latest_period() == 0
    assert await journal.with_period_since(0) == []


async def test_looking_up_a_period_reads_no_other_message(
    journal: Journal, threads: Threads
) -> None:
    """However many there are."""
    await journal.put(BEGUN)

    with threads.plans() as plans:
        await journal.with_period_since(7)
        await journal.latest_period()

    assert plans
    assert not [plan for plan in plans if "SCAN" in plan and "INDEX" not in plan]
