"""What tests about dead man's switches have in common: adding one, and what stands for it."""

from types import MappingProxyType
from typing import Any

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from tests.groups import subentry_of
from tests.passing_time import quiet
from tests.simulator import Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro
from tests.simulator.sms123 import SimulatedSms123

type Keeps = SimulatedEnvoyerSmsPro | SimulatedSms123
"""A simulated gateway that keeps the messages of switches."""

NAME = "Maison muette"
KEYS = ("envoyer_sms_pro", "sms123")
"""The gateways that keep them."""
MAMAN = "+33612345678"
PAPA = "+33698765432"
PEOPLE = {"Maman": MAMAN, "Papa": PAPA}
TEXT = "Plus de nouvelles de {house} depuis {since}"


def switch_subentry(
    entry: ConfigEntry,
    *recipients: str,
    name: str = NAME,
    message: str = TEXT,
    delay: int = 60,
    message_back: str | None = None,
) -> ConfigSubentry:
    """Return a switch that tells Maman, or recipients and groups of these titles."""
    ids = [subentry_of(entry, one).subentry_id for one in recipients or ["Maman"]]
    data = {"name": name, "message": message, "recipients": ids, "delay": delay}
    if message_back is not None:
        data["message_back"] = message_back
    return ConfigSubentry(
        data=MappingProxyType(data),
        subentry_type="dead_man_switch",
        title=name,
        unique_id=None,
    )


async def add_switch(
    hass: HomeAssistant, entry: ConfigEntry, *recipients: str, **fields: Any
) -> ConfigSubentry:
    """Add a switch as its flow does at its end, and wait until it stands."""
    subentry = switch_subentry(entry, *recipients, **fields)
    async with quiet(hass):
        hass.config_entries.async_add_subentry(entry, subentry)
    return subentry


async def turn(hass: HomeAssistant, entity_id: str, way: str) -> None:
    """Turn a switch on or off, and wait for all that comes of it."""
    async with quiet(hass):
        await hass.services.async_call(
            "switch", f"turn_{way}", {"entity_id": entity_id}, blocking=True
        )


def keeps(simulator: Simulator, key: str) -> Keeps:
    """Return a simulated gateway that keeps the messages of switches."""
    simulated = simulator.gateways[key]
    assert isinstance(simulated, SimulatedEnvoyerSmsPro | SimulatedSms123)
    return simulated


def standing(simulated: Keeps) -> list[str]:
    """Return whom the gateway would tell at an hour, the soonest first."""
    return [message.recipient for message in simulated.standing()]


def asked(simulated: Keeps) -> int:
    """Return how often the gateway was asked to keep a message, or to give it back."""
    changes = {"send", "cancel"}
    return sum(request.operation in changes for request in simulated.requests)


def issue_of(
    hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry, kind: str
) -> ir.IssueEntry | None:
    """Return an issue about a switch, if there is one."""
    issue_id = f"dead_man_switch_{kind}_{entry.entry_id}_{subentry.subentry_id}"
    return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)


def entity_of(
    hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry, key: str
) -> str:
    """Return the id of an entity of a switch, by its key."""
    unique_id = f"{entry.entry_id}_{subentry.subentry_id}_{key}"
    found = [
        known.entity_id
        for known in er.async_entries_for_config_entry(
            er.async_get(hass), entry.entry_id
        )
        if known.unique_id == unique_id and known.platform == DOMAIN
    ]
    [entity_id] = found
    return entity_id
