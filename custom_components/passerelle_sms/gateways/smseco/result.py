"""SMSECO's yes to a request with recipients: what it means for each (section I-1)."""

from collections.abc import Callable, Sequence

from ..errors import GatewayError, InvalidRecipientError
from ..models import Sms, Submission
from ..outcome import Outcome
from .wire import JsonAnswer, Row, match_rows


def claims_success(reply: JsonAnswer, sms: Sms) -> bool:
    """Return whether an answer without an error says that something was taken.

    A count does, if it can be one of these recipients; so does what only a message that
    was taken has. An HTTP status that a server repeats as `status` does not.
    """
    return (
        0 < reply.statut <= len(sms.recipients)
        or reply.server_id(sent=sms.reference) is not None
        or (reply.number("credits") or 0) > 0
        or reply.names_messages()
    )


def submissions(
    reply: JsonAnswer,
    sms: Sms,
    numbers: Sequence[str],
    unreadable: Callable[[], GatewayError],
) -> tuple[Submission, ...]:
    """Return what a success means for each recipient, but for the segments.

    `numbers` are `sms.recipients` as the gateway writes them; `unreadable` makes the
    error for those of whom the answer doesn't tell enough.
    """
    rows, all_read = match_rows(reply.rows(), numbers)
    valid = reply.valid_recipients()
    unnamed: GatewayError | None
    if valid == len(numbers) and not (rows and all_read):
        # All were valid: the answer only doesn't name them, or not readably.
        unnamed = None
    elif rows and all_read and len(rows) >= valid:
        # It names all that were valid, so the others were not.
        unnamed = InvalidRecipientError()
    else:
        unnamed = unreadable()
    return tuple(
        _submission(reply, sms, recipient, rows.get(number), unnamed)
        for recipient, number in zip(sms.recipients, numbers, strict=True)
    )


def _submission(
    reply: JsonAnswer,
    sms: Sms,
    recipient: str,
    row: Row | None,
    unnamed: GatewayError | None,
) -> Submission:
    """Return one recipient's part, from its own `row` or as one `unnamed`."""
    server_id = reply.server_id(sent=sms.reference)
    if row is None and unnamed is not None:
        known = server_id if unnamed.outcome is Outcome.UNKNOWN else None
        return Submission(
            recipient=recipient,
            outcome=unnamed.outcome,
            submission_id=known,
            sending_id=known,
            error=unnamed,
        )
    row = row or Row()
    # What the whole request cost is what its only recipient cost.
    total = reply.number("credits") if len(sms.recipients) == 1 else None
    return Submission(
        recipient=recipient,
        outcome=Outcome.ACCEPTED,
        submission_id=row.submission_id or server_id,
        sending_id=server_id,
        cost=total if row.cost is None else row.cost,
    )
