"""Lets everything end when Home Assistant stops, relays before the accounts they use."""

import asyncio

from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import Event, HomeAssistant, callback

from ..const import DOMAIN
from .account import ACCOUNTS
from .relay import RELAYS


@callback
def async_stop_with_home_assistant(hass: HomeAssistant) -> None:
    """Drain all channels when Home Assistant begins to stop, and close them at the end.

    What becomes of a relay's attempt is on the relay's disk before the account that makes
    it is closed.
    """

    # A task made here is waited for; one made before would not be.
    @callback
    def drain(_event: Event) -> None:
        for channel in (*hass.data[RELAYS].values(), *hass.data[ACCOUNTS].values()):
            hass.async_create_task(channel.drain(), f"{DOMAIN} stop")

    @callback
    def stop(_event: Event) -> None:
        relays = [
            hass.async_create_task(relay.stop(), f"{DOMAIN} end")
            for relay in hass.data[RELAYS].values()
        ]

        async def stop_accounts() -> None:
            if relays:
                await asyncio.wait(relays)
            for account in hass.data[ACCOUNTS].values():
                hass.async_create_task(account.stop(), f"{DOMAIN} end")

        hass.async_create_task(stop_accounts(), f"{DOMAIN} end")

    hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, drain)
    hass.bus.async_listen(EVENT_HOMEASSISTANT_FINAL_WRITE, stop)
