"""What the legs that were heard of since have made of a relay's submission.

Everything here is pure.
"""

from dataclasses import replace

from ...gateways.errors import NoAnswerError
from ...gateways.outcome import Outcome
from ..model.failure import Failure
from ..model.leg import Leg
from ..model.leg_history import in_doubt
from ..model.record import MessageRecord
from ..model.states import State, moved, state_of
from ..model.submission import Notice, SubmissionRecord
from .failover import Step, step_after
from .legs import whole_of_legs
from .results import may_go_on

# Where an account may still have taken what nobody knows of.
_MAY_TURN_OUT_ACCEPTED = {State.UNKNOWN, State.HELD, State.WAITING}


def reviewed(record: MessageRecord, row: SubmissionRecord) -> SubmissionRecord:
    """Return a submission that no request is made for, by what its legs are now.

    - Accepted as soon as one account has taken it, also while it waits for another.
    - What is in doubt is so until the accounts' evidence decides; the user is asked once
      they look for none any more. What a crash has cut off goes on to the next account
      before that where its sender has chosen so.
    - What provably has not left goes on to the next account; what was refused is.
    """
    state, whole = state_of(row), whole_of_legs(row.legs)
    if whole.outcome is Outcome.ACCEPTED:
        if state in _MAY_TURN_OUT_ACCEPTED:
            return replace(_accepted(row), failure=None)
        return _with_delivery(row) if state is State.ACCEPTED else row
    if state is State.WAITING and row.legs:
        return replace(row, resent=in_doubt(row.legs))
    if state is not State.UNKNOWN:
        return row
    if _was_cut_off(record, row):
        return replace(moved(row, State.WAITING), attempts=1, resent=True)
    if any(leg.is_open for leg in row.legs):
        return row
    if any(leg.is_in_doubt and not leg.resent for leg in row.legs):
        return moved(row, State.HELD)
    if in_doubt(row.legs) and row.legs[-1].outcome is Outcome.REJECTED:
        # What the user had sent again was refused; the first may have arrived.
        return moved(row, State.HELD)
    return _not_taken(record, row)


def lost(leg: Leg, epoch: str) -> Leg:
    """Return a leg that the account's journal, which is of this epoch, knows nothing of.

    In the journal that it was to be written to, it never was: so it has not left. Another
    one may have forgotten it, and so has one that has told of it before: whoever has put
    an older file in its place has not said so.
    """
    if leg.journal and leg.journal == epoch and not _was_told_of(leg):
        return replace(leg, outcome=Outcome.NOT_SENT, is_open=False)
    return replace(
        leg, is_open=False, failure=leg.failure or Failure.of(NoAnswerError())
    )


def _was_cut_off(record: MessageRecord, row: SubmissionRecord) -> bool:
    """Return whether a request ended before the next account could be asked.

    It has no result then, and the account has told that it may have left.
    """
    doubts = [leg for leg in row.legs if leg.is_in_doubt and not leg.resent]
    if row.failure is not None or not doubts or not all(map(_was_told_of, doubts)):
        return False
    step = step_after(
        row.legs[-1],
        sender=record.sender,
        on_unknown=record.on_unknown,
        passed_on=len(doubts) - row.legs[-1].is_in_doubt,
    )
    return step is Step.NEXT and may_go_on(record, doubts)


def _was_told_of(leg: Leg) -> bool:
    """Return whether the account has ever told what became of a leg."""
    told = (leg.failure, leg.segments, leg.submission_id)
    return any(one is not None for one in told)


def _not_taken(record: MessageRecord, row: SubmissionRecord) -> SubmissionRecord:
    """Return what provably nobody has taken, to be tried again or refused."""
    last = row.legs[-1] if row.legs else None
    step = Step.NEXT
    if last is not None and last.outcome is Outcome.REJECTED:
        step = step_after(
            last, sender=record.sender, on_unknown=record.on_unknown, passed_on=0
        )
    if step is Step.REJECTED and last is not None:
        refused = moved(row, State.REJECTED)
        return replace(refused, failure=last.failure, notice=Notice.UNANNOUNCED)
    is_again = in_doubt(row.legs)
    return replace(moved(row, State.WAITING), attempts=int(is_again), resent=is_again)


def _accepted(row: SubmissionRecord) -> SubmissionRecord:
    whole = whole_of_legs(row.legs)
    return replace(
        moved(row, State.ACCEPTED),
        submission_id=whole.submission_id,
        segments=row.segments if whole.segments is None else whole.segments,
        cost=whole.cost,
        delivery=whole.delivery,
    )


def _with_delivery(row: SubmissionRecord) -> SubmissionRecord:
    """Return what is accepted with what is heard of its delivery, and told of it."""
    whole = whole_of_legs(row.legs)
    delivery = whole.delivery
    if delivery is None or row.delivery is None:
        return replace(row, delivery=delivery, cost=whole.cost)
    is_announced = row.delivery.is_announced and row.delivery.status is delivery.status
    return replace(
        row, delivery=replace(delivery, is_announced=is_announced), cost=whole.cost
    )
