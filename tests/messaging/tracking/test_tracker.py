"""What becomes of accepted messages: matched, written down, and told once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryReport
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from tests.conftest import MAMAN, PAPA, warnings_logged
from tests.messaging.fake_clock import START
from tests.messaging.fake_gateways import (
    DELIVERED,
    PENDING,
    UNDELIVERED,
    CallingGateway,
    OnceGateway,
    report,
)
from tests.messaging.harness import MessagingHarness, following
from tests.messaging.idle import let_run, until_idle

MINUTE = 60
TEN_MINUTES = timedelta(minutes=10).total_seconds()


@pytest.fixture
async def gateway(session: aiohttp.ClientSession) -> CallingGateway:
    """Return a gateway that calls."""
    return CallingGateway(session)


@pytest.fixture
async def harness(
    gateway: CallingGateway, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house that sends through it."""
    async with following(gateway, tmp_path) as harness:
        yield harness


# --- reports that come by themselves ------------------------------------------------


async def test_a_report_is_written_down_and_told(harness: MessagingHarness) -> None:
    """In this order; and the listener gets the whole of it."""
    record = await harness.send(MAMAN, PAPA)
    seen: list[int] = []
    harness.observer.on_delivery = lambda: seen.append(harness.disk.writes)
    writes = harness.disk.writes
    told = report("id-2", PAPA, at=START, code="1")

    assert await harness.hear(told) == (True,)

    [(told_record, submission)] = harness.observer.deliveries
    assert seen == [writes + 1]
    assert (submission.recipient.number, told_record.message_id) == (
        PAPA,
        record.message_id,
    )
    assert submission.delivery is not None
    assert (submission.delivery.status, submission.delivery.code) == (DELIVERED, "1")
    kept = (await harness.kept(record)).find(PAPA)
    assert kept.delivery is not None
    assert kept.delivery.is_announced
    assert len(harness.tracker) == 1


async def test_the_same_again(harness: MessagingHarness) -> None:
    """It is taken, and changes nothing: at once, later, and on its way as well."""
    record = await harness.send()
    for status in (PENDING, DELIVERED):
        told = report("id-1", MAMAN, status, code="7")
        assert await harness.hear(told, told) == (True, True)
        writes = harness.disk.writes
        assert await harness.hear(told) == (True,)
        assert harness.disk.writes == writes

    assert harness.statuses() == [DELIVERED]
    assert (await harness.kept(record)).submissions[0].is_awaited is False


async def test_it_is_on_its_way(harness: MessagingHarness) -> None:
    """That is kept, and told to nobody."""
    record = await harness.send()

    await harness.hear(report("id-1", MAMAN, PENDING, code="50"))

    [submission] = (await harness.kept(record)).submissions
    assert submission.delivery is not None
    assert (submission.delivery.status, submission.delivery.code) == (PENDING, "50")
    assert harness.statuses() == []


async def test_it_arrives_after_all(harness: MessagingHarness) -> None:
    """That is told besides; that it doesn't, after that, is not."""
    await harness.send()

    for status in (UNDELIVERED, DELIVERED, UNDELIVERED, PENDING):
        assert await harness.hear(report("id-1", MAMAN, status)) == (True,)

    assert harness.statuses() == [UNDELIVERED, DELIVERED]


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
    harness: MessagingHarness, told: DeliveryReport | None
) -> None:
    """It isn't taken: another number with the right id, or the other way round."""
    await harness.send(MAMAN)

    assert await harness.hear(told) == (False,)

    assert harness.statuses() == []
    assert len(harness.tracker) == 1


async def test_the_ids_of_two_messages(harness: MessagingHarness) -> None:
    """Each report is about its own."""
    first, second = await harness.send(), await harness.send()

    await harness.hear(report("ID-2", MAMAN), report("ID-1", MAMAN, UNDELIVERED))

    assert [
        (record.message_id, submission.delivery and submission.delivery.status)
        for record, submission in harness.observer.deliveries
    ] == [
        (second.message_id, DELIVERED),
        (first.message_id, UNDELIVERED),
    ]


async def test_no_room_for_a_report(harness: MessagingHarness) -> None:
    """It is to be told again, and is told to nobody until then."""
    await harness.send()
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await harness.tracker.take_pushed([report("id-1", MAMAN)])
    assert harness.statuses() == []
    harness.disk.room = None

    assert await harness.hear(report("id-1", MAMAN)) == (True,)
    assert harness.statuses() == [DELIVERED]


async def test_no_room_to_note_that_it_was_told(harness: MessagingHarness) -> None:
    """It is told again after a restart: twice is better than never."""
    await harness.send()
    harness.disk.room = 1

    assert await harness.hear(report("id-1", MAMAN)) == (True,)
    assert harness.statuses() == [DELIVERED]
    harness.disk.room = None
    await harness.crash()
    await harness.start()

    assert harness.statuses() == [DELIVERED, DELIVERED]
    await harness.crash()
    await harness.start()
    assert harness.statuses() == [DELIVERED, DELIVERED]


# --- reports that come too early ----------------------------------------------------


async def test_it_comes_before_the_answer(
    harness: MessagingHarness, gateway: CallingGateway
) -> None:
    """It waits for it: until then nothing is concluded."""
    gateway.answer = asyncio.Event()
    message = harness.message()
    sending = asyncio.create_task(harness.outbox.send(message))
    while not harness.store.get_open(message.message_id):
        await asyncio.sleep(0)
    await let_run()
    told = report("id-1", MAMAN, at=harness.clock.now())

    assert await harness.tracker.take_pushed([told]) == (False,)
    assert harness.statuses() == []
    gateway.answer.set()
    record = await sending
    await until_idle()

    assert record.submissions[0].submission_id == "id-1"
    assert harness.statuses() == [DELIVERED]
    assert (await harness.kept(record)).submissions[0].attempts == 1


async def test_what_waits_too_long_is_given_up(
    harness: MessagingHarness, gateway: CallingGateway
) -> None:
    """After ten minutes an id that fits is a coincidence, or an attack."""
    assert await harness.hear(report("id-2", MAMAN)) == (False,)
    await harness.clock.advance(TEN_MINUTES)
    await harness.send(PAPA)

    await harness.send(MAMAN)

    assert [submission for _, submission in gateway.taken] == ["id-1", "id-2"]
    assert harness.statuses() == []


async def test_what_waits_a_little_finds_its_message(harness: MessagingHarness) -> None:
    """Whatever else is sent meanwhile."""
    assert await harness.hear(report("id-2", MAMAN)) == (False,)
    await harness.clock.advance(TEN_MINUTES - 1)
    await harness.send(PAPA)

    await harness.send(MAMAN)

    assert harness.statuses() == [DELIVERED]


async def test_no_room_when_it_has_found_its_message(harness: MessagingHarness) -> None:
    """It waits on, until there is."""
    await harness.hear(report("id-1", MAMAN))
    # For the message with its attempt, and the answer, and for nothing more.
    harness.disk.room = 2
    await harness.send()
    assert harness.statuses() == []
    harness.disk.room = None

    await harness.send(PAPA)

    assert harness.statuses() == [DELIVERED]


# --- from run to run ----------------------------------------------------------------


async def test_what_was_awaited_is_awaited_again(harness: MessagingHarness) -> None:
    """In the next run, after a crash and after a stop."""
    await harness.send(MAMAN, PAPA)
    await harness.hear(report("id-1", MAMAN))
    await harness.crash()
    await harness.start()
    assert len(harness.tracker) == 1
    await harness.stop()
    harness.build()
    await harness.start()

    assert await harness.hear(report("id-2", PAPA)) == (True,)

    assert harness.statuses() == [DELIVERED, DELIVERED]
    await harness.crash()
    await harness.start()
    assert len(harness.tracker) == 0


async def test_what_has_ended_is_known_in_the_next_run(
    harness: MessagingHarness,
) -> None:
    """It may be told again there, or turn out otherwise."""
    await harness.send(MAMAN, PAPA)
    told = [report("id-1", MAMAN), report("id-2", PAPA, UNDELIVERED)]
    await harness.hear(*told)
    await harness.crash()
    await harness.start()

    assert await harness.hear(*told) == (True, True)
    assert harness.statuses() == [DELIVERED, UNDELIVERED]
    assert await harness.hear(report("id-2", PAPA)) == (True,)
    assert harness.statuses() == [DELIVERED, UNDELIVERED, DELIVERED]


async def test_a_report_before_anybody_listens(harness: MessagingHarness) -> None:
    """It is written down, and told when somebody does."""
    await harness.send()
    await harness.crash()
    harness.follows_deliveries = False
    await harness.start()
    # The gateway may call before there is anything to compare with.
    assert await harness.hear(report("id-1", MAMAN)) == (False,)
    [record] = await harness.journal.with_pending_delivery()
    harness.tracker.follow(record, record.submissions)
    assert await harness.hear(report("id-1", MAMAN)) == (True,)
    assert harness.statuses() == []

    await harness.tracker.start()

    assert harness.statuses() == [DELIVERED]


async def test_a_report_while_it_starts(harness: MessagingHarness) -> None:
    """What the last run has not told comes first."""
    ids = ["id-1", "id-2", "id-3"]
    for _ in ids:
        await harness.send()
    await harness.tracker.stop()
    await harness.hear(*(report(one, MAMAN, UNDELIVERED) for one in ids))
    await harness.crash()
    harness.follows_deliveries = False
    await harness.start()

    starting = asyncio.create_task(harness.tracker.start())
    while not harness.observer.deliveries:
        await asyncio.sleep(0)
    assert await harness.hear(report("id-3", MAMAN)) == (True,)
    await starting

    assert harness.statuses() == [UNDELIVERED] * 3 + [DELIVERED]


async def test_nothing_is_told_after_the_stop(harness: MessagingHarness) -> None:
    """The next run does that."""
    await harness.send()
    await harness.tracker.stop()

    assert await harness.hear(report("id-1", MAMAN)) == (True,)

    assert harness.statuses() == []
    await harness.crash()
    await harness.start()
    assert harness.statuses() == [DELIVERED]


async def test_what_comes_during_a_pause_is_told_after_it(
    harness: MessagingHarness,
) -> None:
    """A reload is nothing to whoever listens: each is told once, and none is missed."""
    await harness.send()
    for status in (UNDELIVERED, DELIVERED):
        await harness.tracker.pause()
        record = await harness.send(PAPA)
        submission_id = record.submissions[0].submission_id
        assert await harness.hear(report(submission_id, PAPA, status)) == (True,)
        await harness.clock.advance(MINUTE)
        told = len(harness.observer.deliveries)

        await harness.tracker.start()

        assert len(harness.observer.deliveries) == told + 1
    assert harness.statuses() == [UNDELIVERED, DELIVERED]
    await harness.hear(report("id-1", MAMAN))
    assert harness.statuses() == [UNDELIVERED, DELIVERED, DELIVERED]
    assert len(harness.tracker) == 0


async def test_what_nobody_has_followed_is_in_the_journal(
    harness: MessagingHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was not told of a change during a pause finds it there."""
    await harness.tracker.pause()
    with monkeypatch.context() as nobody:
        nobody.setattr(harness.tracker, "follow", lambda *_: None)
        await harness.send()
    assert len(harness.tracker) == 0

    await harness.tracker.start()

    assert len(harness.tracker) == 1
    assert await harness.hear(report("id-1", MAMAN)) == (True,)
    assert harness.statuses() == [DELIVERED]


async def test_what_changes_while_the_journal_is_read(
    harness: MessagingHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is newer than what was read."""
    record = await harness.send()
    await harness.tracker.pause()

    async def read(_when: datetime) -> list[MessageRecord]:
        ended = replace(
            record.submissions[0], delivery=DeliveryState(status=UNDELIVERED)
        )
        harness.tracker.follow(record.updated([ended]), [ended])
        return [record]

    monkeypatch.setattr(harness.journal, "created_since", read)
    await harness.tracker.start()

    assert len(harness.tracker) == 0


async def test_a_journal_that_can_not_be_read(harness: MessagingHarness) -> None:
    """Whoever starts it hears of that."""
    await harness.crash()
    await harness.journal.open()
    harness.disk.is_readable = False

    with pytest.raises(NotStoredError):
        await harness.tracker.start()


# --- reports that are told once -----------------------------------------------------


async def test_what_is_told_once_and_belongs_to_nobody(
    session: aiohttp.ClientSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It waits on disk for ten minutes, through a restart, and is given up then."""
    gateway = OnceGateway(session)
    foreign = report("foreign", MAMAN)
    async with following(gateway, tmp_path) as harness:
        record = await harness.send()
        gateway.news = [foreign]
        await harness.clock.advance(MINUTE)
        await harness.crash()
        await harness.start()
        [stored] = await harness.journal.unapplied_reports()
        assert stored.report == foreign

        await harness.clock.advance(2 * TEN_MINUTES)

        assert await harness.journal.unapplied_reports() == []
        assert [one.report for one in await harness.journal.reports(limit=9)] == [
            foreign
        ]
        gateway.news = [report("id-1", MAMAN)]
        await harness.tracker.ask_about(record.message_id)
        assert harness.statuses() == [DELIVERED]
        assert len(await harness.journal.reports(limit=9)) == 1
    assert warnings_logged(caplog) == []
