"""What is under way while an account is unloaded, and what stays behind."""

import asyncio
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.messaging.journal.database import Database
from custom_components.passerelle_sms.messaging.tracking.tracker import Tracker
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import DATA_DISPATCHER
from homeassistant.util import dt as dt_util
from tests.actions.calls import call
from tests.conftest import AccountMaker
from tests.messages import send
from tests.messaging.idle import until_idle as nothing_under_way
from tests.passing_time import pass_time
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

DELIVERY = "event.etech_keys_delivery"


# --- what is told while nobody listens --------------------------------------------


async def test_a_delivery_that_ends_while_the_account_is_reloaded(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The event is not fired into the void: it comes once there is an entity again."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    sent = await send(hass, entry)
    simulated.label = "DELIVERED"
    assert await hass.config_entries.async_unload(entry.entry_id)
    # By now it would be asked about.
    await pass_time(hass, freezer, timedelta(seconds=65))
    assert simulated.asked("delivery") == 0

    assert await hass.config_entries.async_setup(entry.entry_id)
    await pass_time(hass, freezer, timedelta(seconds=61))

    state = hass.states.get(DELIVERY)
    assert state is not None
    assert state.attributes["event_type"] == "delivered"
    assert state.attributes["message_id"] == sent["message_id"]


@pytest.mark.parametrize("is_answered", [True, False])
async def test_who_waits_for_a_delivery(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    is_answered: bool,
) -> None:
    """He goes on waiting over a reload, and hears how it ends."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    waiting = asyncio.create_task(
        call(
            hass,
            entry,
            "send_sms",
            answer=is_answered,
            message="Citerne vide",
            target=["Maman"],
            wait_for_delivery=True,
        )
    )
    while not simulated.asked("delivery"):
        await pass_time(hass, freezer, timedelta(seconds=5))

    assert await hass.config_entries.async_reload(entry.entry_id)
    assert not waiting.done()
    simulated.label = "DELIVERED"
    while not waiting.done():
        await pass_time(hass, freezer, timedelta(seconds=5))

    answer = await waiting
    for row in answer.get("results", []):
        assert row["outcome"] == "accepted"
        assert row["delivery"]["status"] == "delivered"
    assert ("results" in answer) is is_answered


async def test_who_waits_for_a_check(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """So does he; an account that is disabled keeps nobody waiting."""
    entry = await add_account(simulator.smseco)
    waiting = asyncio.create_task(
        call(hass, entry, "check_numbers", target=["Maman"], wait_for_delivery=True)
    )
    while not len(entry.runtime_data.tracker):
        await asyncio.sleep(0)
    await nothing_under_way()

    assert await hass.config_entries.async_reload(entry.entry_id)
    assert not waiting.done()
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )

    [row] = (await waiting)["results"]
    assert row["delivery"]["status"] == "pending"


@pytest.mark.parametrize("about", ["one", "all"])
async def test_who_asks_for_a_delivery(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, about: str
) -> None:
    """He is answered."""
    simulated = simulator.smseco
    entry = await add_account(simulated)
    sent = await send(hass, entry)
    simulated.fail(Fault.STALL_BEFORE, operation="delivery", times=1)
    fields = {"message_id": sent["message_id"]} if about == "one" else {}
    asking = asyncio.create_task(call(hass, entry, "get_delivery", **fields))
    await simulated.until_asked("delivery")
    reload = asyncio.create_task(hass.config_entries.async_reload(entry.entry_id))
    while entry.state is ConfigEntryState.LOADED:
        await asyncio.sleep(0)

    simulated.release()
    answer = await asking
    assert await reload

    assert answer["deliveries"][0]["delivery"]["status"] == "pending"
    assert "SMSECO" in answer["error"]


async def test_who_waits_when_the_house_stops(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """He hears what is known: it doesn't stop later for that."""
    entry = await add_account(simulator.etech_keys)
    waiting = asyncio.create_task(send(hass, entry, wait_for_delivery=True))
    while not simulator.etech_keys.asked("delivery"):
        await pass_time(hass, freezer, timedelta(seconds=5))

    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)

    [row] = (await waiting)["results"]
    assert row["delivery"]["status"] == "pending"


# --- what must be written down ----------------------------------------------------


async def test_a_message_that_is_being_taken_back(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What the gateway answers is waited for, and written down."""
    simulated = simulator.envoyer_sms_pro
    entry = await add_account(simulated)
    sent = await send(hass, entry, send_at=dt_util.utcnow() + timedelta(days=90))
    simulated.fail(Fault.STALL_BEFORE, operation="cancel", times=1)
    # The second waits for the first, which gets no answer.
    first, second = (
        asyncio.create_task(
            call(hass, entry, "cancel_sms", message_id=sent["message_id"])
        )
        for _ in range(2)
    )
    await simulated.until_asked("cancel")
    assert await hass.config_entries.async_reload(entry.entry_id)

    simulated.release()
    with pytest.raises(HomeAssistantError, match="no answer"):
        await first
    answer = await second

    assert answer["results"][0]["outcome"] == "not_sent"
    [known] = (await call(hass, entry, "get_messages"))["messages"]
    assert known["results"][0]["outcome"] == "not_sent"


async def test_a_number_that_is_being_checked(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It costs credits, so what came of it is kept."""
    simulated = simulator.smseco
    entry = await add_account(simulated)
    simulated.fail(Fault.STALL_AFTER, operation="check_numbers", times=1)
    checking = asyncio.create_task(call(hass, entry, "check_numbers", target=["Maman"]))
    await simulated.until_asked("check_numbers")
    assert await hass.config_entries.async_reload(entry.entry_id)

    simulated.release()
    answer = await checking

    assert answer["results"][0]["outcome"] == "unknown"
    [known] = (await call(hass, entry, "get_messages"))["messages"]
    assert known["kind"] == "number_check"
    assert known["results"] == answer["results"]


# --- a journal that fails ---------------------------------------------------------


async def test_deliveries_that_cannot_be_followed(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """That keeps no message in; it is tried again until the journal can be read."""
    simulated = simulator.etech_keys

    async def fail(_tracker: Tracker) -> None:
        raise NotStoredError(words="disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(Tracker, "start", fail)
        entry = await add_account(simulated)

    assert entry.state is ConfigEntryState.LOADED
    assert "Deliveries can't be followed for now" in caplog.text
    simulated.label = "DELIVERED"
    await send(hass, entry)
    for _ in range(2):
        await pass_time(hass, freezer, timedelta(seconds=61))

    state = hass.states.get(DELIVERY)
    assert state is not None
    assert state.attributes["event_type"] == "delivered"
    assert caplog.text.count("Deliveries can't be followed") == 1


async def test_a_journal_that_cannot_be_pruned(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    journals: list[Database],
) -> None:
    """That is said in one line: there is another day."""
    entry = await add_account(simulator.etech_keys)
    [file] = journals
    file.connection.execute("PRAGMA query_only = 1")

    await pass_time(hass, freezer, timedelta(days=1, minutes=1))

    assert "The journal can't be looked after for now" in caplog.text
    assert "Traceback" not in caplog.text
    file.connection.execute("PRAGMA query_only = 0")
    assert await hass.config_entries.async_reload(entry.entry_id)


# --- what stays behind ------------------------------------------------------------


def listeners(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, int]:
    """Return who listens to what of an account, by the name of that."""
    connected = {
        str(signal): len(targets)
        for signal, targets in hass.data[DATA_DISPATCHER].items()
        if entry.entry_id in str(signal) and targets
    }
    return {
        **{str(kind): count for kind, count in hass.bus.async_listeners().items()},
        **connected,
        "of the entry": len(entry.update_listeners),
    }


@pytest.mark.parametrize("key", GATEWAYS)
async def test_nobody_listens_twice(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """However often an account is loaded anew; and nobody once it is gone."""
    entry = await add_account(simulator.gateways[key])
    once = listeners(hass, entry)

    for _ in range(3):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        assert listeners(hass, entry) == once

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert [name for name in listeners(hass, entry) if entry.entry_id in name] == []
