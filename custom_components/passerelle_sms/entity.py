"""What the entities of an account, and of its recipients, have in common."""

from typing import override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import BalanceCoordinator
from .entries.account import AccountConfigEntry


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
def async_register_account_device(
    hass: HomeAssistant, entry: AccountConfigEntry
) -> None:
    """Register the device of an account, so that those of recipients can refer to it."""
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, **account_device(entry)
    )


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
        self._credit = entry.runtime_data.observer.credit

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
            identifiers={(DOMAIN, f"{entry.entry_id}_{subentry.subentry_id}")},
            entry_type=DeviceEntryType.SERVICE,
            manufacturer=entry.runtime_data.gateway.name,
            name=subentry.title,
            via_device_id=dr.async_get_device_id_by_identifier(
                hass, (DOMAIN, entry.entry_id), config_entry_id=entry.entry_id
            ),
        )
