"""The count of segments, across what the journal forgets and a crash loses."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.passerelle_sms.entries.segment_counter import (
    Count,
    SegmentCounter,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.model.record import Kind
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.conftest import PAPA
from tests.messaging.journal_records import (
    NOON,
    OPEN,
    Threads,
    after_noon,
    message,
    opened,
    submission,
)

WAITS = replace(OPEN, segments=2)
SENT = replace(WAITS, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """Return an open journal."""
    async with opened(tmp_path / "journal", Threads()) as journal:
        yield journal


def counter(count: Count | None = None) -> SegmentCounter:
    """Return a counter of an account that was added at noon."""
    made = SegmentCounter("house", NOON)
    if count is not None:
        made.restore(count.as_dict())
    return made


def test_each_submission_counts_once() -> None:
    """When it is accepted, however often its message changes."""
    counted = counter()
    other = submission(PAPA, Outcome.QUEUED, Stage.OPEN)
    open_message = message(1, WAITS, other)

    assert not counted.follow(open_message, open_message.submissions)
    assert counted.segments == 0
    partly = open_message.updated([SENT])
    assert counted.follow(partly, [SENT])
    assert not counted.follow(partly, [SENT])
    assert counted.segments == 2


def test_a_refusal_counts_nothing() -> None:
    """Nor does a number check, or what may have left."""
    counted = counter()
    refused = message(1, submission(outcome=Outcome.REJECTED))
    check = replace(message(2, SENT), kind=Kind.NUMBER_CHECK)
    unknown = message(3, submission(outcome=Outcome.UNKNOWN, stage=Stage.HELD))

    for record in (refused, check, unknown):
        assert not counted.follow(record, record.submissions)

    assert counted.segments == 0


def test_what_the_gateway_took_back_counts_no_more() -> None:
    """As long as anything of its message is open."""
    counted = counter()
    open_message = message(1, SENT, submission(PAPA, Outcome.QUEUED, Stage.OPEN))
    counted.follow(open_message, open_message.submissions)

    taken_back = replace(SENT, outcome=Outcome.NOT_SENT)
    assert counted.follow(open_message.updated([taken_back]), [taken_back])

    assert counted.segments == 0


def test_without_the_gateways_count_ours_counts() -> None:
    """Each submission counts as many segments as its message has."""
    counted = counter()
    record = replace(message(1, submission()), segments=3)

    counted.follow(record, record.submissions)

    assert counted.segments == 3


async def test_what_came_after_the_last_count_is_caught_up(journal: Journal) -> None:
    """What was counted is not counted again, and what was added before is not ours."""
    await journal.put(message(-1, SENT))
    await journal.put(message(1, SENT))
    await journal.put(message(5, SENT))
    counted = counter(
        Count(entry_id="house", segments=10, at=after_noon(2), unsettled={})
    )

    await counted.catch_up(journal)
    anew = counter()
    await anew.catch_up(journal)

    assert counted.segments == 12
    assert anew.segments == 4


async def test_what_was_open_at_the_last_count_is_counted_in_the_end(
    journal: Journal,
) -> None:
    """Once, although it was counted in part; what is gone from the journal stays."""
    known = message(1, SENT, replace(SENT, recipient=submission(PAPA).recipient))
    await journal.put(known)
    counted = counter(
        Count(
            entry_id="house",
            segments=10,
            at=after_noon(2),
            unsettled={known.message_id: 2, "gone": 3},
        )
    )

    await counted.catch_up(journal)

    assert counted.segments == 12


async def test_what_is_open_is_in_the_count_that_is_kept(journal: Journal) -> None:
    """It survives being kept as JSON, and a second start counts nothing twice."""
    open_message = message(1, SENT, submission(PAPA, Outcome.QUEUED, Stage.OPEN))
    await journal.put(open_message)
    counted = counter()
    await counted.catch_up(journal)
    kept = counted.count(NOON + timedelta(minutes=9))
    assert kept.unsettled == {open_message.message_id: 2}
    assert Count.from_dict(kept.as_dict()) == kept

    again = counter(kept)
    await again.catch_up(journal)

    assert again.segments == counted.segments == 2


def test_the_count_of_another_account_is_not_taken_over() -> None:
    """One that is added anew may get the same entity id."""
    counted = counter(Count(entry_id="other", segments=10, at=NOON, unsettled={}))

    assert counted.count(NOON).entry_id == "house"
    assert counted.segments == 0
