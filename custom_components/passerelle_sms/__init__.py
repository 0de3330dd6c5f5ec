"""Passerelle SMS: alerts that reach a phone without data."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .account import Account, AccountConfigEntry, async_open_journal, make_journal
from .const import DOMAIN
from .entity import async_register_account_device
from .exceptions import placeholders
from .gateways.errors import NotStoredError
from .issues import async_forget_issues
from .notify_service import async_setup_notify_service
from .services import async_setup_services

PLATFORMS = [Platform.BINARY_SENSOR, Platform.NOTIFY, Platform.SENSOR]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: AccountConfigEntry) -> bool:
    """Set up an account.

    A gateway that can't be reached is no reason to wait: after a power cut the house is
    up before its line is, and an alert of that time must go into the outbox.
    """
    account = Account.of(hass, entry)
    await account.coordinator.async_refresh()
    if isinstance(account.coordinator.last_exception, ConfigEntryAuthFailed):
        raise account.coordinator.last_exception
    try:
        await async_open_journal(hass, entry, account)
        await account.outbox.start()
    except NotStoredError as error:
        await account.journal.close()
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key=error.key,
            translation_placeholders=placeholders(error, account.gateway),
        ) from error
    entry.runtime_data = account
    async_register_account_device(hass, entry)
    entry.async_on_unload(
        account.books.credit.async_start(
            account.journal, account.books.async_on_settled
        )
    )
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await async_setup_notify_service(hass, entry)
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: AccountConfigEntry) -> bool:
    """Unload an account, once what it is sending has been answered."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    account = entry.runtime_data
    await account.messenger.finish()
    await account.journal.close()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: AccountConfigEntry) -> None:
    """Leave nothing behind of an account that is removed."""
    async_forget_issues(hass, entry)
    await make_journal(hass, entry).remove()


async def _async_reload(hass: HomeAssistant, entry: AccountConfigEntry) -> None:
    """Load an account anew when its data, options, title or recipients change."""
    await hass.config_entries.async_reload(entry.entry_id)
