"""Every way to send a message, and what it tells its caller."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import slugify
from tests.conftest import MAMAN

RECIPIENTS: Final = {"Maman": MAMAN, "Tante": "+237699128531"}

type Sent = tuple[str, str, str]
"""A text, a number, and what the caller was told of them."""
type Way = Callable[[HomeAssistant, MockConfigEntry, str], Awaitable[list[Sent]]]


async def by_action(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    text: str,
    names: Sequence[str] = ("Maman",),
) -> list[Sent]:
    """Send by `passerelle_sms.send_sms`."""
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "send_sms",
        {"config_entry_id": entry.entry_id, "message": text, "target": [*names]},
        blocking=True,
        return_response=True,
    )
    outcomes = {row["recipient"]: row["outcome"] for row in answer["results"]}
    return [(text, RECIPIENTS[name], f"`{outcomes[name]}`") for name in names]


async def by_service(
    hass: HomeAssistant, entry: MockConfigEntry, text: str
) -> list[Sent]:
    """Send by the account's notify service."""
    data = {"message": text, "target": ["Maman"]}
    return await _notify(hass, slugify(entry.title), text, data)


async def by_entity(
    hass: HomeAssistant, entry: MockConfigEntry, text: str
) -> list[Sent]:
    """Send by the recipient's notify entity."""
    subentry_id = next(iter(entry.subentries))
    entity_id = er.async_get(hass).async_get_entity_id(
        "notify", DOMAIN, f"{entry.entry_id}_{subentry_id}_sms"
    )
    data = {"message": text, "entity_id": entity_id}
    return await _notify(hass, "send_message", text, data)


async def to_two(hass: HomeAssistant, entry: MockConfigEntry, text: str) -> list[Sent]:
    """Send one message to two recipients."""
    return await by_action(hass, entry, text, [*RECIPIENTS])


async def two_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, text: str
) -> list[Sent]:
    """Send two alerts to the same recipient at once."""
    texts = (text, f"{text} (2)")
    sent = await asyncio.gather(*(by_action(hass, entry, one) for one in texts))
    return [one for alert in sent for one in alert]


async def _notify(
    hass: HomeAssistant, service: str, text: str, data: dict[str, Any]
) -> list[Sent]:
    try:
        await hass.services.async_call("notify", service, data, blocking=True)
    except HomeAssistantError:
        return [(text, MAMAN, "error")]
    return [(text, MAMAN, "returns")]


ACTION: Final = "`send_sms`"
SINGLE: Final[dict[str, Way]] = {
    ACTION: by_action,
    "notify service": by_service,
    "notify entity": by_entity,
}
TWO_RECIPIENTS: Final = "two recipients"
TWO_ALERTS: Final = "two alerts at once"
DOUBLE: Final[dict[str, Way]] = {TWO_RECIPIENTS: to_two, TWO_ALERTS: two_at_once}
