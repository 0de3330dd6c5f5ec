"""An account's books: its credits, and everybody who wants to hear of its messages."""

from collections.abc import Callable
from decimal import Decimal
from typing import override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)

from .const import DOMAIN
from .coordinator import BalanceCoordinator
from .credit import CreditWatch
from .events import MessageEvents
from .gateways.models import SendResult
from .gateways.outcome import Outcome
from .issues import async_follow_held
from .messaging.guard import Guard
from .messaging.outbox import Bookkeeper
from .messaging.record import MessageRecord, Stage

type MessageListener = Callable[[MessageRecord], None]


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
        self._signal = f"{DOMAIN}_{coordinator.config_entry.entry_id}_message"

    @callback
    def async_listen(self, listener: MessageListener) -> Callable[[], None]:
        """Call `listener` whenever a message is new or has come further."""
        return async_dispatcher_connect(self._hass, self._signal, listener)

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
        await self._coordinator.async_refresh()
        is_told = self._coordinator.last_update_success
        return self._coordinator.data.credits if is_told else None

    @override
    def heard(self, result: SendResult, *, alone: bool) -> None:
        self._coordinator.async_follow(result, alone=alone)

    @override
    def changed(self, record: MessageRecord) -> None:
        for made in record.submissions:
            is_free = made.outcome in {Outcome.REJECTED, Outcome.EXPIRED}
            if is_free and made.stage is Stage.CLOSED:
                self._guard.release(record.message_id, made.recipient.number)
        self._events.async_follow(record)
        async_follow_held(self._hass, self._coordinator.config_entry, record)
        async_dispatcher_send(self._hass, self._signal, record)
