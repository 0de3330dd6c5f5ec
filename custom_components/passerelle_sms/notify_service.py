"""The services `notify.<channel>`, `notify.<channel>_<recipient>` and `…_<group>`.

An account and a relay have them alike, by their titles.

Core's `alert` and many blueprints call only these. They are registered here, not by
Home Assistant's base class: it hides, replaces and removes services of the same name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import probatio

from homeassistant.components.notify import (
    ATTR_DATA,
    ATTR_TARGET,
    DOMAIN as NOTIFY_DOMAIN,
    SERVICE_NOTIFY,
    async_reload,
)
from homeassistant.config import async_hass_config_yaml
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    ATTR_DOMAIN,
    ATTR_SERVICE,
    CONF_DESCRIPTION,
    CONF_NAME,
    EVENT_CALL_SERVICE,
    EVENT_SERVICE_REGISTERED,
    EVENT_SERVICE_REMOVED,
    SERVICE_RELOAD,
)
from homeassistant.core import Event, HomeAssistant, Service, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.discovery import async_listen_platform
from homeassistant.helpers.service import async_set_service_schema
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType
from homeassistant.loader import IntegrationNotFound, async_get_integration
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.yaml import load_yaml_dict

from .actions.guests import async_is_guest
from .actions.message_fields import OPTION_FIELDS, TARGET_FIELD, TEXT_FIELDS, to_message
from .actions.reading import Fields, read_fields, refused
from .actions.sending import async_send_or_raise
from .actions.values import InvalidValue, mapping
from .bounds import MOST_DATA
from .const import ATTR_WAIT_FOR_DELIVERY, DOMAIN
from .entries.channels import async_get_channel
from .entries.settings import recipient_name, recipient_targets, recipients_and_groups
from .presentation.exceptions import account_gone
from .service_names import CORE_NAMES, Owner, ServiceNames, names_in_yaml

NOTIFY_SERVICES: HassKey[NotifyServices] = HassKey(f"{DOMAIN}_notify_services")

CONF_FIELDS: Final = "fields"
_FIELDS: Final[Fields] = {
    **TEXT_FIELDS,
    **TARGET_FIELD,
    probatio.Optional(ATTR_DATA): partial(mapping, most=MOST_DATA),
}


async def async_setup_service_names(hass: HomeAssistant, config: ConfigType) -> None:
    """Learn which names others have, and give every channel its own, once at the start.

    Channels get theirs in the order in which they were added, so that it does not
    matter which one is set up first.
    """
    names = ServiceNames(hass)
    await names.async_load(lambda owner: _is_there(hass, owner))
    services = NotifyServices(hass, names, await _fields(hass))
    hass.data[NOTIFY_SERVICES] = services
    services.async_start(names_in_yaml(config))


@callback
def async_setup_notify_services(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Register the services that a channel, its recipients and groups should have."""
    hass.data[NOTIFY_SERVICES].async_update(entry)


@callback
def async_remove_notify_services(
    hass: HomeAssistant, entry: ConfigEntry, *, forget: bool
) -> None:
    """Remove the services of a channel; with `forget` their names are free again."""
    # It can be removed before the integration was ever set up.
    if services := hass.data.get(NOTIFY_SERVICES):
        services.async_remove(entry, forget=forget)


@dataclass(frozen=True, slots=True)
class _Sender:
    """Sends what an owner's services are called with."""

    hass: HomeAssistant
    owner: Owner

    async def async_send(self, call: ServiceCall) -> None:
        """Send a message, and raise unless it is accepted or on its way to everybody.

        The recipient or group is looked up now: name, number and members may have
        changed since the service was registered.
        """
        fields = _read(call)
        channel = async_get_channel(self.hass, self.owner.entry_id)
        if channel is None:
            # It is being disabled or removed, and its services with it.
            raise account_gone()
        subentry_id = self.owner.subentry_id
        is_guest = await async_is_guest(self.hass, call.context)
        if subentry_id is not None:
            fields[ATTR_TARGET] = recipient_targets(channel.entry, subentry_id)
        await async_send_or_raise(
            self.hass,
            channel,
            to_message(fields, by_guest=is_guest),
            fields.get(ATTR_WAIT_FOR_DELIVERY, timedelta()),
        )


class NotifyServices:
    """Registers the notify services of all channels, beside those of others."""

    def __init__(
        self, hass: HomeAssistant, names: ServiceNames, fields: Mapping[str, object]
    ) -> None:
        """Register nothing yet; `fields` describe a call in the user interface."""
        self._hass = hass
        self._names = names
        self._fields = fields
        self._foreign = set(CORE_NAMES)
        self._registered: dict[str, _Sender] = {}

    @callback
    def async_start(self, foreign: set[str]) -> None:
        """Give all channels their names, and follow what others register."""
        self._foreign |= foreign
        for entry in self._hass.config_entries.async_entries(DOMAIN):
            self._async_assign(entry)
        listen = self._hass.bus.async_listen
        listen(EVENT_SERVICE_REGISTERED, self._async_on_service_changed)
        listen(EVENT_SERVICE_REMOVED, self._async_on_service_changed)
        listen(EVENT_CALL_SERVICE, self._async_on_reload, _is_reload)
        async_listen_platform(self._hass, NOTIFY_DOMAIN, self._async_on_discovered)

    @callback
    def async_update(self, entry: ConfigEntry) -> None:
        """Register what a channel should have now, and remove what it should not."""
        self._async_assign(entry)
        names = self._names.of_entry(entry.entry_id)
        for name in self._registered_of(entry) - set(names):
            self._async_remove(name)
        for name, owner in names.items():
            if not self._is_ours(name, self._services().get(name)):
                self._async_register(name, owner)

    @callback
    def async_remove(self, entry: ConfigEntry, *, forget: bool) -> None:
        """Remove the services of a channel, and free their names where asked for."""
        for name in self._registered_of(entry):
            self._async_remove(name)
        if forget:
            self._names.async_forget(entry.entry_id)

    @callback
    def _async_assign(self, entry: ConfigEntry) -> None:
        theirs = {
            name
            for name, service in self._services().items()
            if not self._is_ours(name, service)
        }
        recipients = {
            subentry.subentry_id: recipient_name(subentry)
            for subentry in recipients_and_groups(entry)
        }
        self._names.async_assign(
            entry.entry_id, entry.title, recipients, self._foreign | theirs
        )

    @callback
    def _async_register(self, name: str, owner: Owner) -> None:
        sender = self._registered[name] = _Sender(self._hass, owner)
        self._hass.services.async_register(NOTIFY_DOMAIN, name, sender.async_send)
        async_set_service_schema(
            self._hass,
            NOTIFY_DOMAIN,
            name,
            {
                CONF_NAME: f"Send a text message with {name}",
                CONF_DESCRIPTION: f"Sends a text message using the {name} service.",
                CONF_FIELDS: self._fields,
            },
        )

    @callback
    def _async_remove(self, name: str) -> None:
        is_ours = self._is_ours(name, self._services().get(name))
        del self._registered[name]
        if is_ours:
            self._hass.services.async_remove(NOTIFY_DOMAIN, name)

    def _services(self) -> dict[str, Service]:
        return self._hass.services.async_services_for_domain(NOTIFY_DOMAIN)

    def _is_ours(self, name: str, service: Service | None) -> bool:
        """Return whether a service is the one that was registered here."""
        sender = self._registered.get(name)
        return (
            sender is not None
            and service is not None
            and service.job.target == sender.async_send
        )

    def _registered_of(self, entry: ConfigEntry) -> set[str]:
        return {
            name
            for name, sender in self._registered.items()
            if sender.owner.entry_id == entry.entry_id
        }

    @callback
    def _async_on_service_changed(self, event: Event) -> None:
        """Give up the name of a service that was replaced, and restore a removed one."""
        name = event.data[ATTR_SERVICE]
        if event.data[ATTR_DOMAIN] != NOTIFY_DOMAIN or name not in self._registered:
            return
        if not self._is_ours(name, self._services().get(name)):
            self._async_update_owners({name})

    async def _async_on_discovered(
        self, platform: str, info: DiscoveryInfoType | None
    ) -> None:
        """Leave the name of a service to an integration that has just set it up."""
        await self._async_yield(
            names_in_yaml({NOTIFY_DOMAIN: [{"platform": platform, **(info or {})}]}),
            platform,
        )

    async def _async_on_reload(self, event: Event) -> None:
        """Read which names are in YAML when somebody reloads it."""
        domain = event.data[ATTR_DOMAIN]
        try:
            integration = await async_get_integration(self._hass, domain)
            if not integration.platforms_exists([NOTIFY_DOMAIN]):
                return
            config = await async_hass_config_yaml(self._hass)
        except IntegrationNotFound, HomeAssistantError:
            # Who reloads it says what is wrong with it.
            return
        await self._async_yield(names_in_yaml(config), domain)

    async def _async_yield(self, names: set[str], platform: str) -> None:
        """Leave names to a platform, and let it register what it could not."""
        self._foreign |= names
        if names & set(self._registered):
            self._async_update_owners(names)
            await async_reload(self._hass, platform)

    @callback
    def _async_update_owners(self, names: set[str]) -> None:
        """Update the channels that have services of these names."""
        senders = [self._registered[name] for name in names & set(self._registered)]
        for entry_id in {sender.owner.entry_id for sender in senders}:
            self.async_update(self._hass.config_entries.async_get_known_entry(entry_id))


def _is_there(hass: HomeAssistant, owner: Owner) -> bool:
    entry = hass.config_entries.async_get_entry(owner.entry_id)
    return entry is not None and (
        owner.subentry_id is None or owner.subentry_id in entry.subentries
    )


async def _fields(hass: HomeAssistant) -> Mapping[str, object]:
    """Return how Home Assistant describes the fields of a notify service."""
    integration = await async_get_integration(hass, NOTIFY_DOMAIN)
    path = str(integration.file_path / "services.yaml")
    services = await hass.async_add_executor_job(load_yaml_dict, path)
    fields: Mapping[str, object] = services[SERVICE_NOTIFY][CONF_FIELDS]
    return fields


@callback
def _is_reload(data: Mapping[str, Any]) -> bool:
    return bool(data[ATTR_SERVICE] == SERVICE_RELOAD)


def _read(call: ServiceCall) -> dict[str, Any]:
    """Return the fields of a message.

    What other notifiers take in `data` is ignored, but for whom a message is for:
    everybody else would get it.
    """
    fields = read_fields(_FIELDS, call.data, call.service)
    data: dict[str, Any] = fields.pop(ATTR_DATA, {})
    if ATTR_TARGET in data:
        raise refused(f"{ATTR_DATA}: {ATTR_TARGET}", InvalidValue("field_unknown"))
    options = read_fields(OPTION_FIELDS, data, call.service, ignores_unknown=True)
    return {**options, **fields}
