"""The journal: on disk when it says so, in order, and at a cost that does not grow."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.database import Database
from custom_components.passerelle_sms.messaging.journal.journal import (
    Journal,
    JournalQuery,
)
from custom_components.passerelle_sms.messaging.model.record import (
    DeliveryState,
    MessageRecord,
    Stage,
)
from tests.conftest import MAMAN, PAPA
from tests.messaging.journal_records import (
    NOON,
    ON_ITS_WAY,
    OPEN,
    Threads,
    after_noon,
    garble,
    message,
    opened,
    overwrite_pages,
    submission,
)


@pytest.fixture
async def threads() -> Threads:
    """Return the threads of the journal."""
    return Threads()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "journal"


@pytest.fixture
async def journal(path: Path, threads: Threads) -> AsyncIterator[Journal]:
    """Return an open journal."""
    async with opened(path, threads) as journal:
        yield journal


def minutes(records: list[MessageRecord]) -> list[int]:
    """Return when the messages were created, in minutes after noon."""
    return [(record.created - NOON) // timedelta(minutes=1) for record in records]


async def put_all(journal: Journal, *records: MessageRecord) -> None:
    """Put records, all at once."""
    await asyncio.gather(*(journal.put(record) for record in records))


# --- asking -------------------------------------------------------------------


async def test_gives_back_what_was_put(journal: Journal) -> None:
    """To the last field, and the latest of it."""
    record = message(1, OPEN, text="Fuite à la cave 💧 \ud83d ' \0")
    await journal.put(record)
    assert await journal.get(record.message_id) == record

    settled = record.updated([submission()])
    await journal.put(settled)
    assert await journal.get(record.message_id) == settled
    assert await journal.get("01M7W4EX1X9999999999999999") is None


async def test_outlives_a_restart(journal: Journal, path: Path) -> None:
    """Closed once or twice; opened once or twice."""
    await journal.put(message(1, OPEN))
    await journal.close()
    await journal.close()

    assert await journal.open() is None
    assert await journal.open() is None
    assert await journal.not_closed() == [message(1, OPEN)]


async def test_knows_what_is_unsettled(journal: Journal) -> None:
    """By the stage of any submission; oldest first, and by id within a moment."""
    held = submission(PAPA, Outcome.UNKNOWN, Stage.HELD)
    await put_all(
        journal,
        message(3, OPEN),
        message(1, OPEN, message_id="B"),
        message(1, OPEN, message_id="A"),
        message(2, submission(), held),
        message(0),
    )

    unsettled = await journal.not_closed()
    assert minutes(unsettled) == [1, 1, 2, 3]
    assert [record.message_id for record in unsettled[:2]] == ["A", "B"]


async def test_knows_what_is_tracked(journal: Journal) -> None:
    """Until it has ended and everybody has heard; oldest first, closed or not."""
    ended = DeliveryState(status=DeliveryStatus.DELIVERED)
    told = DeliveryState(status=DeliveryStatus.DELIVERED, is_announced=True)
    await put_all(
        journal,
        message(4, OPEN, ON_ITS_WAY),
        message(1, submission(delivery=told)),
        message(3, submission(delivery=ended)),
        message(2, ON_ITS_WAY),
        message(0),
    )

    assert minutes(await journal.with_pending_delivery()) == [2, 3, 4]

    await journal.put(message(3, submission(delivery=told)))
    assert minutes(await journal.with_pending_delivery()) == [2, 4]


async def test_knows_what_came_since(journal: Journal) -> None:
    """The moment itself included; any time zone will do."""
    await put_all(journal, *(message(minute) for minute in (3, 1, 2, 4)))

    when = after_noon(2).astimezone()
    assert minutes(await journal.created_since(when)) == [2, 3, 4]


async def test_what_is_sent_later_counts_when_it_is_sent(journal: Journal) -> None:
    """Once, in the order in which they were created."""
    await put_all(
        journal,
        message(4, send_at=9),
        message(2, send_at=30),
        message(1, send_at=5),
        message(1, send_at=40, message_id="A"),
        message(3, send_at=4),
        message(0),
        message(5),
    )

    assert minutes(await journal.created_since(after_noon(5))) == [1, 1, 2, 4, 5]
    assert (await journal.created_since(after_noon(5)))[1].message_id == "A"

    # It was cancelled there, and is sent at once.
    await journal.put(message(2))
    assert minutes(await journal.created_since(after_noon(6))) == [1, 4]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (JournalQuery(), [5, 4, 3, 2, 1]),
        (JournalQuery(limit=2), [5, 4]),
        (JournalQuery(number=PAPA), [4, 2]),
        (JournalQuery(number="+33612345678"), []),
        (JournalQuery(outcome=Outcome.REJECTED), [4, 3]),
        (JournalQuery(outcome=Outcome.REJECTED, limit=1), [4]),
        # In the fourth Maman's was accepted, and only Papa's was rejected.
        (JournalQuery(number=MAMAN, outcome=Outcome.REJECTED), [3]),
        (JournalQuery(number=PAPA, outcome=Outcome.REJECTED), [4]),
        (JournalQuery(since=NOON + timedelta(minutes=3)), [5, 4, 3]),
        (JournalQuery(until=NOON + timedelta(minutes=3)), [2, 1]),
        (
            JournalQuery(
                number=PAPA,
                since=NOON + timedelta(minutes=2),
                until=NOON + timedelta(minutes=4),
            ),
            [2],
        ),
    ],
)
async def test_finds(journal: Journal, query: JournalQuery, found: list[int]) -> None:
    """By number, outcome and time, newest first."""
    await put_all(
        journal,
        message(1),
        message(2, submission(PAPA)),
        message(3, submission(outcome=Outcome.REJECTED)),
        message(4, submission(), submission(PAPA, Outcome.REJECTED)),
        message(5, OPEN),
    )
    # What was so once does not count.
    await journal.put(message(5))
    await put_all(journal, message(1, submission(outcome=Outcome.REJECTED)), message(1))

    assert minutes(await journal.find(query)) == found


@pytest.mark.parametrize(
    ("before", "keep", "left"),
    [(0, 9, [1, 2, 3, 4, 5]), (3, 9, [1, 3, 4, 5]), (0, 2, [1, 4, 5]), (9, 0, [1])],
)
async def test_prunes_what_is_old_or_too_many(
    journal: Journal, before: int, keep: int, left: list[int]
) -> None:
    """Never what is unsettled, which is not counted either."""
    await put_all(
        journal, message(1, OPEN), *(message(minute) for minute in range(2, 6))
    )

    pruned = await journal.prune(before=NOON + timedelta(minutes=before), keep=keep)

    assert pruned == 5 - len(left)
    assert minutes(await journal.created_since(NOON)) == left
    found = await journal.find(JournalQuery(number=MAMAN))
    assert minutes(found) == left[::-1]


@pytest.mark.parametrize("keep", [9, 0])
async def test_prunes_nothing_that_is_to_be_heard_of(
    journal: Journal, keep: int
) -> None:
    """Nor what is to be sent later; neither is counted."""
    await put_all(
        journal,
        message(1, ON_ITS_WAY),
        message(2, send_at=20),
        message(3, send_at=10),
        message(4, send_at=9),
        message(5),
    )

    assert await journal.prune(before=after_noon(10), keep=keep) == 2
    assert minutes(await journal.created_since(NOON)) == [1, 2, 3]


async def test_what_is_to_be_heard_of_takes_no_place(journal: Journal) -> None:
    """Of those that are kept."""
    await put_all(
        journal,
        *(message(minute) for minute in (1, 2)),
        message(3, ON_ITS_WAY),
        message(4, send_at=20),
    )

    assert await journal.prune(before=NOON, keep=1) == 1
    assert minutes(await journal.created_since(NOON)) == [2, 3, 4]


# --- together -----------------------------------------------------------------


async def test_many_at_once_share_one_transaction(
    journal: Journal, threads: Threads
) -> None:
    """200 automations cost what one does."""
    records = [message(minute, OPEN) for minute in range(200)]

    await put_all(journal, *records)

    assert threads.done.count(Database.write) == 1
    assert await journal.not_closed() == records


async def test_those_that_come_meanwhile_share_the_next_one(
    journal: Journal, threads: Threads
) -> None:
    """And no more than that."""
    threads.gate.clear()
    threads.busy.clear()
    first = asyncio.create_task(journal.put(message(0)))
    await threads.busy.wait()
    others = asyncio.gather(*(journal.put(message(minute)) for minute in range(1, 50)))
    threads.gate.set()
    await first
    await others

    assert threads.done.count(Database.write) == 2
    assert minutes(await journal.created_since(NOON)) == list(range(50))


async def test_who_is_cancelled_takes_nothing_along(
    journal: Journal, threads: Threads
) -> None:
    """Its record is written, and so are the others'."""
    threads.gate.clear()
    threads.busy.clear()
    puts = [asyncio.create_task(journal.put(message(minute))) for minute in range(3)]
    await threads.busy.wait()
    puts[1].cancel()
    await asyncio.wait([puts[1]])
    reading = asyncio.create_task(journal.created_since(NOON))
    threads.gate.set()
    done = await asyncio.gather(*puts, return_exceptions=True)

    assert [type(each) for each in done] == [
        type(None),
        asyncio.CancelledError,
        type(None),
    ]
    assert minutes(await reading) == [0, 1, 2]


async def test_closes_after_what_was_asked_before(journal: Journal, path: Path) -> None:
    """Not in the middle of it; what is asked later is refused."""
    await asyncio.gather(journal.put(message(1)), journal.close())

    with pytest.raises(NotStoredError, match="the journal is closed"):
        await journal.put(message(2))
    with pytest.raises(NotStoredError, match="the journal is closed"):
        await journal.not_closed()
    await journal.open()
    assert minutes(await journal.created_since(NOON)) == [1]


async def test_removes_the_file(journal: Journal, path: Path) -> None:
    """And everything beside it, open or not."""
    await journal.put(message(1))
    await journal.remove()
    await journal.remove()

    assert list(path.parent.iterdir()) == []


async def test_a_record_that_is_none_harms_nobody(journal: Journal) -> None:
    """A time without a zone is refused before it joins the others."""
    naive = NOON.replace(tzinfo=None)
    wrong = [
        replace(message(1), created=naive),
        replace(message(1), options=SmsOptions(send_at=naive)),
    ]

    *refused, _ = await asyncio.gather(
        *(journal.put(record) for record in [*wrong, message(2)]),
        return_exceptions=True,
    )

    assert [type(error) for error in refused] == [TypeError, TypeError]
    assert minutes(await journal.created_since(NOON)) == [2]


# --- when the disk says no ----------------------------------------------------


async def test_a_full_disk_is_told_and_changes_nothing(
    journal: Journal, threads: Threads
) -> None:
    """Everybody hears of it; with room again it goes on."""
    before = message(1, OPEN)
    await journal.put(before)
    threads.tell_sqlite("PRAGMA max_page_count = 1")
    big = [
        before.updated([submission()]),
        *(message(minute, text="x" * 5000) for minute in (2, 3)),
    ]

    refused = await asyncio.gather(
        *(journal.put(record) for record in big), return_exceptions=True
    )

    assert [str(error) for error in refused] == [
        "not stored: database or disk is full"
    ] * 3
    assert all(isinstance(error, NotStoredError) for error in refused)
    assert await journal.created_since(NOON) == [before]

    threads.tell_sqlite("PRAGMA max_page_count = 100000")
    await put_all(journal, *big)
    assert await journal.created_since(NOON) == big


async def test_there_can_be_no_file(tmp_path: Path, threads: Threads) -> None:
    """The folder is a file: said without its path, and closing is no matter."""
    (tmp_path / "storage").touch()
    journal = Journal(tmp_path / "storage" / "journal", threads.run)

    with pytest.raises(NotStoredError) as raised:
        await journal.open()

    assert raised.value.words == "File exists"
    assert str(tmp_path) not in str(raised.value)
    await journal.close()


async def test_a_damaged_file_stops_nothing(path: Path, threads: Threads) -> None:
    """Opening tells where it is."""
    garble(path)
    journal = Journal(path, threads.run)

    kept = await journal.open()

    assert kept is not None
    assert kept.parent == path.parent
    await journal.put(message(1))
    await journal.close()


async def test_damage_done_while_it_is_open_is_told(
    journal: Journal, path: Path, threads: Threads
) -> None:
    """Of the file or of a record, without quoting it."""
    await put_all(journal, *(message(minute, OPEN) for minute in range(100)))
    threads.tell_sqlite("UPDATE message SET record = '[\"secret\"]' WHERE rowid = 1")
    with pytest.raises(NotStoredError, match="malformed record$"):
        await journal.not_closed()

    overwrite_pages(path)
    threads.tell_sqlite("PRAGMA shrink_memory")
    with pytest.raises(NotStoredError, match="malformed$"):
        await journal.not_closed()
    with pytest.raises(NotStoredError, match="malformed$"):
        await journal.put(message(1))


# --- what it costs ------------------------------------------------------------


async def seconds_per_put(journal: Journal, first: int) -> float:
    """Return the median of what it takes to put a message alone."""
    taken = []
    for minute in range(first, first + 15):
        begun = perf_counter()
        await journal.put(message(minute))
        taken.append(perf_counter() - begun)
    return median(taken)


async def test_a_message_costs_the_same_however_many_there_are(
    journal: Journal, tmp_path: Path, threads: Threads
) -> None:
    """At 10,000 what it costs at 100, measured in turns as others use the machine too."""
    async with opened(tmp_path / "small", threads) as small:
        await put_all(small, *(message(minute) for minute in range(100)))
        await put_all(journal, *(message(minute) for minute in range(10_000)))
        few, many = [], []
        for turn in range(3):
            few.append(await seconds_per_put(small, 100 + 15 * turn))
            many.append(await seconds_per_put(journal, 10_000 + 15 * turn))

    assert median(many) / median(few) < 3


# --- any order of things ------------------------------------------------------

LATEST = 20
records = st.builds(
    lambda minute, which, submission, send_at: message(
        minute, submission, message_id=f"{which:026}", send_at=send_at
    ),
    st.integers(0, LATEST),
    st.integers(0, 6),
    st.sampled_from(
        [OPEN, ON_ITS_WAY, submission(), submission(PAPA, Outcome.REJECTED)]
    ),
    st.none() | st.integers(0, LATEST),
)
steps = st.one_of(
    st.lists(records, min_size=1, max_size=5),
    st.just("restart"),
    st.tuples(st.integers(0, LATEST), st.integers(0, 5)),
)


def by_age(record: MessageRecord) -> tuple[object, str]:
    """Return what messages are sorted by."""
    return record.created, record.message_id


def counts_from(record: MessageRecord, when: datetime) -> bool:
    """Return whether a message was created, or is sent, then or later."""
    send_at = record.options.send_at
    return record.created >= when or (send_at is not None and send_at >= when)


def prune(model: dict[str, MessageRecord], before: int, keep: int) -> int:
    """Prune the model; return how many went."""
    when = after_noon(before)
    closed = sorted(
        (
            record
            for record in model.values()
            if record.is_closed
            and not record.is_tracked
            and (record.options.send_at is None or record.options.send_at < when)
        ),
        key=by_age,
        reverse=True,
    )
    gone = [
        record
        for place, record in enumerate(closed)
        if place >= keep or record.created < when
    ]
    for record in gone:
        del model[record.message_id]
    return len(gone)


@settings(max_examples=40, deadline=None)
@given(st.lists(steps, max_size=12))
async def test_is_a_dictionary_that_lasts(
    walk: list[list[MessageRecord] | str | tuple[int, int]],
) -> None:
    """Whatever is put, pruned and restarted, in any order."""
    model: dict[str, MessageRecord] = {}
    with TemporaryDirectory() as folder:
        async with opened(Path(folder) / "journal", Threads()) as journal:
            for step in walk:
                if isinstance(step, list):
                    await put_all(journal, *step)
                    model.update({record.message_id: record for record in step})
                elif isinstance(step, tuple):
                    before, keep = step
                    pruned = await journal.prune(before=after_noon(before), keep=keep)
                    assert pruned == prune(model, before, keep)
                else:
                    await journal.close()
                    await journal.open()
            everything = sorted(model.values(), key=by_age)
            assert await journal.created_since(NOON) == everything
            assert await journal.find(JournalQuery()) == everything[::-1]
            assert await journal.not_closed() == [
                record for record in everything if not record.is_closed
            ]
            assert await journal.with_pending_delivery() == [
                record for record in everything if record.is_tracked
            ]
            middle = after_noon(LATEST // 2)
            assert await journal.created_since(middle) == [
                record for record in everything if counts_from(record, middle)
            ]
