"""An account or a relay that ends and begins again, as at a restart of Home Assistant."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.entries.account import ACCOUNTS
from custom_components.passerelle_sms.entries.relay import RELAYS
from custom_components.passerelle_sms.notify_service import async_remove_notify_services
from homeassistant.components.notify import async_unload_entry
from homeassistant.core import HomeAssistant


async def stop_account(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let an account or a relay end whose entry stays enabled."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    account = hass.data[ACCOUNTS].pop(entry.entry_id, None)
    channel = account or hass.data[RELAYS].pop(entry.entry_id)
    async_remove_notify_services(hass, entry, forget=False)
    await async_unload_entry(hass, entry)
    await channel.stop()


async def start_account(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an account up, and wait for its balance."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def restart_account(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let an account end and begin again."""
    await stop_account(hass, entry)
    await start_account(hass, entry)
