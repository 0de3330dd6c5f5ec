"""A message as the outbox and the journal keep it: everything, to the last attempt."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from ..gateways.errors import GatewayError
from ..gateways.models import Encoding
from ..gateways.outcome import Outcome
from .recipients import Recipient


class OnUnknown(StrEnum):
    """What to do with a message whose outcome no evidence settles."""

    HOLD = "hold"
    """Ask the user: it may have arrived."""
    RESEND = "resend"
    """Send it again: rather twice than never."""


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

    @property
    def is_waiting(self) -> bool:
        """Whether it still has to be handed to the gateway."""
        return self.outcome is Outcome.QUEUED and self.stage is Stage.OPEN

    @property
    def is_in_doubt(self) -> bool:
        """Whether it may have left, and evidence may still tell."""
        return self.outcome is Outcome.UNKNOWN and self.stage is Stage.OPEN


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
    submissions: tuple[SubmissionRecord, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will happen to it."""
        return all(made.stage is Stage.CLOSED for made in self.submissions)

    @property
    def is_held(self) -> bool:
        """Whether the user has to choose for at least one recipient."""
        return any(made.stage is Stage.HELD for made in self.submissions)

    def find(self, number: str) -> SubmissionRecord:
        """Return the submission for a number; raises `KeyError`."""
        for made in self.submissions:
            if made.recipient.number == number:
                return made
        raise KeyError

    def updated(self, changed: Iterable[SubmissionRecord]) -> Self:
        """Return the message with these submissions in the place of the old ones."""
        new = {made.recipient.number: made for made in changed}
        return replace(
            self,
            submissions=tuple(
                new.get(made.recipient.number, made) for made in self.submissions
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON knows it."""
        return {
            "message_id": self.message_id,
            "created": self.created.isoformat(),
            "expires": self.expires.isoformat(),
            "text": self.text,
            "sender": self.sender,
            "encoding": self.encoding.value,
            "segments": self.segments,
            "on_unknown": self.on_unknown.value,
            "urgent": self.urgent,
            "submissions": [_submission_to_json(made) for made in self.submissions],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the record that was stored; raises `KeyError`, `ValueError`, `TypeError`."""
        return cls(
            message_id=stored["message_id"],
            created=datetime.fromisoformat(stored["created"]),
            expires=datetime.fromisoformat(stored["expires"]),
            text=stored["text"],
            sender=stored["sender"],
            encoding=Encoding(stored["encoding"]),
            segments=stored["segments"],
            on_unknown=OnUnknown(stored["on_unknown"]),
            urgent=stored["urgent"],
            submissions=tuple(
                _submission_from_json(made) for made in stored["submissions"]
            ),
        )


def _submission_to_json(made: SubmissionRecord) -> dict[str, Any]:
    failure = made.failure
    return {
        "number": made.recipient.number,
        "name": made.recipient.name,
        "outcome": made.outcome.value,
        "stage": made.stage.value,
        "submission_id": made.submission_id,
        "segments": made.segments,
        "cost": None if made.cost is None else str(made.cost),
        "failure": failure
        and {
            "key": failure.key,
            "code": failure.code,
            "words": failure.words,
            "details": dict(failure.details),
        },
        "attempts": made.attempts,
        "attempted": made.attempted and made.attempted.isoformat(),
        "balance_before": None
        if made.balance_before is None
        else str(made.balance_before),
        "resent": made.resent,
    }


def _submission_from_json(stored: Mapping[str, Any]) -> SubmissionRecord:
    cost, before = stored["cost"], stored["balance_before"]
    failure, attempted = stored["failure"], stored["attempted"]
    return SubmissionRecord(
        recipient=Recipient(number=stored["number"], name=stored["name"]),
        outcome=Outcome(stored["outcome"]),
        stage=Stage(stored["stage"]),
        submission_id=stored["submission_id"],
        segments=stored["segments"],
        cost=None if cost is None else Decimal(cost),
        failure=None if failure is None else Failure(**failure),
        attempts=stored["attempts"],
        attempted=None if attempted is None else datetime.fromisoformat(attempted),
        balance_before=None if before is None else Decimal(before),
        resent=stored.get("resent", False),
    )
