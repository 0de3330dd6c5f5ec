"""What an account holds, as sensors."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account import AccountConfigEntry
from .entity import AccountEntity
from .gateways.models import Balance, SubAccount

# The coordinator asks; the sensors only show.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BalanceSensorDescription(SensorEntityDescription):
    """A sensor, and where in a balance its value is: `None` where it isn't told."""

    value_fn: Callable[[Balance], Decimal | date | int | None]


SENSORS: tuple[BalanceSensorDescription, ...] = (
    BalanceSensorDescription(
        key="balance",
        translation_key="balance",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda balance: balance.credits,
    ),
    BalanceSensorDescription(
        key="expires",
        translation_key="expires",
        device_class=SensorDeviceClass.DATE,
        value_fn=lambda balance: balance.expires,
    ),
    BalanceSensorDescription(
        key="consumption",
        translation_key="consumption",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda balance: balance.consumption,
    ),
    BalanceSensorDescription(
        key="purchased",
        translation_key="purchased",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda balance: balance.purchased,
    ),
    BalanceSensorDescription(
        key="sent",
        translation_key="sent",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda balance: balance.sent,
    ),
    BalanceSensorDescription(
        key="request_limit",
        translation_key="request_limit",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda balance: balance.request_limit,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: AccountConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up a sensor for each thing that the gateway tells about the account."""
    coordinator = entry.runtime_data.coordinator
    async_add_entities(
        BalanceSensor(entry, description)
        for description in SENSORS
        if description.value_fn(coordinator.data) is not None
    )
    known: set[str] = set()

    @callback
    def add_new_sub_accounts() -> None:
        new = [
            sub_account
            for sub_account in coordinator.data.sub_accounts
            if sub_account.account_id not in known
        ]
        known.update(sub_account.account_id for sub_account in new)
        async_add_entities(SubAccountSensor(entry, sub_account) for sub_account in new)

    add_new_sub_accounts()
    entry.async_on_unload(coordinator.async_add_listener(add_new_sub_accounts))


class BalanceSensor(AccountEntity, SensorEntity):
    """One thing that the gateway tells about an account."""

    entity_description: BalanceSensorDescription

    @property
    @override
    def native_value(self) -> Decimal | date | int | None:
        """Return what the gateway told last."""
        return self.entity_description.value_fn(self.coordinator.data)


class SubAccountSensor(AccountEntity, SensorEntity):
    """The balance of one of several accounts behind the same credentials."""

    def __init__(self, entry: AccountConfigEntry, sub_account: SubAccount) -> None:
        """Show the balance of `sub_account`."""
        super().__init__(
            entry,
            SensorEntityDescription(
                key=f"balance_{sub_account.account_id}",
                translation_key="sub_account_balance",
                translation_placeholders={"account": sub_account.name},
                state_class=SensorStateClass.MEASUREMENT,
            ),
        )
        self._account_id = sub_account.account_id

    @property
    @override
    def available(self) -> bool:
        """Return whether the account is still there."""
        return super().available and self._sub_account is not None

    @property
    @override
    def native_value(self) -> Decimal | None:
        """Return what the gateway told last."""
        return self._sub_account.credits if self._sub_account else None

    @property
    def _sub_account(self) -> SubAccount | None:
        return next(
            (
                sub_account
                for sub_account in self.coordinator.data.sub_accounts
                if sub_account.account_id == self._account_id
            ),
            None,
        )
