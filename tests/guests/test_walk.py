"""A guest walks through the house, and finds no number, no login and no text."""

import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

import custom_components.passerelle_sms as integration
from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.abilities.delivery import (
    PushesDelivery,
    TracksDelivery,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.core import HomeAssistant
from tests.conftest import AccountMaker
from tests.simulator import Simulator
from tests.switches import KEYS

from .guest import Guest, come_in
from .house import DELIVER, House, build, live
from .walk import CASES, OPEN_ACTIONS, NoCaseError, walk

pytestmark = pytest.mark.usefixtures("socket_enabled")


def answers(guest: Guest, action: str) -> list[dict[str, Any]]:
    """Return what an action has answered a guest."""
    return [
        told
        for where, told in guest.seen
        if isinstance(told, dict)
        and where.startswith("call_service")
        and f"'service': '{action}'" in where
    ]


@pytest.mark.parametrize("key", GATEWAYS)
async def test_a_guest_finds_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
    key: str,
) -> None:
    """Wherever he looks, whatever he calls, and whatever the gateway says."""
    house = await build(hass, simulator, key, add_account, freezer)
    await live(house)
    guest = await come_in(hass, hass_ws_client)

    assert await walk(house, guest) == []

    tells = isinstance(
        house.entry.runtime_data.gateway, TracksDelivery | PushesDelivery
    )
    open_actions = OPEN_ACTIONS if tells else OPEN_ACTIONS - {"get_delivery"}
    for action in CASES:
        told = answers(guest, action)
        assert any(one["success"] for one in told) is (action in open_actions), action
        if action not in OPEN_ACTIONS:
            assert "Unauthorized" in {one["error"]["message"] for one in told}, action
    assert issues_seen(guest) == set(translations()["issues"])
    assert {"state_changed", "repairs_issue_registry_updated"} <= dict(
        house.told
    ).keys()
    assert toggled(guest) == ({"turn_off", "turn_on"} if key in KEYS else set())
    assert deliveries_seen(guest) == (["undelivered"] if key in DELIVER else [])


def issues_seen(guest: Guest) -> set[str]:
    """Return the kinds of issues that a guest has seen."""
    return {
        issue["translation_key"]
        for where, told in guest.seen
        if where.startswith("repairs/list_issues") and isinstance(told, dict)
        for issue in told["result"]["issues"]
        if issue["domain"] == DOMAIN
    }


def toggled(guest: Guest) -> set[str]:
    """Return by which actions on switches a guest was refused something once."""
    return {
        action
        for where, told in guest.seen
        if isinstance(told, dict) and "'domain': 'switch'" in where
        for action in ("turn_off", "turn_on")
        if f"'{action}'" in where and told.get("error", {}).get("translation_key")
    }


def deliveries_seen(guest: Guest) -> list[str]:
    """Return how deliveries have ended, as a guest has seen by the states."""
    states = dict(guest.seen)["get_states {}"]
    assert isinstance(states, dict)
    return [
        state["attributes"]["event_type"]
        for state in states["result"]
        if state["entity_id"].endswith("_delivery")
        and state["attributes"]["event_type"] is not None
    ]


def translations() -> dict[str, Any]:
    """Return the English words of the integration."""
    path = Path(integration.__file__).parent / "translations" / "en.json"
    words: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return words


async def test_an_action_without_a_case(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Who adds one has to say how a guest calls it."""
    house: House = await build(hass, simulator, "smseco", add_account, freezer)
    hass.services.async_register(DOMAIN, "brand_new", lambda _: None)
    guest = await come_in(hass, hass_ws_client)

    with pytest.raises(NoCaseError, match="brand_new"):
        await walk(house, guest)
