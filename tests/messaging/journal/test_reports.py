"""Reports that a gateway tells once: on disk first, and whose they are later."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
)
from custom_components.passerelle_sms.messaging.journal.journal import (
    Journal,
    Opened,
    StoredReport,
)
from custom_components.passerelle_sms.messaging.journal.reports import (
    REPORTS_KEPT,
    keep_reports,
)
from tests.messaging.journal_records import (
    NOON,
    Threads,
    after_noon,
    content_of,
    copy_of,
    message,
    opened,
)

NUMBER = "237670000001"
DELIVERED = DeliveryReport(
    submission_id="4711",
    recipient=NUMBER,
    status=DeliveryStatus.DELIVERED,
    code="1",
    words="DELIVRD",
    at=after_noon(-1),
    is_billed=True,
)
LOST = DeliveryReport(
    submission_id=None, recipient=NUMBER, status=DeliveryStatus.UNDELIVERED
)
TEXTS = st.text(max_size=10)
REPORTS = st.builds(
    DeliveryReport,
    submission_id=st.none() | TEXTS,
    recipient=TEXTS,
    status=st.sampled_from(DeliveryStatus),
    code=st.none() | TEXTS,
    words=st.none() | TEXTS,
    at=st.none() | st.datetimes(timezones=st.just(UTC)),
    is_billed=st.none() | st.booleans(),
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


def heard_of(kept: list[StoredReport]) -> list[DeliveryReport]:
    """Return what was heard."""
    return [each.report for each in kept]


async def test_outlives_a_crash_before_anything_is_made_of_it(
    journal: Journal, path: Path
) -> None:
    """It is on disk when that was said; to the last field, the oldest first."""
    kept = await journal.keep_reports([DELIVERED, LOST], NOON)
    later = await journal.keep_reports([LOST], after_noon(-5))

    async with opened(copy_of(path), Threads()) as again:
        assert await again.unapplied_reports() == [*kept, *later]
    assert heard_of(kept) == [DELIVERED, LOST]
    assert {each.heard for each in kept} == {NOON}
    assert [each.message_id for each in [*kept, *later]] == [None] * 3
    assert len({each.report_id for each in [*kept, *later]}) == 3


@settings(max_examples=30, deadline=None)
@given(st.lists(REPORTS, max_size=3))
async def test_gives_back_what_was_heard(reports: list[DeliveryReport]) -> None:
    """Whatever it is."""
    with TemporaryDirectory() as folder:
        async with opened(Path(folder) / "journal", Threads()) as journal:
            kept = await journal.keep_reports(reports, NOON)

            assert heard_of(kept) == reports
            assert await journal.unapplied_reports() == kept


async def test_is_made_something_of_once(journal: Journal) -> None:
    """Then it is a message's, or nobody's; what isn't known is no matter."""
    mine, stray, another, waits = await journal.keep_reports([LOST] * 4, NOON)

    ours = message(1).message_id
    await journal.apply_reports(
        {mine.report_id: ours, stray.report_id: None, another.report_id: None, 99: ours}
    )

    assert await journal.unapplied_reports() == [waits]
    assert await journal.reports(limit=9) == [another, stray]
    assert await journal.reports(limit=1) == [another]
    await journal.apply_reports({another.report_id: ours})
    assert await journal.reports(limit=9) == [stray]


async def test_tells_when_it_was_heard_whatever_the_zone(journal: Journal) -> None:
    """The moment is the same."""
    douala = timezone(timedelta(hours=1))
    [kept] = await journal.keep_reports([LOST], NOON.astimezone(douala))

    assert kept.heard == NOON
    assert (await journal.unapplied_reports())[0].heard == NOON


async def test_what_was_asked_before_is_done_before(journal: Journal) -> None:
    """One thing at a time, in the order in which it was asked."""
    kept, found, _, left = await asyncio.gather(
        journal.keep_reports([LOST, DELIVERED], NOON),
        journal.unapplied_reports(),
        journal.apply_reports({1: None}),
        journal.unapplied_reports(),
    )

    assert found == kept
    assert left == kept[1:]


async def test_whose_it_is_outlives_a_restart(journal: Journal) -> None:
    """And nothing is made of it a second time."""
    [stray, mine] = await journal.keep_reports([LOST, DELIVERED], NOON)
    await journal.apply_reports({stray.report_id: None, mine.report_id: "A"})

    await journal.close()
    await journal.open()

    assert await journal.unapplied_reports() == []
    assert await journal.reports(limit=9) == [stray]


async def test_the_newest_are_kept_for_ever(journal: Journal, threads: Threads) -> None:
    """However old they are; what is too much goes as soon as there is more of it."""
    await journal.keep_reports([DELIVERED], NOON)
    await journal.prune(before=after_noon(9999), keep=0)
    assert len(await journal.unapplied_reports()) == 1

    threads.tell_sqlite(
        "INSERT INTO report (heard, applied, report) WITH RECURSIVE more (n) AS"
        " (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < ?)"
        " SELECT n, 1, '' FROM more",
        REPORTS_KEPT,
    )
    [last] = await journal.keep_reports([LOST], NOON)

    [span] = threads.tell_sqlite(
        "SELECT count(*), min(report_id), max(report_id) FROM report"
    )
    assert span == (REPORTS_KEPT, last.report_id - REPORTS_KEPT + 1, last.report_id)
    assert await journal.unapplied_reports() == [last]


async def test_nothing_is_left_of_what_was_pruned(
    journal: Journal, path: Path, threads: Threads
) -> None:
    """Nor of its number, wherever SQLite put it."""
    await journal.keep_reports([DELIVERED], NOON)
    assert NUMBER.encode() in content_of(path)
    assert threads.file is not None
    threads.file.write(keep_reports, (), NOON, 0)
    await journal.checkpoint()

    assert NUMBER.encode() not in content_of(path)


async def test_shows_no_number(journal: Journal) -> None:
    """Whoever prints it."""
    [kept] = await journal.keep_reports([DELIVERED], NOON)

    assert NUMBER not in repr(kept)
    assert "4711" not in repr(kept)


# --- when it can't be written or read -------------------------------------------


async def test_a_full_disk_is_told_and_changes_nothing(
    journal: Journal, threads: Threads
) -> None:
    """All reports are written or none; with room again they are."""
    [before] = await journal.keep_reports([LOST], NOON)
    many = [replace(DELIVERED, words="x" * 5000)] * 2
    threads.tell_sqlite("PRAGMA max_page_count = 1")

    with pytest.raises(NotStoredError, match="disk is full"):
        await journal.keep_reports([LOST, *many], NOON)

    assert await journal.unapplied_reports() == [before]
    threads.tell_sqlite("PRAGMA max_page_count = 100000")
    kept = await journal.keep_reports(many, NOON)
    assert await journal.unapplied_reports() == [before, *kept]


async def test_a_disk_that_fails_in_the_middle_changes_nothing(
    journal: Journal, threads: Threads
) -> None:
    """Not half of what was made of them either."""
    kept = await journal.keep_reports([LOST, DELIVERED], NOON)
    threads.tell_sqlite(
        "CREATE TEMP TRIGGER fail BEFORE UPDATE ON report WHEN old.report_id = 2"
        " BEGIN SELECT RAISE (ABORT, 'disk I/O error'); END"
    )

    with pytest.raises(NotStoredError, match="disk I/O error"):
        await journal.apply_reports({1: None, 2: "A"})

    assert await journal.unapplied_reports() == kept
    assert await journal.reports(limit=9) == []


async def test_without_a_time_zone_nothing_is_written(journal: Journal) -> None:
    """A mistake of ours, and no report of theirs."""
    with pytest.raises(TypeError):
        await journal.keep_reports([LOST], NOON.replace(tzinfo=None))

    assert await journal.unapplied_reports() == []


RECORD = "UPDATE report SET report = CAST(? AS TEXT) WHERE report_id = 2"
MESSAGE = "UPDATE report SET message_id = CAST(? AS TEXT) WHERE report_id = 2"


@pytest.mark.parametrize(
    ("change", "value"),
    [
        (RECORD, b'{"recipient": '),
        (RECORD, b"[]"),
        (RECORD, b"{}"),
        (RECORD, b"\xff"),
        (RECORD, b"[" * 200_000),
        (MESSAGE, b"\xff"),
    ],
)
async def test_one_that_is_unreadable_does_not_cost_the_others(
    journal: Journal, threads: Threads, change: str, value: bytes
) -> None:
    """It is passed over and stays, and the journal opens as if all were well."""
    kept = await journal.keep_reports([LOST, DELIVERED, LOST], NOON)
    threads.tell_sqlite(change, value)

    await journal.close()
    assert await journal.open() == Opened()
    assert await journal.unapplied_reports() == [kept[0], kept[2]]
    await journal.apply_reports({1: None, 3: None})
    assert await journal.reports(limit=9) == [kept[2], kept[0]]
    [[left]] = threads.tell_sqlite("SELECT count(*) FROM report")
    assert left == 3


async def test_a_time_that_is_none_does_not_cost_the_others(
    journal: Journal, threads: Threads
) -> None:
    """However far away it is."""
    kept = await journal.keep_reports([LOST, LOST], NOON)
    threads.tell_sqlite("UPDATE report SET heard = ? WHERE report_id = 1", 2**63 - 1)

    assert await journal.unapplied_reports() == kept[1:]


async def test_looks_nothing_up_by_reading_or_sorting_everything(
    journal: Journal, threads: Threads
) -> None:
    """However many there are."""
    with threads.plans() as plans:
        await journal.unapplied_reports()
        await journal.apply_reports({1: None})
        await journal.reports(limit=5)

    assert len(plans) == 3
    assert [step for step in plans if "SCAN" in step or "B-TREE" in step] == []
