"""What the legs of a relay's message are now, and what they come to.

Everything here is pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from ...gateways.outcome import Outcome
from ..model.failure import DeliveryState, Failure
from ..model.leg import Leg
from ..model.leg_history import leg_that_counts
from ..model.leg_order import Remainder
from ..model.parts import whole
from ..model.record import MessageRecord
from ..model.submission import Stage, SubmissionRecord, row_key

# What is paid, or will be, or may be.
_PAID: Final = frozenset({Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.QUEUED})


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeOfLegs:
    """What all legs for one recipient come to."""

    leg: Leg | None
    """The one that counts; `None` before there is any."""
    outcome: Outcome
    """Accepted once one is, else unknown while one is, else that of the last."""
    is_open: bool
    """Whether an account still works on one, or looks for evidence."""
    failure: Failure | None = None
    submission_id: str | None = field(default=None, repr=False)
    segments: int | None = None
    """What is paid for all of them, or may be; `None` where nothing is."""
    cost: Decimal | None = None
    """The same in credits, as far as the gateways tell."""
    delivery: DeliveryState | None = None
    """Of the one that counts; nobody has heard of it yet."""


def leg_after(leg: Leg, record: MessageRecord, number: str) -> Leg:
    """Return a leg as its account's record has it: all parts of it, for one recipient.

    What the account knows nothing of, although it has the message, stays in doubt. What
    it has accepted is not in doubt again where its journal was put back.
    """
    texts = record.parts.of(number)
    rows = _rows(record, number, max(len(texts), 1))
    if not rows:
        return replace(leg, is_open=False)
    told, paid = whole(rows), [row for row in rows if row.outcome in _PAID]
    # What still waits for its attempt may leave at any time.
    is_in_doubt = told.outcome in {Outcome.UNKNOWN, Outcome.QUEUED}
    is_accepted = told.outcome is Outcome.ACCEPTED
    if is_in_doubt and leg.outcome is Outcome.ACCEPTED:
        return leg
    return replace(
        leg,
        outcome=Outcome.UNKNOWN if is_in_doubt else told.outcome,
        is_open=_is_open(rows),
        failure=None if is_accepted else told.failure,
        submission_id=told.submission_id,
        segments=_sum(row.segments for row in paid),
        cost=_sum(row.cost for row in paid),
        delivery=_unannounced(told.delivery),
        parts=texts,
        parts_sent=_most_parts_sent(leg, texts, rows) if texts else 0,
    )


def remainder_of(legs: Sequence[Leg]) -> Remainder | None:
    """Return what the next account has to send of a text that was split and begun.

    It goes on behind the last part that was accepted, in the way in which the text was
    split last; `None` where the whole text is to be sent.
    """
    begun = next((leg for leg in reversed(legs) if leg.parts_sent), None)
    if begun is None:
        return None
    sent = max(leg.parts_sent for leg in legs if leg.parts == begun.parts)
    if sent == len(begun.parts):
        return None
    return Remainder(texts=begun.parts, first=sent + 1)


def whole_of_legs(legs: Sequence[Leg]) -> WholeOfLegs:
    """Return what all legs for one recipient come to."""
    leg = leg_that_counts(legs)
    if leg is None:
        return WholeOfLegs(leg=None, outcome=Outcome.QUEUED, is_open=False)
    paid = [one for one in legs if one.outcome in _PAID or one.parts_sent]
    return WholeOfLegs(
        leg=leg,
        outcome=leg.outcome,
        is_open=any(one.is_open for one in legs),
        failure=None if leg.outcome is Outcome.ACCEPTED else leg.failure,
        submission_id=leg.submission_id,
        segments=_sum(one.segments for one in paid),
        cost=_sum(one.cost for one in paid),
        delivery=_unannounced(leg.delivery),
    )


def _rows(record: MessageRecord, number: str, parts: int) -> list[SubmissionRecord]:
    """Return the parts that an account was to send: perhaps not the first ones."""
    keys = (row_key(number, part) for part in range(1, parts + 1))
    return [row for row in map(record.submissions.get, keys) if row is not None]


def _is_open(rows: Sequence[SubmissionRecord]) -> bool:
    """Return whether the account goes on by itself, but for what follows a held part."""
    if any(row.is_unknown_open for row in rows):
        return True
    is_held = any(row.stage is Stage.HELD for row in rows)
    return not is_held and any(row.stays_here for row in rows)


def _most_parts_sent(
    leg: Leg, texts: Sequence[str], rows: Sequence[SubmissionRecord]
) -> int:
    """Return how many parts were accepted, also where the account has forgotten that."""
    before = leg.parts_sent if leg.parts == texts else 0
    return max(before, _parts_sent(rows))


def _parts_sent(rows: Sequence[SubmissionRecord]) -> int:
    """Return how many parts were accepted, from the first of all on."""
    sent = rows[0].part - 1
    for row in rows:
        if row.outcome is not Outcome.ACCEPTED:
            break
        sent += 1
    return sent


def _sum[Amount: (int, Decimal)](amounts: Iterable[Amount | None]) -> Amount | None:
    """Return what is told in all; `None` where nothing is."""
    total: Amount | None = None
    for amount in amounts:
        if amount is not None:
            total = amount if total is None else total + amount
    return total


def _unannounced(delivery: DeliveryState | None) -> DeliveryState | None:
    """Return what became of a delivery, of which the relay has told nobody yet."""
    return None if delivery is None else replace(delivery, is_announced=False)
