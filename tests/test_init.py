"""An account comes and goes without leaving anything behind."""

import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.conftest import AccountMaker, state_of, warnings_logged
from tests.messages import confirm_refusal, send, until_settled
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


def notify_services(hass: HomeAssistant) -> set[str]:
    """Return the notify services that are ours."""
    common = {"notify", "send_message", "persistent_notification"}
    return set(hass.services.async_services_for_domain("notify")) - common


@pytest.mark.parametrize("key", GATEWAYS)
async def test_an_account_reloads_and_goes_without_a_trace(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    caplog: pytest.LogCaptureFixture,
    key: str,
) -> None:
    """No service, entity, device or warning is left; the plugin looks for timers."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    slug = next(iter(sorted(notify_services(hass), key=len)))
    here = {slug, f"{slug}_maman", f"{slug}_papa"}
    assert notify_services(hass) == here
    assert state_of(hass, f"sensor.{slug}_balance") == str(simulated.credits)

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert notify_services(hass) == here

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert notify_services(hass) == set()
    assert not er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert not hass.states.async_entity_ids("sensor")
    assert not hass.states.async_entity_ids("notify")

    await add_account(simulated)
    assert notify_services(hass) == here
    assert warnings_logged(caplog) == []


@pytest.mark.parametrize(
    "fault", [Fault.ERROR_500, Fault.HTML, Fault.RATE_LIMITED, Fault.CUT_BEFORE]
)
async def test_a_gateway_that_is_away_keeps_no_alert_out(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, fault: Fault
) -> None:
    """The account is there, and shows its balance as soon as it is told."""
    simulator.etech_keys.fail(fault)

    entry = await add_account(simulator.etech_keys)

    assert entry.state is ConfigEntryState.LOADED
    assert "etech_keys_maman" in notify_services(hass)
    assert hass.states.get("sensor.etech_keys_balance") is None
    assert state_of(hass, "sensor.etech_keys_credit_ends") == "unavailable"
    assert state_of(hass, "sensor.etech_keys_pending_messages") == "0"
    assert state_of(hass, "sensor.etech_keys_segments_sent") == "0"

    simulator.etech_keys.heal()
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert state_of(hass, "sensor.etech_keys_balance") == "1000"


async def test_an_alert_of_a_dead_line_leaves_when_it_is_back(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Although the house started without it; a restart in between loses nothing."""
    simulator.etech_keys.fail(Fault.RATE_LIMITED)
    entry = await add_account(simulator.etech_keys)
    answer = await send(hass, entry)
    assert answer["results"][0]["outcome"] == "queued"
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor.etech_keys_pending_messages") == "1"

    simulator.etech_keys.heal()
    await entry.runtime_data.coordinator.async_refresh()
    await until_settled(entry)

    assert len(simulator.etech_keys.accepted) == 1


async def test_dead_credentials_ask_the_user(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A flow opens that asks for the secret again; alerts are taken in all the same."""
    entry = await add_account(simulator.etech_keys, password="another")

    assert entry.state is ConfigEntryState.LOADED
    flow = await confirm_refusal(hass, entry)
    assert flow["context"]["source"] == "reauth"
