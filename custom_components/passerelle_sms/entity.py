"""What the entities of an account or a relay, and of all that it holds, have in common."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import BalanceCoordinator
from .entries.account import AccountConfigEntry
from .entries.channel import Channel
from .entries.channels import ChannelConfigEntry
from .entries.house_switch import HouseSwitch
from .entries.settings import recipient_name, recipients_and_groups
from .entries.switch_settings import switch_name, switches_of


def channel_device(channel: Channel) -> DeviceInfo:
    """Return the device of an account or a relay."""
    return DeviceInfo(
        identifiers={(DOMAIN, channel.entry.entry_id)},
        entry_type=DeviceEntryType.SERVICE,
        manufacturer=channel.manufacturer,
        name=channel.entry.title,
        configuration_url=channel.facts.site or None,
    )


@callback
def async_rename_devices(hass: HomeAssistant, channel: Channel) -> None:
    """Call the devices of a channel and of all that it holds what these are called now.

    That of the channel is there from now on: the others refer to it.
    """
    registry, entry = dr.async_get(hass), channel.entry
    registry.async_get_or_create(
        config_entry_id=entry.entry_id, **channel_device(channel)
    )
    names = {
        one.subentry_id: recipient_name(one) for one in recipients_and_groups(entry)
    }
    names |= {one.subentry_id: switch_name(one) for one in switches_of(entry)}
    for subentry_id, name in names.items():
        device = registry.async_get_device_by_identifier(
            _identifier(entry, subentry_id), entry.entry_id
        )
        # A new one has a device once its entity is there.
        if device is not None:
            registry.async_update_device(device.id, name=name)


def _subentry_device(
    hass: HomeAssistant, channel: Channel, subentry_id: str, name: str
) -> DeviceInfo:
    """Return the device of something that an account or a relay holds."""
    entry = channel.entry
    return DeviceInfo(
        identifiers={_identifier(entry, subentry_id)},
        entry_type=DeviceEntryType.SERVICE,
        manufacturer=channel.manufacturer,
        name=name,
        via_device_id=dr.async_get_device_id_by_identifier(
            hass, (DOMAIN, entry.entry_id), config_entry_id=entry.entry_id
        ),
    )


def _identifier(entry: ConfigEntry, subentry_id: str) -> tuple[str, str]:
    return DOMAIN, f"{entry.entry_id}_{subentry_id}"


class AccountEntity(CoordinatorEntity[BalanceCoordinator]):
    """An entity of an account, told by its balance."""

    _attr_has_entity_name = True

    def __init__(
        self, entry: AccountConfigEntry, description: EntityDescription
    ) -> None:
        """Describe the account `entry`."""
        super().__init__(entry.runtime_data.coordinator)
        self.entity_description = description
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = channel_device(entry.runtime_data)


class LocalEntity(Entity):
    """An entity of an account or a relay that this house tells.

    It is available whatever the gateway does: it matters most while that does not answer.
    """

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, channel: Channel, description: EntityDescription) -> None:
        """Describe `channel`."""
        self._channel = channel
        self.entity_description = description
        self._attr_unique_id = f"{channel.entry.entry_id}_{description.key}"
        self._attr_device_info = channel_device(channel)


class CreditEntity(AccountEntity):
    """An entity of an account, told by the watch over its credit."""

    def __init__(
        self, entry: AccountConfigEntry, description: EntityDescription
    ) -> None:
        """Show what is known of the credit of the account `entry`."""
        super().__init__(entry, description)
        self._credit = entry.runtime_data.credit

    @override
    async def async_added_to_hass(self) -> None:
        """Follow every judgement."""
        await super().async_added_to_hass()
        self.async_on_remove(self._credit.async_listen(self.async_write_ha_state))


class SubentryEntity(LocalEntity):
    """An entity of what an account or a relay holds: a recipient, a group or a switch."""

    def __init__(
        self,
        hass: HomeAssistant,
        channel: Channel,
        subentry_id: str,
        name: str,
        description: EntityDescription,
    ) -> None:
        """Describe what `channel` holds as this subentry, and calls `name`."""
        super().__init__(channel, description)
        entry_id = channel.entry.entry_id
        self._attr_unique_id = f"{entry_id}_{subentry_id}_{description.key}"
        self._attr_device_info = _subentry_device(hass, channel, subentry_id, name)


class DeadManEntity(SubentryEntity):
    """An entity of a dead man's switch."""

    def __init__(
        self,
        hass: HomeAssistant,
        channel: Channel,
        switch: HouseSwitch,
        description: EntityDescription,
    ) -> None:
        """Describe `switch`, which `channel` holds."""
        super().__init__(
            hass, channel, switch.switch_id, switch.settings.name, description
        )
        self._switch = switch

    @override
    async def async_added_to_hass(self) -> None:
        """Follow every change."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self._switch.teller.async_listen(self.async_write_ha_state)
        )


@callback
def async_follow_switches(
    entry: ChannelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[HouseSwitch], Iterable[Entity]],
) -> None:
    """Add the entities of each dead man's switch, also of those to come."""
    switches = entry.runtime_data.switches
    known: set[str] = set()

    @callback
    def add_new() -> None:
        for switch in switches:
            if switch.switch_id not in known:
                known.add(switch.switch_id)
                async_add_entities(make(switch), config_subentry_id=switch.switch_id)

    add_new()
    entry.async_on_unload(switches.async_listen(add_new))
