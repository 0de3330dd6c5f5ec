"""What a user can hand on without a second thought."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.conftest import MAMAN, PAPA, AccountMaker
from tests.simulator import Simulator


@pytest.mark.parametrize("key", GATEWAYS)
async def test_no_secret_and_no_number(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
    key: str,
) -> None:
    """Even when the gateway's last answer was nothing but secrets and numbers."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    secrets = [simulated.username, simulated.password, simulated.api_key, MAMAN, PAPA]
    for _ in range(6):
        simulated.answer_next("<p>Bonjour " + " ; ".join(secrets) + "</p>")
    await entry.runtime_data.coordinator.async_refresh()
    assert await async_setup_component(hass, "diagnostics", {})

    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    text = json.dumps(told)
    for secret in [*secrets, MAMAN[4:], PAPA[4:]]:
        if secret in secrets[:3] and secret not in json.dumps(dict(entry.data)):
            continue
        assert secret not in text
    whole: dict[str, Any] = json.loads(text)
    assert whole["account"]["gateway"] == key
    assert whole["account"]["recipients"] == 2
    assert "Bonjour" in whole["last_unreadable_answer"]
    assert whole["last_poll"]["successful"] is False
