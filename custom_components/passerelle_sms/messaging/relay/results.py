"""What a relay's hand-overs have made of a message, once nobody is left to ask.

Everything here is pure.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from ...gateways.errors import GatewayError, NoAnswerError
from ...gateways.model.message import Submission
from ...gateways.outcome import Outcome
from ..message_store import Change
from ..model.leg import Leg
from ..model.leg_history import in_doubt
from ..model.record import MessageRecord, OnUnknown
from ..model.submission import RowKey, SubmissionRecord
from .failover import Candidate, Doubtful, verdict
from .hand_over import NewLegs, with_legs
from .legs import whole_of_legs


def result_of(
    record: MessageRecord,
    row: SubmissionRecord,
    this_round: Sequence[Leg],
    candidates: Iterable[Candidate],
) -> Submission:
    """Return what has come of a request for one recipient, by all legs that he has.

    `this_round` are those of this request, `candidates` who could take more: they are
    asked only where that decides.
    """
    number = row.recipient.number
    whole = whole_of_legs(row.legs)
    if whole.outcome is Outcome.ACCEPTED:
        return Submission(
            recipient=number,
            outcome=whole.outcome,
            submission_id=whole.submission_id,
            segments=whole.segments,
            cost=whole.cost,
            delivery=None if whole.delivery is None else whole.delivery.status,
        )
    doubts = [leg for leg in row.legs if leg.is_in_doubt and not leg.resent]
    if doubts and not may_go_on(record, doubts):
        error = doubts[-1].failure and doubts[-1].failure.as_error()
        return _in_doubt(number, error or NoAnswerError())
    end = verdict(
        [*candidates], this_round, legs=row.legs, spent={leg.account for leg in doubts}
    )
    if isinstance(end, Doubtful):
        return _in_doubt(number, end.error)
    return Submission.failed(number, end.error)


def _in_doubt(number: str, error: GatewayError) -> Submission:
    return Submission(recipient=number, outcome=Outcome.UNKNOWN, error=error)


def completed(
    record: MessageRecord,
    change: Change,
    finished: NewLegs,
    keys: Collection[RowKey],
) -> MessageRecord:
    """Return a message changed by what came of a request, with its legs as they ended.

    What waits again and may have left is not old news, but the user's to judge.
    """
    present = {key: leg for key, leg in finished.items() if record.submissions.get(key)}
    changed = change(with_legs(record, present, {}))
    return changed.updated(map(_by_legs, map(changed.find, keys)))


def _by_legs(row: SubmissionRecord) -> SubmissionRecord:
    if row.is_waiting:
        return replace(row, resent=row.resent or in_doubt(row.legs))
    if row.outcome is Outcome.ACCEPTED:
        return replace(row, delivery=whole_of_legs(row.legs).delivery)
    return row


def may_go_on(record: MessageRecord, doubts: Sequence[Leg]) -> bool:
    """Return whether another account may send, now or later, what may have left."""
    if record.on_unknown is OnUnknown.RESEND:
        return len(doubts) == 1
    return record.on_unknown is OnUnknown.NEXT
