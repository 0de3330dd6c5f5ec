"""What the entities of an account, and of its recipients, have in common."""

from typing import override

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN, SUBENTRY_RECIPIENT
from .coordinator import BalanceCoordinator
from .entries.account import AccountConfigEntry
from .entries.settings import recipient_name


def account_device(entry: AccountConfigEntry) -> DeviceInfo:
    """Return the device of an account."""
    gateway = entry.runtime_data.gateway
    return DeviceInfo(
        identifiers={(DOMAIN, entry.entry_id)},
        entry_type=DeviceEntryType.SERVICE,
        manufacturer=gateway.name,
        name=entry.title,
        configuration_url=gateway.site,
    )


@callback
def async_rename_devices(hass: HomeAssistant, entry: AccountConfigEntry) -> None:
    """Call the devices of an account and of its recipients what these are called now.

    That of the account is there from now on: those of recipients refer to it.
    """
    registry = dr.async_get(hass)
    registry.async_get_or_create(
        config_entry_id=entry.entry_id, **account_device(entry)
    )
    for subentry in entry.get_subentries_of_type(SUBENTRY_RECIPIENT):
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
        self._attr_device_info = account_device(entry)


class LocalEntity(AccountEntity):
    """An entity of an account that this house tells, whatever the gateway does."""

    @property
    @override
    def available(self) -> bool:
        """Return true: it matters most while the gateway does not answer."""
        return True


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
    """An entity of a recipient."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self,
        hass: HomeAssistant,
        entry: AccountConfigEntry,
        subentry: ConfigSubentry,
        description: EntityDescription,
    ) -> None:
        """Describe the recipient `subentry` of the account `entry`."""
        self.entity_description = description
        self._attr_unique_id = (
            f"{entry.entry_id}_{subentry.subentry_id}_{description.key}"
        )
        self._attr_device_info = DeviceInfo(
            identifiers={_identifier(entry, subentry)},
            entry_type=DeviceEntryType.SERVICE,
            manufacturer=entry.runtime_data.gateway.name,
            name=recipient_name(subentry),
            via_device_id=dr.async_get_device_id_by_identifier(
                hass, (DOMAIN, entry.entry_id), config_entry_id=entry.entry_id
            ),
        )
