"""Messages are changed in one way, whether they are settled or not."""

import asyncio
from collections.abc import AsyncIterator
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
from custom_components.passerelle_sms.messaging.model.record import (
    DeliveryState,
    MessageRecord,
)
from tests.conftest import MAMAN, PAPA

from .fake_gateways import DELIVERED, AskedGateway
from .harness import MessagingHarness, following
from .idle import let_run, until_idle


@pytest.fixture
async def gateway(session: aiohttp.ClientSession) -> AskedGateway:
    """Return a gateway."""
    return AskedGateway(session)


@pytest.fixture
async def harness(
    gateway: AskedGateway, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house that sends through it."""
    async with following(gateway, tmp_path) as harness:
        yield harness


def arrived(record: MessageRecord) -> MessageRecord:
    """Return a message that has arrived everywhere."""
    return record.updated(
        replace(submission, delivery=DeliveryState(status=DELIVERED))
        for submission in record.submissions
    )


def unchanged(record: MessageRecord) -> MessageRecord:
    """Return a message as it is."""
    return record


async def test_one_that_is_settled_is_on_disk(harness: MessagingHarness) -> None:
    """It is changed there."""
    record = await harness.send()
    assert harness.outbox.messages.get(record.message_id) is None
    assert await harness.records.get(record.message_id) == record

    changed = await harness.records.change(record.message_id, arrived)

    assert changed == arrived(record)
    assert await harness.kept(record) == changed


async def test_one_that_is_not_settled_is_in_memory(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """It is changed there and on disk, and everybody hears of it."""
    gateway.failures.append(NoAnswerError())
    record = await harness.send()
    known = harness.outbox.messages.get(record.message_id)
    assert await harness.records.get(record.message_id) is known

    changed = await harness.records.change(record.message_id, arrived)

    assert changed == arrived(record)
    assert harness.outbox.messages.get(record.message_id) == changed
    assert await harness.kept(record) == changed
    assert harness.observer.history[-1] == changed


async def test_one_that_there_is_not(harness: MessagingHarness) -> None:
    """Nothing is changed."""
    assert await harness.records.get("none") is None
    assert await harness.records.change("none", arrived) is None


@pytest.mark.parametrize("is_settled", [True, False])
async def test_what_changes_nothing_is_not_written(
    harness: MessagingHarness, gateway: AskedGateway, is_settled: bool
) -> None:
    """And nobody hears of it."""
    if not is_settled:
        gateway.failures.append(NoAnswerError())
    record = await harness.send()
    writes, heard = harness.disk.writes, len(harness.observer.history)

    assert await harness.records.change(record.message_id, unchanged) == record

    assert (harness.disk.writes, len(harness.observer.history)) == (writes, heard)


@pytest.mark.parametrize("is_settled", [True, False])
async def test_without_room_on_the_disk_nothing_is_changed(
    harness: MessagingHarness, gateway: AskedGateway, is_settled: bool
) -> None:
    """Whoever asked hears of it."""
    if not is_settled:
        gateway.failures.append(NoAnswerError())
    record = await harness.send()
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await harness.records.change(record.message_id, arrived)

    assert await harness.records.get(record.message_id) == record


async def test_two_changes_at_once(harness: MessagingHarness) -> None:
    """None undoes the other."""
    record = await harness.send(MAMAN, PAPA)

    def arrived_at(known: MessageRecord, number: str) -> MessageRecord:
        submission = known.find(number)
        return known.updated(
            [replace(submission, delivery=DeliveryState(status=DELIVERED))]
        )

    await asyncio.gather(
        *(
            harness.records.change(
                record.message_id, partial(arrived_at, number=number)
            )
            for number in (MAMAN, PAPA)
        )
    )

    assert await harness.kept(record) == arrived(record)


@pytest.mark.parametrize("room", [None, 0])
async def test_a_change_while_the_answer_is_written(
    harness: MessagingHarness, gateway: AskedGateway, room: int | None
) -> None:
    """The outbox concludes at the same moment: both are kept, on disk too."""
    gateway.answer = asyncio.Event()
    message = harness.message(MAMAN, PAPA)
    sending = asyncio.create_task(harness.outbox.send(message))
    while not harness.outbox.messages.get(message.message_id):
        await asyncio.sleep(0)
    await let_run()

    def charged(record: MessageRecord) -> MessageRecord:
        return record.updated([replace(record.find(PAPA), cost=Decimal(7))])

    writing = harness.disk.writes
    gateway.answer.set()
    while harness.disk.writes == writing:
        await asyncio.sleep(0)
    harness.disk.room = room
    changing = asyncio.create_task(harness.records.change(message.message_id, charged))
    await asyncio.wait([changing])
    harness.disk.room = None
    await sending
    await until_idle()
    await harness.clock.advance(30)

    record = await harness.kept(message)
    assert [submission.outcome for submission in record.submissions] == [
        Outcome.ACCEPTED
    ] * 2
    assert record.find(PAPA).cost == (Decimal(7) if room is None else None)
    assert (changing.exception() is None) is (room is None)
    assert len(harness.outbox.messages) == 0


async def test_it_is_taken_up_while_it_is_looked_for(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """Memory and disk agree after that."""
    gateway.failures.append(NoAnswerError())
    record = await harness.send()
    await harness.crash()
    await harness.journal.open()

    _, changed = await asyncio.gather(
        harness.outbox.start(), harness.records.change(record.message_id, arrived)
    )

    assert changed == arrived(record)
    assert harness.outbox.messages.get(record.message_id) == changed
    assert await harness.kept(record) == changed
