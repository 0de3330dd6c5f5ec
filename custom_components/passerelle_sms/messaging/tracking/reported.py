"""What a delivery report makes of a message."""

from collections.abc import Collection
from dataclasses import replace

from ...gateways.delivery import DeliveryReport
from ...gateways.outcome import Outcome
from ..delivery import Delivery
from ..record import MessageRecord, Stage, SubmissionRecord


def reported(
    record: MessageRecord, number: str, report: DeliveryReport
) -> MessageRecord:
    """Return the message with what a report says about one of its recipients.

    What was in doubt is accepted: the gateway could not tell of it otherwise.
    """
    made = record.find(number)
    if made.outcome is Outcome.UNKNOWN and made.stage is not Stage.CLOSED:
        return record.updated([_proven(made, report)])
    if made.delivery is None or not made.delivery.is_news(report):
        return record
    known = made.submission_id or report.submission_id
    return record.updated(
        [replace(made, submission_id=known, delivery=Delivery.of(report))]
    )


def untold(record: MessageRecord) -> tuple[SubmissionRecord, ...]:
    """Return the submissions of which nobody has heard how they ended."""
    return tuple(
        made
        for made in record.submissions
        if made.delivery is not None
        and made.delivery.status.is_final
        and not made.delivery.is_told
    )


def told(record: MessageRecord, numbers: Collection[str]) -> MessageRecord:
    """Return the message once everybody has heard how these submissions ended."""
    return record.updated(
        replace(made, delivery=replace(made.delivery, is_told=True))
        for made in untold(record)
        if made.recipient.number in numbers and made.delivery is not None
    )


def _proven(made: SubmissionRecord, report: DeliveryReport) -> SubmissionRecord:
    return replace(
        made,
        outcome=Outcome.ACCEPTED,
        stage=Stage.CLOSED,
        failure=None,
        submission_id=report.submission_id or made.submission_id,
        delivery=Delivery.of(report),
    )
