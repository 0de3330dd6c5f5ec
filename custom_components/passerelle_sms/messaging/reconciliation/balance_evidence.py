"""What the balance proves about submissions in doubt.

Two mistakes are possible, and both are dear: a false "not sent" sends an alert twice, a
false "accepted" loses it. So the balance speaks only where its arithmetic allows one
reading. What it can't see, its caller must know: that the gateway charges every message
and at once, and that meanwhile nobody else uses the account, tops it up or is given
credit back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

from ...gateways.outcome import Outcome
from ..model.record import MessageRecord
from ..model.submission import SubmissionRecord

# What an attempt ends in; any other outcome says that it goes on, or why it doesn't.
_OF_AN_ATTEMPT: Final = frozenset({Outcome.ACCEPTED, Outcome.REJECTED, Outcome.UNKNOWN})


class Verdict(StrEnum):
    """What the balance proves, for all submissions in doubt alike."""

    ACCEPTED = "accepted"
    """Each was charged, so the gateway took it."""
    NOT_SENT = "not_sent"
    """None was charged, so none left: safe to try again."""
    UNDECIDED = "undecided"
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of an account since the first submission in doubt."""

    in_doubt: tuple[SubmissionRecord, ...]
    """All of the account that are in doubt. The first tells the balance before."""
    others: tuple[SubmissionRecord, ...]
    """All others handed over at or after the first of those, whatever became of them."""
    balance: Decimal
    """The credits now, read while nothing is under way."""
    has_charged_before: bool
    """Whether the balance was seen to fall for messages: perhaps it never moves here."""
    has_other_changes: bool
    """Whether something else may have moved the balance, or nobody knows in which order."""


def assess(evidence: Evidence) -> Verdict:
    """Return what became of the submissions in doubt, as far as the balance proves it.

    Not sent: the balance fell by exactly what the accepted others cost. Charges don't
    cancel each other out, so nothing else was taken.

    Accepted: it fell by what all in doubt take besides, a credit per segment. A single
    one without others may have cost more: abroad is dearer, and the fall is all its
    own. Several must match to the last credit, else one that is dear would pass for two.
    """
    in_doubt, others, after = evidence.in_doubt, evidence.others, evidence.balance
    before = _balance_before(in_doubt)
    expected = _segments(in_doubt)
    known = _known_cost(others)
    if evidence.has_other_changes or before is None or expected is None:
        return Verdict.UNDECIDED
    # Who can't pay for all of it is on trust, and the balance may not move at all.
    if known is None or before < known + expected:
        return Verdict.UNDECIDED
    if _rises(before, (*in_doubt, *others), after):
        return Verdict.UNDECIDED
    if _may_be_charged_before(in_doubt, others):
        return Verdict.UNDECIDED
    drop = before - after
    if drop == known:
        is_proof = evidence.has_charged_before
        return Verdict.NOT_SENT if is_proof else Verdict.UNDECIDED
    if not all(map(_tells_all, (*in_doubt, *others))):
        return Verdict.UNDECIDED
    if _is_alone(in_doubt, others):
        return Verdict.ACCEPTED if drop >= expected else Verdict.UNDECIDED
    if drop == known + expected and _costs_as_expected(others):
        return Verdict.ACCEPTED
    return Verdict.UNDECIDED


def has_charged(records: Iterable[MessageRecord]) -> bool:
    """Return whether the balance was ever seen to fall from one message to the next."""
    seen: list[tuple[datetime, Decimal]] = [
        (submission.attempted, submission.balance_before)
        for record in records
        for submission in record.submissions
        if submission.attempted is not None and submission.balance_before is not None
    ]
    balances = [balance for _, balance in sorted(seen)]
    return any(later < earlier for earlier, later in pairwise(balances))


def _balance_before(in_doubt: Sequence[SubmissionRecord]) -> Decimal | None:
    """Return the balance before the first one in doubt, if that can be told.

    Of several at the same moment any may have been the first, so they must agree. Of
    several tried more than once it can't be told: only the last attempt's time is kept.
    """
    if len(in_doubt) > 1 and any(submission.attempts > 1 for submission in in_doubt):
        return None
    attempted = [
        submission.attempted
        for submission in in_doubt
        if submission.attempted is not None
    ]
    if not attempted or len(attempted) < len(in_doubt):
        return None
    first = min(attempted)
    balances = {
        submission.balance_before
        for submission in in_doubt
        if submission.attempted == first
    }
    return balances.pop() if len(balances) == 1 else None


def _segments(in_doubt: Sequence[SubmissionRecord]) -> int | None:
    """Return what those in doubt take together, if each takes something."""
    segments = 0
    for submission in in_doubt:
        if not submission.is_unknown_open or not submission.segments:
            return None
        segments += submission.segments
    return segments


def _known_cost(others: Iterable[SubmissionRecord]) -> Decimal | None:
    """Return what the others were charged, if each tells it."""
    known = Decimal(0)
    for submission in others:
        if submission.outcome is Outcome.UNKNOWN:
            return None
        if submission.outcome is not Outcome.ACCEPTED:
            continue
        # One that cost nothing shows that a charge isn't the price of being accepted.
        if submission.cost is None or submission.cost <= 0:
            return None
        known += submission.cost
    return known


def _rises(
    before: Decimal, submissions: Iterable[SubmissionRecord], after: Decimal
) -> bool:
    """Return whether the balance was ever seen to rise: a top-up, or credit given back.

    Every submission may have seen it on the way, so a rise that later charges hide
    comes to light.
    """
    seen: list[tuple[datetime, Decimal]] = [
        (submission.attempted, submission.balance_before)
        for submission in submissions
        if submission.attempted is not None and submission.balance_before is not None
    ]
    # At the same moment the higher one was the earlier.
    seen.sort(key=lambda sight: (sight[0], -sight[1]))
    balances = (before, *(balance for _, balance in seen), after)
    return any(earlier < later for earlier, later in pairwise(balances))


def _may_be_charged_before(
    in_doubt: Iterable[SubmissionRecord], others: Iterable[SubmissionRecord]
) -> bool:
    """Return whether the balance before the doubts may hold the charge of another already.

    That is so for another one of the very moment of the first doubt, if no balance tells
    which of them was first. Taken for a later charge, it would hide that of the doubt.
    """
    attempted = [submission.attempted for submission in in_doubt]
    first = min(filter(None, attempted), default=None)
    return any(
        submission.outcome is Outcome.ACCEPTED
        and submission.attempted == first
        and submission.balance_before is None
        for submission in others
    )


def _is_alone(
    in_doubt: Sequence[SubmissionRecord], others: Iterable[SubmissionRecord]
) -> bool:
    """Return whether only one submission can have been charged, whatever it cost."""
    return len(in_doubt) == 1 and all(
        submission.outcome is not Outcome.ACCEPTED for submission in others
    )


def _costs_as_expected(others: Iterable[SubmissionRecord]) -> bool:
    """Return whether the others, where there are any, cost a credit per segment."""
    return all(
        submission.cost == submission.segments
        for submission in others
        if submission.outcome is Outcome.ACCEPTED
    )


def _tells_all(submission: SubmissionRecord) -> bool:
    """Return whether the outcome is that of every attempt there was.

    What is sent again after it was unknown may have been charged for the first time
    too, and that is kept nowhere: not while it waits, and not when it ends. Nor is what
    else was charged between two attempts of one in doubt.
    """
    return submission.attempts == 0 or (
        submission.attempts == 1 and submission.outcome in _OF_AN_ATTEMPT
    )
