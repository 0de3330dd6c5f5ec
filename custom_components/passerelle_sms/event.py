"""What became of messages and switches, and who answered: told when it happens.

Every user can read what an entity shows: so it shows neither a number nor a text, and of
the gateway's own words nothing but a code.
"""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DeadManEntity, LocalEntity, async_follow_switches
from .entries.channels import ChannelConfigEntry
from .gateways.abilities.delivery import PushesDelivery, ReceivesReplies, TracksDelivery
from .gateways.model.delivery import DeliveryStatus
from .messaging.journal.replies import StoredReply
from .messaging.model.record import MessageRecord
from .messaging.model.submission import SubmissionRecord
from .presentation.bus_events import reply_details
from .presentation.formatting import local_iso, public_code
from .presentation.switch_events import SwitchEvent, SwitchNews

# Nothing is asked here: the gateway's answers come by themselves.
PARALLEL_UPDATES = 0

REPLY_RECEIVED: Final = "received"

DELIVERY: Final = EventEntityDescription(
    key="delivery",
    translation_key="delivery",
    event_types=[status.value for status in DeliveryStatus if status.is_final],
)
REPLY: Final = EventEntityDescription(
    key="reply", translation_key="reply", event_types=[REPLY_RECEIVED]
)
DEAD_MAN_SWITCH: Final = EventEntityDescription(
    key="dead_man_switch",
    translation_key="dead_man_switch",
    event_types=[event.value for event in SwitchEvent],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChannelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the events of an account or a relay, as far as a gateway tells of them.

    The accounts of a relay may change while it is loaded.
    """
    channel = entry.runtime_data
    known: set[str] = set()

    def add(event: DeliveryEvent | ReplyEvent, *abilities: type) -> None:
        key = event.entity_description.key
        if key not in known and channel.can(*abilities):
            known.add(key)
            async_add_entities([event])

    async def add_what_is_told(
        _hass: HomeAssistant, _entry: ChannelConfigEntry
    ) -> None:
        add(DeliveryEvent(channel, DELIVERY), TracksDelivery, PushesDelivery)
        add(ReplyEvent(channel, REPLY), ReceivesReplies)

    await add_what_is_told(hass, entry)
    async_follow_switches(
        entry,
        async_add_entities,
        lambda switch: [DeadManEvent(hass, channel, switch, DEAD_MAN_SWITCH)],
    )
    entry.async_on_unload(entry.add_update_listener(add_what_is_told))


class DeliveryEvent(LocalEntity, EventEntity):
    """How the delivery of a message to one recipient has ended.

    Who it was for is told by name: everything in the house may read it.
    """

    @override
    async def async_added_to_hass(self) -> None:
        """Follow every delivery."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self._channel.observer.async_listen_to_deliveries(self._async_tell)
        )

    @callback
    def _async_tell(self, record: MessageRecord, submission: SubmissionRecord) -> None:
        delivery = submission.delivery
        assert delivery is not None
        self._trigger_event(
            delivery.status.value,
            {
                "message_id": record.message_id,
                "recipient": submission.recipient.public_label,
                "at": local_iso(delivery.at),
                "billed": delivery.is_billed,
                "gateway_code": public_code(delivery.code),
            },
        )
        self.async_write_ha_state()


class ReplyEvent(LocalEntity, EventEntity):
    """An answer to a message.

    Who wrote it is told by name, if it is a recipient here. What was written
    is told on the bus only, where no guest can listen.
    """

    @override
    async def async_added_to_hass(self) -> None:
        """Follow every reply."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self._channel.observer.async_listen_to_replies(self._async_tell)
        )

    @callback
    def _async_tell(self, reply: StoredReply, record: MessageRecord | None) -> None:
        told = reply_details(reply, self._channel.who_replied(reply, record))
        self._trigger_event(REPLY_RECEIVED, told)
        self.async_write_ha_state()


class DeadManEvent(DeadManEntity, EventEntity):
    """Something that happens to a dead man's switch."""

    @override
    async def async_added_to_hass(self) -> None:
        """Follow everything that happens to it."""
        await super().async_added_to_hass()
        self.async_on_remove(self._switch.teller.async_listen_to_news(self._async_tell))

    @callback
    def _async_tell(self, news: SwitchNews) -> None:
        self._trigger_event(news.event.value, dict(news.details))
        self.async_write_ha_state()
