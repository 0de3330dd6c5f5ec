"""What the entities of an account or a relay, and of its recipients, have in common."""

from typing import override

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import BalanceCoordinator
from .entries.account import AccountConfigEntry
from .entries.channel import Channel
from .entries.settings import recipient_name, recipients_and_groups


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
    """Call the devices of a channel, its recipients and groups what these are called now.

    That of the channel is there from now on: the others refer to it.
    """
    registry, entry = dr.async_get(hass), channel.entry
    registry.async_get_or_create(
        config_entry_id=entry.entry_id, **channel_device(channel)
    )
    for subentry in recipients_and_groups(entry):
        device = registry.async_get_device_by_identifier(
            _identifier(entry, subentry), entry.entry_id
        )
        # A new recipient has one once its entity is there.
        if device is not None:
            registry.async_update_device(device.id, name=recipient_name(subentry))


def _identifier(entry: ConfigEntry, subentry: ConfigSubentry) -> tuple[str, str]:
    return DOMAIN, f"{entry.entry_id}_{subentry.subentry_id}"


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


class RecipientEntity(Entity):
    """An entity of a recipient or a group."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self,
        hass: HomeAssistant,
        channel: Channel,
        subentry: ConfigSubentry,
        description: EntityDescription,
    ) -> None:
        """Describe the recipient or group `subentry` of `channel`."""
        entry = channel.entry
        self.entity_description = description
        self._attr_unique_id = (
            f"{entry.entry_id}_{subentry.subentry_id}_{description.key}"
        )
        self._attr_device_info = DeviceInfo(
            identifiers={_identifier(entry, subentry)},
            entry_type=DeviceEntryType.SERVICE,
            manufacturer=channel.manufacturer,
            name=recipient_name(subentry),
            via_device_id=dr.async_get_device_id_by_identifier(
                hass, (DOMAIN, entry.entry_id), config_entry_id=entry.entry_id
            ),
        )
