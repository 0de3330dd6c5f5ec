"""Who hears what happens to the messages of an account, and what it holds."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)

from ..const import DOMAIN
from ..coordinator import BalanceCoordinator
from ..gateways.errors import GatewayError
from ..gateways.model.message import SendResult
from ..gateways.outcome import Outcome
from ..messaging.guard.guard import Guard
from ..messaging.journal.replies import StoredReply
from ..messaging.model.record import Kind, MessageRecord, Stage, SubmissionRecord
from ..messaging.observers import MessageObserver
from ..presentation.bus_events import MessageEvents
from ..presentation.issues import async_follow_held
from .credit_monitor import CreditMonitor

type MessageListener = Callable[[MessageRecord], None]
type DeliveryListener = Callable[[MessageRecord, SubmissionRecord], None]
type ReplyListener = Callable[[StoredReply, MessageRecord | None], None]

# What has cost nothing.
_FREE: Final = frozenset({Outcome.REJECTED, Outcome.EXPIRED, Outcome.NOT_SENT})


class AccountObserver(MessageObserver):
    """Passes on what happens to the messages of one account."""

    def __init__(
        self, hass: HomeAssistant, coordinator: BalanceCoordinator, guard: Guard
    ) -> None:
        """Tell `coordinator` and `guard`, and who else listens."""
        self._hass = hass
        self._coordinator = coordinator
        self._guard = guard
        self._events = MessageEvents(hass, coordinator.config_entry)
        self.credit = CreditMonitor(hass, coordinator)
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
    def known_credits(self) -> Decimal | None:
        return self._coordinator.exact_credits

    @override
    async def refresh_balance(self) -> Decimal | None:
        return await self._coordinator.async_ask_credits()

    @override
    def on_send_result(self, result: SendResult, *, alone: bool) -> None:
        self._coordinator.async_apply_send_result(result, alone=alone)

    @override
    def on_message_changed(self, record: MessageRecord) -> None:
        self._release(record)
        for follow in self.followers:
            follow(record)
        self._events.async_follow(record)
        async_follow_held(self._hass, self._coordinator.config_entry, record)
        async_dispatcher_send(self._hass, f"{self._signal}_message", record)

    @override
    def on_delivery_final(
        self, record: MessageRecord, submission: SubmissionRecord
    ) -> None:
        if record.kind is Kind.MESSAGE:
            async_dispatcher_send(
                self._hass, f"{self._signal}_delivery", record, submission
            )

    @override
    def on_reply(self, reply: StoredReply, record: MessageRecord | None) -> None:
        async_dispatcher_send(self._hass, f"{self._signal}_reply", reply, record)

    @override
    def on_message_cancelled(self, record: MessageRecord) -> None:
        self._release(record)
        for follow in self.followers:
            follow(record)

    @override
    def invalidate_balance(self) -> None:
        self._coordinator.async_refresh_soon()

    @override
    def on_poll_failed(self, error: GatewayError) -> None:
        self._coordinator.async_handle_failure(error)

    def _release(self, record: MessageRecord) -> None:
        """Let the guard forget what has cost nothing."""
        for submission in record.submissions:
            if submission.outcome in _FREE and submission.stage is Stage.CLOSED:
                self._guard.uncount(record.message_id, submission.recipient.number)
