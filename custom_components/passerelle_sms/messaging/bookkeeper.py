"""Who hears of everything that happens to the messages of an account."""

from decimal import Decimal
from typing import Protocol

from ..gateways.errors import GatewayError
from ..gateways.models import SendResult
from .journal.replies import StoredReply
from .record import MessageRecord, SubmissionRecord


class Bookkeeper(Protocol):
    """Who keeps the account's books: knows its credits, and hears of everything."""

    def credits(self) -> Decimal | None:
        """Return what the account holds, if nothing has happened since it was told."""

    async def ask_credits(self) -> Decimal | None:
        """Ask the gateway for the credits; `None` when it doesn't say."""

    def heard(self, result: SendResult, *, alone: bool) -> None:
        """Hear what a gateway answered, and whether nothing else was under way."""

    def changed(self, record: MessageRecord) -> None:
        """Hear that a message is new, or has come further."""

    def delivered(self, record: MessageRecord, made: SubmissionRecord) -> None:
        """Hear how the delivery of a submission has ended."""

    def replied(self, reply: StoredReply, record: MessageRecord | None) -> None:
        """Hear of an answer to a message, which may be forgotten."""

    def disturbed(self) -> None:
        """Hear that credits may have moved apart from messages: none are known now."""

    def cancelled(self, record: MessageRecord) -> None:
        """Hear that a message was taken back."""

    def failed_to_ask(self, error: GatewayError) -> None:
        """Hear why the gateway doesn't tell what became of messages."""
