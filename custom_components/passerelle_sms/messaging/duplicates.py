"""What a gateway proves that refuses a text which it has had before."""

from collections.abc import Sequence

from ..gateways.errors import DuplicateMessageError, NotStoredError
from ..gateways.gateway import Gateway
from ..gateways.message_abilities import RefusesDuplicates
from ..gateways.models import Submission
from ..gateways.outcome import Outcome
from .doubts import LONGEST_LIFE
from .journal.journal import Journal
from .record import MessageRecord


async def duplicate_is_proof(
    gateway: Gateway,
    journal: Journal,
    record: MessageRecord,
    results: Sequence[Submission],
) -> bool:
    """Return whether "sent already" can only mean this very message.

    Not if the same text went, or may have gone, to the same number in another one, nor
    if the journal can't be asked for that.
    """
    refused = {
        made.recipient
        for made in results
        if isinstance(made.error, DuplicateMessageError)
    }
    if not refused or not isinstance(gateway, RefusesDuplicates):
        return False
    try:
        known = await journal.since(
            record.created - gateway.duplicate_window - LONGEST_LIFE
        )
    except NotStoredError:
        return False
    return not any(
        other.text == record.text
        and other.message_id != record.message_id
        and made.recipient.number in refused
        and (made.outcome in {Outcome.ACCEPTED, Outcome.UNKNOWN} or made.resent)
        for other in known
        for made in other.submissions
    )
