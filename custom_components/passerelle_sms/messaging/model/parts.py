"""The parts of a text that was split, and what they come to for one recipient."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from ...gateways.errors import EarlierPartFailedError
from ...gateways.model.delivery import DeliveryStatus
from ...gateways.outcome import Outcome
from .failure import DeliveryState, Failure
from .states import State, moved
from .submission import Stage, SubmissionRecord, Submissions, row_key

# What is paid, or will be, or may be.
_PAID: Final = frozenset({Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.QUEUED})
_LOST: Final = frozenset({DeliveryStatus.UNDELIVERED, DeliveryStatus.OPTED_OUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is sent of a text that is too long for one message.

    It is found out once, when the message comes in: what is split otherwise later, as the
    rules have changed, would lose words between two parts.
    """

    common: tuple[str, ...] = field(default=(), repr=False)
    """What all read who have nothing of their own; nothing where the text is whole."""
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """What a recipient reads whom a mail merge makes another text for, by number."""

    def __bool__(self) -> bool:
        """Return whether anything is sent otherwise than whole."""
        return bool(self.common or self.own)

    def of(self, number: str) -> tuple[str, ...]:
        """Return what is sent to a number; nothing where that is the whole text."""
        return self.own.get(number, self.common)


def whole(rows: Sequence[SubmissionRecord]) -> SubmissionRecord:
    """Return what the parts for one recipient come to, as one submission.

    It is accepted once all are, and else what the first is that isn't. It takes what is
    paid for all, or may be.
    """
    if len(rows) == 1:
        return rows[0]
    first = rows[0]
    deciding = next((row for row in rows if not _is_fine(row, first)), first)
    paid = [row for row in rows if row.outcome in _PAID]
    costs = [row.cost for row in paid if row.cost is not None]
    return replace(
        deciding,
        part=1,
        submission_id=first.submission_id,
        sending_id=first.sending_id,
        segments=sum(row.segments or 0 for row in paid),
        cost=sum(costs, Decimal(0)) if costs else None,
        sent_at_once=any(row.sent_at_once for row in rows),
        delivery=_delivery(rows),
    )


def has_ended(rows: Iterable[SubmissionRecord]) -> bool:
    """Return whether nothing more is to be heard of any part for one recipient."""
    return all(
        row.stage is Stage.CLOSED
        and (row.delivery is None or row.delivery.status.is_final)
        for row in rows
    )


def left_over(
    submissions: Submissions, changed: Iterable[SubmissionRecord]
) -> Iterator[SubmissionRecord]:
    """Yield what follows a part that has just ended otherwise than accepted, closed.

    Of what is sent again the first may have arrived, so that is the user's to judge.
    """
    for row in changed:
        if row.stage is not Stage.CLOSED or row.outcome is Outcome.ACCEPTED:
            continue
        number, part = row.recipient.number, row.part + 1
        while (later := submissions.get(row_key(number, part))) is not None:
            if later.stays_here:
                yield _closed(later)
            part += 1


def _closed(submission: SubmissionRecord) -> SubmissionRecord:
    if submission.resent:
        return moved(submission, State.HELD)
    return replace(
        moved(submission, State.NOT_SENT), failure=Failure.of(EarlierPartFailedError())
    )


def _is_fine(row: SubmissionRecord, first: SubmissionRecord) -> bool:
    """Return whether a part is accepted, or was only tested and has passed.

    What follows one that was accepted is no test: it provably has not left.
    """
    is_tested = first.outcome is not Outcome.ACCEPTED and (
        row.outcome is Outcome.NOT_SENT and row.failure is None
    )
    return row.outcome is Outcome.ACCEPTED or is_tested


def _delivery(rows: Sequence[SubmissionRecord]) -> DeliveryState | None:
    """Return where all parts together are: delivered once all are, lost if one is.

    Of what was not accepted as a whole nothing is to be heard as a whole.
    """
    known = [row.delivery for row in rows if row.delivery is not None]
    lost = [state for state in known if state.status in _LOST]
    if lost:
        return lost[0]
    has_failed = any(
        row.stage is Stage.CLOSED and row.outcome is not Outcome.ACCEPTED
        for row in rows
    )
    if has_failed or not known:
        return None
    open_ones = [state for state in known if not state.status.is_final]
    if open_ones or len(known) < len(rows):
        return open_ones[0] if open_ones else DeliveryState()
    undetermined = [s for s in known if s.status is DeliveryStatus.UNKNOWN]
    return undetermined[0] if undetermined else known[-1]
