"""An account's books: its credits, and everybody who wants to hear of its messages."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)

from .const import DOMAIN
from .coordinator import BalanceCoordinator
from .credit import CreditWatch
from .events import MessageEvents
from .gateways.errors import GatewayError
from .gateways.models import SendResult
from .gateways.outcome import Outcome
from .issues import async_follow_held
from .messaging.bookkeeper import Bookkeeper
from .messaging.guard import Guard
from .messaging.journal.replies import StoredReply
from .messaging.record import Kind, MessageRecord, Stage, SubmissionRecord

type MessageListener = Callable[[MessageRecord], None]
type DeliveryListener = Callable[[MessageRecord, SubmissionRecord], None]
type ReplyListener = Callable[[StoredReply, MessageRecord | None], None]

# What has cost nothing.
_FREE: Final = frozenset({Outcome.REJECTED, Outcome.EXPIRED, Outcome.NOT_SENT})


class AccountBooks(Bookkeeper):
    """Keeps the books of one account."""

    def __init__(
        self, hass: HomeAssistant, coordinator: BalanceCoordinator, guard: Guard
    ) -> None:
        """Tell `coordinator` and `guard`, and who else listens."""
        self._hass = hass
        self._coordinator = coordinator
        self._guard = guard
        self._events = MessageEvents(hass, coordinator.config_entry)
        self.credit = CreditWatch(hass, coordinator)
        """When the credit ends, and whether it is low."""
        self._signal = f"{DOMAIN}_{coordinator.config_entry.entry_id}"
        self.followers: tuple[MessageListener, ...] = ()
        """Who follows every message, before anybody else hears of it."""

    @callback
    def async_listen(self, listener: MessageListener) -> Callable[[], None]:
        """Call `listener` whenever a message is new or has come further."""
        return async_dispatcher_connect(self._hass, f"{self._signal}_message", listener)

    @callback
    def async_listen_to_deliveries(
        self, listener: DeliveryListener
    ) -> Callable[[], None]:
        """Call `listener` whenever the delivery of a submission has ended."""
        return async_dispatcher_connect(
            self._hass, f"{self._signal}_delivery", listener
        )

    @callback
    def async_listen_to_replies(self, listener: ReplyListener) -> Callable[[], None]:
        """Call `listener` with every new reply, and the message that it answers."""
        return async_dispatcher_connect(self._hass, f"{self._signal}_reply", listener)

    @callback
    def async_on_settled(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever nothing more will happen to a message."""

        @callback
        def hear(record: MessageRecord) -> None:
            if record.is_closed:
                listener()

        return self.async_listen(hear)

    @override
    def credits(self) -> Decimal | None:
        return self._coordinator.exact_credits

    @override
    async def ask_credits(self) -> Decimal | None:
        return await self._coordinator.async_ask_credits()

    @override
    def heard(self, result: SendResult, *, alone: bool) -> None:
        self._coordinator.async_follow(result, alone=alone)

    @override
    def changed(self, record: MessageRecord) -> None:
        self._release(record)
        for follow in self.followers:
            follow(record)
        self._events.async_follow(record)
        async_follow_held(self._hass, self._coordinator.config_entry, record)
        async_dispatcher_send(self._hass, f"{self._signal}_message", record)

    @override
    def delivered(self, record: MessageRecord, made: SubmissionRecord) -> None:
        if record.kind is Kind.MESSAGE:
            async_dispatcher_send(self._hass, f"{self._signal}_delivery", record, made)

    @override
    def replied(self, reply: StoredReply, record: MessageRecord | None) -> None:
        async_dispatcher_send(self._hass, f"{self._signal}_reply", reply, record)

    @override
    def cancelled(self, record: MessageRecord) -> None:
        self._release(record)
        for follow in self.followers:
            follow(record)

    @override
    def disturbed(self) -> None:
        self._coordinator.async_ask_soon()

    @override
    def failed_to_ask(self, error: GatewayError) -> None:
        self._coordinator.async_follow_failure(error)

    def _release(self, record: MessageRecord) -> None:
        """Let the guard forget what has cost nothing."""
        for made in record.submissions:
            if made.outcome in _FREE and made.stage is Stage.CLOSED:
                self._guard.release(record.message_id, made.recipient.number)
