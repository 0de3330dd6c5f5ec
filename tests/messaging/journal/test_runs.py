"""What this run has dated is dated anew when the clock is set right."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import SubmissionRecord
from tests.conftest import PAPA
from tests.messaging.journal_records import (
    OPEN,
    Threads,
    after_noon,
    message,
    opened,
    submission,
)

BY = timedelta(hours=6)


@pytest.fixture
async def threads() -> Threads:
    """Return the threads of the journal."""
    return Threads()


@pytest.fixture
async def journal(tmp_path: Path, threads: Threads) -> AsyncIterator[Journal]:
    """Return an open journal."""
    async with opened(tmp_path / "journal", threads) as journal:
        yield journal


def attempted(minute: int, number: str | None = None) -> SubmissionRecord:
    """Return a submission that was handed over some minutes after noon."""
    under_way = replace(OPEN, outcome=Outcome.UNKNOWN, attempted=after_noon(minute))
    if number is None:
        return under_way
    recipient = replace(under_way.recipient, number=number)
    return replace(under_way, recipient=recipient)


async def stored(journal: Journal, *records: MessageRecord) -> list[MessageRecord]:
    """Return messages as they are on disk now."""
    found = [await journal.get(record.message_id) for record in records]
    return [record for record in found if record is not None]


async def test_what_this_run_has_dated_moves(journal: Journal) -> None:
    """Closed or not; a planned hour stays, and so does what an earlier run has dated."""
    earlier = message(1, attempted(2), message_id="earlier", send_at=90)
    await journal.begin_run(after_noon(0))
    await journal.put(earlier)
    await journal.begin_run(after_noon(5))
    mine = message(6, attempted(7), send_at=90)
    closed = message(8, submission())
    await journal.put(mine)
    await journal.put(closed)

    await journal.redate(BY)

    assert await stored(journal, earlier, mine, closed) == [
        earlier,
        mine.dated(BY),
        closed.dated(BY),
    ]


async def test_moves_again_and_back(journal: Journal) -> None:
    """As often as the clock is set."""
    await journal.begin_run(after_noon(0))
    await journal.put(message(1, attempted(2)))

    await journal.redate(BY)
    await journal.redate(-2 * BY)

    assert await stored(journal, message(1)) == [message(1, attempted(2)).dated(-BY)]


async def test_an_attempt_of_this_run_moves_alone(journal: Journal) -> None:
    """An earlier run has dated its message, and the other attempt."""
    await journal.begin_run(after_noon(0))
    await journal.put(message(1, OPEN, attempted(2, PAPA)))
    await journal.begin_run(after_noon(5))
    tried = message(1, attempted(6), attempted(2, PAPA))
    await journal.put(tried, tried.submissions)

    await journal.redate(BY)

    moved = replace(attempted(6), attempted=after_noon(6) + BY)
    assert await stored(journal, tried) == [tried.updated([moved])]


@pytest.mark.parametrize("is_whole", [True, False])
async def test_what_is_dated_anew_belongs_to_this_run(
    journal: Journal, is_whole: bool
) -> None:
    """Written as a whole or in part; without another date it stays the earlier run's."""
    await journal.begin_run(after_noon(0))
    await journal.put(message(1, OPEN))
    await journal.put(message(2, OPEN))
    await journal.begin_run(after_noon(5))
    same = message(1, submission())
    anew = replace(message(2, submission()), created=after_noon(6))
    for record in (same, anew):
        await journal.put(record, None if is_whole else record.submissions)

    await journal.redate(BY)

    assert await stored(journal, same, anew) == [same, anew.dated(BY)]


async def test_a_clock_that_is_behind_dates_the_whole_past_back(
    journal: Journal,
) -> None:
    """In its order; only what is still to be sent ages from now, or from its own date."""
    await journal.begin_run(after_noon(0))
    waiting, closed = message(5, attempted(6), send_at=90), message(7)
    old = message(1, attempted(2), attempted(9, PAPA))
    for record in (waiting, closed, old):
        await journal.put(record)

    is_dated_back = await journal.begin_run(after_noon(2))

    # The latest was nine minutes after noon: seven minutes ahead.
    assert is_dated_back
    expected = [
        replace(message(2, attempted(-1), send_at=90), message_id=waiting.message_id),
        replace(closed, created=after_noon(0)),
        old.updated([attempted(-5), attempted(2, PAPA)]),
    ]
    assert await stored(journal, waiting, closed, old) == expected

    # Set right, the clock takes along what was dated by it.
    await journal.redate(BY)
    moved = replace(expected[2].dated(BY), created=old.created)
    assert await stored(journal, waiting, closed, old) == [
        expected[0].dated(BY),
        expected[1].dated(BY),
        moved,
    ]


async def test_a_right_clock_leaves_the_past_as_it_is(journal: Journal) -> None:
    """Nothing is dated in the future."""
    await journal.begin_run(after_noon(0))
    await journal.put(message(1, attempted(2)))

    assert not await journal.begin_run(after_noon(2))

    assert await stored(journal, message(1)) == [message(1, attempted(2))]


async def test_what_is_put_after_the_clock_was_set_does_not_move(
    journal: Journal, threads: Threads
) -> None:
    """Though it would have shared a transaction with what was put before."""
    await journal.begin_run(after_noon(0))
    threads.gate.clear()
    threads.busy.clear()
    first = asyncio.create_task(journal.put(message(1)))
    await threads.busy.wait()
    before = asyncio.create_task(journal.put(message(2)))
    await asyncio.sleep(0)
    setting = journal.redate(BY)
    after = asyncio.create_task(journal.put(message(3)))
    threads.gate.set()
    await asyncio.gather(first, before, after, setting)

    assert await stored(journal, *map(message, (1, 2, 3))) == [
        message(1).dated(BY),
        message(2).dated(BY),
        message(3),
    ]


@pytest.mark.parametrize("minutes", [-600, -2, 2, 600])
async def test_what_came_first_stays_first_when_the_clock_is_set(
    journal: Journal, minutes: int
) -> None:
    """An earlier run's stay before those of this one; set back, all of them move."""
    await journal.begin_run(after_noon(0))
    await journal.put(message(1, attempted(4)))
    await journal.begin_run(after_noon(5))
    await journal.put(message(6, attempted(6)))

    by = timedelta(minutes=minutes)
    await journal.redate(by)

    first, second = await stored(journal, message(1), message(6))
    assert second == message(6, attempted(6)).dated(by)
    assert first == message(1, attempted(4)).dated(min(by, timedelta()))


async def test_what_was_moved_back_comes_forward_again(journal: Journal) -> None:
    """A clock that is set back, and right again, has aged nothing."""
    await journal.begin_run(after_noon(0))
    await journal.put(message(1, attempted(4)))
    await journal.begin_run(after_noon(5))
    await journal.put(message(6, attempted(6)))

    await journal.redate(-BY)
    await journal.redate(BY)

    assert await stored(journal, message(1), message(6)) == [
        message(1, attempted(4)),
        message(6, attempted(6)),
    ]


async def test_a_run_that_cannot_be_read_is_the_first(
    journal: Journal, threads: Threads
) -> None:
    """It counts anew."""
    await journal.begin_run(after_noon(0))
    threads.tell_sqlite("UPDATE note SET value = 'x' WHERE key = 'run'")
    await journal.put(message(1))

    await journal.redate(BY)

    assert await stored(journal, message(1)) == [message(1).dated(BY)]
