"""The sensors of an account."""

from decimal import Decimal

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.conftest import AccountMaker, state_of
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_the_balance(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Credits have no device class; the name, the unit and the id are the fixed ones."""
    simulator.etech_keys.credits = Decimal("12.5")
    entry = await add_account(simulator.etech_keys)

    state = hass.states.get("sensor.etech_keys_balance")
    assert state is not None
    assert state.state == "12.5"
    assert state.attributes == {
        "friendly_name": "ETECH KEYS Balance",
        "state_class": "measurement",
        "unit_of_measurement": "credits",
    }
    entity = er.async_get(hass).async_get("sensor.etech_keys_balance")
    assert entity is not None
    assert entity.unique_id == f"{entry.entry_id}_balance"


async def test_what_smseco_tells(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The day of expiry and the consumption."""
    await add_account(simulator.smseco)

    keys = {
        entity.unique_id.split("_", 1)[1]
        for entity in er.async_get(hass).entities.values()
        if entity.domain == "sensor"
    }
    assert keys == {"balance", "expires", "consumption"}
    assert hass.states.get("sensor.smseco_credits_expire") is not None


async def test_what_devcodesms_tells(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What was bought and what was sent."""
    await add_account(simulator.devcodesms)

    assert hass.states.get("sensor.devcodesms_purchased") is not None
    assert hass.states.get("sensor.devcodesms_sent") is not None


async def test_what_envoyer_sms_pro_tells(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """How many requests an hour may hold."""
    await add_account(simulator.envoyer_sms_pro)

    assert state_of(hass, "sensor.envoyer_sms_pro_requests_per_hour") == "100"


async def test_polls_every_half_hour(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Not sooner, and the sensor shows what changed meanwhile."""
    await add_account(simulator.etech_keys)
    simulator.etech_keys.credits = Decimal(7)
    asked = simulator.etech_keys.asked("balance")

    freezer.tick(29 * 60)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert simulator.etech_keys.asked("balance") == asked

    freezer.tick(2 * 60)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert simulator.etech_keys.asked("balance") == asked + 1
    assert state_of(hass, "sensor.etech_keys_balance") == "7"


async def test_is_unavailable_while_the_gateway_is_and_comes_back(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log says so once, without the password."""
    await add_account(simulator.etech_keys)
    simulator.etech_keys.fail(Fault.CUT_BEFORE, times=2)

    for _ in range(2):
        freezer.tick(31 * 60)
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert state_of(hass, "sensor.etech_keys_balance") == "unavailable"

    freezer.tick(31 * 60)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, "sensor.etech_keys_balance") == "1000"
    assert caplog.text.count("Error fetching ETECH KEYS data") == 1
    assert simulator.etech_keys.password not in caplog.text
    assert "s3cr%26t" not in caplog.text


async def test_follows_a_message_at_once(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """From the answer where it tells the rest, so that nothing more is asked."""
    entry = await add_account(simulator.smseco)
    asked = simulator.smseco.asked("balance")

    await hass.services.async_call(
        DOMAIN,
        "send_sms",
        {"config_entry_id": entry.entry_id, "message": "Test", "target": ["Papa"]},
        blocking=True,
    )

    assert state_of(hass, "sensor.smseco_balance") == "999"
    assert simulator.smseco.asked("balance") == asked
