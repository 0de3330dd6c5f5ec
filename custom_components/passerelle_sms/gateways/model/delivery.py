"""What became of a submission after the gateway took it, and what came back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import html
from typing import Final
import unicodedata

# Burkina Faso's numbers, the shortest: less of a number would fit too many.
_SHORTEST_NUMBER: Final = 8
# A page escapes a text once; a text may hold an entity of its own, and it twice.
_MOST_ESCAPES: Final = 3


class DeliveryStatus(StrEnum):
    """Where a submission is that a gateway has accepted."""

    PENDING = "pending"
    """On its way."""
    DELIVERED = "delivered"
    """On the phone."""
    UNDELIVERED = "undelivered"
    """It will not arrive."""
    OPTED_OUT = "opted_out"
    """The recipient wants no more messages."""
    UNKNOWN = "unknown"
    """The gateway doesn't tell, and will not."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more is to be expected."""
        return self is not DeliveryStatus.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A submission that a gateway has accepted, as it is asked about."""

    recipient: str = field(repr=False)
    """E.164."""
    submission_id: str | None = field(default=None, repr=False)
    sending_id: str | None = field(default=None, repr=False)
    """The gateway's id of the whole request, where that is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What a gateway tells about one submission."""

    submission_id: str | None = field(repr=False)
    sending_id: str | None = field(default=None, repr=False)
    """The gateway's id of the whole request, where that is another one."""
    recipient: str = field(repr=False)
    """Digits only, as the gateway writes the number: a country code may be missing."""
    status: DeliveryStatus
    code: str | None = field(default=None, repr=False)
    """The gateway's own."""
    words: str | None = field(default=None, repr=False)
    """The gateway's own, redacted."""
    at: datetime | None = None
    """When it happened, with a time zone, as far as the gateway tells."""
    is_billed: bool | None = None
    """Whether it costs all the same, where the gateway tells."""

    def is_about(self, recipient: str) -> bool:
        """Return whether an E.164 number is the one that this report speaks of."""
        return is_same_number(recipient, self.recipient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to a message."""

    sender: str = field(repr=False)
    """E.164 as far as the gateway tells, else as it writes it: a name, or nothing."""
    text: str = field(repr=False)
    at: datetime | None
    """With a time zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """One page of the answers to a message."""

    total: int
    """How many there are, on all pages."""
    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message in a gateway's list of what an account sent, whoever sent it."""

    recipient: str = field(repr=False)
    """E.164."""
    text: str = field(repr=False)
    """As the list shows it: `says` compares it with what was sent."""
    at: datetime | None
    """With a time zone; `None` where the list tells no moment."""

    def says(self, text: str) -> bool:
        """Return whether a text is this message's, whatever a page has made of it."""
        return comparable_text(self.text) == comparable_text(text)


def comparable_text(text: str) -> str:
    """Return a text as it is compared with one that stood on a page.

    Composed as Unicode's NFC, its white space collapsed, its HTML entities resolved.
    """
    for _ in range(_MOST_ESCAPES):
        text = html.unescape(text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def is_same_number(recipient: str, digits: str) -> bool:
    """Return whether `digits` are an E.164 number, with or without what stands before.

    A gateway may leave out the country code, or write a prefix before it.
    """
    number = recipient.removeprefix("+")
    shorter, longer = sorted((number, digits), key=len)
    return len(shorter) >= _SHORTEST_NUMBER and longer.endswith(shorter)


def find_number(digits: str, numbers: Sequence[str]) -> str | None:
    """Return the one of `numbers` that `digits` are, with a plus or without.

    `None` if they are none of them, or may be several: nothing is guessed.
    """
    meant = [n for n in numbers if n.removeprefix("+") == digits] or [
        n for n in numbers if is_same_number(n, digits)
    ]
    return meant[0] if len(meant) == 1 else None
