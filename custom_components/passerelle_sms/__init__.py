"""Passerelle SMS: alerts that reach a phone without data."""

from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .entity import async_register_account_device
from .entries.account import Account, AccountConfigEntry, async_open_journal
from .entries.factory import BUDGETS, make_journal
from .gateways.errors import NotStoredError
from .notify_service import async_setup_notify_service
from .presentation.exceptions import placeholders
from .presentation.issues import async_forget_issues
from .services import async_setup_services
from .webhook import (
    async_register_webhook,
    async_remove_webhook,
    async_unregister_webhook,
)

PLATFORMS = [Platform.BINARY_SENSOR, Platform.EVENT, Platform.NOTIFY, Platform.SENSOR]

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
    async_register_webhook(hass, entry)
    account = Account.of(hass, entry)
    await account.coordinator.async_refresh()
    if isinstance(account.coordinator.last_exception, ConfigEntryAuthFailed):
        raise account.coordinator.last_exception
    try:
        await async_open_journal(hass, entry, account)
        await account.outbox.start()
    except NotStoredError as error:
        await account.journal.close()
        raise _not_ready(error, account) from error
    entry.runtime_data = account
    async_register_account_device(hass, entry)
    entry.async_on_unload(
        account.observer.credit.async_start(
            account.journal, account.observer.async_on_settled
        )
    )
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await async_setup_notify_service(hass, entry)
    try:
        await account.start_following()
    except NotStoredError as error:
        await async_unload_entry(hass, entry)
        raise _not_ready(error, account) from error
    _async_let_go_at_the_end(hass, entry)
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: AccountConfigEntry) -> bool:
    """Unload an account, once what it is sending has been answered."""
    account = entry.runtime_data
    # First: when the event entities are gone, nobody would hear what is told.
    await account.stop_following()
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    if entry.disabled_by is not None:
        async_unregister_webhook(hass, entry)
    await account.stop()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: AccountConfigEntry) -> None:
    """Leave nothing behind of an account that is removed."""
    async_forget_issues(hass, entry)
    hass.data.get(BUDGETS, {}).pop(entry.entry_id, None)
    async_unregister_webhook(hass, entry)
    await async_remove_webhook(hass, entry)
    await make_journal(hass, entry).remove()


@callback
def _async_let_go_at_the_end(hass: HomeAssistant, entry: AccountConfigEntry) -> None:
    """Keep nobody waiting for a delivery when Home Assistant stops: it would wait too."""
    account = entry.runtime_data

    @callback
    def let_go(_event: Event) -> None:
        hass.async_create_background_task(
            account.stop_following(), f"{DOMAIN} stop", eager_start=True
        )

    entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, let_go))


def _not_ready(error: NotStoredError, account: Account) -> ConfigEntryNotReady:
    """Return why an account can't be set up for now: it could promise nothing."""
    return ConfigEntryNotReady(
        translation_domain=DOMAIN,
        translation_key=error.key,
        translation_placeholders=placeholders(error, account.gateway),
    )


async def _async_reload(hass: HomeAssistant, entry: AccountConfigEntry) -> None:
    """Load an account anew when its data, options, title or recipients change."""
    await hass.config_entries.async_reload(entry.entry_id)
