"""The balance: polled within what the gateway allows, and following every message."""

import asyncio
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.factory import async_get_budget
from custom_components.passerelle_sms.entries.settings import GatewaySettings
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from tests.conftest import AccountMaker, account_data, state_of
from tests.messages import confirm_refusal
from tests.passing_time import pass_time
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


@pytest.mark.parametrize(
    ("retry_after", "minutes"), [("2400", 40), ("0", 5), ("7200", 60), ("soon", 60)]
)
async def test_a_rate_limit_s_own_wait_is_respected(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    retry_after: str,
    minutes: int,
) -> None:
    """As long as the gateway says, and never less than it is left alone anyway."""
    entry = await add_account(simulator.etech_keys, options={"poll_minutes": 600})
    coordinator = entry.runtime_data.coordinator
    simulator.etech_keys.retry_after = retry_after
    simulator.etech_keys.fail(Fault.RATE_LIMITED, times=1)
    await coordinator.async_refresh()
    asked = simulator.etech_keys.asked("balance")

    await pass_time(hass, freezer, timedelta(minutes=minutes) - timedelta(seconds=5))
    assert simulator.etech_keys.asked("balance") == asked

    await pass_time(hass, freezer, timedelta(seconds=10))
    assert simulator.etech_keys.asked("balance") == asked + 1
    assert coordinator.last_update_success


async def test_a_limit_that_is_only_presumed_stops_no_polls(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """400 without an id may be about that one request: our own count says how it is."""
    simulated = simulator.envoyer_sms_pro
    entry = await add_account(simulated, options={"poll_minutes": 10})
    coordinator = entry.runtime_data.coordinator
    simulated.answer_next("", status=400, operation="balance")
    await coordinator.async_refresh()
    assert not coordinator.last_update_success
    asked = simulated.asked("balance")

    await pass_time(hass, freezer, timedelta(minutes=10, seconds=5))

    assert simulated.asked("balance") == asked + 1
    assert coordinator.last_update_success


async def test_a_first_balance_waits_until_there_is_room(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """There is none to show meanwhile, and the budget knows how long that takes."""
    simulated = simulator.envoyer_sms_pro
    settings = GatewaySettings.of(account_data(simulator, simulated), {})
    budget = async_get_budget(hass, settings)
    assert budget is not None
    while budget.has_room_for_polls:
        budget.spend()
    freezer.tick(20 * 60)
    entry = await add_account(simulated)
    assert not entry.runtime_data.coordinator.last_update_success

    await pass_time(hass, freezer, timedelta(minutes=39))
    assert simulated.requests == []

    await pass_time(hass, freezer, timedelta(minutes=2))
    assert simulated.asked("balance") == 1
    assert entry.runtime_data.coordinator.last_update_success


async def test_credentials_that_die_meanwhile_ask_the_user(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The poll finds it before the alarm does."""
    entry = await add_account(simulator.smseco)
    simulator.smseco.password = "chang3d"

    await entry.runtime_data.coordinator.async_refresh()
    flow = await confirm_refusal(hass, entry)

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


async def test_one_false_refusal_at_the_start(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The account is there, nobody is asked, and half a minute later all is well."""
    simulated = simulator.smseco
    password, simulated.password = simulated.password, "chang3d"
    entry = await add_account(simulated, password=password)
    assert entry.state is ConfigEntryState.LOADED
    assert not entry.runtime_data.coordinator.last_update_success

    simulated.password = password
    await pass_time(hass, freezer, timedelta(seconds=31))

    assert entry.runtime_data.coordinator.last_update_success
    assert state_of(hass, "sensor.smseco_balance") == "1000"
    assert hass.config_entries.flow.async_progress() == []


async def test_credentials_that_are_refused_twice(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """They are asked for once, however often they are refused, and until they work."""
    simulated = simulator.smseco
    password, simulated.password = simulated.password, "chang3d"
    entry = await add_account(simulated, password=password)
    coordinator = entry.runtime_data.coordinator

    await pass_time(hass, freezer, timedelta(seconds=31))
    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == "reauth"
    await coordinator.async_refresh()
    await hass.async_block_till_done()
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1

    simulated.password = password
    await coordinator.async_refresh()
    await hass.async_block_till_done()
    assert hass.config_entries.flow.async_progress() == []
    # The next refusal is the first one again.
    simulated.password = "chang3d"
    await coordinator.async_refresh()
    await hass.async_block_till_done()
    assert hass.config_entries.flow.async_progress() == []


async def test_a_balance_that_comes_after_the_account_is_gone(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Nobody waits for it, and nobody is told."""
    simulated = simulator.smseco
    entry = await add_account(simulated)
    simulated.fail(Fault.STALL_BEFORE, operation="balance")
    asked = simulated.asked("balance")
    entry.runtime_data.coordinator.async_refresh_soon()
    while simulated.asked("balance") == asked:
        await asyncio.sleep(0)

    await hass.config_entries.async_remove(entry.entry_id)

    # Its request was given up with it.
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get("sensor.smseco_balance") is None
    simulated.release()
