"""A message as the outbox and the journal keep it: everything, to the last attempt."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self

from ...gateways.errors import GatewayError
from ...gateways.model.delivery import DeliveryReport, DeliveryStatus, Sent
from ...gateways.model.message import Encoding, Sms
from ...gateways.model.options import SmsOptions
from ...gateways.outcome import Outcome
from ..recipients.address_book import Recipient


class OnUnknown(StrEnum):
    """What to do with a message whose outcome no evidence settles."""

    HOLD = "hold"
    """Ask the user: it may have arrived."""
    RESEND = "resend"
    """Send it again: rather twice than never."""


class Kind(StrEnum):
    """What was asked of the gateway."""

    MESSAGE = "message"
    """To send a text."""
    NUMBER_CHECK = "number_check"
    """To find out whether numbers can be reached."""


class Stage(StrEnum):
    """Who has the next move for a submission."""

    OPEN = "open"
    """The outbox: it tries, or looks for evidence."""
    HELD = "held"
    """The user: no evidence has settled the outcome."""
    CLOSED = "closed"
    """Nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a submission was not accepted, as it outlives a restart."""

    key: str
    """The stable name of the error."""
    code: str | None = None
    words: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: GatewayError) -> Self:
        """Return what is kept of an error."""
        return cls(
            key=error.key, code=error.code, words=error.words, details=error.details
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRecord:
    """What became of a message for one recipient so far."""

    recipient: Recipient
    outcome: Outcome = Outcome.QUEUED
    stage: Stage = Stage.OPEN
    submission_id: str | None = field(default=None, repr=False)
    sending_id: str | None = field(default=None, repr=False)
    """The gateway's id of the whole request, where that is another one."""
    segments: int | None = None
    cost: Decimal | None = None
    failure: Failure | None = None
    attempts: int = 0
    """How often it may have reached the gateway: what provably never left isn't counted."""
    attempted: datetime | None = None
    """When it was handed to the gateway; of several times in doubt, the first."""
    balance_before: Decimal | None = None
    """What the account held then, if nothing else was under way."""
    resent: bool = False
    """Whether it is sent again although it may have left: whatever becomes of that, the
    first may have arrived."""
    delivery: DeliveryState | None = None
    """What became of it after it was accepted; `None` where nothing is to be heard."""

    @property
    def is_waiting(self) -> bool:
        """Whether it still has to be handed to the gateway."""
        return self.outcome is Outcome.QUEUED and self.stage is Stage.OPEN

    @property
    def is_unknown_open(self) -> bool:
        """Whether it may have left, and evidence may still tell."""
        return self.outcome is Outcome.UNKNOWN and self.stage is Stage.OPEN

    @property
    def is_awaited(self) -> bool:
        """Whether there is more to hear of its delivery, or to tell."""
        return self.delivery is not None and self.delivery.is_awaited

    @property
    def sent(self) -> Sent:
        """It as the gateway is asked about it."""
        return Sent(
            recipient=self.recipient.number,
            submission_id=self.submission_id,
            sending_id=self.sending_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord:
    """A message and what became of it for each recipient."""

    message_id: str
    created: datetime
    expires: datetime
    """When it is old news: what has not left by then stays at home."""
    text: str
    """As it goes to the gateway."""
    sender: str | None
    encoding: Encoding
    segments: int
    """For each recipient, by our own count."""
    on_unknown: OnUnknown = OnUnknown.HOLD
    urgent: bool = False
    kind: Kind = Kind.MESSAGE
    options: SmsOptions = SmsOptions()
    submissions: tuple[SubmissionRecord, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will happen to it."""
        return all(submission.stage is Stage.CLOSED for submission in self.submissions)

    @property
    def is_held(self) -> bool:
        """Whether the user has to choose for at least one recipient."""
        return any(submission.stage is Stage.HELD for submission in self.submissions)

    @property
    def is_tracked(self) -> bool:
        """Whether there is more to hear of a delivery, or to tell."""
        return any(submission.is_awaited for submission in self.submissions)

    def find(self, number: str) -> SubmissionRecord:
        """Return the submission for a number; raises `KeyError`."""
        for submission in self.submissions:
            if submission.recipient.number == number:
                return submission
        raise KeyError

    def updated(self, changed: Iterable[SubmissionRecord]) -> Self:
        """Return the message with these submissions in the place of the old ones."""
        new = {submission.recipient.number: submission for submission in changed}
        return replace(
            self,
            submissions=tuple(
                new.get(submission.recipient.number, submission)
                for submission in self.submissions
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryState:
    """Where a submission is, as far as its gateway has told."""

    status: DeliveryStatus = DeliveryStatus.PENDING
    code: str | None = None
    """The gateway's own."""
    words: str | None = None
    """The gateway's own, redacted."""
    at: datetime | None = None
    """When it happened, as far as the gateway tells."""
    is_billed: bool | None = None
    is_announced: bool = False
    """Whether everybody who listens has heard how it ended."""

    @classmethod
    def of(cls, report: DeliveryReport) -> Self:
        """Return what a report says; nobody has heard of it yet."""
        return cls(
            status=report.status,
            code=report.code,
            words=report.words,
            at=report.at,
            is_billed=report.is_billed,
        )

    @property
    def is_awaited(self) -> bool:
        """Whether there is more to hear, or to tell."""
        return not (self.status.is_final and self.is_announced)

    def is_news(self, report: DeliveryReport) -> bool:
        """Return whether a report says more than what is known.

        What has ended stays as it ended; only that it arrived after all is news, when
        nobody had seen it arrive.
        """
        if self.status.is_final:
            return (
                report.status is DeliveryStatus.DELIVERED
                and self.status is not DeliveryStatus.DELIVERED
            )
        return (report.status, report.code) != (self.status, self.code)


def sms_for(record: MessageRecord, numbers: tuple[str, ...], now: datetime) -> Sms:
    """Return a message as it is handed over now, to some of its recipients.

    What is late for its hour leaves at once.
    """
    options = record.options
    if options.send_at is not None and options.send_at <= now:
        options = replace(options, send_at=None)
    return Sms(
        text=record.text,
        recipients=numbers,
        sender=record.sender,
        reference=record.message_id,
        options=options,
    )


class Choice(StrEnum):
    """What the user decides of a message that no evidence has settled."""

    SENT = "sent"
    RESEND = "resend"
    DROP = "drop"
