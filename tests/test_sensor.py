"""The sensors of an account."""

from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.messaging.model.record import Choice
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, restore_state as rs
from homeassistant.util import dt as dt_util
from tests.conftest import AccountMaker, state_of
from tests.messages import hold, send, until_settled
from tests.restarts import restart_account, start_account, stop_account
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
    ours = {"credit_ends", "pending_messages", "segments_sent"}
    assert keys == {"balance", "expires", "consumption"} | ours
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


PENDING = "sensor.etech_keys_pending_messages"
SENT = "sensor.etech_keys_segments_sent"
ENDS = "sensor.etech_keys_credit_ends"


async def test_pending_messages(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Those that are not settled, while the gateway is away too."""
    simulator.etech_keys.fail(Fault.RATE_LIMITED)
    entry = await add_account(simulator.etech_keys)
    assert state_of(hass, PENDING) == "0"

    await send(hass, entry)
    await send(hass, entry, message="Citerne pleine")
    await hass.async_block_till_done()
    assert state_of(hass, PENDING) == "2"
    state = hass.states.get(PENDING)
    assert state is not None
    assert state.attributes == {
        "friendly_name": "ETECH KEYS Pending messages",
        "state_class": "measurement",
        "unit_of_measurement": "messages",
    }

    simulator.etech_keys.heal()
    await entry.runtime_data.coordinator.async_refresh()
    await send(hass, entry, message="Porte ouverte")
    await until_settled(entry)
    await hass.async_block_till_done()
    assert len(simulator.etech_keys.accepted) == 3
    assert state_of(hass, PENDING) == "0"


async def test_segments_sent_counts_what_was_accepted(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Each submission once, over a reload, and what is in doubt once it is settled."""
    entry = await add_account(simulator.etech_keys)
    assert state_of(hass, SENT) == "0"
    freezer.tick(1)

    await send(hass, entry, target=["Maman", "Papa"], message="Fuite d'eau. " * 20)
    # The balance that follows must not get the answer to the next message.
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, SENT) == "4"
    simulator.etech_keys.answer_next("destinataire incorrect")
    await send(hass, entry)
    message_id = await hold(
        hass, simulator.etech_keys, entry, freezer, message="Porte ouverte"
    )
    assert state_of(hass, SENT) == "4"

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, SENT) == "4"
    await entry.runtime_data.outbox.resolve(message_id, Choice.SENT)
    await hass.async_block_till_done()
    assert state_of(hass, SENT) == "5"


async def test_segments_sent_survives_a_crash(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What Home Assistant had not kept yet is counted again from the journal."""
    entry = await add_account(simulator.etech_keys)
    freezer.tick(1)
    await send(hass, entry, message="Un")
    message_id = await hold(
        hass, simulator.etech_keys, entry, freezer, message="Deux", target=["Papa"]
    )
    await rs.async_get(hass).async_dump_states()
    kept = deepcopy(hass_storage[rs.STORAGE_KEY])
    for known in kept["data"]:
        if known["state"]["entity_id"] == SENT:
            # A message that went with a damaged journal stands in nobody's way.
            known["extra_data"]["unsettled"]["gone"] = 1
    freezer.tick(1)
    await send(hass, entry, message="Trois")
    await entry.runtime_data.outbox.resolve(message_id, Choice.SENT)
    await hass.async_block_till_done()
    assert state_of(hass, SENT) == "3"

    await stop_account(hass, entry)
    hass_storage[rs.STORAGE_KEY] = kept
    await rs.async_get(hass).async_load()
    await start_account(hass, entry)

    assert state_of(hass, SENT) == "3"


async def test_segments_sent_begins_anew_with_another_account(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Even if it gets the entity id, and with it what was kept, of a removed one."""
    entry = await add_account(simulator.etech_keys)
    await send(hass, entry)
    await hass.async_block_till_done()
    assert state_of(hass, SENT) == "1"

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    await add_account(simulator.etech_keys)

    assert state_of(hass, SENT) == "0"


async def test_the_end_of_the_credit(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Unknown until there is a pace, then by it, and no more often than needed."""
    await hass.config.async_set_time_zone("Africa/Douala")
    entry = await add_account(simulator.etech_keys)
    assert state_of(hass, ENDS) == "unknown"
    begun = dt_util.now()
    for day in range(4):
        await send(hass, entry, message=f"Jour {day}")
        await hass.async_block_till_done(wait_background_tasks=True)
        freezer.tick(timedelta(days=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)

    # Four credits in four days.
    days = 4 + int(simulator.etech_keys.credits)
    ends = (begun + timedelta(days=days)).date().isoformat()
    assert state_of(hass, ENDS) == ends
    state = hass.states.get(ENDS)
    assert state is not None
    assert state.attributes["device_class"] == "date"


async def test_a_whole_period_counts_although_the_journal_is_read_for_less(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A house that was silent for weeks is not taken for one that has just begun."""
    entry = await add_account(simulator.etech_keys, options={"poll_minutes": 1440})
    await send(hass, entry, message="Il y a longtemps")
    freezer.tick(timedelta(days=40))
    for number in range(3):
        await send(hass, entry, message=f"Message {number}")
    simulator.etech_keys.credits = Decimal(10)
    await restart_account(hass, entry)

    # Three credits in thirty days.
    ends = (dt_util.now() + timedelta(days=100)).date().isoformat()
    assert state_of(hass, ENDS) == ends
