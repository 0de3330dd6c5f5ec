"""The one hierarchy of everything that can go wrong between us and a gateway.

The base class says what became of the message (`outcome`), so that nobody has to guess:

    GatewayError
    ├── NotSentError        provably never left: safe to try again
    ├── RejectedError       refused, by the gateway or by our own check: never repeated
    └── UnknownOutcomeError it may have left: never repeated blindly

`scope` says whose failure it is: what the account is refused for says nothing about the
message. `key` is the error's stable name: the translations, the answers of the actions and
the user's templates know it. The gateway's own code and words are kept beside it,
already redacted by whoever raises.
"""

from enum import StrEnum
from typing import ClassVar

from ..outcome import Outcome


class Scope(StrEnum):
    """Whose failure an error is."""

    MESSAGE = "message"
    """Its text, its options, or what was asked beside it."""
    RECIPIENT = "recipient"
    """The number, or whoever has it."""
    ACCOUNT = "account"
    """The credentials, the credit, or what the account may do."""
    GATEWAY = "gateway"
    """The gateway, or the way to it."""
    LOCAL = "local"
    """This house."""


class GatewayError(Exception):
    """Something went wrong between us and a gateway."""

    key: ClassVar[str]
    outcome: ClassVar[Outcome]
    scope: ClassVar[Scope]

    def __init__(
        self,
        *,
        code: str | None = None,
        words: str | None = None,
        reference: str | None = None,
        **details: str,
    ) -> None:
        """Keep the gateway's own code and words, and the details a sentence needs.

        `reference` is the id that the gateway gave the message all the same: it is not
        part of the exception's text. `words` and `details` are, so they must not hold a
        secret or a full phone number.
        """
        super().__init__(self._sentence(code, words, details))
        self.code = code
        self.words = words
        self.reference = reference
        self.details = details

    @property
    def is_explained(self) -> bool:
        """Whether the gateway has said why, in a code or in words of its own.

        An HTTP status alone may come from anything on the way.
        """
        return bool(self.words) or not (self.code or "HTTP").startswith("HTTP")

    def _sentence(
        self, code: str | None, words: str | None, details: dict[str, str]
    ) -> str:
        parts = [self.key.replace("_", " ")]
        if code is not None:
            parts.append(f"code {code}")
        parts.extend(f"{name} {value}" for name, value in details.items())
        if words:
            parts.append(words)
        return ": ".join((parts[0], ", ".join(parts[1:]))) if parts[1:] else parts[0]


class NotSentError(GatewayError):
    """The message provably never reached the gateway, or was put off unread."""

    outcome = Outcome.NOT_SENT
    scope = Scope.GATEWAY


class RejectedError(GatewayError):
    """The gateway, or our own check, said no."""

    key = "rejected"
    outcome = Outcome.REJECTED
    scope = Scope.MESSAGE


class UnknownOutcomeError(GatewayError):
    """The request was written; what became of it is not known."""

    outcome = Outcome.UNKNOWN
    scope = Scope.GATEWAY
