"""Whether an account's credit is about to end."""

from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CreditEntity
from .entries.account import AccountConfigEntry

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


class LowBalanceSensor(CreditEntity, BinarySensorEntity):
    """On when it is time to top up."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the credit is low."""
        return self._credit.is_low
