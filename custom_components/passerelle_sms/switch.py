"""Arms and disarms the dead man's switches of an account or a relay."""

from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .actions.guests import async_is_guest
from .entity import DeadManEntity, async_follow_switches
from .entries.channels import ChannelConfigEntry
from .gateways.errors import GatewayError
from .presentation.exceptions import SWITCH_NOT_ARMED, SWITCH_NOT_DISARMED, switch_error

# Each switch does one thing after the other; two of them need not wait.
PARALLEL_UPDATES = 0

ARMED: Final = SwitchEntityDescription(key="armed", translation_key="armed")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChannelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up one for each dead man's switch, also for those to come."""
    channel = entry.runtime_data
    async_follow_switches(
        entry,
        async_add_entities,
        lambda switch: [ArmedSwitch(hass, channel, switch, ARMED)],
    )


class ArmedSwitch(DeadManEntity, SwitchEntity):
    """On while a message stands at a gateway, and is put off."""

    @property
    @override
    def is_on(self) -> bool:
        """Return whether it is armed."""
        return self._switch.status.is_armed

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Prove that the gateway does what it must, and arm it."""
        try:
            await self._switch.arm()
        except GatewayError as error:
            await self._raise(SWITCH_NOT_ARMED, error)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Take back what stands."""
        try:
            await self._switch.disarm()
        except GatewayError as error:
            await self._raise(SWITCH_NOT_DISARMED, error)

    async def _raise(self, key: str, error: GatewayError) -> None:
        """Tell whoever asks why it did not work, or not all of it."""
        raise await switch_error(
            self.hass,
            key,
            error,
            self._switch.settings.name,
            self._channel.facts,
            for_guest=await async_is_guest(self.hass, self._context),
        ) from error
