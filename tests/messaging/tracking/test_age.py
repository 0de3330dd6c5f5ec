"""How old something is, whatever the clock is set to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import SubmissionRecord
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.tracking.age import Ages, Since
from tests.conftest import MAMAN
from tests.messaging.fake_clock import START, FakeClock

MINUTE = timedelta(minutes=1)
SUBMISSION = SubmissionRecord(recipient=Recipient(number=MAMAN))
RECORD = MessageRecord(
    message_id="message",
    created=START - 3 * MINUTE,
    time_to_live=timedelta(hours=1),
    text="Alerte",
    sender=None,
    encoding=Encoding.GSM7,
    segments=1,
)


def planned(minutes: float) -> MessageRecord:
    """Return a message that the gateway is to send so many minutes after the start."""
    return replace(RECORD, options=SmsOptions(send_at=START + minutes * MINUTE))


@pytest.mark.parametrize(
    ("record", "submission", "since"),
    [
        (RECORD, SUBMISSION, START - 3 * MINUTE),
        (RECORD, replace(SUBMISSION, attempted=START - MINUTE), START - MINUTE),
        (RECORD, replace(SUBMISSION, attempted=START), timedelta()),
        (RECORD, replace(SUBMISSION, attempted=START + MINUTE), MINUTE),
        (planned(5), replace(SUBMISSION, attempted=START), START + 5 * MINUTE),
        (
            planned(5),
            replace(SUBMISSION, attempted=START, sent_at_once=True),
            timedelta(),
        ),
        # Late for its hour, it has left at once.
        (planned(-1), replace(SUBMISSION, attempted=START), timedelta()),
    ],
)
def test_since_when_it_is_there(
    record: MessageRecord, submission: SubmissionRecord, since: Since
) -> None:
    """By elapsed time where this run has dated it, at its hour where it has one."""
    assert Ages(FakeClock()).since(record, submission) == since


@pytest.mark.parametrize("hours", [-6, 6])
def test_a_set_clock_makes_older_only_what_is_dated_by_it(hours: int) -> None:
    """What this run has dated is as old as it was; what was planned comes nearer."""
    clock = FakeClock()
    ages = Ages(clock)
    clock.tick(MINUTE)
    attempted = replace(SUBMISSION, attempted=clock.now())
    here, earlier = ages.since(RECORD, attempted), ages.since(RECORD, SUBMISSION)
    later = ages.since(planned(5), attempted)
    clock.tick(MINUTE)

    clock.jump(timedelta(hours=hours))

    assert ages.age(here) == MINUTE
    assert ages.age(earlier) == 5 * MINUTE + timedelta(hours=hours)
    assert ages.age(later) == -3 * MINUTE + timedelta(hours=hours)
    # Whoever is told of it anew finds it as old, as its date has moved as well.
    moved = replace(attempted, attempted=START + MINUTE + timedelta(hours=hours))
    assert ages.since(RECORD, moved) == here


def test_what_an_earlier_run_has_dated_is_not_this_runs() -> None:
    """A run begins when its ages do, however long the clock has gone."""
    clock = FakeClock()
    before = replace(SUBMISSION, attempted=clock.now())
    clock.tick(MINUTE)

    assert Ages(clock).since(RECORD, before) == START
