"""What became of a message, as its sender is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from custom_components.passerelle_sms.gateways.errors import NotANumberError
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import (
    DeliveryState,
    Failure,
)
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.report import (
    RecipientResult,
    Report,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    Recipient,
    UnusableTarget,
)
from tests.conftest import MAMAN, PAPA

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
MADE = SubmissionRecord(
    recipient=Recipient(number=MAMAN),
    outcome=Outcome.REJECTED,
    submission_id="7",
    segments=2,
    cost=Decimal(2),
    failure=Failure(key="rejected"),
)
RECORD = MessageRecord(
    message_id="1",
    created=START,
    time_to_live=timedelta(hours=1),
    text="Test",
    sender=None,
    encoding=Encoding.UCS2,
    segments=2,
    submissions=Submissions([MADE]),
)


def test_a_result_tells_all_of_a_submission() -> None:
    """And hides the number from logs."""
    result = RecipientResult.of(MADE, "sms123")

    assert result == RecipientResult(
        number=MAMAN,
        label=MAMAN,
        public_label="***07",
        outcome=Outcome.REJECTED,
        gateway="sms123",
        submission_id="7",
        segments=2,
        cost=Decimal(2),
        failure=Failure(key="rejected"),
    )
    assert MAMAN not in repr(result)


def test_a_target_that_cannot_be_sent_to() -> None:
    """It is rejected, and says why."""
    target = UnusableTarget(target="12 34", error=NotANumberError(number="***34"))

    result = RecipientResult.unusable(target, "sms123")

    assert (result.label, result.public_label) == ("12 34", "***34")
    assert result.outcome is Outcome.REJECTED
    assert result.failure == Failure(key="not_a_number", details={"number": "***34"})


def test_a_report_of_a_message() -> None:
    """What is neither accepted nor on its way is a failure."""
    results = tuple(
        RecipientResult.of(replace(MADE, outcome=outcome), "sms123")
        for outcome in Outcome
    )
    report = Report(record=RECORD, results=results)

    assert (report.message_id, report.encoding, report.segments) == (
        "1",
        Encoding.UCS2,
        2,
    )
    assert {result.outcome for result in report.failures} == {
        Outcome.REJECTED,
        Outcome.NOT_SENT,
        Outcome.UNKNOWN,
        Outcome.EXPIRED,
    }


def test_what_was_only_tested() -> None:
    """What passed is no failure, though it was not sent; what was refused is."""
    passed = replace(MADE, outcome=Outcome.NOT_SENT, failure=None)
    refused = replace(MADE, recipient=Recipient(number=PAPA))
    report = Report(
        record=RECORD,
        results=tuple(
            RecipientResult.of(submission, "sms123") for submission in (passed, refused)
        ),
    )

    assert [result.label for result in report.failures] == [PAPA]


def test_a_report_of_later() -> None:
    """What is known by then, and what never was a recipient, in the same order."""
    target = UnusableTarget(target="12 34", error=NotANumberError(number="***34"))
    report = Report(
        record=RECORD,
        results=(
            RecipientResult.unusable(target, "sms123"),
            RecipientResult.of(MADE, "sms123"),
        ),
    )
    delivery = DeliveryState(status=DeliveryStatus.UNDELIVERED)
    submission = replace(
        MADE, outcome=Outcome.ACCEPTED, failure=None, delivery=delivery
    )
    record = replace(RECORD, submissions=Submissions([submission]))

    later = report.updated(record)

    assert later.record == record
    assert later.results == (
        report.results[0],
        RecipientResult.of(submission, "sms123"),
    )
    assert [result.label for result in later.failures] == ["12 34"]


def test_whom_it_did_not_reach() -> None:
    """Only those of whom that is known."""
    deliveries = [None, *(DeliveryState(status=status) for status in DeliveryStatus)]
    report = Report(
        record=RECORD,
        results=tuple(
            RecipientResult.of(replace(MADE, delivery=delivery), "sms123")
            for delivery in deliveries
        ),
    )

    assert [
        result.delivery.status for result in report.undelivered if result.delivery
    ] == [DeliveryStatus.UNDELIVERED, DeliveryStatus.OPTED_OUT]
