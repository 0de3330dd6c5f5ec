"""Tells automations and people that a gateway refuses an account, as long as it does."""

import asyncio
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..coordinator import BalanceCoordinator
from ..gateways.errors import AuthenticationError, GatewayError, IpNotAllowedError
from ..gateways.outcome import Outcome
from ..messaging.model.failure import Failure
from ..messaging.observers import AccountRefusal
from ..messaging.runtime.tasks import Tasks
from ..presentation.bus_events import async_tell_refused
from ..presentation.issues import (
    ACCOUNT_REFUSED,
    async_forget_issue,
    async_tell_account_refused,
)

# The user is asked for credentials once the balance confirms that they are refused, and
# an address that is not allowed has an issue of its own.
_TOLD_OTHERWISE: Final = (AuthenticationError, IpNotAllowedError)


class RestTeller:
    """Tells of the rests of one account."""

    def __init__(self, hass: HomeAssistant, coordinator: BalanceCoordinator) -> None:
        """Tell for the account of `coordinator`; nothing is told yet."""
        self._hass = hass
        self._entry = coordinator.config_entry
        self._gateway = coordinator.gateway
        self._error: GatewayError | None = None
        self._turn = asyncio.Lock()
        self._tasks = Tasks()

    @callback
    def async_tell(self, refusal: AccountRefusal) -> None:
        """Tell that the gateway refuses the account: what it is sent waits."""
        if refusal.is_news:
            async_tell_refused(
                self._hass,
                self._entry,
                refusal.error.key,
                [recipient.public_label for recipient in refusal.recipients],
                refusal.message_id,
                Outcome.QUEUED,
            )
        is_shown = not isinstance(refusal.error, _TOLD_OTHERWISE)
        self._show(refusal.error if is_shown else None)

    @callback
    def async_forget(self) -> None:
        """Show it no longer: the account works."""
        self._show(None)

    async def finish(self) -> None:
        """Wait for what is being told."""
        await self._tasks.join()

    def _show(self, error: GatewayError | None) -> None:
        self._error = error
        self._tasks.spawn(self._update_issue())

    async def _update_issue(self) -> None:
        """Show what is so by now: words are read first, and meanwhile it may change."""
        async with self._turn:
            if (error := self._error) is None:
                async_forget_issue(self._hass, self._entry, ACCOUNT_REFUSED)
            else:
                await async_tell_account_refused(
                    self._hass, self._entry, self._gateway, Failure.of(error)
                )
