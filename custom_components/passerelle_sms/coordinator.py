"""What an account holds: asked regularly, and followed after every message."""

from dataclasses import replace
from datetime import timedelta
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .const import DOMAIN
from .exceptions import placeholders
from .gateways.errors import (
    AuthenticationError,
    GatewayError,
    IpNotAllowedError,
    RateLimitedError,
)
from .gateways.gateway import Gateway
from .gateways.models import Balance, SendResult
from .gateways.outcome import Outcome
from .issues import async_forget_ip_not_allowed, async_tell_ip_not_allowed

_LOGGER = logging.getLogger(__name__)

# A gateway that counts requests does so by the hour.
RATE_LIMIT_PAUSE: Final = timedelta(hours=1)


class BalanceCoordinator(DataUpdateCoordinator[Balance]):
    """Polls the balance of one account."""

    config_entry: ConfigEntry

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

    @override
    async def _async_update_data(self) -> Balance:
        try:
            balance = await self.gateway.balance()
        except GatewayError as error:
            raise self._failure(error) from error
        async_forget_ip_not_allowed(self.hass, self.config_entry)
        return balance

    @callback
    def async_follow(self, result: SendResult) -> None:
        """Take from the answer to a message what it tells about the account."""
        errors = [made.error for made in result.submissions]
        if any(isinstance(error, AuthenticationError) for error in errors):
            self.config_entry.async_start_reauth(self.hass)
        if any(isinstance(error, IpNotAllowedError) for error in errors):
            async_tell_ip_not_allowed(self.hass, self.config_entry, self.gateway)
        if result.remaining is not None:
            self.async_set_updated_data(replace(self.data, credits=result.remaining))
        elif any(
            made.outcome in {Outcome.ACCEPTED, Outcome.UNKNOWN}
            for made in result.submissions
        ):
            self.config_entry.async_create_background_task(
                self.hass, self.async_request_refresh(), f"{DOMAIN} balance"
            )

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
