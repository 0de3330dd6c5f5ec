"""Whether an account's credit is about to end."""

from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account import AccountConfigEntry
from .entity import AccountEntity

# The coordinator asks; the sensor only shows.
PARALLEL_UPDATES = 0

LOW_BALANCE: Final = BinarySensorEntityDescription(
    key="low_balance",
    translation_key="low_balance",
    # A problem and no battery: dashboards would gather it with the remotes.
    device_class=BinarySensorDeviceClass.PROBLEM,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: AccountConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensor of an account."""
    async_add_entities([LowBalanceSensor(entry, LOW_BALANCE)])


class LowBalanceSensor(AccountEntity, BinarySensorEntity):
    """On when it is time to top up."""

    def __init__(
        self, entry: AccountConfigEntry, description: BinarySensorEntityDescription
    ) -> None:
        """Show what is known of the credit of the account `entry`."""
        super().__init__(entry, description)
        self._credit = entry.runtime_data.books.credit

    @override
    async def async_added_to_hass(self) -> None:
        """Follow every judgement."""
        await super().async_added_to_hass()
        self.async_on_remove(self._credit.async_listen(self.async_write_ha_state))

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the credit is low."""
        return self._credit.is_low
