"""What a gateway proves that refuses a text which it has had before."""

from collections.abc import Sequence

from ...gateways.abilities.options import RefusesDuplicates
from ...gateways.errors import DuplicateMessageError, NotStoredError
from ...gateways.gateway import Gateway
from ...gateways.model.message import Submission
from ...gateways.outcome import Outcome
from ..journal.journal import Journal
from ..model.record import OLDEST_OPEN, MessageRecord, text_sent
from ..model.submission import SubmissionRecord, row_key


async def proves_earlier_send(
    gateway: Gateway,
    journal: Journal,
    record: MessageRecord,
    results: Sequence[Submission],
    *,
    part: int = 1,
    is_alone: bool,
) -> bool:
    """Return whether "sent already" can only mean this very part of this message.

    Not where others use the account, nor if the same text went, or may have gone, to the
    same number in another message, nor if another one was refused for that: then it went
    out from elsewhere. Nor if the journal can't be asked.
    """
    refused = {
        submission.recipient: text_sent(
            gateway, record, record.find(row_key(submission.recipient, part))
        )
        for submission in results
        if isinstance(submission.error, DuplicateMessageError)
    }
    if not refused or not is_alone or not isinstance(gateway, RefusesDuplicates):
        return False
    since = record.created - gateway.duplicate_window - OLDEST_OPEN
    try:
        known = [
            (await journal.created_since(since, number), number, text)
            for number, text in refused.items()
        ]
    except NotStoredError:
        return False
    return not any(
        submission.recipient.number == number
        and _tells_of_another(submission)
        and text_sent(gateway, other, submission) == text
        for others, number, text in known
        for other in others
        if other.message_id != record.message_id
        for submission in other.submissions
    )


def _tells_of_another(submission: SubmissionRecord) -> bool:
    """Return whether the gateway had, or may have had, a text before this message."""
    if submission.outcome in {Outcome.ACCEPTED, Outcome.UNKNOWN} or submission.resent:
        return True
    failure = submission.failure
    return failure is not None and failure.key == DuplicateMessageError.key
