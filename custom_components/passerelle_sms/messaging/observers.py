"""Who knows what an account holds, and who hears of everything that happens to messages."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from ..gateways.errors import GatewayError
from ..gateways.model.message import SendResult
from .journal.replies import StoredReply
from .model.record import MessageRecord
from .model.submission import SubmissionRecord


class BalanceSource(Protocol):
    """Who knows the credits of an account."""

    def known_credits(self) -> Decimal | None:
        """Return what the account holds, if nothing has happened since it was told."""

    async def refresh_balance(self) -> Decimal | None:
        """Ask the gateway for the credits; `None` when it doesn't say."""


class MessageObserver(Protocol):
    """Who hears of everything that happens to the messages of an account."""

    def on_send_result(self, result: SendResult, *, alone: bool) -> None:
        """Hear what a gateway answered, and whether nothing else was under way."""

    def on_message_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        """Hear that a message is new or has come further.

        `changed` are only the submissions that are new or different: one change must not
        cost more because the message has many recipients.
        """

    def on_delivery_final(
        self, record: MessageRecord, submission: SubmissionRecord
    ) -> None:
        """Hear how the delivery of a submission has ended."""

    def on_reply(self, reply: StoredReply, record: MessageRecord | None) -> None:
        """Hear of an answer to a message, which may be forgotten."""

    def invalidate_balance(self) -> None:
        """Hear that credits may have moved apart from messages: none are known now."""

    def on_message_cancelled(self, record: MessageRecord) -> None:
        """Hear that a message was taken back."""

    def on_poll_failed(self, error: GatewayError) -> None:
        """Hear why the gateway doesn't tell what became of messages."""
