"""What an account holds: asked regularly, and followed after every message."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .const import DOMAIN
from .gateways.errors import (
    AuthenticationError,
    GatewayError,
    IpNotAllowedError,
    RateLimitedError,
)
from .gateways.gateway import Gateway
from .gateways.model.account import Balance
from .gateways.model.message import SendResult
from .gateways.outcome import Outcome
from .presentation.exceptions import placeholders
from .presentation.issues import async_forget_ip_not_allowed, async_tell_ip_not_allowed

_LOGGER = logging.getLogger(__name__)

# A gateway that counts requests does so by the hour.
RATE_LIMIT_PAUSE: Final = timedelta(hours=1)


class BalanceCoordinator(DataUpdateCoordinator[Balance]):
    """Polls the balance of one account."""

    config_entry: ConfigEntry
    request_count_if_idle: Callable[[], int | None]
    """A count that grows with every request to send; `None` while one is made.

    The account sets it before the first poll.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        gateway: Gateway,
        interval: timedelta,
    ) -> None:
        """Ask `gateway` every `interval`."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=interval,
        )
        self.gateway = gateway
        self._is_exact = False
        self._urgent_asks = 0
        self._error: GatewayError | None = None

    @property
    def last_balance(self) -> Balance | None:
        """What the gateway told last; `None` before its first answer."""
        return self.data

    @property
    def exact_credits(self) -> Decimal | None:
        """What the account holds, if nothing has happened since it was told."""
        return (
            self.last_balance.credits if self.last_balance and self._is_exact else None
        )

    @override
    async def _async_update_data(self) -> Balance:
        if (
            self.last_balance is not None
            and not self._urgent_asks
            and not self._has_room
        ):
            # Messages come first: what was told stands a while longer.
            if self._error is not None and not self.last_update_success:
                raise self._failure(self._error)
            return self.last_balance
        request_count_if_idle = self.request_count_if_idle()
        self._is_exact = False
        try:
            balance = await self.gateway.balance()
        except GatewayError as error:
            self._error = error
            raise self._failure(error) from error
        self._error = None
        # Told while a message was on its way, it may be from before or after it.
        self._is_exact = (
            request_count_if_idle is not None
            and request_count_if_idle == self.request_count_if_idle()
        )
        async_forget_ip_not_allowed(self.hass, self.config_entry)
        return balance

    async def async_ask_credits(self) -> Decimal | None:
        """Ask now, whatever else there is to ask; `None` when the gateway doesn't say."""
        # Several may ask at once, and wait for each other.
        self._urgent_asks += 1
        try:
            await self.async_refresh()
        finally:
            self._urgent_asks -= 1
        return self.data.credits if self.last_update_success else None

    @callback
    def async_refresh_soon(self) -> None:
        """Ask once for everything that has changed what the account holds."""
        self._is_exact = False
        self.config_entry.async_create_background_task(
            self.hass, self.async_request_refresh(), f"{DOMAIN} balance"
        )

    @callback
    def async_handle_failure(self, error: GatewayError | None) -> None:
        """See to what only the user can mend."""
        if isinstance(error, AuthenticationError):
            self.config_entry.async_start_reauth(self.hass)
        if isinstance(error, IpNotAllowedError):
            async_tell_ip_not_allowed(self.hass, self.config_entry, self.gateway)

    @property
    def _has_room(self) -> bool:
        budget = self.gateway.budget
        return budget is None or budget.has_room_for_polls

    @callback
    def async_apply_send_result(self, result: SendResult, *, alone: bool) -> None:
        """Take from the answer to a message what it tells about the account.

        `alone` says whether nothing else was under way: only then it is exact.
        """
        for submission in result.submissions:
            self.async_handle_failure(submission.error)
        if result.remaining is not None:
            self._is_exact = alone
            known = self.last_balance or Balance(credits=result.remaining)
            self.async_set_updated_data(replace(known, credits=result.remaining))
        elif any(
            submission.outcome in {Outcome.ACCEPTED, Outcome.UNKNOWN}
            for submission in result.submissions
        ):
            self.async_refresh_soon()

    def _failure(self, error: GatewayError) -> ConfigEntryAuthFailed | UpdateFailed:
        details = placeholders(error, self.gateway)
        if isinstance(error, AuthenticationError):
            return ConfigEntryAuthFailed(
                translation_domain=DOMAIN,
                translation_key=error.key,
                translation_placeholders=details,
            )
        if isinstance(error, IpNotAllowedError):
            async_tell_ip_not_allowed(self.hass, self.config_entry, self.gateway)
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=error.key,
            translation_placeholders=details,
            retry_after=(
                RATE_LIMIT_PAUSE.total_seconds()
                if isinstance(error, RateLimitedError)
                else None
            ),
        )
