"""What became of a message that was handed over to be kept."""

from ...gateways.model.message import SendResult
from ...gateways.outcome import Outcome
from ..recipients.address_book import Recipient
from .carrier import ScheduleResult
from .standing import Standing


def schedule_result(message: Standing, result: SendResult) -> ScheduleResult:
    """Return what became of a message, by what became of its submissions."""
    by_number = {recipient.number: recipient for recipient in message.recipients}
    told = result.submissions

    def those(
        outcome: Outcome, *, at_once: bool = False
    ) -> tuple[tuple[Recipient, ...], str | None]:
        """Return who has an outcome, and the id that stands for all of them."""
        found = [
            one
            for one in told
            if one.outcome is outcome and one.sent_at_once is at_once
        ]
        ids = (one.submission_id for one in found if one.submission_id)
        return tuple(by_number[one.recipient] for one in found), next(ids, None)

    accepted, submission_id = those(Outcome.ACCEPTED)
    doubtful, doubtful_id = those(Outcome.UNKNOWN)
    return ScheduleResult(
        accepted=accepted,
        submission_id=submission_id,
        sent_at_once=those(Outcome.ACCEPTED, at_once=True)[0],
        doubtful=doubtful,
        doubtful_id=doubtful_id,
        refused=those(Outcome.REJECTED)[0],
        not_sent=those(Outcome.NOT_SENT)[0],
        error=next((one.error for one in told if one.error is not None), None),
    )
