"""What a report makes of a message, and who has heard of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.announcements import (
    mark_announced,
    unannounced,
)
from custom_components.passerelle_sms.messaging.model.failure import (
    DeliveryState,
    Failure,
)
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.model.transitions import apply_report
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_clock import START
from tests.messaging.fake_gateways import DELIVERED, PENDING, UNDELIVERED, report


def accepted(number: str, delivery: DeliveryState | None) -> SubmissionRecord:
    """Return a submission that a gateway has taken."""
    return SubmissionRecord(
        recipient=Recipient(number=number),
        outcome=Outcome.ACCEPTED,
        stage=Stage.CLOSED,
        submission_id=f"id-{number[-3:]}",
        attempts=1,
        delivery=delivery,
    )


def message(*submissions: SubmissionRecord) -> MessageRecord:
    """Return a message of these submissions."""
    return MessageRecord(
        message_id="message",
        created=START,
        time_to_live=timedelta(hours=1),
        text="Alerte",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        submissions=Submissions(submissions),
    )


def test_it_is_about_one_recipient() -> None:
    """The others stay as they are."""
    record = message(accepted(MAMAN, DeliveryState()), accepted(PAPA, DeliveryState()))

    after = apply_report(record, PAPA, report("id-456", PAPA))

    assert after.find(MAMAN) == record.find(MAMAN)
    assert after.find(PAPA) == replace(
        record.find(PAPA), delivery=DeliveryState(status=DELIVERED)
    )


def test_the_id_that_the_answer_did_not_tell() -> None:
    """The report tells it, so that the next one is known by it."""
    record = message(replace(accepted(MAMAN, DeliveryState()), submission_id=None))

    after = apply_report(record, MAMAN, report("id-1", MAMAN, PENDING, code="50"))

    assert after.find(MAMAN).submission_id == "id-1"
    assert (
        apply_report(after, MAMAN, report("id-2", MAMAN)).find(MAMAN).submission_id
        == "id-1"
    )


@pytest.mark.parametrize(
    "delivery",
    [None, DeliveryState(status=DELIVERED, is_announced=True), DeliveryState()],
)
def test_what_is_no_news_changes_nothing(delivery: DeliveryState | None) -> None:
    """Nor does what nobody waits for: it was taken back, say."""
    record = message(accepted(MAMAN, delivery))

    assert apply_report(record, MAMAN, report("id-207", MAMAN, PENDING)) is record


@pytest.mark.parametrize("stage", [Stage.OPEN, Stage.HELD])
@pytest.mark.parametrize("status", [DELIVERED, UNDELIVERED, PENDING])
def test_what_is_in_doubt_is_proven(stage: Stage, status: DeliveryStatus) -> None:
    """Whatever the report says: its gateway has it."""
    doubt = SubmissionRecord(
        recipient=Recipient(number=MAMAN),
        outcome=Outcome.UNKNOWN,
        stage=stage,
        attempts=1,
        failure=Failure(key="no_answer"),
    )

    after = apply_report(message(doubt), MAMAN, report("id-1", MAMAN, status))

    assert after.find(MAMAN) == replace(
        doubt,
        outcome=Outcome.ACCEPTED,
        stage=Stage.CLOSED,
        failure=None,
        submission_id="id-1",
        delivery=DeliveryState(status=status),
    )


def test_the_id_that_was_known_in_doubt() -> None:
    """It stays, where the report tells none."""
    doubt = SubmissionRecord(
        recipient=Recipient(number=MAMAN),
        outcome=Outcome.UNKNOWN,
        submission_id="sending",
        sending_id="sending",
    )

    after = apply_report(message(doubt), MAMAN, report(None, MAMAN))

    assert after.find(MAMAN).submission_id == "sending"


def test_what_the_user_has_closed_stays_closed() -> None:
    """He has decided that nobody knows."""
    record = message(
        SubmissionRecord(
            recipient=Recipient(number=MAMAN),
            outcome=Outcome.UNKNOWN,
            stage=Stage.CLOSED,
        )
    )

    assert apply_report(record, MAMAN, report("id-1", MAMAN)) is record


def test_who_has_to_hear_of_it() -> None:
    """Only what has ended is told, and only once."""
    ended = accepted(MAMAN, DeliveryState(status=UNDELIVERED))
    record = message(
        ended,
        accepted(PAPA, DeliveryState()),
        accepted("+33612345678", DeliveryState(status=DELIVERED, is_announced=True)),
        accepted("+33612345679", None),
    )

    assert unannounced(record, record.submissions) == {MAMAN: [ended]}
    after = mark_announced(record, {MAMAN})
    assert unannounced(after, after.submissions) == {}
    assert after.find(MAMAN).delivery == DeliveryState(
        status=UNDELIVERED, is_announced=True
    )
    assert after.submissions[1:] == record.submissions[1:]


def test_only_what_was_told_is_noted() -> None:
    """What has ended meanwhile is told next."""
    late = accepted(PAPA, DeliveryState(status=DELIVERED))
    record = message(accepted(MAMAN, DeliveryState(status=DELIVERED)), late)

    after = mark_announced(record, {MAMAN})
    assert unannounced(after, after.submissions) == {PAPA: [late]}
