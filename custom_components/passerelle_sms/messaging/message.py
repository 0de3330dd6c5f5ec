"""What a person or an automation asks to send, and what became of it."""

from dataclasses import dataclass, field
from decimal import Decimal

from ..gateways.errors import GatewayError
from ..gateways.models import Encoding, Submission
from ..gateways.outcome import Outcome
from ..gateways.redaction import hide_number
from .encoding import EncodingChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it was asked for: nothing in it has been checked yet."""

    text: str
    title: str | None = None
    targets: tuple[str, ...] | None = field(default=None, repr=False)
    """Recipients' names or numbers, as written; `None` is everybody known."""
    sender: str | None = None
    encoding: EncodingChoice | None = None
    """How far the text may be changed to save segments; the account's own when `None`."""

    @property
    def body(self) -> str:
        """The title and the text, as the phone shows them."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody to send to: a number, and the name it goes by where it has one."""

    number: str = field(repr=False)
    """E.164."""
    name: str | None = None

    @property
    def label(self) -> str:
        """What the user calls this recipient: a name, or the number itself."""
        return self.name or self.number

    @property
    def public_label(self) -> str:
        """The same, fit for logs and exceptions: a number keeps its last two digits."""
        return self.name or hide_number(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientResult:
    """What became of a message for one recipient."""

    label: str = field(repr=False)
    public_label: str
    outcome: Outcome
    gateway: str
    """The gateway's key."""
    submission_id: str | None = field(default=None, repr=False)
    segments: int | None = None
    cost: Decimal | None = None
    error: GatewayError | None = None

    @classmethod
    def of(
        cls, recipient: Recipient, submission: Submission, gateway: str
    ) -> RecipientResult:
        """Return the result that a submission gives."""
        return cls(
            label=recipient.label,
            public_label=recipient.public_label,
            outcome=submission.outcome,
            gateway=gateway,
            submission_id=submission.submission_id,
            segments=submission.segments,
            cost=submission.cost,
            error=submission.error,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a message."""

    message_id: str
    encoding: Encoding
    segments: int
    """Segments for each recipient, by our own count."""
    results: tuple[RecipientResult, ...]
    """One per recipient, in the order of the targets."""

    @property
    def failures(self) -> tuple[RecipientResult, ...]:
        """The results of those whom the gateway did not accept the message for."""
        return tuple(
            result for result in self.results if result.outcome is not Outcome.ACCEPTED
        )
