"""What became of a message, as its sender is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Self

from ...gateways.model.delivery import DeliveryStatus
from ...gateways.model.message import Encoding
from ...gateways.outcome import Outcome
from ..recipients.address_book import Recipient, UnusableTarget
from .failure import DeliveryState, Failure
from .leg import Leg
from .leg_history import leg_that_counts
from .parts import whole
from .record import MessageRecord
from .submission import SubmissionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientResult:
    """What became of a message for one recipient."""

    number: str | None = field(default=None, repr=False)
    """E.164; `None` of a target that is no number."""
    label: str = field(repr=False)
    """Whom it is about, by what its sender has asked for."""
    public_label: str
    outcome: Outcome
    gateway: str
    """The gateway's key; of a relay's message that of the leg that counts, and before
    there is one what stands in its place."""
    submission_id: str | None = field(default=None, repr=False)
    segments: int | None = None
    cost: Decimal | None = None
    failure: Failure | None = None
    sent_at_once: bool = False
    """Whether the gateway sent it at once although it was to be sent later."""
    delivery: DeliveryState | None = None

    parts: tuple[SubmissionRecord, ...] = ()
    """What became of each part of a text that was split."""
    legs: tuple[Leg, ...] = ()
    """Through which accounts a relay has tried to send it, in their order."""

    @classmethod
    def of(
        cls,
        submission: SubmissionRecord,
        gateway: str,
        parts: Sequence[SubmissionRecord] = (),
    ) -> Self:
        """Return the result that a submission gives, or what its parts come to."""
        leg = leg_that_counts(submission.legs)
        return cls(
            number=submission.recipient.number,
            label=submission.recipient.label,
            public_label=submission.recipient.public_label,
            outcome=submission.outcome,
            gateway=gateway if leg is None else leg.gateway,
            submission_id=submission.submission_id,
            segments=submission.segments,
            cost=submission.cost,
            failure=submission.failure,
            sent_at_once=submission.sent_at_once,
            delivery=submission.delivery,
            parts=tuple(parts) if len(parts) > 1 else (),
            legs=submission.legs,
        )

    def told_of(self, recipient: Recipient) -> Self:
        """Return it by what this sender calls the recipient: another may say otherwise."""
        return replace(self, label=recipient.label, public_label=recipient.public_label)

    @classmethod
    def unusable(cls, target: UnusableTarget, gateway: str) -> Self:
        """Return the result of a target that nothing can be sent to."""
        return cls(
            label=target.target,
            public_label=target.public_label,
            outcome=Outcome.REJECTED,
            gateway=gateway,
            failure=Failure.of(target.error),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a message so far."""

    record: MessageRecord
    results: tuple[RecipientResult, ...]
    """One per recipient, in the order of the targets."""

    @property
    def message_id(self) -> str:
        """The message's id, in the journal and in every answer."""
        return self.record.message_id

    @property
    def encoding(self) -> Encoding:
        """How the text is written on the air."""
        return self.record.encoding

    @property
    def segments(self) -> int:
        """Segments for each recipient, by our own count."""
        return self.record.segments

    def updated(self, record: MessageRecord) -> Self:
        """Return the report of the same message as it is later."""
        return replace(
            self,
            record=record,
            results=tuple(_updated(result, record) for result in self.results),
        )

    @property
    def undelivered(self) -> tuple[RecipientResult, ...]:
        """The results of those whom it is known not to have reached."""
        lost = {DeliveryStatus.UNDELIVERED, DeliveryStatus.OPTED_OUT}
        return tuple(
            result
            for result in self.results
            if result.delivery is not None and result.delivery.status in lost
        )

    @property
    def failures(self) -> tuple[RecipientResult, ...]:
        """The results of those for whom it is neither accepted nor on its way.

        What was only tested, and passed, is no failure: it is not sent without an error.
        """
        fine = {Outcome.ACCEPTED, Outcome.QUEUED}
        return tuple(
            result
            for result in self.results
            if result.outcome not in fine
            and not (result.outcome is Outcome.NOT_SENT and result.failure is None)
        )


def result_for(record: MessageRecord, number: str, gateway: str) -> RecipientResult:
    """Return what became of a message, all parts of it, for one recipient."""
    rows = record.rows_of(number)
    return RecipientResult.of(whole(rows), gateway, rows)


def _updated(result: RecipientResult, record: MessageRecord) -> RecipientResult:
    if result.number is None:
        return result
    later = result_for(record, result.number, result.gateway)
    return replace(later, label=result.label, public_label=result.public_label)
