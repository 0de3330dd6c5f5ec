"""Passerelle SMS: alerts that reach a phone without data."""

from homeassistant.components.notify import (
    async_unload_entry as async_unload_notify_entities,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .entity import async_rename_devices
from .entries.account import ACCOUNTS, Account, async_review_accounts
from .entries.channel import Channel
from .entries.channels import ChannelConfigEntry, async_get_channel
from .entries.factory import make_journal
from .entries.kinds import is_relay
from .entries.relay import RELAYS, Relay, async_take_leave
from .entries.relay_review import async_review_relays
from .entries.stopping import async_stop_with_home_assistant
from .entries.switch_notices import async_forget_what_passes
from .notify import async_add_recipients
from .notify_service import (
    async_remove_notify_services,
    async_setup_notify_services,
    async_setup_service_names,
)
from .presentation.issues import (
    ACCOUNT_REFUSED,
    JOURNAL_UNAVAILABLE,
    SAME_ACCOUNT,
    async_forget_issue,
    async_forget_issues,
)
from .services import async_setup_services
from .webhook import (
    async_register_webhook,
    async_remove_webhook,
    async_unregister_webhook,
)

# What is loaded anew with the entry. The notify entities stay while that happens: what
# somebody sends to an entity that isn't there is dropped without a word.
PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.EVENT,
    Platform.SENSOR,
    Platform.SWITCH,
]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions, and the names of the notify services."""
    hass.data[ACCOUNTS] = {}
    hass.data[RELAYS] = {}
    async_stop_with_home_assistant(hass)
    async_forget_what_passes(hass)
    async_setup_services(hass)
    await async_setup_service_names(hass, config)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ChannelConfigEntry) -> bool:
    """Set up an account or a relay: what it takes in first, all else in the background.

    Whatever a gateway says is no reason to fail: after a power cut the house is up
    before its line is, and an alert of that time must go into the outbox. Nor is it one
    that an account of a relay isn't there yet.
    """
    async_register_webhook(hass, entry)
    channel = async_get_channel(hass, entry.entry_id)
    is_new = channel is None
    if channel is None:
        channel = await _async_open(hass, entry)
    entry.runtime_data = channel
    await _async_apply(hass, entry)
    platforms = [*PLATFORMS, Platform.NOTIFY] if is_new else PLATFORMS
    await hass.config_entries.async_forward_entry_setups(entry, platforms)
    await channel.start_following()
    entry.async_on_unload(entry.add_update_listener(_async_apply))
    if isinstance(channel, Account):
        entry.async_create_background_task(
            hass, channel.coordinator.async_refresh(), f"{DOMAIN} first balance"
        )
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ChannelConfigEntry) -> bool:
    """Unload the entities; messages are still taken in, unless the entry is disabled."""
    # First: when the event entities are gone, nobody would hear what is announced.
    await entry.runtime_data.pause_following()
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded and entry.disabled_by is not None:
        await _async_close(hass, entry)
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: ChannelConfigEntry) -> None:
    """Leave nothing behind of an account or a relay that is removed."""
    await _async_close(hass, entry, forget=True)
    async_forget_issues(hass, entry)
    await async_remove_webhook(hass, entry)
    await make_journal(hass, entry.entry_id).remove()


async def _async_open(
    hass: HomeAssistant, entry: ChannelConfigEntry
) -> Account | Relay:
    """Let it begin, until it is disabled or removed or Home Assistant stops.

    Raises:
        ConfigEntryError: a newer version wrote its journal.

    """
    channel: Account | Relay
    if is_relay(entry.data):
        channel = hass.data[RELAYS][entry.entry_id] = Relay(hass, entry)
    else:
        channel = hass.data[ACCOUNTS][entry.entry_id] = Account(hass, entry)
        # A relay that is there first refuses nothing for want of it.
        async_review_relays(hass)
    async_setup_notify_services(hass, entry)
    try:
        await channel.start()
    except ConfigEntryError:
        async_remove_notify_services(hass, entry, forget=False)
        _forget(hass, entry)
        async_review_relays(hass)
        await channel.stop()
        raise
    return channel


async def _async_close(
    hass: HomeAssistant, entry: ChannelConfigEntry, *, forget: bool = False
) -> None:
    """Let it end, once what it is sending has been answered."""
    async_remove_notify_services(hass, entry, forget=forget)
    async_unregister_webhook(hass, entry)
    async_forget_issue(hass, entry, SAME_ACCOUNT)
    # While there still is who can take back what stands at a gateway.
    if channel := async_get_channel(hass, entry.entry_id):
        if isinstance(channel, Account):
            await async_take_leave(hass, channel)
        await channel.switches.end()
    # One that is disabled can be removed without the integration being set up.
    if _forget(hass, entry) and channel:
        # Not through the entry: one that is being removed is unloaded already, and then
        # Home Assistant forwards nothing.
        await async_unload_notify_entities(hass, entry)
        async_review_accounts(hass)
        async_review_relays(hass)
        await channel.stop()
    # What was under way may have been refused, too, or found no journal.
    async_forget_issue(hass, entry, ACCOUNT_REFUSED)
    async_forget_issue(hass, entry, JOURNAL_UNAVAILABLE)


def _forget(hass: HomeAssistant, entry: ChannelConfigEntry) -> Channel | None:
    """Take it off the list of those that take messages in, and return it."""
    account = hass.data.get(ACCOUNTS, {}).pop(entry.entry_id, None)
    return account or hass.data.get(RELAYS, {}).pop(entry.entry_id, None)


async def _async_apply(hass: HomeAssistant, entry: ChannelConfigEntry) -> None:
    """Go by what an entry says now, without unloading anything."""
    channel = entry.runtime_data
    channel.async_apply()
    async_rename_devices(hass, channel)
    async_setup_notify_services(hass, entry)
    async_add_recipients(hass, entry)
