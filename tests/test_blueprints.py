"""The blueprints are read by Home Assistant, and do what they say."""

from datetime import timedelta
from pathlib import Path
import shutil
from typing import Any, Final

import probatio
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)

from custom_components.passerelle_sms.actions.messages import ACTIONS
from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.setup import async_setup_component
from homeassistant.util.json import JsonValueType
from homeassistant.util.yaml import load_yaml_dict
from tests.conftest import AccountMaker
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

BLUEPRINTS: Final = Path(__file__).parent.parent / "blueprints"
[FIELDS] = [action.fields for action in ACTIONS if action.name == "send_sms"]
SEND_SMS: Final = probatio.Schema({probatio.Required("config_entry_id"): str, **FIELDS})
FALLBACK: Final = "passerelle_sms/alert_with_fallback.yaml"
IN_FRENCH: Final = "passerelle_sms/alerte_avec_recours.yaml"


@pytest.fixture(autouse=True)
def _installed(hass_config_dir: str) -> None:
    """Put the blueprints where a house has them."""
    shutil.copytree(BLUEPRINTS, Path(hass_config_dir) / "blueprints")


async def add_automation(
    hass: HomeAssistant, entry: MockConfigEntry, **inputs: Any
) -> list[ServiceCall]:
    """Use the blueprint; return the calls of its fallback."""
    called = async_mock_service(hass, "siren", "turn_on")
    filled = {
        "happens": {"trigger": "event", "event_type": "tank_empty"},
        "account": entry.entry_id,
        "recipients": ["Maman"],
        "message": "La citerne est vide.",
        "fallback": [
            {"action": "siren.turn_on", "data": {"missed": "{{ missed | join(', ') }}"}}
        ],
        **inputs,
    }
    assert await async_setup_component(
        hass,
        "automation",
        {"automation": {"use_blueprint": {"path": FALLBACK, "input": filled}}},
    )
    return called


@pytest.mark.parametrize(
    "path", sorted(BLUEPRINTS.rglob("*.yaml")), ids=lambda p: p.stem
)
async def test_is_valid(hass: HomeAssistant, path: Path) -> None:
    """For this Home Assistant, and by the name under which it is known."""
    assert await async_setup_component(hass, "automation", {})
    name = str(path.relative_to(BLUEPRINTS / "automation"))

    blueprint = await async_get_blueprints(hass).async_get_blueprint(name)

    assert isinstance(blueprint, Blueprint)
    assert blueprint.validate() is None
    assert blueprint.metadata["source_url"].endswith(str(path.relative_to(BLUEPRINTS)))


def test_the_french_one_does_the_same() -> None:
    """Only its words are others."""
    english, french = (
        load_yaml_dict(str(BLUEPRINTS / "automation" / path))
        for path in (FALLBACK, IN_FRENCH)
    )

    told, meant = french.pop("blueprint"), english.pop("blueprint")
    assert french == english
    assert told["homeassistant"] == meant["homeassistant"]
    assert [*told["input"]] == [*meant["input"]]
    for name, asked in meant["input"].items():
        for key in ("default", "selector"):
            assert told["input"][name].get(key) == asked.get(key), name
        assert told["input"][name]["description"] != asked["description"]


@pytest.mark.parametrize(
    ("told", "missed"),
    [
        ({"Maman": "delivered", "Papa": "delivered"}, []),
        ({"Maman": "delivered", "Papa": "undelivered"}, ["Papa"]),
        ({"Maman": "pending", "Papa": "opted_out"}, ["Maman, Papa"]),
    ],
)
async def test_who_has_not_got_it_in_time(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    told: dict[str, str],
    missed: list[str],
) -> None:
    """As the action tells it that the account would answer."""
    entry = await add_account(simulator.etech_keys)
    called = await add_automation(
        hass, entry, recipients=["Maman", "Papa"], patience={"minutes": 3}
    )
    rows: list[JsonValueType] = [
        {"recipient": name, "outcome": "accepted", "delivery": {"status": status}}
        for name, status in told.items()
    ]
    sent = async_mock_service(
        hass,
        DOMAIN,
        "send_sms",
        SEND_SMS,
        response={"results": rows},
        supports_response=SupportsResponse.OPTIONAL,
    )

    hass.bus.async_fire("tank_empty")
    await hass.async_block_till_done()

    [call] = sent
    assert call.data["wait_for_delivery"] == timedelta(minutes=3)
    assert [call.data["missed"] for call in called] == missed


async def test_accepted_is_enough_where_nothing_more_is_told(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Nobody waits there."""
    called = await add_automation(hass, await add_account(simulator.sms123))

    hass.bus.async_fire("tank_empty")
    await hass.async_block_till_done()

    assert len(simulator.sms123.accepted) == 1
    assert called == []


@pytest.mark.parametrize("recipients", [["Maman"], ["Personne"]])
async def test_what_is_refused_has_not_arrived(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    recipients: list[str],
) -> None:
    """By the gateway, or here: then there is no answer at all."""
    simulator.sms123.answer_next("101", operation="send")
    called = await add_automation(
        hass, await add_account(simulator.sms123), recipients=recipients
    )

    hass.bus.async_fire("tank_empty")
    await hass.async_block_till_done()

    assert [call.data["missed"] for call in called] == [", ".join(recipients)]
