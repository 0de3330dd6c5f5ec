"""Whether credit is about to end, an account of a relay rests, or a switch has a problem."""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.components.binary_sensor import (
    DOMAIN as BINARY_SENSOR_DOMAIN,
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_ACCOUNTS, DOMAIN
from .entity import CreditEntity, DeadManEntity, LocalEntity, async_follow_switches
from .entries.account import Account
from .entries.account_standing import AccountStanding
from .entries.channel import Channel
from .entries.channels import ChannelConfigEntry
from .entries.relay_review import async_listen_to_accounts
from .presentation.formatting import local_iso

# The coordinator asks; the sensor only shows.
PARALLEL_UPDATES = 0

LOW_BALANCE: Final = BinarySensorEntityDescription(
    key="low_balance",
    translation_key="low_balance",
    # A problem and no battery: dashboards would gather it with the remotes.
    device_class=BinarySensorDeviceClass.PROBLEM,
)
ACCOUNT_RESTS: Final = BinarySensorEntityDescription(
    key="rests",
    translation_key="account_rests",
    device_class=BinarySensorDeviceClass.PROBLEM,
)
SWITCH_PROBLEM: Final = BinarySensorEntityDescription(
    key="problem",
    translation_key="switch_problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChannelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensor of an account, or those of a relay."""
    channel = entry.runtime_data
    if isinstance(channel, Account):
        async_add_entities([LowBalanceSensor(channel.entry, LOW_BALANCE)])
    else:
        _async_setup_relay(hass, channel, async_add_entities)
    async_follow_switches(
        entry,
        async_add_entities,
        lambda switch: [SwitchProblemSensor(hass, channel, switch, SWITCH_PROBLEM)],
    )


@callback
def _async_setup_relay(
    hass: HomeAssistant,
    relay: Channel,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up a sensor for each account of a relay, and go on when it has others."""
    entry = relay.entry
    shown: set[str] = set()

    @callback
    def follow_entry() -> None:
        accounts: list[str] = entry.data[CONF_ACCOUNTS]
        _async_remove_others(hass, entry, accounts)
        new = [account for account in accounts if account not in shown]
        shown.clear()
        shown.update(accounts)
        async_add_entities(AccountRestSensor(hass, relay, account) for account in new)

    async def on_update(_hass: HomeAssistant, _entry: ConfigEntry) -> None:
        follow_entry()

    follow_entry()
    entry.async_on_unload(entry.add_update_listener(on_update))


@callback
def _async_remove_others(
    hass: HomeAssistant, entry: ConfigEntry, accounts: list[str]
) -> None:
    """Remove the sensors of accounts that the relay no longer has."""
    registry = er.async_get(hass)
    wanted = {_rest_id(entry, account) for account in accounts}
    for known in er.async_entries_for_config_entry(registry, entry.entry_id):
        is_ours = known.unique_id.endswith(f"_{ACCOUNT_RESTS.key}")
        if is_ours and known.unique_id not in wanted:
            registry.async_remove(known.entity_id)


def _rest_id(entry: ConfigEntry, account_id: str) -> str:
    return f"{entry.entry_id}_{account_id}_{ACCOUNT_RESTS.key}"


class LowBalanceSensor(CreditEntity, BinarySensorEntity):
    """On when it is time to top up."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the credit is low."""
        return self._credit.is_low


class SwitchProblemSensor(DeadManEntity, BinarySensorEntity):
    """On while something is wrong with a dead man's switch."""

    @property
    @override
    def is_on(self) -> bool:
        """Return whether anything is wrong."""
        return bool(self._switch.status.problems)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return what is wrong, the most urgent first, and until when."""
        problems = self._switch.status.problems
        failures = [one.failure for one in problems if one.failure is not None]
        ends = [one.until for one in problems if one.until is not None]
        return {
            "reasons": [problem.reason.value for problem in problems],
            "error": failures[0].key if failures else None,
            "until": local_iso(max(ends, default=None)),
        }


class AccountRestSensor(LocalEntity, BinarySensorEntity):
    """On while a relay goes on without one of its accounts, which rests or is gone."""

    def __init__(self, hass: HomeAssistant, relay: Channel, account_id: str) -> None:
        """Tell of an account of `relay`."""
        super().__init__(relay, ACCOUNT_RESTS)
        self._attr_unique_id = unique_id = _rest_id(relay.entry, account_id)
        self._account_id = account_id
        self._standing = AccountStanding.of(hass, account_id)
        account = hass.config_entries.async_get_entry(account_id)
        if account is not None:
            self._attr_translation_placeholders = {"account": account.title}
        else:
            # It is called what it was called while there was an account.
            self._attr_name = _known_name(hass, unique_id)
        self._show()

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the account, whether it rests, comes or goes."""
        self.async_on_remove(async_listen_to_accounts(self.hass, self._async_follow))

    @callback
    def _async_follow(self) -> None:
        standing = AccountStanding.of(self.hass, self._account_id, self._standing)
        if standing != self._standing:
            self._standing = standing
            self._show()
            self.async_write_ha_state()

    def _show(self) -> None:
        self._attr_is_on = self._standing.rests
        self._attr_extra_state_attributes = {
            "reason": self._standing.reason,
            "since": local_iso(self._standing.since),
        }


@callback
def _known_name(hass: HomeAssistant, unique_id: str) -> str | None:
    """Return what a sensor of an account that is gone was called; `None` if it had none."""
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(BINARY_SENSOR_DOMAIN, DOMAIN, unique_id)
    known = None if entity_id is None else registry.async_get(entity_id)
    return None if known is None else known.original_name
