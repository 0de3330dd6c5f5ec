"""The messages that are not settled: in memory and on disk."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.message_store import (
    STORE_AGAIN,
    OpenMessages,
)
from custom_components.passerelle_sms.messaging.model.record import MessageRecord, Stage
from tests.conftest import MAMAN, PAPA
from tests.simulator import Simulator

from .conftest import HouseMaker
from .harness import HOUR, MessagingHarness
from .idle import let_run, until_idle


@pytest.fixture
async def harness(make_house: HouseMaker, simulator: Simulator) -> MessagingHarness:
    """Return a house whose journal is open; its outbox has not started."""
    harness = make_house(simulator.etech_keys)
    await harness.journal.open()
    return harness


@pytest.fixture
def messages(harness: MessagingHarness) -> OpenMessages:
    """Return the messages in its journal."""
    return OpenMessages(
        harness.journal, harness.clock, harness.observer.on_message_changed
    )


def settle(
    number: str, outcome: Outcome = Outcome.ACCEPTED, stage: Stage = Stage.CLOSED
) -> Callable[[MessageRecord], MessageRecord]:
    """Return the change that something has become of a recipient's submission."""

    def change(record: MessageRecord) -> MessageRecord:
        submission = replace(record.find(number), outcome=outcome, stage=stage)
        return record.updated([submission])

    return change


def outcomes(record: MessageRecord | None) -> list[Outcome]:
    """Return what became of a message, recipient by recipient."""
    assert record is not None
    return [submission.outcome for submission in record.submissions]


async def test_a_message_from_beginning_to_end(
    harness: MessagingHarness, messages: OpenMessages
) -> None:
    """It is here until nothing more will happen to it, and on disk for ever."""
    record = harness.message()
    await messages.add(record)
    assert list(messages) == [record]
    assert messages.get(record.message_id) is record

    changed = await messages.change(record.message_id, settle(MAMAN))

    assert await harness.journal.get(record.message_id) == changed
    assert messages.get(record.message_id) is None
    assert len(messages) == 0
    assert harness.observer.history == [record, changed]


async def test_what_the_last_run_has_left(
    harness: MessagingHarness, messages: OpenMessages
) -> None:
    """The oldest first; what has come here since is newer than what is read."""
    first, second, third = (harness.message() for _ in range(3))
    for record in (third, first, second):
        await harness.journal.put(record)
    await messages.add(second)
    await messages.change(second.message_id, settle(MAMAN, Outcome.UNKNOWN, Stage.OPEN))
    known = messages.get(second.message_id)
    harness.observer.history.clear()

    await messages.load()

    assert list(messages) == [first, known, third]
    assert harness.observer.history == [first, third]


async def test_two_changes_at_the_same_time(
    harness: MessagingHarness, messages: OpenMessages
) -> None:
    """Neither undoes the other, and the last state is the one on disk."""
    record = harness.message(MAMAN, PAPA)
    await messages.add(record)

    await asyncio.gather(
        messages.change(record.message_id, settle(MAMAN)),
        messages.change(record.message_id, settle(PAPA, Outcome.REJECTED)),
    )

    stored = await harness.journal.get(record.message_id)
    assert outcomes(stored) == [Outcome.ACCEPTED, Outcome.REJECTED]
    assert len(messages) == 0


async def test_a_change_on_top_of_one_that_is_being_written(
    harness: MessagingHarness, messages: OpenMessages
) -> None:
    """The message stays here until its last state is on disk."""
    record = harness.message()
    await messages.add(record)
    harness.disk.room = 1
    first = asyncio.create_task(
        messages.change_eventually(record.message_id, settle(MAMAN))
    )
    while harness.disk.room:
        await asyncio.sleep(0)

    second = asyncio.create_task(
        messages.change_eventually(record.message_id, settle(MAMAN, Outcome.REJECTED))
    )
    await asyncio.gather(first, second)

    assert outcomes(messages.get(record.message_id)) == [Outcome.REJECTED]
    harness.disk.room = None
    await harness.clock.advance(STORE_AGAIN.total_seconds())
    stored = await harness.journal.get(record.message_id)
    assert outcomes(stored) == [Outcome.REJECTED]
    assert len(messages) == 0


async def test_a_message_that_cannot_be_written(
    harness: MessagingHarness, messages: OpenMessages
) -> None:
    """It is not taken in."""
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await messages.add(harness.message())

    assert len(messages) == 0
    assert harness.observer.history == []


async def test_a_change_that_cannot_be_written(
    harness: MessagingHarness, messages: OpenMessages
) -> None:
    """It is taken back, to the time it had."""
    record = harness.message(MAMAN, PAPA)
    await messages.add(record)
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await messages.change(
            record.message_id,
            lambda known: replace(
                settle(MAMAN)(known),
                created=known.expires,
                expires=known.expires + HOUR,
            ),
        )

    assert list(messages) == [record]
    assert harness.observer.history == [record]
    harness.disk.room = None
    await harness.clock.advance(STORE_AGAIN.total_seconds())
    assert await harness.journal.get(record.message_id) == record
    assert harness.clock.timers == 0


async def test_a_change_that_is_taken_back_leaves_others(
    harness: MessagingHarness, messages: OpenMessages
) -> None:
    """What another request has found out meanwhile stays."""
    record = harness.message(MAMAN, PAPA)
    await messages.add(record)
    harness.disk.room = 0
    changing = asyncio.create_task(
        messages.change(record.message_id, settle(MAMAN, Outcome.UNKNOWN, Stage.OPEN))
    )
    await asyncio.sleep(0)

    await messages.change_eventually(record.message_id, settle(PAPA))
    with pytest.raises(NotStoredError):
        await changing

    assert outcomes(messages.get(record.message_id)) == [
        Outcome.QUEUED,
        Outcome.ACCEPTED,
    ]
    await messages.close()


async def test_what_is_kept_without_room(
    harness: MessagingHarness, messages: OpenMessages, caplog: pytest.LogCaptureFixture
) -> None:
    """It is known and told at once, written when there is room, and said once."""
    record = harness.message()
    await messages.add(record)
    harness.disk.room = 0

    kept = await messages.change_eventually(record.message_id, settle(MAMAN))
    await harness.clock.advance(10 * STORE_AGAIN.total_seconds())

    assert harness.observer.history == [record, kept]
    assert messages.get(record.message_id) == kept
    assert caplog.text.count("can't be written") == 1
    harness.disk.room = None
    await harness.clock.advance(STORE_AGAIN.total_seconds())
    assert await harness.journal.get(record.message_id) == kept
    assert len(messages) == 0
    assert harness.clock.timers == 0
    assert harness.observer.history == [record, kept]


async def test_a_change_that_nobody_waits_for(
    harness: MessagingHarness, messages: OpenMessages
) -> None:
    """It is made at once, and waited for in the end."""
    record = harness.message()
    await messages.add(record)

    kept = messages.change_in_background(record.message_id, settle(MAMAN))

    assert messages.get(record.message_id) is kept
    await messages.close()
    assert await harness.journal.get(record.message_id) == kept


@pytest.mark.parametrize("room", [0, None])
async def test_closing_tries_once_more(
    harness: MessagingHarness, messages: OpenMessages, room: int | None
) -> None:
    """And leaves no timer, whatever comes of it."""
    record = harness.message()
    await messages.add(record)
    harness.disk.room = 0
    await messages.change_eventually(record.message_id, settle(MAMAN))
    assert harness.clock.timers == 1
    harness.disk.room = room

    await messages.close()
    await let_run()

    assert harness.clock.timers == 0
    assert len(messages) == (1 if room == 0 else 0)
    await until_idle()


async def test_nothing_to_change(messages: OpenMessages) -> None:
    """A message that is not here is a mistake of the caller's."""
    with pytest.raises(KeyError):
        await messages.change("1", partial(replace, text=""))
