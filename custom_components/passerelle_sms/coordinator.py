"""What an account holds: asked regularly, and followed after every message."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
import logging
from typing import Final, override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
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
from .messaging.observers import BalanceSource
from .presentation.exceptions import placeholders
from .presentation.issues import (
    IP_NOT_ALLOWED,
    async_forget_issue,
    async_tell_ip_not_allowed,
)

_LOGGER = logging.getLogger(__name__)

# Unless it says otherwise: a gateway that counts requests does so by the hour.
RATE_LIMIT_PAUSE: Final = timedelta(hours=1)
CONFIRM_REFUSAL_AFTER: Final = timedelta(seconds=30)


class BalanceCoordinator(DataUpdateCoordinator[Balance], BalanceSource):
    """Polls the balance of one account, for as long as that is enabled."""

    config_entry: ConfigEntry
    look: Callable[[], Callable[[Decimal], None]]
    """Begins a look at the balance, and returns what is to be told it.

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
            # With an entry it would end for good when that is unloaded.
            config_entry=None,
            name=entry.title,
            update_interval=interval,
        )
        self.config_entry = entry
        self.gateway = gateway
        self._refusals = 0
        """How often the gateway has refused the credentials since it last took them."""
        self._gave_way = False
        """Whether the last answer is an old one, so that messages have room."""
        self.balance_error: GatewayError | None = None

    @property
    def last_balance(self) -> Balance | None:
        """What the gateway told last; `None` before its first answer."""
        return self.data

    @override
    async def _async_update_data(self) -> Balance:
        self._gave_way = self.last_balance is not None and not self._has_room
        if self.last_balance is not None and self._gave_way:
            # Messages come first: what was told stands a while longer.
            if self.balance_error is not None and not self.last_update_success:
                raise self._failure(self.balance_error)
            return self.last_balance
        tell = self.look()
        try:
            balance = await self.gateway.balance()
        except GatewayError as error:
            self.balance_error = error
            raise self._failure(error) from error
        self.balance_error = None
        self._refusals = 0
        self._abort_reauthentication()
        tell(balance.credits)
        async_forget_issue(self.hass, self.config_entry, IP_NOT_ALLOWED)
        return balance

    @override
    async def refresh_balance(self) -> Decimal | None:
        # Several may ask at once, and wait for each other.
        await self.async_refresh()
        is_news = self.last_update_success and not self._gave_way
        return self.data.credits if is_news else None

    @callback
    def async_refresh_soon(self) -> None:
        """Ask once for everything that has changed what the account holds."""
        self.config_entry.async_create_background_task(
            self.hass, self.async_request_refresh(), f"{DOMAIN} balance"
        )

    @callback
    def async_handle_failure(self, error: GatewayError | None) -> None:
        """See to what only the user can mend."""
        if isinstance(error, AuthenticationError):
            # The balance tells whether that is so.
            self.async_refresh_soon()
        if isinstance(error, IpNotAllowedError):
            async_tell_ip_not_allowed(self.hass, self.config_entry, self.gateway)

    @callback
    def _abort_reauthentication(self) -> None:
        """Ask the user no longer: the gateway takes the credentials."""
        flows = self.hass.config_entries.flow
        for flow in self.config_entry.async_get_active_flows(
            self.hass, {SOURCE_REAUTH}
        ):
            flows.async_abort(flow["flow_id"])

    @property
    def _has_room(self) -> bool:
        budget = self.gateway.budget
        return budget is None or budget.has_room_for_polls

    @callback
    def async_apply_send_result(self, result: SendResult) -> None:
        """Take from the answer to a message what it tells about the account."""
        for submission in result.submissions:
            self.async_handle_failure(submission.error)
        if result.remaining is not None:
            known = self.last_balance or Balance(credits=result.remaining)
            self.async_set_updated_data(replace(known, credits=result.remaining))
        elif any(
            submission.outcome in {Outcome.ACCEPTED, Outcome.UNKNOWN}
            for submission in result.submissions
        ):
            self.async_refresh_soon()

    def _pause_after(self, error: RateLimitedError) -> timedelta:
        if error.wait is None:
            return RATE_LIMIT_PAUSE
        return max(error.wait, self.gateway.limits.minimum_poll)

    def _failure(self, error: GatewayError) -> UpdateFailed:
        retry_after: timedelta | None = None
        # Where that is only presumed, the next poll may well be answered.
        if isinstance(error, RateLimitedError) and not error.is_presumed:
            retry_after = self._pause_after(error)
        if isinstance(error, AuthenticationError):
            self._refusals += 1
            if self._refusals == 1:
                # Gateways refuse now and then what they took before, and take again.
                retry_after = CONFIRM_REFUSAL_AFTER
            else:
                self.config_entry.async_start_reauth(self.hass)
        if isinstance(error, IpNotAllowedError):
            async_tell_ip_not_allowed(self.hass, self.config_entry, self.gateway)
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=error.key,
            translation_placeholders=placeholders(error, self.gateway),
            retry_after=None if retry_after is None else retry_after.total_seconds(),
        )
