"""A message as it goes to a gateway, and what became of it there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self

from ..errors import GatewayError
from ..outcome import Outcome
from ..wire.purpose import Purpose
from .delivery import DeliveryStatus
from .mail_merge import fill_in
from .options import SmsOptions


class Encoding(StrEnum):
    """How a text is written on the air."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """Submissions that a gateway keeps to send them later, as they are cancelled."""

    recipients: tuple[str, ...] = field(repr=False)
    """E.164."""
    text: str = field(repr=False)
    sender: str | None = field(repr=False)
    send_at: datetime
    submission_id: str | None = field(default=None, repr=False)
    options: SmsOptions = SmsOptions()
    """All that they were sent with: some gateways know them only by their whole request."""
    purpose: Purpose = Purpose.MESSAGE
    """What the cancellation is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """What a gateway tells when it has cancelled something."""

    credits_back: Decimal | None = None
    """The credits given back."""
    remaining: Decimal | None = None
    """The credits there are now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """One text for some numbers, ready to be handed to a gateway."""

    text: str = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    """E.164, each once."""
    sender: str | None = field(default=None, repr=False)
    """The name shown on the phone; the account's own when `None`."""
    reference: str | None = None
    """Our own id of the message, where the gateway takes one: `[A-Za-z0-9-]{1,30}`."""
    options: SmsOptions = SmsOptions()
    purpose: Purpose = Purpose.MESSAGE
    """What it is handed over for."""

    def saying(self, text: str) -> Self:
        """Return it with one text for everybody, in which nothing is to be filled in."""
        options = replace(self.options, personalisation={}, texts={})
        return replace(self, text=text, options=options)

    def template_of(self, recipient: str | None) -> str:
        """Return the text with its fields, for one recipient or anybody."""
        return self.options.texts.get(recipient or "", self.text)

    def text_to(self, recipient: str | None) -> str:
        """Return the text with what stands for its fields, for one recipient or anybody."""
        template = self.template_of(recipient)
        values = self.options.personalisation.get(recipient or "")
        return fill_in(template, values) if values else template


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One message handed to one gateway for one recipient, with its outcome."""

    recipient: str = field(repr=False)
    """E.164."""
    outcome: Outcome
    submission_id: str | None = field(default=None, repr=False)
    """The gateway's id. It may hold the login and the number: never log it."""
    segments: int | None = None
    """Segments billed, by our own count where the gateway doesn't say."""
    cost: Decimal | None = None
    """Credits taken, where the gateway says so."""
    error: GatewayError | None = None
    sending_id: str | None = field(default=None, repr=False)
    """The gateway's id of the whole request, where that is another one."""
    delivery: DeliveryStatus | None = None
    """Where it is, if the gateway will tell; `None` if nothing more will be heard."""
    sent_at_once: bool = False
    """Whether the gateway sent it at once although it was to be sent later."""

    @classmethod
    def failed(cls, recipient: str, error: GatewayError) -> Self:
        """Return the submission that an error has left of it."""
        return cls(
            recipient=recipient,
            outcome=error.outcome,
            submission_id=error.reference,
            error=error,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What a gateway made of one `Sms`: a submission per recipient, in order."""

    submissions: tuple[Submission, ...]
    remaining: Decimal | None = None
    """The credits left, where the answer tells; from the answer with the least."""

    @classmethod
    def failed(cls, recipients: Iterable[str], error: GatewayError) -> Self:
        """Return what an error has left of a whole request."""
        return cls(
            submissions=tuple(
                Submission.failed(recipient, error) for recipient in recipients
            )
        )

    @classmethod
    def joined(cls, results: Sequence[Self]) -> Self:
        """Return several results as one, in their order."""
        told = [result.remaining for result in results if result.remaining is not None]
        return cls(
            submissions=tuple(
                submission for result in results for submission in result.submissions
            ),
            remaining=min(told, default=None),
        )

    def in_order(self, recipients: Iterable[str]) -> Self:
        """Return it with its submissions in the order of the recipients."""
        by_recipient = {one.recipient: one for one in self.submissions}
        return replace(self, submissions=tuple(by_recipient[r] for r in recipients))
