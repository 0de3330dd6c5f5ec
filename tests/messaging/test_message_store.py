"""Messages are read and changed in one way, whether they are settled or not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    NoAnswerError,
    NotStoredError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.message_store import (
    RETRY_INTERVAL,
    MessageStore,
)
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import RowKey, Stage
from tests.conftest import MAMAN, PAPA
from tests.simulator import Simulator

from .conftest import HouseMaker
from .fake_gateways import DELIVERED, AskedGateway
from .harness import HOUR, MessagingHarness, following
from .idle import let_run, until_idle


@pytest.fixture
async def harness(make_house: HouseMaker, simulator: Simulator) -> MessagingHarness:
    """Return a house whose journal is open; its outbox has not started."""
    harness = make_house(simulator.etech_keys)
    await harness.journal.open()
    return harness


@pytest.fixture
def store(harness: MessagingHarness) -> MessageStore:
    """Return the messages in its journal."""
    store = MessageStore(harness.journal, harness.clock)
    store.listen(harness.observer.on_message_changed)
    return store


def settle(
    key: RowKey, outcome: Outcome = Outcome.ACCEPTED, stage: Stage = Stage.CLOSED
) -> Callable[[MessageRecord], MessageRecord]:
    """Return the change that something has become of a recipient's submission."""

    def change(record: MessageRecord) -> MessageRecord:
        submission = replace(record.find(key), outcome=outcome, stage=stage)
        return record.updated([submission])

    return change


def charge(key: RowKey, cost: int) -> Callable[[MessageRecord], MessageRecord]:
    """Return the change that the cost for a recipient is known."""

    def change(record: MessageRecord) -> MessageRecord:
        return record.updated([replace(record.find(key), cost=Decimal(cost))])

    return change


def outcomes(record: MessageRecord | None) -> list[Outcome]:
    """Return what became of a message, recipient by recipient."""
    assert record is not None
    return [submission.outcome for submission in record.submissions]


async def test_a_message_from_beginning_to_end(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """It is here until nothing more will happen to it, and on disk for ever."""
    record = harness.message()
    await store.add(record)
    assert list(store) == [record]
    assert store.get_open(record.message_id) is record

    changed = await store.change(record.message_id, settle(MAMAN))

    assert await harness.journal.get(record.message_id) == changed
    assert store.get_open(record.message_id) is None
    assert len(store) == 0
    assert harness.observer.history == [record, changed]


async def test_what_the_last_run_has_left(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """The oldest first; what has come here since is newer than what is read."""
    first, second, third = (harness.message() for _ in range(3))
    for record in (third, first, second):
        await harness.journal.put(record)
    await store.add(second)
    await store.change(second.message_id, settle(MAMAN, Outcome.UNKNOWN, Stage.OPEN))
    known = store.get_open(second.message_id)
    harness.observer.history.clear()

    await store.load()

    assert list(store) == [first, known, third]
    assert harness.observer.history == [first, third]


async def test_two_changes_at_the_same_time(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """Neither undoes the other, and the last state is the one on disk."""
    record = harness.message(MAMAN, PAPA)
    await store.add(record)

    await asyncio.gather(
        store.change(record.message_id, settle(MAMAN)),
        store.change(record.message_id, settle(PAPA, Outcome.REJECTED)),
    )

    stored = await harness.journal.get(record.message_id)
    assert outcomes(stored) == [Outcome.ACCEPTED, Outcome.REJECTED]
    assert len(store) == 0


async def test_a_change_on_top_of_one_that_is_being_written(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """The message stays here until its last state is on disk."""
    record = harness.message()
    await store.add(record)
    harness.disk.room = 1
    first = store.change_in_background(record.message_id, settle(MAMAN))
    while harness.disk.room:
        await asyncio.sleep(0)

    second = store.change_in_background(
        record.message_id, settle(MAMAN, Outcome.REJECTED)
    )
    await asyncio.gather(first, second)

    assert outcomes(store.get_open(record.message_id)) == [Outcome.REJECTED]
    harness.disk.room = None
    await harness.clock.advance(RETRY_INTERVAL.total_seconds())
    stored = await harness.journal.get(record.message_id)
    assert outcomes(stored) == [Outcome.REJECTED]
    assert len(store) == 0


async def test_a_message_that_cannot_be_written(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """It is not taken in."""
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await store.add(harness.message())

    assert len(store) == 0
    assert harness.observer.history == []


async def test_a_change_that_cannot_be_written(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """It is taken back, to the time it had."""
    record = harness.message(MAMAN, PAPA)
    await store.add(record)
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await store.change(
            record.message_id,
            lambda known: replace(settle(MAMAN)(known), created=known.expires),
        )

    assert list(store) == [record]
    assert harness.observer.history == [record]
    harness.disk.room = None
    await harness.clock.advance(RETRY_INTERVAL.total_seconds())
    assert await harness.journal.get(record.message_id) == record
    assert harness.clock.timers == 0


async def test_a_change_that_is_taken_back_leaves_others(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """What another request has found out meanwhile stays."""
    record = harness.message(MAMAN, PAPA)
    await store.add(record)
    harness.disk.room = 0
    changing = asyncio.create_task(
        store.change(record.message_id, settle(MAMAN, Outcome.UNKNOWN, Stage.OPEN))
    )
    await asyncio.sleep(0)

    await store.change_in_background(record.message_id, settle(PAPA))
    with pytest.raises(NotStoredError):
        await changing

    assert outcomes(store.get_open(record.message_id)) == [
        Outcome.QUEUED,
        Outcome.ACCEPTED,
    ]
    await store.close()


async def test_a_change_that_is_taken_back_leaves_a_later_date(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """Whoever has dated the message anew meanwhile is right."""
    record = harness.message()
    await store.add(record)
    harness.disk.room = 0

    def dated(known: MessageRecord, hours: int) -> MessageRecord:
        return replace(known, created=record.created + hours * HOUR)

    changing = asyncio.create_task(
        store.change(record.message_id, partial(dated, hours=1))
    )
    await asyncio.sleep(0)
    await store.change_in_background(record.message_id, partial(dated, hours=2))
    with pytest.raises(NotStoredError):
        await changing

    assert list(store) == [dated(record, 2)]
    await store.close()


async def test_what_is_kept_without_room(
    harness: MessagingHarness, store: MessageStore, caplog: pytest.LogCaptureFixture
) -> None:
    """It is known and told at once, written when there is room, and said once."""
    record = harness.message()
    await store.add(record)
    harness.disk.room = 0

    kept = await store.change_in_background(record.message_id, settle(MAMAN))
    await harness.clock.advance(10 * RETRY_INTERVAL.total_seconds())

    assert harness.observer.history == [record, kept]
    assert store.get_open(record.message_id) == kept
    assert caplog.text.count("can't be written") == 1
    harness.disk.room = None
    await harness.clock.advance(RETRY_INTERVAL.total_seconds())
    assert await harness.journal.get(record.message_id) == kept
    assert len(store) == 0
    assert harness.clock.timers == 0
    assert harness.observer.history == [record, kept]


async def test_a_change_that_nobody_waits_for(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """It is made at once, and waited for in the end."""
    record = harness.message()
    await store.add(record)

    writing = store.change_in_background(record.message_id, settle(MAMAN))

    kept = store.get_open(record.message_id)
    assert outcomes(kept) == [Outcome.ACCEPTED]
    await store.close()
    assert await writing == kept
    assert await harness.journal.get(record.message_id) == kept


@pytest.mark.parametrize("room", [0, None])
async def test_closing_tries_once_more(
    harness: MessagingHarness, store: MessageStore, room: int | None
) -> None:
    """And leaves no timer, whatever comes of it."""
    record = harness.message()
    await store.add(record)
    harness.disk.room = 0
    await store.change_in_background(record.message_id, settle(MAMAN))
    assert harness.clock.timers == 1
    harness.disk.room = room

    await store.close()
    await let_run()

    assert harness.clock.timers == 0
    assert len(store) == (1 if room == 0 else 0)
    await until_idle()


def test_a_message_that_is_not_here_cannot_be_changed_in_the_background(
    store: MessageStore,
) -> None:
    """That would be a mistake of ours."""
    with pytest.raises(KeyError):
        store.change_in_background("1", settle(MAMAN))


# --- kept although it can't be written ------------------------------------------------


def insistent(harness: MessagingHarness) -> MessageRecord:
    """Return a message that rather arrives twice than never, and at once."""
    return replace(harness.message(on_unknown=OnUnknown.RESEND), urgent=True)


async def test_what_is_worth_more_than_its_record_is_taken_in(
    harness: MessagingHarness, store: MessageStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Everybody can know that it isn't on disk, and it is as soon as there is room."""
    harness.disk.room = 0
    record = await store.add(insistent(harness))

    assert list(store) == [record]
    assert not store.is_stored(record.message_id)
    assert caplog.text.count("can't be written") == 1
    harness.disk.room = None
    await harness.clock.advance(RETRY_INTERVAL.total_seconds())

    assert store.is_stored(record.message_id)
    assert await harness.kept(record) == record


async def test_what_was_never_written_is_written_with_what_became_of_it(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """Its text and its other recipients too."""
    harness.disk.room = 0
    record = replace(
        insistent(harness), submissions=harness.message(MAMAN, PAPA).submissions
    )
    await store.add(record)
    harness.disk.room = None

    changed = await store.change(record.message_id, settle(MAMAN))

    assert await harness.kept(record) == changed
    assert store.is_stored(record.message_id)
    await store.close()


@pytest.mark.parametrize(
    ("urgent", "on_unknown"), [(False, OnUnknown.RESEND), (True, OnUnknown.HOLD)]
)
async def test_others_are_not_taken_in_without_their_record(
    harness: MessagingHarness, store: MessageStore, urgent: bool, on_unknown: OnUnknown
) -> None:
    """A crash could send them twice, or lose them, against their sender's will."""
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await store.add(replace(harness.message(on_unknown=on_unknown), urgent=urgent))

    assert len(store) == 0


async def test_what_is_settled_already_is_not_taken_in_without_its_record(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """Nothing of it would leave."""
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await store.add(settle(MAMAN, Outcome.REJECTED)(insistent(harness)))

    assert harness.clock.timers == 0


async def test_a_disk_that_fails_again_is_told_again(
    harness: MessagingHarness, store: MessageStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Once each time."""
    record = harness.message()
    await store.add(record)
    for cost in (1, 2):
        harness.disk.room = 0
        await store.change_in_background(record.message_id, charge(MAMAN, cost))
        await harness.clock.advance(3 * RETRY_INTERVAL.total_seconds())
        assert caplog.text.count("can't be written") == cost
        harness.disk.room = None
        await harness.clock.advance(RETRY_INTERVAL.total_seconds())

    assert (await harness.kept(record)).find(MAMAN).cost == 2


# --- taken up from the disk -----------------------------------------------------------


async def test_one_that_is_changed_before_the_rest_is_loaded(
    harness: MessagingHarness, store: MessageStore
) -> None:
    """Everybody hears of it, so that it goes on like the others."""
    record = harness.message(MAMAN, PAPA)
    await harness.journal.put(record)

    changed = await store.change(record.message_id, settle(MAMAN))
    await store.load()

    assert list(store) == [changed]
    assert harness.observer.history == [changed]


@pytest.mark.parametrize("step", ["get", "put"])
async def test_one_that_is_loaded_while_it_is_changed(
    harness: MessagingHarness,
    store: MessageStore,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """What has happened to it since it was loaded is not undone."""
    record = harness.message(MAMAN, PAPA)
    await harness.journal.put(record)
    ask = getattr(harness.journal, step)

    async def load_too(*args: object) -> object:
        monkeypatch.undo()
        if step == "put":
            await store.load()
        answer = await ask(*args)
        if step == "get":
            await store.load()
        await store.change(record.message_id, settle(PAPA, Outcome.UNKNOWN, Stage.OPEN))
        return answer

    monkeypatch.setattr(harness.journal, step, load_too)
    await store.change(record.message_id, settle(MAMAN))

    current = store.get_open(record.message_id)
    assert outcomes(current) == [Outcome.ACCEPTED, Outcome.UNKNOWN]
    assert await harness.kept(record) == current


# --- settled or not -------------------------------------------------------------------


@pytest.fixture
async def asked(session: aiohttp.ClientSession) -> AskedGateway:
    """Return a gateway."""
    return AskedGateway(session)


@pytest.fixture
async def house(asked: AskedGateway, tmp_path: Path) -> AsyncIterator[MessagingHarness]:
    """Return a house that sends through it."""
    async with following(asked, tmp_path) as house:
        yield house


def arrived(record: MessageRecord) -> MessageRecord:
    """Return a message that has arrived everywhere."""
    return record.updated(
        replace(submission, delivery=DeliveryState(status=DELIVERED))
        for submission in record.submissions
    )


def unchanged(record: MessageRecord) -> MessageRecord:
    """Return a message as it is."""
    return record


async def test_one_that_is_settled_is_on_disk(house: MessagingHarness) -> None:
    """It is changed there."""
    record = await house.send()
    assert house.store.get_open(record.message_id) is None
    assert await house.store.get(record.message_id) == record

    changed = await house.store.change(record.message_id, arrived)

    assert changed == arrived(record)
    assert await house.kept(record) == changed


async def test_what_changes_of_one_that_is_settled_is_told_to_who_asks_for_that(
    house: MessagingHarness,
) -> None:
    """Nobody else hears of it: nothing happens to it any more."""
    told: list[tuple[MessageRecord, list[RowKey]]] = []
    house.store.closed_listeners.add(
        lambda record, changed: told.append((record, [row.key for row in changed]))
    )
    record = await house.send()
    heard = len(house.observer.history)

    changed = await house.store.change(record.message_id, arrived)
    await house.store.change(record.message_id, unchanged)

    assert told == [(changed, [MAMAN])]
    assert len(house.observer.history) == heard


async def test_one_that_is_not_settled_is_in_memory(
    house: MessagingHarness, asked: AskedGateway
) -> None:
    """It is changed there and on disk, and everybody hears of it."""
    asked.failures.append(NoAnswerError())
    record = await house.send()
    known = house.store.get_open(record.message_id)
    assert await house.store.get(record.message_id) is known

    changed = await house.store.change(record.message_id, arrived)

    assert changed == arrived(record)
    assert house.store.get_open(record.message_id) == changed
    assert await house.kept(record) == changed
    assert house.observer.history[-1] == changed


async def test_one_that_there_is_not(house: MessagingHarness) -> None:
    """Nothing is changed."""
    assert await house.store.get("none") is None
    assert await house.store.change("none", arrived) is None


@pytest.mark.parametrize("is_settled", [True, False])
async def test_what_changes_nothing_is_not_written(
    house: MessagingHarness, asked: AskedGateway, is_settled: bool
) -> None:
    """And nobody hears of it."""
    if not is_settled:
        asked.failures.append(NoAnswerError())
    record = await house.send()
    writes, heard = house.disk.writes, len(house.observer.history)

    assert await house.store.change(record.message_id, unchanged) == record

    assert (house.disk.writes, len(house.observer.history)) == (writes, heard)


@pytest.mark.parametrize("is_settled", [True, False])
async def test_without_room_on_the_disk_nothing_is_changed(
    house: MessagingHarness, asked: AskedGateway, is_settled: bool
) -> None:
    """Whoever asked hears of it."""
    if not is_settled:
        asked.failures.append(NoAnswerError())
    record = await house.send()
    house.disk.room = 0

    with pytest.raises(NotStoredError):
        await house.store.change(record.message_id, arrived)

    assert await house.store.get(record.message_id) == record


async def test_two_changes_at_once(house: MessagingHarness) -> None:
    """None undoes the other."""
    record = await house.send(MAMAN, PAPA)

    def arrived_at(known: MessageRecord, key: RowKey) -> MessageRecord:
        submission = known.find(key)
        return known.updated(
            [replace(submission, delivery=DeliveryState(status=DELIVERED))]
        )

    await asyncio.gather(
        *(
            house.store.change(record.message_id, partial(arrived_at, key=key))
            for key in (MAMAN, PAPA)
        )
    )

    assert await house.kept(record) == arrived(record)


@pytest.mark.parametrize("room", [None, 0])
async def test_a_change_while_the_answer_is_written(
    house: MessagingHarness, asked: AskedGateway, room: int | None
) -> None:
    """The outbox concludes at the same moment: both are kept, on disk too."""
    asked.answer = asyncio.Event()
    message = house.message(MAMAN, PAPA)
    sending = asyncio.create_task(house.outbox.send(message))
    while not house.store.get_open(message.message_id):
        await asyncio.sleep(0)
    await let_run()

    def charged(record: MessageRecord) -> MessageRecord:
        return record.updated([replace(record.find(PAPA), cost=Decimal(7))])

    writing = house.disk.writes
    asked.answer.set()
    while house.disk.writes == writing:
        await asyncio.sleep(0)
    house.disk.room = room
    changing = asyncio.create_task(house.store.change(message.message_id, charged))
    await asyncio.wait([changing])
    house.disk.room = None
    await sending
    await until_idle()
    await house.clock.advance(30)

    record = await house.kept(message)
    assert [submission.outcome for submission in record.submissions] == [
        Outcome.ACCEPTED
    ] * 2
    assert record.find(PAPA).cost == (Decimal(7) if room is None else None)
    assert (changing.exception() is None) is (room is None)
    assert len(house.store) == 0


async def test_it_is_taken_up_while_it_is_looked_for(
    house: MessagingHarness, asked: AskedGateway
) -> None:
    """Memory and disk agree after that."""
    asked.failures.append(NoAnswerError())
    record = await house.send()
    await house.crash()
    await house.journal.open()

    _, changed = await asyncio.gather(
        house.store.load(), house.store.change(record.message_id, arrived)
    )

    assert changed == arrived(record)
    assert house.store.get_open(record.message_id) == changed
    assert await house.kept(record) == changed
