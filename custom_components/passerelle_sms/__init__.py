"""Passerelle SMS: alerts that reach a phone without data."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .account import Account, AccountConfigEntry
from .const import DOMAIN
from .entity import async_register_account_device
from .issues import async_forget_ip_not_allowed
from .notify_service import async_setup_notify_service
from .services import async_setup_services

PLATFORMS = [Platform.NOTIFY, Platform.SENSOR]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: AccountConfigEntry) -> bool:
    """Set up an account."""
    account = Account.of(hass, entry)
    await account.coordinator.async_config_entry_first_refresh()
    entry.runtime_data = account
    async_register_account_device(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await async_setup_notify_service(hass, entry)
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: AccountConfigEntry) -> bool:
    """Unload an account, once what it is sending has been answered."""
    await entry.runtime_data.messenger.finish()
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: AccountConfigEntry) -> None:
    """Leave nothing behind of an account that is removed."""
    async_forget_ip_not_allowed(hass, entry)


async def _async_reload(hass: HomeAssistant, entry: AccountConfigEntry) -> None:
    """Load an account anew when its data, options, title or recipients change."""
    await hass.config_entries.async_reload(entry.entry_id)
