"""Reports that wait for their message: on disk where they are told only once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryReport
from custom_components.passerelle_sms.messaging.tracking.age import Ages
from custom_components.passerelle_sms.messaging.tracking.report_inbox import (
    MOST_TOLD,
    PATIENCE,
    ReportInbox,
)
from tests.conftest import MAMAN, PAPA, warnings_logged
from tests.messaging.fake_gateways import SilentGateway, report
from tests.messaging.harness import MessagingHarness

ONE, OTHER = report("id-1", MAMAN), report("id-2", PAPA)


@pytest.fixture
async def harness(
    session: aiohttp.ClientSession, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house with a journal and a clock."""
    harness = MessagingHarness(SilentGateway(session), tmp_path / "journal")
    await harness.start()
    yield harness
    await harness.leave()


@pytest.fixture
def heard(harness: MessagingHarness) -> ReportInbox:
    """Return the reports that wait: none."""
    return ReportInbox(harness.journal, harness.clock, Ages(harness.clock))


def waiting(heard: ReportInbox) -> list[DeliveryReport]:
    """Return the reports that wait."""
    return [one.report for one in heard]


async def unapplied(harness: MessagingHarness) -> list[DeliveryReport]:
    """Return what is on disk, and waits there."""
    return [stored.report for stored in await harness.journal.unapplied_reports()]


async def of_nobody(harness: MessagingHarness) -> list[DeliveryReport]:
    """Return what was given up, newest first."""
    return [stored.report for stored in await harness.journal.reports(limit=9)]


async def test_what_is_told_once_is_on_disk(
    harness: MessagingHarness, heard: ReportInbox
) -> None:
    """Another run finds it there."""
    assert not heard
    await heard.keep([ONE, OTHER])
    assert heard
    assert waiting(heard) == await unapplied(harness) == [ONE, OTHER]

    again = ReportInbox(harness.journal, harness.clock, Ages(harness.clock))
    await again.load()

    assert waiting(again) == [ONE, OTHER]


async def test_nothing_is_nothing_to_write(
    harness: MessagingHarness, heard: ReportInbox
) -> None:
    """Most answers have no news."""
    await heard.keep([])

    assert harness.disk.writes == 0


async def test_what_is_only_told_is_in_memory(
    harness: MessagingHarness, heard: ReportInbox
) -> None:
    """Once, however often it is told, and of the many the newest."""
    for number in range(MOST_TOLD):
        heard.remember(report(f"id-{number}", MAMAN))
    heard.remember(report("id-0", MAMAN))
    heard.remember(report("id-new", MAMAN))

    ids = [told.submission_id for told in waiting(heard)]

    assert ids == [*(f"id-{n}" for n in range(2, MOST_TOLD)), "id-0", "id-new"]
    assert harness.disk.writes == 0


async def test_what_has_found_its_message(
    harness: MessagingHarness, heard: ReportInbox
) -> None:
    """It waits no longer, on disk neither."""
    await heard.keep([ONE])
    heard.remember(OTHER)

    await heard.applied(dict.fromkeys(heard, "message"))

    assert not heard
    assert await unapplied(harness) == []
    assert await of_nobody(harness) == []


async def test_what_belongs_to_nobody_is_given_up(
    harness: MessagingHarness, heard: ReportInbox
) -> None:
    """After ten minutes, and not before."""
    await heard.keep([ONE])
    heard.remember(OTHER)
    await harness.clock.advance((PATIENCE - timedelta(seconds=1)).total_seconds())
    late = report("id-3", MAMAN)
    await heard.keep([late])
    await heard.applied({})
    assert waiting(heard) == [ONE, late, OTHER]

    await harness.clock.advance(1)
    await heard.applied({})

    assert waiting(heard) == [late]
    assert await unapplied(harness) == [late]
    assert await of_nobody(harness) == [ONE]


@pytest.mark.parametrize("hours", [-6, 6])
async def test_a_set_clock_makes_nothing_old(
    harness: MessagingHarness, heard: ReportInbox, hours: int
) -> None:
    """What this run has heard waits for ten minutes, also when it is loaded again."""
    await heard.keep([ONE])
    heard.remember(OTHER)
    harness.clock.jump(timedelta(hours=hours))
    await heard.load()
    await heard.applied({})
    assert waiting(heard) == [ONE, OTHER]

    await harness.clock.advance(PATIENCE.total_seconds())
    await heard.applied({})

    assert not heard


@pytest.mark.parametrize(("hours", "is_late"), [(-6, False), (6, True)])
async def test_what_an_earlier_run_has_heard_ages_by_its_date(
    harness: MessagingHarness, heard: ReportInbox, hours: int, is_late: bool
) -> None:
    """What it has dated in the future is as if it was heard now."""
    await heard.keep([ONE])
    harness.clock.set_while_down(timedelta(hours=hours))
    again = ReportInbox(harness.journal, harness.clock, Ages(harness.clock))
    await again.load()
    await again.load()

    await again.applied({})
    assert waiting(again) == [ONE] * (not is_late)
    await harness.clock.advance(PATIENCE.total_seconds())
    await again.applied({})

    assert not again


async def test_what_is_late_and_finds_its_message(
    harness: MessagingHarness, heard: ReportInbox
) -> None:
    """It belongs to it all the same."""
    await heard.keep([ONE])
    await harness.clock.advance(PATIENCE.total_seconds())

    await heard.applied(dict.fromkeys(heard, "message"))

    assert not heard
    assert await of_nobody(harness) == []


async def test_what_can_not_be_noted_waits_on(
    harness: MessagingHarness, heard: ReportInbox
) -> None:
    """It is looked at again: twice is better than never."""
    await heard.keep([ONE])
    heard.remember(OTHER)
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await heard.applied(dict.fromkeys(heard, "message"))

    assert waiting(heard) == [ONE, OTHER]


async def test_without_room_on_the_disk_it_is_tried_again(
    harness: MessagingHarness, heard: ReportInbox, caplog: pytest.LogCaptureFixture
) -> None:
    """However long that takes: the gateway won't tell it again."""
    harness.disk.room = 0
    keeping = asyncio.create_task(heard.keep([ONE, OTHER]))
    for _ in range(3):
        await _until_it_pauses(harness)
        assert not keeping.done()
        harness.clock.wake_next()

    await _until_it_pauses(harness)
    harness.disk.room = None
    harness.clock.wake_next()
    await keeping

    assert waiting(heard) == await unapplied(harness) == [ONE, OTHER]
    warning, *others = warnings_logged(caplog)
    assert warning.startswith("2 delivery reports can't be written for now: ")
    assert others == [warning] * 3
    assert harness.clock.timers == 0


async def test_it_was_heard_when_it_was_told(
    harness: MessagingHarness, heard: ReportInbox
) -> None:
    """However long there was no room for it: it waits no longer for its message."""
    harness.disk.room = 0
    keeping = asyncio.create_task(heard.keep([ONE]))
    await _until_it_pauses(harness)
    harness.disk.room = None
    harness.clock.tick(PATIENCE)
    harness.clock.wake_next()
    await keeping

    await heard.applied({})

    assert not heard


async def test_the_house_stops_meanwhile(
    harness: MessagingHarness, heard: ReportInbox, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried once more, and then it is lost, as whoever asked hears."""
    harness.disk.room = 0
    keeping = asyncio.create_task(heard.keep([ONE]))
    await _until_it_pauses(harness)

    heard.stop()

    with pytest.raises(NotStoredError):
        await keeping
    assert harness.clock.timers == 0


async def test_there_is_room_after_a_stop(
    harness: MessagingHarness, heard: ReportInbox
) -> None:
    """What was told once is kept in memory until the same account goes on."""
    harness.disk.room = 0
    keeping = asyncio.create_task(heard.keep([ONE]))
    await _until_it_pauses(harness)
    heard.stop()
    with pytest.raises(NotStoredError):
        await keeping
    harness.disk.room = None

    await heard.load()
    await heard.keep([])

    assert waiting(heard) == await unapplied(harness) == [ONE]


async def test_there_is_room_when_the_house_stops(
    harness: MessagingHarness, heard: ReportInbox
) -> None:
    """So it is not lost."""
    harness.disk.room = 0
    keeping = asyncio.create_task(heard.keep([ONE]))
    await _until_it_pauses(harness)
    harness.disk.room = None

    heard.stop()
    await keeping

    assert await unapplied(harness) == [ONE]


async def _until_it_pauses(harness: MessagingHarness) -> None:
    while not harness.clock.timers:
        await asyncio.sleep(0)
