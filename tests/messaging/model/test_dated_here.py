"""Which moments this run has told, of messages that others have told too."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.messaging.model.dated_here import DatedHere
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_clock import START

HOUR = timedelta(hours=1)
EARLIER = START - HOUR


def message(created: datetime, **attempted: datetime | None) -> MessageRecord:
    """Return a message, and when it was tried for whom."""
    numbers = {"maman": MAMAN, "papa": PAPA}
    return MessageRecord(
        message_id="1",
        created=created,
        time_to_live=HOUR,
        text="Alerte",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        submissions=Submissions(
            SubmissionRecord(recipient=Recipient(number=number), attempted=at)
            for name, number in numbers.items()
            for at in [attempted.get(name)]
        ),
    )


@pytest.fixture
def dated_here() -> DatedHere:
    """Return what knows of nothing yet."""
    return DatedHere()


@pytest.mark.parametrize("created", [True, False])
@pytest.mark.parametrize("attempts", [True, False])
def test_only_what_this_run_has_told_moves_forward(
    dated_here: DatedHere, created: bool, attempts: bool
) -> None:
    """When it was created, or when it was attempted, or both."""
    record = message(EARLIER, maman=EARLIER)
    dated_here.take(record, created=created, attempts=attempts)

    assert dated_here.redated(record, HOUR) == message(
        EARLIER + HOUR * created, maman=EARLIER + HOUR * attempts
    )


def test_all_moves_back(dated_here: DatedHere) -> None:
    """What came first must stay first, whoever has told it."""
    record = message(EARLIER, maman=EARLIER)
    dated_here.take(record, created=False, attempts=False)

    assert dated_here.redated(record, -HOUR) == record.dated(-HOUR)


def test_what_a_change_tells_is_told_here(dated_here: DatedHere) -> None:
    """What it leaves alone is not."""
    before = message(EARLIER, maman=EARLIER)
    after = message(EARLIER, maman=EARLIER, papa=START)
    dated_here.take(before, created=False, attempts=False)

    assert dated_here.note(before, after, after.submissions) == {PAPA}
    assert dated_here.note(before, after, after.submissions) == set()

    assert dated_here.redated(after, HOUR).find(MAMAN).attempted == EARLIER
    assert dated_here.redated(after, HOUR).find(PAPA).attempted == START + HOUR
    new = replace(after, created=START)
    assert dated_here.note(after, new, ()) == {None}
    assert dated_here.redated(new, HOUR).created == START + HOUR


def test_a_change_that_is_taken_back_has_told_nothing(dated_here: DatedHere) -> None:
    """What was known before is still known."""
    before = message(START, maman=EARLIER)
    dated_here.take(before, created=True, attempts=False)
    after = message(START + HOUR, maman=START)

    noted = dated_here.note(before, after, after.submissions)
    dated_here.undo("1", noted)

    assert dated_here.redated(before, HOUR) == message(START + HOUR, maman=EARLIER)


def test_what_is_forgotten_moves_no_more(dated_here: DatedHere) -> None:
    """Nor what was never known."""
    record = message(START)
    assert dated_here.redated(record, HOUR) is record
    dated_here.take(record, created=True, attempts=True)
    dated_here.forget("1")
    dated_here.forget("1")

    assert dated_here.redated(record, HOUR) is record


@given(st.lists(st.timedeltas(min_value=-9 * HOUR, max_value=9 * HOUR), max_size=5))
def test_what_came_first_stays_first(jumps: list[timedelta]) -> None:
    """However often the clock is set; what this run has told keeps its age."""
    dated_here, before = DatedHere(), message(EARLIER, maman=EARLIER)
    dated_here.take(before, created=False, attempts=False)
    record = message(EARLIER, maman=EARLIER, papa=START)
    dated_here.note(before, record, record.submissions)

    for by in jumps:
        record = dated_here.redated(record, by)

    maman, papa = record.find(MAMAN).attempted, record.find(PAPA).attempted
    assert papa == START + sum(jumps, timedelta())
    assert maman is not None
    assert maman < papa
