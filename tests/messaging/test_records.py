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
from custom_components.passerelle_sms.messaging.delivery import Delivery
from custom_components.passerelle_sms.messaging.record import MessageRecord
from tests.conftest import MAMAN, PAPA

from .house import House, following
from .quiet import let_run, quiet
from .telling import DELIVERED, AskedGateway


@pytest.fixture
async def gateway(session: aiohttp.ClientSession) -> AskedGateway:
    """Return a gateway."""
    return AskedGateway(session)


@pytest.fixture
async def house(gateway: AskedGateway, tmp_path: Path) -> AsyncIterator[House]:
    """Return a house that sends through it."""
    async with following(gateway, tmp_path) as house:
        yield house


def arrived(record: MessageRecord) -> MessageRecord:
    """Return a message that has arrived everywhere."""
    return record.updated(
        replace(made, delivery=Delivery(status=DELIVERED))
        for made in record.submissions
    )


def unchanged(record: MessageRecord) -> MessageRecord:
    """Return a message as it is."""
    return record


async def test_one_that_is_settled_is_on_disk(house: House) -> None:
    """It is changed there."""
    record = await house.send()
    assert house.outbox.messages.get(record.message_id) is None
    assert await house.records.get(record.message_id) == record

    changed = await house.records.change(record.message_id, arrived)

    assert changed == arrived(record)
    assert await house.kept(record) == changed


async def test_one_that_is_not_settled_is_in_memory(
    house: House, gateway: AskedGateway
) -> None:
    """It is changed there and on disk, and everybody hears of it."""
    gateway.failures.append(NoAnswerError())
    record = await house.send()
    known = house.outbox.messages.get(record.message_id)
    assert await house.records.get(record.message_id) is known

    changed = await house.records.change(record.message_id, arrived)

    assert changed == arrived(record)
    assert house.outbox.messages.get(record.message_id) == changed
    assert await house.kept(record) == changed
    assert house.books.history[-1] == changed


async def test_one_that_there_is_not(house: House) -> None:
    """Nothing is changed."""
    assert await house.records.get("none") is None
    assert await house.records.change("none", arrived) is None


@pytest.mark.parametrize("is_settled", [True, False])
async def test_what_changes_nothing_is_not_written(
    house: House, gateway: AskedGateway, is_settled: bool
) -> None:
    """And nobody hears of it."""
    if not is_settled:
        gateway.failures.append(NoAnswerError())
    record = await house.send()
    writes, heard = house.disk.writes, len(house.books.history)

    assert await house.records.change(record.message_id, unchanged) == record

    assert (house.disk.writes, len(house.books.history)) == (writes, heard)


@pytest.mark.parametrize("is_settled", [True, False])
async def test_without_room_on_the_disk_nothing_is_changed(
    house: House, gateway: AskedGateway, is_settled: bool
) -> None:
    """Whoever asked hears of it."""
    if not is_settled:
        gateway.failures.append(NoAnswerError())
    record = await house.send()
    house.disk.room = 0

    with pytest.raises(NotStoredError):
        await house.records.change(record.message_id, arrived)

    assert await house.records.get(record.message_id) == record


async def test_two_changes_at_once(house: House) -> None:
    """None undoes the other."""
    record = await house.send(MAMAN, PAPA)

    def arrived_at(known: MessageRecord, number: str) -> MessageRecord:
        made = known.find(number)
        return known.updated([replace(made, delivery=Delivery(status=DELIVERED))])

    await asyncio.gather(
        *(
            house.records.change(record.message_id, partial(arrived_at, number=number))
            for number in (MAMAN, PAPA)
        )
    )

    assert await house.kept(record) == arrived(record)


@pytest.mark.parametrize("room", [None, 0])
async def test_a_change_while_the_answer_is_written(
    house: House, gateway: AskedGateway, room: int | None
) -> None:
    """The outbox concludes at the same moment: both are kept, on disk too."""
    gateway.answer = asyncio.Event()
    message = house.message(MAMAN, PAPA)
    sending = asyncio.create_task(house.outbox.send(message))
    while not house.outbox.messages.get(message.message_id):
        await asyncio.sleep(0)
    await let_run()

    def charged(record: MessageRecord) -> MessageRecord:
        return record.updated([replace(record.find(PAPA), cost=Decimal(7))])

    writing = house.disk.writes
    gateway.answer.set()
    while house.disk.writes == writing:
        await asyncio.sleep(0)
    house.disk.room = room
    changing = asyncio.create_task(house.records.change(message.message_id, charged))
    await asyncio.wait([changing])
    house.disk.room = None
    await sending
    await quiet()
    await house.clock.advance(30)

    record = await house.kept(message)
    assert [made.outcome for made in record.submissions] == [Outcome.ACCEPTED] * 2
    assert record.find(PAPA).cost == (Decimal(7) if room is None else None)
    assert (changing.exception() is None) is (room is None)
    assert len(house.outbox.messages) == 0


async def test_it_is_taken_up_while_it_is_looked_for(
    house: House, gateway: AskedGateway
) -> None:
    """Memory and disk agree after that."""
    gateway.failures.append(NoAnswerError())
    record = await house.send()
    await house.crash()
    await house.journal.open()

    _, changed = await asyncio.gather(
        house.outbox.start(), house.records.change(record.message_id, arrived)
    )

    assert changed == arrived(record)
    assert house.outbox.messages.get(record.message_id) == changed
    assert await house.kept(record) == changed
