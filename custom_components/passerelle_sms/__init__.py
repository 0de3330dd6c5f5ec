"""Passerelle SMS: alerts that reach a phone without data."""

from homeassistant.components.notify import (
    async_unload_entry as async_unload_notify_entities,
)
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
    Platform,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .entity import async_rename_devices
from .entries.account import (
    ACCOUNTS,
    Account,
    AccountConfigEntry,
    async_get_account,
    async_review_accounts,
)
from .entries.factory import make_journal
from .entries.settings import AccountSettings
from .notify import async_add_recipients
from .notify_service import (
    async_remove_notify_services,
    async_setup_notify_services,
    async_setup_service_names,
)
from .presentation.issues import (
    async_forget_account_refused,
    async_forget_issues,
    async_forget_journal_unavailable,
    async_forget_same_account,
)
from .services import async_setup_services
from .webhook import (
    async_register_webhook,
    async_remove_webhook,
    async_unregister_webhook,
)

# What is loaded anew with the entry. The notify entities stay while that happens: what
# somebody sends to an entity that isn't there is dropped without a word.
PLATFORMS = [Platform.BINARY_SENSOR, Platform.EVENT, Platform.SENSOR]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions, and the names of the notify services."""
    hass.data[ACCOUNTS] = {}
    async_setup_services(hass)
    await async_setup_service_names(hass, config)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: AccountConfigEntry) -> bool:
    """Set up an account: what it takes in first, what its gateway says in the background.

    Whatever the gateway says is no reason to fail: after a power cut the house is up
    before its line is, and an alert of that time must go into the outbox.
    """
    async_register_webhook(hass, entry)
    account = async_get_account(hass, entry.entry_id)
    is_new = account is None
    if account is None:
        account = await _async_open(hass, entry)
    entry.runtime_data = account
    await _async_apply(hass, entry)
    platforms = [*PLATFORMS, Platform.NOTIFY] if is_new else PLATFORMS
    await hass.config_entries.async_forward_entry_setups(entry, platforms)
    await account.start_following()
    entry.async_on_unload(entry.add_update_listener(_async_apply))
    entry.async_create_background_task(
        hass, account.coordinator.async_refresh(), f"{DOMAIN} first balance"
    )
    return True


async def async_unload_entry(hass: HomeAssistant, entry: AccountConfigEntry) -> bool:
    """Unload an account's entities; it goes on taking messages in, unless disabled."""
    account = entry.runtime_data
    # First: when the event entities are gone, nobody would hear what is announced.
    await account.pause_following()
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    if entry.disabled_by is not None:
        await _async_close(hass, entry)
    return True


async def async_remove_entry(hass: HomeAssistant, entry: AccountConfigEntry) -> None:
    """Leave nothing behind of an account that is removed."""
    await _async_close(hass, entry, forget=True)
    async_forget_issues(hass, entry)
    await async_remove_webhook(hass, entry)
    await make_journal(hass, entry.entry_id).remove()


async def _async_open(hass: HomeAssistant, entry: AccountConfigEntry) -> Account:
    """Let an account begin, until it is disabled or removed or Home Assistant stops.

    Raises:
        ConfigEntryError: a newer version wrote its journal.

    """
    account = hass.data[ACCOUNTS][entry.entry_id] = Account(hass, entry)
    async_setup_notify_services(hass, entry)
    try:
        await account.start()
    except ConfigEntryError:
        async_remove_notify_services(hass, entry, forget=False)
        del hass.data[ACCOUNTS][entry.entry_id]
        await account.stop()
        raise

    @callback
    def drain(_event: Event) -> None:
        # A task made here is waited for; one made before would not be.
        hass.async_create_task(account.drain(), f"{DOMAIN} stop")

    @callback
    def stop(_event: Event) -> None:
        hass.async_create_task(account.stop(), f"{DOMAIN} end")

    # Not once: what has listened once can't be told to end any more.
    account.on_stop(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, drain))
    account.on_stop(hass.bus.async_listen(EVENT_HOMEASSISTANT_FINAL_WRITE, stop))
    return account


async def _async_close(
    hass: HomeAssistant, entry: AccountConfigEntry, *, forget: bool = False
) -> None:
    """Let an account end, once what it is sending has been answered."""
    async_remove_notify_services(hass, entry, forget=forget)
    async_unregister_webhook(hass, entry)
    async_forget_journal_unavailable(hass, entry)
    async_forget_same_account(hass, entry)
    # One that is disabled can be removed without the integration being set up.
    if account := hass.data.get(ACCOUNTS, {}).pop(entry.entry_id, None):
        # Not through the entry: one that is being removed is unloaded already, and then
        # Home Assistant forwards nothing.
        await async_unload_notify_entities(hass, entry)
        async_review_accounts(hass)
        await account.stop()
    # What was under way may have been refused, too.
    async_forget_account_refused(hass, entry)


async def _async_apply(hass: HomeAssistant, entry: AccountConfigEntry) -> None:
    """Go by what an entry says now, without unloading anything."""
    entry.runtime_data.async_apply(AccountSettings.of(entry))
    async_rename_devices(hass, entry)
    async_setup_notify_services(hass, entry)
    async_add_recipients(hass, entry)
