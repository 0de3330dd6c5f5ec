"""A notify entity for each recipient, for `notify.send_message`."""

from typing import Final, override

from homeassistant.components.notify import (
    NotifyEntity,
    NotifyEntityDescription,
    NotifyEntityFeature,
)
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .actions.sending import async_send_or_raise
from .const import SUBENTRY_RECIPIENT
from .entity import RecipientEntity
from .entries.account import AccountConfigEntry
from .messaging.model.message import Message

# The gateway bounds what runs at once; an alarm must not wait here.
PARALLEL_UPDATES = 0

RECIPIENT: Final = NotifyEntityDescription(
    key="sms", translation_key="recipient", name=None
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: AccountConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up an entity for each recipient of an account."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_RECIPIENT):
        async_add_entities(
            [RecipientNotifyEntity(hass, entry, subentry)],
            config_subentry_id=subentry.subentry_id,
        )


class RecipientNotifyEntity(RecipientEntity, NotifyEntity):
    """Sends to one recipient."""

    _attr_supported_features = NotifyEntityFeature.TITLE

    def __init__(
        self, hass: HomeAssistant, entry: AccountConfigEntry, subentry: ConfigSubentry
    ) -> None:
        """Send to `subentry` through the account `entry`."""
        super().__init__(hass, entry, subentry, RECIPIENT)
        self._entry = entry
        self._target: str = subentry.data[CONF_NAME]

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Send a message, and raise unless it is accepted or queued."""
        await async_send_or_raise(
            self.hass,
            self._entry,
            Message(text=message, title=title, targets=(self._target,)),
        )
