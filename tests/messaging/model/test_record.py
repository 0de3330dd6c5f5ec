"""A message as it is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import HourlyCapError
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    Failure,
    MessageRecord,
    Stage,
    SubmissionRecord,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


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
        expires=START + timedelta(hours=1),
        text="Test",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        submissions=submissions,
    )


@pytest.mark.parametrize(
    ("outcome", "stage", "waits", "in_doubt"),
    [
        (Outcome.QUEUED, Stage.OPEN, True, False),
        (Outcome.UNKNOWN, Stage.OPEN, False, True),
        (Outcome.UNKNOWN, Stage.HELD, False, False),
        (Outcome.UNKNOWN, Stage.CLOSED, False, False),
        (Outcome.ACCEPTED, Stage.CLOSED, False, False),
    ],
)
def test_who_has_the_next_move(
    outcome: Outcome,
    stage: Stage,
    waits: bool,
    in_doubt: bool,
) -> None:
    """The outbox, to try or to find out; or the user; or nobody."""
    submission = submission_to(MAMAN, outcome, stage)
    record = message(submission, submission_to(PAPA, Outcome.ACCEPTED, Stage.CLOSED))

    assert submission.is_waiting is waits
    assert submission.is_unknown_open is in_doubt
    assert record.is_closed is (stage is Stage.CLOSED)
    assert record.is_held is (stage is Stage.HELD)


def test_a_change_is_for_its_recipient() -> None:
    """The others stay, in their order."""
    record = message(
        submission_to(MAMAN, Outcome.QUEUED, Stage.OPEN),
        submission_to(PAPA, Outcome.QUEUED, Stage.OPEN),
    )
    changed = submission_to(PAPA, Outcome.ACCEPTED, Stage.CLOSED)

    after = record.updated([changed])

    assert after.submissions == (record.submissions[0], changed)
    assert after.find(PAPA) is changed
    assert replace(after, submissions=record.submissions) == record
    with pytest.raises(KeyError):
        after.find("+33612345678")


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
