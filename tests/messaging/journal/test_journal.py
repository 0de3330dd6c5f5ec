"""The journal: on disk when it says so, in order, and at a cost that does not grow."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.journal import (
    Journal,
    JournalQuery,
    Opened,
)
from custom_components.passerelle_sms.messaging.journal.messages import write_messages
from custom_components.passerelle_sms.messaging.journal.private_file import log_of
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import Notice, Stage
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA
from tests.messaging.journal_records import (
    NOON,
    ON_ITS_WAY,
    OPEN,
    Threads,
    after_noon,
    content_of,
    garble,
    message,
    opened,
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

    assert await journal.open() == Opened()
    assert await journal.open() == Opened()
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
        message(4, replace(OPEN, recipient=Recipient(number=PAPA)), ON_ITS_WAY),
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


async def test_knows_what_came_since_for_one_number(journal: Journal) -> None:
    """Whatever else came for others, and when it is sent."""
    await put_all(
        journal,
        message(1, submission(PAPA)),
        message(2, submission(PAPA), submission(MAMAN)),
        message(3, submission(MAMAN)),
        message(1, submission(PAPA), send_at=9, message_id="A"),
        message(1, submission(MAMAN), send_at=9, message_id="B"),
    )

    known = await journal.created_since(after_noon(2), MAMAN)
    assert [record.message_id for record in known][:1] == ["B"]
    assert minutes(known) == [1, 2, 3]


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
        (JournalQuery(numbers=frozenset({PAPA})), [4, 2]),
        (JournalQuery(numbers=frozenset({"+33612345678"})), []),
        (JournalQuery(numbers=frozenset({PAPA, MAMAN})), [5, 4, 3, 2, 1]),
        (JournalQuery(numbers=frozenset({PAPA, "+33612345678"})), [4, 2]),
        (JournalQuery(numbers=frozenset()), []),
        (JournalQuery(outcome=Outcome.REJECTED), [4, 3]),
        (JournalQuery(outcome=Outcome.REJECTED, limit=1), [4]),
        # In the fourth Maman's was accepted, and only Papa's was rejected.
        (JournalQuery(numbers=frozenset({MAMAN}), outcome=Outcome.REJECTED), [3]),
        (JournalQuery(numbers=frozenset({PAPA}), outcome=Outcome.REJECTED), [4]),
        (JournalQuery(since=NOON + timedelta(minutes=3)), [5, 4, 3]),
        (JournalQuery(until=NOON + timedelta(minutes=3)), [2, 1]),
        (
            JournalQuery(
                numbers=frozenset({PAPA}),
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
    found = await journal.find(JournalQuery(numbers=frozenset({MAMAN})))
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

    assert threads.done.count(write_messages) == 1
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

    assert threads.done.count(write_messages) == 2
    assert minutes(await journal.created_since(NOON)) == list(range(50))


async def test_what_has_changed_is_enough(journal: Journal) -> None:
    """The others stay as they are on disk, whatever the record says of them."""
    waits = replace(OPEN, recipient=Recipient(number=PAPA))
    await journal.put(message(1, OPEN, waits))
    both = message(1, submission(), submission(PAPA))

    await journal.put(both, [both.find(MAMAN)])
    assert await journal.get(both.message_id) == message(1, submission(), waits)

    await journal.put(both, iter([both.find(PAPA)]))
    assert await journal.get(both.message_id) == both


async def test_nothing_has_changed_but_its_hour(journal: Journal) -> None:
    """Its submissions stay as they are."""
    await journal.put(message(1, OPEN, send_at=30))

    await journal.put(message(1, submission(), send_at=40), ())

    assert await journal.get(message(1).message_id) == message(1, OPEN, send_at=40)


async def test_a_message_that_is_not_there_is_written_as_a_whole(
    journal: Journal,
) -> None:
    """Whatever has changed of it."""
    record = message(1, OPEN, submission(PAPA))

    await journal.put(record, [record.find(PAPA)])

    assert await journal.get(record.message_id) == record


@pytest.mark.parametrize("first", [True, False])
async def test_all_that_has_changed_is_written_together(
    journal: Journal, threads: Threads, first: bool
) -> None:
    """The last record has all of it; who is new, or changed as a whole, stays so."""
    waits = replace(OPEN, recipient=Recipient(number=PAPA))
    before = message(1, OPEN, waits)
    half = before.updated([submission()])
    after = half.updated([submission(PAPA)])
    if first:
        await journal.put(before)
    threads.done.clear()

    await asyncio.gather(
        *([] if first else [journal.put(before)]),
        journal.put(half, [half.find(MAMAN)]),
        journal.put(after, [after.find(PAPA)]),
    )

    assert threads.done == [write_messages]
    assert await journal.get(before.message_id) == after


async def test_knows_what_a_person_has_still_to_hear_of(journal: Journal) -> None:
    """Oldest first, until nobody has; and it isn't pruned."""
    noticed = replace(submission(outcome=Outcome.EXPIRED), notice=Notice.UNACKNOWLEDGED)
    untold = replace(noticed, notice=Notice.UNANNOUNCED)
    await put_all(journal, message(3, noticed), message(2, untold), message(1))

    assert minutes(await journal.with_notice()) == [2, 3]
    assert await journal.prune(before=after_noon(9), keep=0) == 1

    settled = message(2, replace(untold, notice=None))
    await journal.put(settled, settled.submissions)
    assert minutes(await journal.with_notice()) == [3]


async def test_nothing_is_left_of_what_was_pruned(journal: Journal, path: Path) -> None:
    """Neither a number nor a text, in the file or in its log."""
    await journal.put(message(1, text="Fuite"))
    assert b"Fuite" in content_of(path)

    assert await journal.prune(before=NOON, keep=0) == 1

    assert b"Fuite" not in content_of(path)
    assert MAMAN.encode() not in content_of(path)


async def test_a_checkpoint_cuts_the_log(journal: Journal, path: Path) -> None:
    """At rest, when its owner says so; once more is nothing."""
    await journal.put(message(1))
    assert log_of(path).stat().st_size > 0

    await journal.checkpoint()
    await journal.checkpoint()

    assert log_of(path).stat().st_size == 0
    assert minutes(await journal.created_since(NOON)) == [1]


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
        message(1, replace(OPEN, attempted=naive)),
    ]

    *refused, _ = await asyncio.gather(
        *(journal.put(record) for record in [*wrong, message(2)]),
        return_exceptions=True,
    )

    assert [type(error) for error in refused] == [TypeError] * 3
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

    assert raised.value.words == "Not a directory"
    assert str(tmp_path) not in str(raised.value)
    await journal.close()


async def test_a_damaged_file_stops_nothing(path: Path, threads: Threads) -> None:
    """Opening tells where it is."""
    garble(path)
    journal = Journal(path, threads.run)

    kept = (await journal.open()).kept_aside

    assert kept is not None
    assert kept.parent == path.parent
    await journal.put(message(1))
    await journal.close()


# --- what it costs ------------------------------------------------------------


async def steps_of_a_put(journal: Journal, threads: Threads, minute: int) -> int:
    """Return how many steps SQLite takes to write a message alone."""
    assert threads.file is not None
    steps: list[None] = []
    threads.file.connection.set_progress_handler(lambda: steps.append(None), 1)
    await journal.put(message(minute))
    threads.file.connection.set_progress_handler(None, 1)
    return len(steps)


async def test_a_message_costs_the_same_however_many_there_are(
    journal: Journal, threads: Threads
) -> None:
    """At 10,000 what it costs at 100, to the last step."""
    await put_all(journal, *(message(minute) for minute in range(100)))
    few = await steps_of_a_put(journal, threads, 100)
    await put_all(journal, *(message(minute) for minute in range(101, 10_000)))
    many = await steps_of_a_put(journal, threads, 10_000)

    assert few == many > 0


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
    # One of them says what has changed of it.
    records,
    st.just("restart"),
    st.tuples(st.integers(0, LATEST), st.integers(0, 5)),
)


def by_age(record: MessageRecord) -> tuple[object, str]:
    """Return what messages are sorted by."""
    return record.created, record.message_id


def is_awaited(record: MessageRecord) -> bool:
    """Return whether there is more to hear, or to tell."""
    return any(submission.is_awaited for submission in record.submissions)


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
            and not is_awaited(record)
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
    walk: list[list[MessageRecord] | MessageRecord | str | tuple[int, int]],
) -> None:
    """Whatever is put, pruned and restarted, in any order."""
    model: dict[str, MessageRecord] = {}
    with TemporaryDirectory() as folder:
        async with opened(Path(folder) / "journal", Threads()) as journal:
            for step in walk:
                if isinstance(step, list):
                    await put_all(journal, *step)
                    model.update({record.message_id: record for record in step})
                elif isinstance(step, MessageRecord):
                    await journal.put(step, step.submissions)
                    model[step.message_id] = step
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
                record for record in everything if is_awaited(record)
            ]
            middle = after_noon(LATEST // 2)
            assert await journal.created_since(middle) == [
                record for record in everything if counts_from(record, middle)
            ]
