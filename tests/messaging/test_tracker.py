"""What becomes of accepted messages: matched, written down, and told once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.delivery import DeliveryReport
from custom_components.passerelle_sms.gateways.errors import NotStoredError
from tests.conftest import MAMAN, PAPA, warnings_logged

from .clock import START
from .house import House, following
from .quiet import let_run, quiet
from .telling import (
    DELIVERED,
    PENDING,
    UNDELIVERED,
    CallingGateway,
    OnceGateway,
    report,
)

MINUTE = 60
TEN_MINUTES = timedelta(minutes=10).total_seconds()


@pytest.fixture
async def gateway(session: aiohttp.ClientSession) -> CallingGateway:
    """Return a gateway that calls."""
    return CallingGateway(session)


@pytest.fixture
async def house(gateway: CallingGateway, tmp_path: Path) -> AsyncIterator[House]:
    """Return a house that sends through it."""
    async with following(gateway, tmp_path) as house:
        yield house


# --- reports that come by themselves ------------------------------------------------


async def test_a_report_is_written_down_and_told(house: House) -> None:
    """In this order; and the listener gets the whole of it."""
    record = await house.send(MAMAN, PAPA)
    seen: list[int] = []
    house.books.on_delivery = lambda: seen.append(house.disk.writes)
    writes = house.disk.writes
    told = report("id-2", PAPA, at=START, code="1")

    assert await house.hear(told) == (True,)

    [(told_record, made)] = house.books.deliveries
    assert seen == [writes + 1]
    assert (made.recipient.number, told_record.message_id) == (PAPA, record.message_id)
    assert made.delivery is not None
    assert (made.delivery.status, made.delivery.code) == (DELIVERED, "1")
    kept = (await house.kept(record)).find(PAPA)
    assert kept.delivery is not None
    assert kept.delivery.is_told
    assert len(house.tracker) == 1


async def test_the_same_again(house: House) -> None:
    """It is taken, and changes nothing: at once, later, and on its way as well."""
    record = await house.send()
    for status in (PENDING, DELIVERED):
        told = report("id-1", MAMAN, status, code="7")
        assert await house.hear(told, told) == (True, True)
        writes = house.disk.writes
        assert await house.hear(told) == (True,)
        assert house.disk.writes == writes

    assert house.statuses() == [DELIVERED]
    assert (await house.kept(record)).submissions[0].is_awaited is False


async def test_it_is_on_its_way(house: House) -> None:
    """That is kept, and told to nobody."""
    record = await house.send()

    await house.hear(report("id-1", MAMAN, PENDING, code="50"))

    [made] = (await house.kept(record)).submissions
    assert made.delivery is not None
    assert (made.delivery.status, made.delivery.code) == (PENDING, "50")
    assert house.statuses() == []


async def test_it_arrives_after_all(house: House) -> None:
    """That is told besides; that it doesn't, after that, is not."""
    await house.send()

    for status in (UNDELIVERED, DELIVERED, UNDELIVERED, PENDING):
        assert await house.hear(report("id-1", MAMAN, status)) == (True,)

    assert house.statuses() == [UNDELIVERED, DELIVERED]


@pytest.mark.parametrize(
    "told",
    [
        None,
        report("id-1", PAPA),
        report("id-1", "", at=START),
        report("id-2", MAMAN),
        report("id-2", MAMAN, at=START),
        report(None, MAMAN, at=START),
    ],
)
async def test_what_is_about_nothing_that_was_sent(
    house: House, told: DeliveryReport | None
) -> None:
    """It isn't taken: another number with the right id, or the other way round."""
    await house.send(MAMAN)

    assert await house.hear(told) == (False,)

    assert house.statuses() == []
    assert len(house.tracker) == 1


async def test_the_ids_of_two_messages(house: House) -> None:
    """Each report is about its own."""
    first, second = await house.send(), await house.send()

    await house.hear(report("ID-2", MAMAN), report("ID-1", MAMAN, UNDELIVERED))

    assert [
        (record.message_id, made.delivery and made.delivery.status)
        for record, made in house.books.deliveries
    ] == [
        (second.message_id, DELIVERED),
        (first.message_id, UNDELIVERED),
    ]


async def test_no_room_for_a_report(house: House) -> None:
    """It is to be told again, and is told to nobody until then."""
    await house.send()
    house.disk.room = 0

    with pytest.raises(NotStoredError):
        await house.tracker.take_pushed([report("id-1", MAMAN)])
    assert house.statuses() == []
    house.disk.room = None

    assert await house.hear(report("id-1", MAMAN)) == (True,)
    assert house.statuses() == [DELIVERED]


async def test_no_room_to_note_that_it_was_told(house: House) -> None:
    """It is told again after a restart: twice is better than never."""
    await house.send()
    house.disk.room = 1

    assert await house.hear(report("id-1", MAMAN)) == (True,)
    assert house.statuses() == [DELIVERED]
    house.disk.room = None
    await house.crash()
    await house.start()

    assert house.statuses() == [DELIVERED, DELIVERED]
    await house.crash()
    await house.start()
    assert house.statuses() == [DELIVERED, DELIVERED]


# --- reports that come too early ----------------------------------------------------


async def test_it_comes_before_the_answer(
    house: House, gateway: CallingGateway
) -> None:
    """It waits for it: until then nothing is concluded."""
    gateway.answer = asyncio.Event()
    message = house.message()
    sending = asyncio.create_task(house.outbox.send(message))
    while not house.outbox.messages.get(message.message_id):
        await asyncio.sleep(0)
    await let_run()
    told = report("id-1", MAMAN, at=house.clock.now())

    assert await house.tracker.take_pushed([told]) == (False,)
    assert house.statuses() == []
    gateway.answer.set()
    record = await sending
    await quiet()

    assert record.submissions[0].submission_id == "id-1"
    assert house.statuses() == [DELIVERED]
    assert (await house.kept(record)).submissions[0].attempts == 1


async def test_what_waits_too_long_is_given_up(
    house: House, gateway: CallingGateway
) -> None:
    """After ten minutes an id that fits is a coincidence, or an attack."""
    assert await house.hear(report("id-2", MAMAN)) == (False,)
    await house.clock.advance(TEN_MINUTES)
    await house.send(PAPA)

    await house.send(MAMAN)

    assert [made for _, made in gateway.taken] == ["id-1", "id-2"]
    assert house.statuses() == []


async def test_what_waits_a_little_finds_its_message(house: House) -> None:
    """Whatever else is sent meanwhile."""
    assert await house.hear(report("id-2", MAMAN)) == (False,)
    await house.clock.advance(TEN_MINUTES - 1)
    await house.send(PAPA)

    await house.send(MAMAN)

    assert house.statuses() == [DELIVERED]


async def test_no_room_when_it_has_found_its_message(house: House) -> None:
    """It waits on, until there is."""
    await house.hear(report("id-1", MAMAN))
    # For the message, its attempt and the answer, and for nothing more.
    house.disk.room = 3
    await house.send()
    assert house.statuses() == []
    house.disk.room = None

    await house.send(PAPA)

    assert house.statuses() == [DELIVERED]


# --- from run to run ----------------------------------------------------------------


async def test_what_was_awaited_is_awaited_again(house: House) -> None:
    """In the next run, after a crash and after a stop."""
    await house.send(MAMAN, PAPA)
    await house.hear(report("id-1", MAMAN))
    await house.crash()
    await house.start()
    assert len(house.tracker) == 1
    await house.stop()
    house.build()
    await house.start()

    assert await house.hear(report("id-2", PAPA)) == (True,)

    assert house.statuses() == [DELIVERED, DELIVERED]
    await house.crash()
    await house.start()
    assert len(house.tracker) == 0


async def test_what_has_ended_is_known_in_the_next_run(house: House) -> None:
    """It may be told again there, or turn out otherwise."""
    await house.send(MAMAN, PAPA)
    told = [report("id-1", MAMAN), report("id-2", PAPA, UNDELIVERED)]
    await house.hear(*told)
    await house.crash()
    await house.start()

    assert await house.hear(*told) == (True, True)
    assert house.statuses() == [DELIVERED, UNDELIVERED]
    assert await house.hear(report("id-2", PAPA)) == (True,)
    assert house.statuses() == [DELIVERED, UNDELIVERED, DELIVERED]


async def test_a_report_before_anybody_listens(house: House) -> None:
    """It is written down, and told when somebody does."""
    await house.send()
    await house.crash()
    await house.journal.open()
    await house.outbox.start()
    # The gateway may call before there is anything to compare with.
    assert await house.hear(report("id-1", MAMAN)) == (False,)
    [record] = await house.journal.tracked()
    house.tracker.follow(record)
    assert await house.hear(report("id-1", MAMAN)) == (True,)
    assert house.statuses() == []

    await house.tracker.start()

    assert house.statuses() == [DELIVERED]


async def test_a_report_while_it_starts(house: House) -> None:
    """What the last run has not told comes first."""
    ids = ["id-1", "id-2", "id-3"]
    for _ in ids:
        await house.send()
    await house.tracker.stop()
    await house.hear(*(report(one, MAMAN, UNDELIVERED) for one in ids))
    await house.crash()
    await house.journal.open()
    await house.outbox.start()

    starting = asyncio.create_task(house.tracker.start())
    while not house.books.deliveries:
        await asyncio.sleep(0)
    assert await house.hear(report("id-3", MAMAN)) == (True,)
    await starting

    assert house.statuses() == [UNDELIVERED] * 3 + [DELIVERED]


async def test_nothing_is_told_after_the_stop(house: House) -> None:
    """The next run does that."""
    await house.send()
    await house.tracker.stop()

    assert await house.hear(report("id-1", MAMAN)) == (True,)

    assert house.statuses() == []
    await house.crash()
    await house.start()
    assert house.statuses() == [DELIVERED]


async def test_a_journal_that_can_not_be_read(house: House) -> None:
    """Whoever starts it hears of that."""
    await house.crash()
    await house.journal.open()
    house.disk.is_readable = False

    with pytest.raises(NotStoredError):
        await house.tracker.start()


# --- reports that are told once -----------------------------------------------------


async def test_what_is_told_once_and_belongs_to_nobody(
    session: aiohttp.ClientSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It waits on disk for ten minutes, through a restart, and is given up then."""
    gateway = OnceGateway(session)
    foreign = report("foreign", MAMAN)
    async with following(gateway, tmp_path) as house:
        record = await house.send()
        gateway.news = [foreign]
        await house.clock.advance(MINUTE)
        await house.crash()
        await house.start()
        [stored] = await house.journal.unapplied_reports()
        assert stored.report == foreign

        await house.clock.advance(2 * TEN_MINUTES)

        assert await house.journal.unapplied_reports() == []
        assert [one.report for one in await house.journal.reports(limit=9)] == [foreign]
        gateway.news = [report("id-1", MAMAN)]
        await house.tracker.ask_about(record.message_id)
        assert house.statuses() == [DELIVERED]
        assert len(await house.journal.reports(limit=9)) == 1
    assert warnings_logged(caplog) == []
