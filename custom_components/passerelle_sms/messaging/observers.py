"""Who knows what an account holds, and who hears of everything that happens to messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from ..gateways.errors import GatewayError
from ..gateways.model.message import SendResult
from .journal.replies import StoredReply
from .model.record import MessageRecord
from .model.submission import SubmissionRecord
from .recipients.address_book import Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRefusal:
    """That a gateway has refused an account, so that its messages wait."""

    error: GatewayError
    message_id: str | None
    """The message that was refused, or that waits first."""
    recipients: tuple[Recipient, ...]
    """For whom, of the message."""
    is_news: bool
    """Whether nobody has heard of it: the account has worked since, or the reason is
    another one."""


class BalanceSource(Protocol):
    """Who knows the credits of an account."""

    balance_error: GatewayError | None = None
    """Why the gateway didn't tell them when it was asked last; `None` if it did."""

    async def refresh_balance(self) -> Decimal | None:
        """Ask the gateway for the credits; `None` when it doesn't say."""


class MessageObserver:
    """Who hears of everything that happens to the messages of an account or a relay.

    Nothing is done of itself: an observer overrides what it is concerned with.
    """

    def on_send_result(self, result: SendResult) -> None:
        """Hear what a gateway answered."""

    def on_unexplained_fall(self, missing: Decimal) -> None:
        """Hear that the balance has fallen by so much for no known reason."""

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

    def on_account_refused(self, refusal: AccountRefusal) -> None:
        """Hear that the gateway refuses the account, or for another reason."""

    def on_account_works(self) -> None:
        """Hear that nothing holds up the messages of the account any more."""

    def invalidate_balance(self) -> None:
        """Hear that credits may have moved apart from messages: none are known now."""

    def on_message_cancelled(self, record: MessageRecord) -> None:
        """Hear that a message was taken back."""

    def on_handed_on(self, before: MessageRecord, after: MessageRecord) -> None:
        """Hear that a message goes on under another id: its first caller took it back."""

    def on_passed_on(
        self, record: MessageRecord, submissions: Sequence[SubmissionRecord]
    ) -> None:
        """Hear that the next account sends what may have arrived: it may come twice.

        Once for each account that may have sent it before.
        """

    def on_poll_failed(self, error: GatewayError) -> None:
        """Hear why the gateway doesn't tell what became of messages."""
