"""Finds what sends: an account or a relay, whichever an entry is."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .account import Account, async_get_account
from .relay import Relay, async_get_relay

type ChannelConfigEntry = ConfigEntry[Account | Relay]


@callback
def async_get_channel(hass: HomeAssistant, entry_id: str) -> Account | Relay | None:
    """Return what is enabled, whether its entry is loaded now or not."""
    return async_get_account(hass, entry_id) or async_get_relay(hass, entry_id)
