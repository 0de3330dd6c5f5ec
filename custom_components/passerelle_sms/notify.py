"""A notify entity for each recipient, for `notify.send_message`."""

from typing import Final, override

from homeassistant.components.notify import (
    NotifyEntity,
    NotifyEntityDescription,
    NotifyEntityFeature,
)
from homeassistant.config_entries import ConfigSubentry
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
from .const import ATTR_MESSAGE, ATTR_TARGET, ATTR_TITLE, DOMAIN, SUBENTRY_RECIPIENT
from .entity import RecipientEntity
from .entries.account import Account, AccountConfigEntry
from .entries.settings import recipient_targets

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
    """Set up an entity for each recipient of an account, also for those to come."""
    known: set[str] = set()

    @callback
    def add_new() -> None:
        for subentry in entry.get_subentries_of_type(SUBENTRY_RECIPIENT):
            if subentry.subentry_id not in known:
                known.add(subentry.subentry_id)
                async_add_entities(
                    [RecipientNotifyEntity(hass, account, subentry)],
                    config_subentry_id=subentry.subentry_id,
                )

    account = entry.runtime_data
    add_new()
    # These entities stay while the entry is reloaded.
    account.on_stop(async_dispatcher_connect(hass, _signal(entry), add_new))


@callback
def async_add_recipients(hass: HomeAssistant, entry: AccountConfigEntry) -> None:
    """Set up the entities of new recipients."""
    async_dispatcher_send(hass, _signal(entry))


def _signal(entry: AccountConfigEntry) -> str:
    return f"{DOMAIN}_{entry.entry_id}_recipients"


class RecipientNotifyEntity(RecipientEntity, NotifyEntity):
    """Sends to one recipient."""

    _attr_supported_features = NotifyEntityFeature.TITLE

    def __init__(
        self, hass: HomeAssistant, account: Account, subentry: ConfigSubentry
    ) -> None:
        """Send to `subentry` through `account`."""
        super().__init__(hass, account.entry, subentry, RECIPIENT)
        self._account = account
        self._subentry_id = subentry.subentry_id

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Send a message, and raise unless it is accepted or queued."""
        given = {ATTR_MESSAGE: message, ATTR_TITLE: title}
        fields = {
            **read_fields(TEXT_FIELDS, given, self.entity_id),
            ATTR_TARGET: recipient_targets(self._account.entry, self._subentry_id),
        }
        by_guest = await async_is_guest(self.hass, self._context)
        await async_send_or_raise(
            self.hass, self._account, to_message(fields, by_guest=by_guest)
        )
