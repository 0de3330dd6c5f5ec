"""Watches over an account's credit: when it ends, and whether it is time to top up."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
import logging
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.debounce import Debouncer
from homeassistant.util import dt as dt_util

from ..coordinator import BalanceCoordinator
from ..gateways.errors import NotStoredError
from ..gateways.model.account import Balance
from ..messaging.credit_forecast import PERIOD, credit_ends, is_low
from ..messaging.journal.journal import Journal, JournalQuery
from ..presentation.bus_events import async_tell_low_balance
from ..presentation.issues import (
    LOW_BALANCE,
    async_forget_issue,
    async_raise_low_balance,
)
from .observer import AccountObserver

_LOGGER = logging.getLogger(__name__)

# A month of messages is read for it, and the day doesn't move by the minute.
FORECAST_PAUSE: Final = timedelta(minutes=5)
WARNED_BEFORE: Final = 7
"""How many days before its end the credit counts as low."""


class CreditMonitor:
    """What is known of an account's credit beyond its amount."""

    def __init__(
        self,
        hass: HomeAssistant,
        coordinator: BalanceCoordinator,
        journal: Journal,
        observer: AccountObserver,
        threshold: Callable[[], Decimal],
    ) -> None:
        """Watch what `coordinator` is told, once `async_start` is called.

        `journal` holds what was used; `observer` hears of messages that are settled.
        `threshold` returns the credits at which the user wants to be warned.
        """
        self._hass = hass
        self._coordinator = coordinator
        self._journal = journal
        self._observer = observer
        self._threshold = threshold
        self._entry = coordinator.config_entry
        self._listeners: list[CALLBACK_TYPE] = []
        self.ends: date | None = None
        """The day on which the credit ends; `None` while that can't be told."""
        self.is_low: bool | None = None
        """Whether it is time to top up; `None` before the gateway's first answer."""

    @callback
    def async_listen(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call `listener` after every judgement; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Begin to watch, and return what ends that."""
        debouncer = Debouncer(
            self._hass,
            _LOGGER,
            cooldown=FORECAST_PAUSE.total_seconds(),
            immediate=True,
            function=self._async_forecast,
        )

        @callback
        def balance_told() -> None:
            balance = self._coordinator.last_balance
            if self._coordinator.last_update_success and balance is not None:
                self._judge(balance)
                debouncer.async_schedule_call()

        endings = (
            self._coordinator.async_add_listener(balance_told),
            self._observer.async_on_settled(debouncer.async_schedule_call),
            debouncer.async_shutdown,
        )
        balance_told()

        @callback
        def stop() -> None:
            for end in endings:
                end()

        return stop

    async def _async_forecast(self) -> None:
        """Read what was used, and tell when the credit ends."""
        now = dt_util.now()
        begin = now - PERIOD
        try:
            # One from before tells that the period is a whole one.
            older = await self._journal.find(JournalQuery(until=begin, limit=1))
            records = [*older, *await self._journal.created_since(begin)]
        except NotStoredError:
            # The last forecast stands: a disk that fails is heard of with a message.
            return
        if (balance := self._coordinator.last_balance) is not None:
            self.ends = credit_ends(records, balance.credits, now)
            self._judge(balance)

    @callback
    def _judge(self, balance: Balance) -> None:
        """Say whether the credit is low, and tell the user when that has changed."""
        self.is_low = is_low(
            balance.credits,
            self._threshold(),
            self.ends,
            dt_util.now().date(),
            WARNED_BEFORE,
        )
        if not self.is_low:
            async_forget_issue(self._hass, self._entry, LOW_BALANCE)
        elif async_raise_low_balance(
            self._hass, self._entry, self._coordinator.gateway, balance.credits
        ):
            async_tell_low_balance(self._hass, self._entry, balance.credits, self.ends)
        for listener in tuple(self._listeners):
            listener()
