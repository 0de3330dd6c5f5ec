"""A relay whose accounts come and go: at the start, at a stop, and in between."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
import threading
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.settings import unique_id
from custom_components.passerelle_sms.messaging.journal import journal_access
from custom_components.passerelle_sms.messaging.journal.database import Database, Opened
from custom_components.passerelle_sms.messaging.journal.opening import open_file
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.actions.calls import call
from tests.conftest import MAMAN, AccountMaker, RelayMaker, account_data
from tests.messages import send
from tests.simulator import Fault, SimulatedGateway, Simulator

from .relays import relay_entry

type Leave = Callable[[HomeAssistant, MockConfigEntry], Awaitable[object]]


async def reload(hass: HomeAssistant, account: MockConfigEntry) -> None:
    """Load an account anew."""
    assert await hass.config_entries.async_reload(account.entry_id)


async def disable(hass: HomeAssistant, account: MockConfigEntry) -> None:
    """Disable an account."""
    user = ConfigEntryDisabler.USER
    await hass.config_entries.async_set_disabled_by(account.entry_id, user)


async def remove(hass: HomeAssistant, account: MockConfigEntry) -> None:
    """Remove an account."""
    await hass.config_entries.async_remove(account.entry_id)


def account_entry(
    hass: HomeAssistant, simulator: Simulator, simulated: SimulatedGateway
) -> MockConfigEntry:
    """Return the entry of an account that is not set up yet."""
    data = account_data(simulator, simulated)
    entry = MockConfigEntry(
        domain=DOMAIN, title=simulated.key, data=data, unique_id=unique_id(data)
    )
    entry.add_to_hass(hass)
    return entry


async def row_of(hass: HomeAssistant, relay: MockConfigEntry) -> dict[str, Any]:
    """Return what the relay tells of the only message that it has had."""
    [message] = (await call(hass, relay, "get_messages"))["messages"]
    [row] = message["results"]
    told: dict[str, Any] = row
    return told


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, threading.Event]]:
    """Let journals be opened only once their entry's event is set."""
    events: dict[str, threading.Event] = {}

    def opened(path: Path) -> tuple[Database, Opened]:
        for entry_id, event in events.items():
            if entry_id in path.name:
                assert event.wait(10), "it was never let go on"
        return open_file(path)

    monkeypatch.setattr(journal_access, "open_file", opened)
    yield events
    for event in events.values():
        event.set()


async def test_an_alert_before_any_account_is_there_leaves_once_one_is(
    hass: HomeAssistant, simulator: Simulator, opening: dict[str, threading.Event]
) -> None:
    """In the first second of a house a relay refuses nobody."""
    simulated = (simulator.etech_keys, simulator.smseco)
    accounts = [account_entry(hass, simulator, one) for one in simulated]
    relay = relay_entry(hass, *accounts)
    opening |= {account.entry_id: threading.Event() for account in accounts}

    starting = asyncio.create_task(async_setup_component(hass, DOMAIN, {}))
    while relay.state is not ConfigEntryState.LOADED:
        await asyncio.sleep(0)
    answer = await send(hass, relay, target=[MAMAN])
    [row] = answer["results"]
    assert (row["outcome"], row["gateway"], row["legs"]) == ("queued", None, [])
    assert not any(one.accepted for one in simulated)

    opening[accounts[1].entry_id].set()
    while not simulator.smseco.accepted:
        await asyncio.sleep(0)
    opening[accounts[0].entry_id].set()
    assert await starting
    await hass.async_block_till_done(wait_background_tasks=True)

    row = await row_of(hass, relay)
    assert (row["outcome"], row["gateway"]) == ("accepted", "smseco")
    assert [leg["gateway"] for leg in row["legs"]] == ["smseco"]
    assert [len(one.accepted) for one in simulated] == [0, 1]


@pytest.mark.parametrize("leave", [reload, disable, remove])
async def test_an_account_that_leaves_while_it_sends_tells_what_came_of_it(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    leave: Leave,
) -> None:
    """Its request is waited for; nobody else sends."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    relay = await add_relay(first, second)
    simulator.etech_keys.seconds_to_answer["send"] = 60
    sending = asyncio.create_task(send(hass, relay))
    await simulator.etech_keys.until_asked("send")

    leaving = asyncio.create_task(_coroutine(leave(hass, first)))
    await asyncio.sleep(0)
    simulator.etech_keys.release()
    await leaving

    [row] = (await sending)["results"]
    assert row["outcome"] == "accepted"
    [leg] = row["legs"]
    assert (leg["gateway"], leg["outcome"]) == ("etech_keys", "accepted")
    assert (len(simulator.etech_keys.accepted), simulator.smseco.accepted) == (1, [])


@pytest.mark.parametrize("leave", [reload, disable, remove])
async def test_an_account_that_leaves_in_doubt_lets_nobody_send_it_again(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    leave: Leave,
) -> None:
    """Who can't be asked any more may have sent it."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    relay = await add_relay(first, second)
    simulator.etech_keys.fail(Fault.CUT_AFTER)

    [row] = (await send(hass, relay))["results"]
    assert row["outcome"] == "unknown"
    await leave(hass, first)
    await hass.async_block_till_done()

    assert (await row_of(hass, relay))["outcome"] == "unknown"
    assert (len(simulator.etech_keys.accepted), simulator.smseco.accepted) == (1, [])


@pytest.mark.parametrize("leave", [disable, remove])
async def test_the_relay_goes_on_with_the_others(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    leave: Leave,
) -> None:
    """With what comes after an account has left."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    relay = await add_relay(first, second)

    await leave(hass, first)
    await hass.async_block_till_done()

    [row] = (await send(hass, relay))["results"]
    assert (row["outcome"], row["gateway"]) == ("accepted", "smseco")
    assert relay.state is ConfigEntryState.LOADED


async def _coroutine(work: Awaitable[object]) -> None:
    await work
