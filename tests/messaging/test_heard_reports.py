"""Reports that wait for their message: on disk where they are told only once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.delivery import DeliveryReport
from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.messaging.tracking.heard_reports import (
    MOST_TOLD,
    PATIENCE,
    HeardReports,
)
from tests.conftest import MAMAN, PAPA, warnings_logged

from .house import House
from .telling import SilentGateway, report

ONE, OTHER = report("id-1", MAMAN), report("id-2", PAPA)


@pytest.fixture
async def house(session: aiohttp.ClientSession, tmp_path: Path) -> AsyncIterator[House]:
    """Return a house with a journal and a clock."""
    house = House(SilentGateway(session), tmp_path / "journal")
    await house.start()
    yield house
    await house.leave()


@pytest.fixture
def heard(house: House) -> HeardReports:
    """Return the reports that wait: none."""
    return HeardReports(house.journal, house.clock)


def waiting(heard: HeardReports) -> list[DeliveryReport]:
    """Return the reports that wait."""
    return [one.report for one in heard]


async def unapplied(house: House) -> list[DeliveryReport]:
    """Return what is on disk, and waits there."""
    return [stored.report for stored in await house.journal.unapplied_reports()]


async def of_nobody(house: House) -> list[DeliveryReport]:
    """Return what was given up, newest first."""
    return [stored.report for stored in await house.journal.reports(limit=9)]


async def test_what_is_told_once_is_on_disk(house: House, heard: HeardReports) -> None:
    """Another run finds it there."""
    assert not heard
    await heard.keep([ONE, OTHER])
    assert heard
    assert waiting(heard) == await unapplied(house) == [ONE, OTHER]

    again = HeardReports(house.journal, house.clock)
    await again.load()

    assert [*again] == [*heard]


async def test_nothing_is_nothing_to_write(house: House, heard: HeardReports) -> None:
    """Most answers have no news."""
    await heard.keep([])

    assert house.disk.writes == 0


async def test_what_is_only_told_is_in_memory(
    house: House, heard: HeardReports
) -> None:
    """Once, however often it is told, and of the many the newest."""
    for number in range(MOST_TOLD):
        heard.remember(report(f"id-{number}", MAMAN))
    heard.remember(report("id-0", MAMAN))
    heard.remember(report("id-new", MAMAN))

    ids = [told.submission_id for told in waiting(heard)]

    assert ids == [*(f"id-{n}" for n in range(2, MOST_TOLD)), "id-0", "id-new"]
    assert house.disk.writes == 0


async def test_what_has_found_its_message(house: House, heard: HeardReports) -> None:
    """It waits no longer, on disk neither."""
    await heard.keep([ONE])
    heard.remember(OTHER)

    await heard.applied(dict.fromkeys(heard, "message"))

    assert not heard
    assert await unapplied(house) == []
    assert await of_nobody(house) == []


async def test_what_belongs_to_nobody_is_given_up(
    house: House, heard: HeardReports
) -> None:
    """After ten minutes, and not before."""
    await heard.keep([ONE])
    heard.remember(OTHER)
    await house.clock.advance((PATIENCE - timedelta(seconds=1)).total_seconds())
    late = report("id-3", MAMAN)
    await heard.keep([late])
    await heard.applied({})
    assert waiting(heard) == [ONE, late, OTHER]

    await house.clock.advance(1)
    await heard.applied({})

    assert waiting(heard) == [late]
    assert await unapplied(house) == [late]
    assert await of_nobody(house) == [ONE]


async def test_what_is_late_and_finds_its_message(
    house: House, heard: HeardReports
) -> None:
    """It belongs to it all the same."""
    await heard.keep([ONE])
    await house.clock.advance(PATIENCE.total_seconds())

    await heard.applied(dict.fromkeys(heard, "message"))

    assert not heard
    assert await of_nobody(house) == []


async def test_what_can_not_be_noted_waits_on(
    house: House, heard: HeardReports
) -> None:
    """It is looked at again: twice is better than never."""
    await heard.keep([ONE])
    heard.remember(OTHER)
    house.disk.room = 0

    with pytest.raises(NotStoredError):
        await heard.applied(dict.fromkeys(heard, "message"))

    assert waiting(heard) == [ONE, OTHER]


async def test_without_room_on_the_disk_it_is_tried_again(
    house: House, heard: HeardReports, caplog: pytest.LogCaptureFixture
) -> None:
    """However long that takes: the gateway won't tell it again."""
    house.disk.room = 0
    keeping = asyncio.create_task(heard.keep([ONE, OTHER]))
    for _ in range(3):
        await _until_it_pauses(house)
        assert not keeping.done()
        house.clock.wake_next()

    await _until_it_pauses(house)
    house.disk.room = None
    house.clock.wake_next()
    await keeping

    assert waiting(heard) == await unapplied(house) == [ONE, OTHER]
    warning, *others = warnings_logged(caplog)
    assert warning.startswith("2 delivery reports can't be written for now: ")
    assert others == [warning] * 3
    assert house.clock.timers == 0


async def test_it_is_tried_twice_a_minute(house: House, heard: HeardReports) -> None:
    """No more often."""
    house.disk.room = 0
    keeping = asyncio.create_task(heard.keep([ONE]))
    await _until_it_pauses(house)
    house.disk.room = None

    house.clock.time += timedelta(seconds=30)
    house.clock.wake_next()
    await keeping

    [one] = heard
    assert one.heard == house.clock.now() - timedelta(seconds=30)


async def test_the_house_stops_meanwhile(
    house: House, heard: HeardReports, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried once more, and then it is lost, as whoever asked hears."""
    house.disk.room = 0
    keeping = asyncio.create_task(heard.keep([ONE]))
    await _until_it_pauses(house)

    heard.stop()

    with pytest.raises(NotStoredError):
        await keeping
    assert house.clock.timers == 0


async def test_there_is_room_when_the_house_stops(
    house: House, heard: HeardReports
) -> None:
    """So it is not lost."""
    house.disk.room = 0
    keeping = asyncio.create_task(heard.keep([ONE]))
    await _until_it_pauses(house)
    house.disk.room = None

    heard.stop()
    await keeping

    assert await unapplied(house) == [ONE]


async def _until_it_pauses(house: House) -> None:
    while not house.clock.timers:
        await asyncio.sleep(0)
