"""What this run has dated moves when the clock is set; what an earlier one has, stays."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.message_store import (
    RETRY_INTERVAL,
    MessageStore,
)
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
)
from custom_components.passerelle_sms.messaging.model.submission import RowKey, Stage
from custom_components.passerelle_sms.messaging.model.transitions import (
    apply_user_choice,
    mark_in_flight,
)
from tests.conftest import MAMAN, PAPA
from tests.simulator import Simulator

from .conftest import HouseMaker
from .harness import MessagingHarness
from .idle import until_idle

HOURS = timedelta(hours=6)


@pytest.fixture
async def harness(make_house: HouseMaker, simulator: Simulator) -> MessagingHarness:
    """Return a house whose journal is open; its outbox has not started."""
    harness = make_house(simulator.etech_keys)
    await harness.journal.open()
    return harness


@pytest.fixture
def store(harness: MessagingHarness) -> MessageStore:
    """Return the messages in its journal."""
    return harness.store


def begin(
    harness: MessagingHarness, key: RowKey, record: MessageRecord
) -> MessageRecord:
    """Return a message whose request for a number is about to be made."""
    return mark_in_flight(record, [key], harness.clock.now(), 1)


def moments(record: MessageRecord | None) -> list[datetime | None]:
    """Return when a message was created, and when it was tried, by recipient."""
    assert record is not None
    return [record.created, *(s.attempted for s in record.submissions)]


async def assert_moments(
    harness: MessagingHarness,
    store: MessageStore,
    record: MessageRecord,
    *expected: datetime | None,
) -> None:
    """Check them in memory and on disk."""
    await until_idle()
    assert moments(store.get_open(record.message_id)) == [*expected]
    assert moments(await harness.kept(record)) == [*expected]


@pytest.mark.parametrize("by", [HOURS, -HOURS])
async def test_what_this_run_has_dated_moves(
    harness: MessagingHarness, store: MessageStore, by: timedelta
) -> None:
    """With the attempts that it has made."""
    await store.load()
    record = await store.add(harness.message(MAMAN, PAPA))
    begun = await store.change(record.message_id, partial(begin, harness, MAMAN))
    assert begun is not None

    harness.clock.jump(by)

    attempted = begun.find(MAMAN).attempted
    assert attempted is not None
    await assert_moments(
        harness, store, record, record.created + by, attempted + by, None
    )


async def test_what_an_earlier_run_has_dated_stays(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """But not the attempt that this run makes."""
    record = begin(harness, MAMAN, harness.message(MAMAN, PAPA))
    await harness.journal.put(record)
    harness.clock.tick(timedelta(minutes=1))
    await store.load()
    begun = await store.change(record.message_id, partial(begin, harness, PAPA))
    assert begun is not None

    harness.clock.jump(HOURS)

    [created, first, second] = moments(begun)
    assert second is not None
    await assert_moments(harness, store, record, created, first, second + HOURS)


async def test_a_clock_that_is_set_back_and_right_again_ages_nothing(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """What an earlier run has dated goes both ways too."""
    record = begin(harness, MAMAN, harness.message(MAMAN, PAPA))
    await harness.journal.put(record)
    harness.clock.tick(timedelta(minutes=1))
    await store.load()

    harness.clock.jump(-HOURS)
    [created, first, second] = moments(record)
    assert created is not None
    assert first is not None
    await assert_moments(harness, store, record, created - HOURS, first - HOURS, second)
    harness.clock.jump(HOURS)

    await assert_moments(harness, store, record, created, first, second)


async def test_what_an_earlier_run_has_dated_in_the_future_is_of_now(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """And moves from then on with what this run dates."""
    record = begin(harness, MAMAN, harness.message())
    await harness.journal.put(record)
    harness.clock.set_while_down(-HOURS)
    now = harness.clock.now()

    await store.load()
    await assert_moments(harness, store, record, now, now)
    harness.clock.jump(HOURS)

    await assert_moments(harness, store, record, now + HOURS, now + HOURS)


async def test_what_the_user_sends_again_is_of_this_run(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """It has its time anew; what it was tried before stays where it was."""
    record = begin(harness, MAMAN, harness.message())
    held = record.updated([replace(record.find(MAMAN), stage=Stage.HELD)])
    await harness.journal.put(held)
    harness.clock.tick(timedelta(hours=2))
    await store.load()
    now = harness.clock.now()
    choose = partial(apply_user_choice, choice=Choice.RESEND, now=now)
    await store.change(record.message_id, choose)

    harness.clock.jump(HOURS)

    [_, attempted] = moments(record)
    await assert_moments(harness, store, record, now + HOURS, attempted)


async def test_the_clock_is_set_while_a_message_is_taken_in(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """It moves like those before it."""
    await store.load()
    record = harness.message()
    adding = asyncio.create_task(store.add(record))
    await asyncio.sleep(0)

    harness.clock.jump(HOURS)

    assert moments(await adding) == [record.created + HOURS, None]
    await assert_moments(harness, store, record, record.created + HOURS, None)


async def test_the_clock_is_set_while_a_change_is_written(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """What was changed moves too, whichever was first on the disk."""
    record = harness.message()
    await harness.journal.put(record)
    harness.clock.tick(timedelta(minutes=1))
    await store.load()
    now = harness.clock.now()
    changing = asyncio.create_task(
        store.change(
            record.message_id, lambda known: begin(harness, MAMAN, known.dated(HOURS))
        )
    )
    await asyncio.sleep(0)

    harness.clock.jump(-HOURS)
    await changing

    await assert_moments(harness, store, record, record.created, now - HOURS)


@pytest.mark.parametrize("is_of_this_run", [True, False])
async def test_the_clock_is_set_while_a_change_is_taken_back(
    harness: MessagingHarness, store: MessageStore, is_of_this_run: bool
) -> None:
    """Nothing of it stays, and the message has the moments of its own."""
    record = harness.message()
    if is_of_this_run:
        await store.load()
        await store.add(record)
    else:
        await harness.journal.put(record)
        harness.clock.tick(timedelta(minutes=1))
        await store.load()
    harness.disk.room = 0
    changing = asyncio.create_task(
        store.change(record.message_id, partial(begin, harness, MAMAN))
    )
    await asyncio.sleep(0)

    harness.clock.jump(HOURS)
    with pytest.raises(NotStoredError):
        await changing

    current = store.get_open(record.message_id)
    assert current is not None
    assert current.find(MAMAN).outcome is Outcome.QUEUED
    harness.disk.room = None
    await harness.clock.advance(RETRY_INTERVAL.total_seconds())
    created = record.created + HOURS if is_of_this_run else record.created
    await assert_moments(harness, store, record, created, None)
    await store.close()


async def test_the_clock_is_set_on_a_disk_that_fails(
    harness: MessagingHarness, store: MessageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new moments are written as soon as there is room."""
    await store.load()
    record = await store.add(harness.message())

    async def fail(by: timedelta) -> None:
        raise NotStoredError

    with monkeypatch.context() as patch:
        patch.setattr(harness.journal, "redate", fail)
        harness.clock.jump(HOURS)
        await until_idle()
    assert moments(await harness.kept(record)) == [record.created, None]

    await harness.clock.advance(RETRY_INTERVAL.total_seconds())

    await assert_moments(harness, store, record, record.created + HOURS, None)


async def test_after_its_end_the_clock_moves_nothing(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """The journal may be closed by then."""
    await store.load()
    record = await store.add(harness.message())
    await store.close()

    harness.clock.jump(HOURS)

    assert moments(store.get_open(record.message_id)) == [record.created, None]
