"""A notify entity for each recipient and group, for `notify.send_message`."""

from typing import Final, override

from homeassistant.components.notify import (
    NotifyEntity,
    NotifyEntityDescription,
    NotifyEntityFeature,
)
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .actions.guests import async_is_guest
from .actions.message_fields import TEXT_FIELDS, to_message
from .actions.reading import read_fields
from .actions.sending import async_send_or_raise
from .const import ATTR_MESSAGE, ATTR_TARGET, ATTR_TITLE, DOMAIN, SUBENTRY_GROUP
from .entity import SubentryEntity
from .entries.channel import Channel
from .entries.channels import ChannelConfigEntry
from .entries.settings import recipient_name, recipient_targets, recipients_and_groups

# The gateway bounds what runs at once; an alarm must not wait here.
PARALLEL_UPDATES = 0

RECIPIENT: Final = NotifyEntityDescription(
    key="sms", translation_key="recipient", name=None
)
GROUP: Final = NotifyEntityDescription(key="sms", translation_key="group", name=None)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChannelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up an entity for each recipient and group, also for those to come."""
    known: set[str] = set()

    @callback
    def add_new() -> None:
        for subentry in recipients_and_groups(entry):
            if subentry.subentry_id not in known:
                known.add(subentry.subentry_id)
                async_add_entities(
                    [RecipientNotifyEntity(hass, channel, subentry)],
                    config_subentry_id=subentry.subentry_id,
                )

    channel = entry.runtime_data
    add_new()
    # These entities stay while the entry is reloaded.
    channel.on_stop(async_dispatcher_connect(hass, _signal(entry), add_new))


@callback
def async_add_recipients(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Set up the entities of new recipients and groups."""
    async_dispatcher_send(hass, _signal(entry))


def _signal(entry: ConfigEntry) -> str:
    return f"{DOMAIN}_{entry.entry_id}_recipients"


class RecipientNotifyEntity(SubentryEntity, NotifyEntity):
    """Sends to one recipient, or to all of a group."""

    _attr_supported_features = NotifyEntityFeature.TITLE

    def __init__(
        self, hass: HomeAssistant, channel: Channel, subentry: ConfigSubentry
    ) -> None:
        """Send to `subentry` through `channel`."""
        self._subentry_id = subentry_id = subentry.subentry_id
        is_group = subentry.subentry_type == SUBENTRY_GROUP
        description = GROUP if is_group else RECIPIENT
        name = recipient_name(subentry)
        super().__init__(hass, channel, subentry_id, name, description)

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Send a message, and raise unless it is accepted or queued."""
        given = {ATTR_MESSAGE: message, ATTR_TITLE: title}
        fields = {
            **read_fields(TEXT_FIELDS, given, self.entity_id),
            ATTR_TARGET: recipient_targets(self._channel.entry, self._subentry_id),
        }
        by_guest = await async_is_guest(self.hass, self._context)
        await async_send_or_raise(
            self.hass, self._channel, to_message(fields, by_guest=by_guest)
        )
