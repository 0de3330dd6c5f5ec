"""Equal messages that wait, as their callers and automations see them."""

import asyncio
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from tests.actions.calls import call
from tests.conftest import AccountMaker
from tests.messages import Heard, send, until_settled
from tests.passing_time import pass_time
from tests.simulator import Fault, SimulatedGateway, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return the gateway that is sent through."""
    return simulator.etech_keys


@pytest.fixture
async def entry(
    simulated: SimulatedGateway, add_account: AccountMaker
) -> MockConfigEntry:
    """Return an account whose gateway takes nothing now."""
    # Within the window a repetition would be refused: it is paid once, too.
    entry = await add_account(simulated, options={"identical_minutes": 0})
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    return entry


async def send_twice(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    """Send the same alert twice while the gateway rests; return both ids."""
    first = await send(hass, entry, urgent=True)
    second = await send(hass, entry, urgent=True)
    assert second["joined"] == [first["message_id"]]
    assert "joined" not in first
    return [first["message_id"], second["message_id"]]


async def reconnect(entry: MockConfigEntry, simulated: SimulatedGateway) -> None:
    """Let the gateway take messages again, and all be sent."""
    simulated.heal()
    await entry.runtime_data.coordinator.async_refresh()
    await until_settled(entry)


async def test_a_list_holds_it_once_and_each_asks_by_his_own_id(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedGateway
) -> None:
    """It is paid once."""
    first, second = await send_twice(hass, entry)
    await reconnect(entry, simulated)

    [listed] = (await call(hass, entry, "get_messages"))["messages"]

    assert (listed["message_id"], listed["joined"]) == (first, [second])
    for message_id in (first, second):
        answer = await call(hass, entry, "get_delivery", message_id=message_id)
        [row] = answer["deliveries"]
        assert (row["message_id"], row["outcome"]) == (message_id, "accepted")
    assert len(simulated.accepted) == 1


async def test_who_takes_his_back_leaves_the_other(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedGateway
) -> None:
    """The answer is about his own."""
    first, second = await send_twice(hass, entry)

    answer = await call(hass, entry, "cancel_sms", message_id=first)

    assert answer["message_id"] == first
    assert answer["results"][0]["error"]["key"] == "cancelled"
    assert "joined" not in answer
    # It goes on counting, under its new id.
    assert entry.runtime_data.guard.segments_last_hour == 1
    await reconnect(entry, simulated)
    [row] = (await call(hass, entry, "get_messages"))["messages"][:1]
    assert (row["message_id"], row["results"][0]["outcome"]) == (second, "accepted")
    assert entry.runtime_data.guard.segments_last_hour == 1


async def test_a_repetition_counts_in_no_cap(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """It costs nothing."""
    await send_twice(hass, entry)

    assert entry.runtime_data.guard.segments_last_hour == 1


async def test_who_waits_for_a_delivery_waits_on_where_another_takes_his_back(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedGateway
) -> None:
    """Until the message has arrived, under whichever id it goes on."""
    first = (await send(hass, entry, urgent=True))["message_id"]
    waiting = asyncio.create_task(
        send(hass, entry, urgent=True, wait_for_delivery={"seconds": 60})
    )
    account = entry.runtime_data
    while not any(record.joined for record in account.store):
        await hass.async_add_executor_job(int)
    await call(hass, entry, "cancel_sms", message_id=first)
    assert not waiting.done()
    await reconnect(entry, simulated)
    await account.tracker.stop()

    assert (await waiting)["results"][0]["outcome"] == "accepted"


async def test_an_event_tells_of_all_of_them_once(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Under the id of the first."""
    heard = Heard(hass)
    first, second = await send_twice(hass, entry)

    await pass_time(hass, freezer, timedelta(hours=1, minutes=1))

    told = await heard.until(1)
    assert (told["type"], told["message_id"]) == ("expired", first)
    assert told["joined"] == [second]
    assert len(heard.all) == 1
