"""A message as it is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import HourlyCapError
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.model.record import (
    LONGEST_LIFE,
    MessageRecord,
    sms_for,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    RowKey,
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def submission_to(number: str, outcome: Outcome, stage: Stage) -> SubmissionRecord:
    """Return a submission."""
    return SubmissionRecord(
        recipient=Recipient(number=number), outcome=outcome, stage=stage
    )


def message(*submissions: SubmissionRecord) -> MessageRecord:
    """Return a message with these submissions."""
    return MessageRecord(
        message_id="1",
        created=START,
        time_to_live=timedelta(hours=1),
        text="Test",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        submissions=Submissions(submissions),
    )


@pytest.mark.parametrize(
    ("outcome", "stage", "waits", "in_doubt", "may_have_left"),
    [
        (Outcome.QUEUED, Stage.OPEN, True, False, False),
        (Outcome.UNKNOWN, Stage.OPEN, False, True, True),
        (Outcome.UNKNOWN, Stage.HELD, False, False, True),
        (Outcome.UNKNOWN, Stage.CLOSED, False, False, False),
        (Outcome.ACCEPTED, Stage.CLOSED, False, False, False),
    ],
)
def test_who_has_the_next_move(
    outcome: Outcome,
    stage: Stage,
    waits: bool,
    in_doubt: bool,
    may_have_left: bool,
) -> None:
    """The outbox, to try or to find out; or the user; or nobody."""
    submission = submission_to(MAMAN, outcome, stage)
    record = message(submission, submission_to(PAPA, Outcome.ACCEPTED, Stage.CLOSED))

    assert submission.is_waiting is waits
    assert submission.is_unknown_open is in_doubt
    assert submission.may_have_left is may_have_left
    assert record.is_closed is (stage is Stage.CLOSED)
    assert record.is_held is (stage is Stage.HELD)
    assert record.is_open is (stage is Stage.OPEN)


def test_a_change_is_for_its_recipient() -> None:
    """The others stay, in their order."""
    record = message(
        submission_to(MAMAN, Outcome.QUEUED, Stage.OPEN),
        submission_to(PAPA, Outcome.QUEUED, Stage.OPEN),
    )
    changed = submission_to(PAPA, Outcome.ACCEPTED, Stage.CLOSED)

    after = record.updated([changed])

    assert list(after.submissions) == [record.submissions[0], changed]
    assert after.find(PAPA) is changed
    assert replace(after, submissions=record.submissions) == record
    with pytest.raises(KeyError):
        after.find(RowKey("+33612345678"))


@pytest.mark.parametrize(
    ("send_in", "life", "expires"),
    [
        (None, HOUR, HOUR),
        # From the hour that it is planned for it has its whole life.
        (timedelta(minutes=10), HOUR, timedelta(minutes=70)),
        (6 * HOUR, HOUR, 7 * HOUR),
        # But nothing waits for a gateway longer than a day.
        (30 * HOUR, HOUR, 24 * HOUR),
        (timedelta(hours=23, minutes=30), HOUR, 24 * HOUR),
        # Nor shorter than it was to.
        (-6 * HOUR, HOUR, HOUR),
        (HOUR, 48 * HOUR, 48 * HOUR),
    ],
)
def test_when_it_is_old_news(
    send_in: timedelta | None, life: timedelta, expires: timedelta
) -> None:
    """By its life, and by the hour that it is planned for."""
    send_at = None if send_in is None else START + send_in
    record = replace(message(), time_to_live=life, options=SmsOptions(send_at=send_at))

    assert record.expires == START + expires


@pytest.mark.parametrize(
    ("send_in", "expires"),
    [(30 * HOUR, 31 * HOUR), (9_000 * HOUR, 9_001 * HOUR), (-6 * HOUR, HOUR)],
)
def test_when_what_is_kept_here_is_old_news(
    send_in: timedelta, expires: timedelta
) -> None:
    """It has its whole life from its hour on, however far away that is."""
    options = SmsOptions(send_at=START + send_in)
    waiting = submission_to(MAMAN, Outcome.QUEUED, Stage.OPEN)
    record = replace(message(waiting), options=options, is_kept=True)

    assert record.expires == START + expires
    assert record.is_kept_beyond(START) == (send_in > timedelta())
    assert not record.is_scheduled
    assert sms_for(record, [waiting.key], START).options.send_at is None


@given(
    st.timedeltas(min_value=-48 * HOUR, max_value=48 * HOUR),
    st.none() | st.timedeltas(min_value=-48 * HOUR, max_value=48 * HOUR),
    st.timedeltas(min_value=timedelta(), max_value=LONGEST_LIFE),
)
def test_however_the_clock_is_set_it_lives_its_life_and_no_longer_than_a_day(
    by: timedelta, send_in: timedelta | None, life: timedelta
) -> None:
    """A planned hour that has jumped away prolongs and shortens nothing beyond that."""
    send_at = None if send_in is None else START + send_in
    record = replace(message(), time_to_live=life, options=SmsOptions(send_at=send_at))

    dated = record.dated(by)

    assert life <= dated.expires - dated.created <= LONGEST_LIFE
    assert dated.options.send_at == send_at
    assert dated.dated(-by) == record


def test_it_is_dated_anew_with_its_attempts() -> None:
    """What was not tried has no moment."""
    tried = replace(
        submission_to(MAMAN, Outcome.UNKNOWN, Stage.OPEN), attempted=START + HOUR
    )
    record = message(tried, submission_to(PAPA, Outcome.QUEUED, Stage.OPEN))

    dated = record.dated(-6 * HOUR)

    assert dated.created == START - 6 * HOUR
    assert dated.find(MAMAN) == replace(tried, attempted=START - 5 * HOUR)
    assert dated.find(PAPA) is record.find(PAPA)


def test_what_is_kept_of_an_error() -> None:
    """All that a sentence needs."""
    error = HourlyCapError(code="7", words="non", reference="1", cap="100")

    assert Failure.of(error) == Failure(
        key="hourly_cap", code="7", words="non", details={"cap": "100"}
    )


def test_nothing_secret_in_what_is_logged() -> None:
    """The gateway's id may hold the login, a number is somebody's."""
    submission = replace(
        submission_to(MAMAN, Outcome.ACCEPTED, Stage.CLOSED), submission_id="s3cret"
    )

    assert "s3cret" not in repr(message(submission))
    assert MAMAN not in repr(message(submission))
