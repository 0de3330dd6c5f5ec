"""The balance: polled within what the gateway allows, and following every message."""

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.core import HomeAssistant
from tests.conftest import AccountMaker, state_of
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_a_rate_limit_is_respected(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """An hour's silence, then the polls go on."""
    entry = await add_account(simulator.etech_keys)
    coordinator = entry.runtime_data.coordinator
    simulator.etech_keys.fail(Fault.RATE_LIMITED, times=1)

    freezer.tick(31 * 60)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not coordinator.last_update_success
    asked = simulator.etech_keys.asked("balance")

    freezer.tick(58 * 60)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert simulator.etech_keys.asked("balance") == asked

    freezer.tick(3 * 60)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert coordinator.last_update_success


async def test_credentials_that_die_meanwhile_ask_the_user(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The poll finds it before the alarm does."""
    entry = await add_account(simulator.smseco)
    simulator.smseco.password = "chang3d"

    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()

    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == "reauth"


async def test_what_was_refused_costs_no_poll(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The balance can't have changed."""
    entry = await add_account(simulator.etech_keys)
    asked = simulator.etech_keys.asked("balance")
    simulator.etech_keys.answer_next("destinataire incorrect")

    await hass.services.async_call(
        DOMAIN,
        "send_sms",
        {"config_entry_id": entry.entry_id, "message": "Test", "target": "Papa"},
        blocking=True,
        return_response=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    assert simulator.etech_keys.asked("balance") == asked


async def test_an_unknown_outcome_asks_the_balance(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It may have been charged: the sensor shows whether it was."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.fail(Fault.CUT_AFTER, operation="send")

    await hass.services.async_call(
        DOMAIN,
        "send_sms",
        {"config_entry_id": entry.entry_id, "message": "Test", "target": "Papa"},
        blocking=True,
        return_response=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    assert state_of(hass, "sensor.etech_keys_balance") == "999"
