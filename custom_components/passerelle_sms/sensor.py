"""What an account holds, and what it or a relay has sent, as sensors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
import logging
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity
from homeassistant.util import dt as dt_util

from .entity import (
    AccountEntity,
    CreditEntity,
    DeadManEntity,
    LocalEntity,
    async_follow_switches,
)
from .entries.account import Account, AccountConfigEntry
from .entries.channel import Channel
from .entries.channels import ChannelConfigEntry
from .entries.segment_counter import Count, SegmentCounter
from .gateways.errors import NotStoredError
from .gateways.model.account import Balance, SubAccount
from .messaging.dead_man_switch.observer import SwitchStatus
from .messaging.model.record import MessageRecord
from .messaging.model.submission import SubmissionRecord

_LOGGER = logging.getLogger(__name__)

# The coordinator asks; the sensors only show.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BalanceSensorDescription(SensorEntityDescription):
    """A sensor, and where in a balance its value is: `None` where it isn't told."""

    value_fn: Callable[[Balance], Decimal | date | int | None]


@dataclass(frozen=True, kw_only=True)
class SwitchSensorDescription(SensorEntityDescription):
    """A moment in the life of a dead man's switch, and where in its status it is."""

    moment: Callable[[SwitchStatus], datetime | None]


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

CREDIT_ENDS: Final = SensorEntityDescription(
    key="credit_ends",
    translation_key="credit_ends",
    device_class=SensorDeviceClass.DATE,
)
# For the house and no diagnostic: what waits here, somebody has not read yet.
PENDING_MESSAGES: Final = SensorEntityDescription(
    key="pending_messages",
    translation_key="pending_messages",
    state_class=SensorStateClass.MEASUREMENT,
)
# They change whenever it is renewed, up to 288 times a day: whoever wants that recorded
# enables them.
SWITCH_SENSORS: Final = (
    SwitchSensorDescription(
        key="fires_at",
        translation_key="fires_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        moment=lambda status: status.fires_at,
    ),
    SwitchSensorDescription(
        key="last_renewed",
        translation_key="last_renewed",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        moment=lambda status: status.last_renewed,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChannelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up our own sensors, and one for each thing that an account's gateway tells."""
    channel = entry.runtime_data
    async_add_entities(
        [PendingMessagesSensor(channel, PENDING_MESSAGES), SegmentsSentSensor(channel)]
    )
    if isinstance(channel, Account):
        _add_account_sensors(channel, async_add_entities)
    async_follow_switches(
        entry,
        async_add_entities,
        lambda switch: [
            SwitchSensor(hass, channel, switch, description)
            for description in SWITCH_SENSORS
        ],
    )


def _add_account_sensors(
    account: Account, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add what is known of an account's credit, also what is told later."""
    entry, coordinator = account.entry, account.coordinator
    async_add_entities([CreditEndsSensor(entry, CREDIT_ENDS)])
    known: set[str] = set()

    def new(key: str) -> bool:
        is_new = key not in known
        known.add(key)
        return is_new

    @callback
    def add_what_is_told() -> None:
        if (balance := coordinator.last_balance) is None:
            return
        async_add_entities(
            BalanceSensor(entry, description)
            for description in SENSORS
            if description.value_fn(balance) is not None and new(description.key)
        )
        async_add_entities(
            SubAccountSensor(entry, sub_account)
            for sub_account in balance.sub_accounts
            if new(f"account {sub_account.account_id}")
        )

    add_what_is_told()
    entry.async_on_unload(coordinator.async_add_listener(add_what_is_told))


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


class CreditEndsSensor(CreditEntity, SensorEntity):
    """The day on which the credit ends if it is used as it was."""

    @property
    @override
    def native_value(self) -> date | None:
        """Return the day; `None` while too little was used to tell."""
        return self._credit.ends


class PendingMessagesSensor(LocalEntity, SensorEntity):
    """How many messages are not settled, but for those that wait for their hour."""

    _shown: int | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Follow every message."""
        await super().async_added_to_hass()
        self.async_on_remove(self._channel.observer.async_listen(self._async_follow))

    @property
    @override
    def native_value(self) -> int:
        """Return how many wait, are in doubt, or are the user's to judge."""
        return self._channel.pending_messages

    @callback
    def _async_follow(self, *_: object) -> None:
        if self.native_value != self._shown:
            self._shown = self.native_value
            self.async_write_ha_state()


SEGMENTS_SENT: Final = SensorEntityDescription(
    key="segments_sent",
    translation_key="segments_sent",
    state_class=SensorStateClass.TOTAL_INCREASING,
)


class SegmentsSentSensor(LocalEntity, RestoreEntity, SensorEntity):
    """The segments of all submissions that the gateway has accepted."""

    def __init__(self, channel: Channel) -> None:
        """Count for `channel`."""
        super().__init__(channel, SEGMENTS_SENT)
        entry = channel.entry
        self._counter = SegmentCounter(entry.entry_id, entry.created_at)

    @override
    async def async_added_to_hass(self) -> None:
        """Catch up with the journal, and count on."""
        await super().async_added_to_hass()
        if (stored := await self.async_get_last_extra_data()) is not None:
            self._counter.restore(stored.as_dict())
        try:
            await self._counter.catch_up(self._channel.journal)
        except NotStoredError:
            # What it holds is counted after the next start.
            _LOGGER.debug("The journal can't be read: %s counts on", self.entity_id)
        self.async_on_remove(self._channel.observer.async_listen(self._async_follow))

    @property
    @override
    def native_value(self) -> int:
        """Return the segments counted."""
        return self._counter.segments

    @property
    @override
    def extra_restore_state_data(self) -> Count:
        """Return what is needed to go on counting."""
        return self._counter.count(dt_util.utcnow())

    @callback
    def _async_follow(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        if self._counter.follow(record, changed):
            self.async_write_ha_state()


class SwitchSensor(DeadManEntity, SensorEntity):
    """A moment in the life of a dead man's switch."""

    entity_description: SwitchSensorDescription

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the moment; `None` if there is none."""
        return self.entity_description.moment(self._switch.status)
