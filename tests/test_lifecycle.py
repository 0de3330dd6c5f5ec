"""Messages while the house starts, stops, reloads, and loses what it stands on."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.messaging.journal.database import Database
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from tests.conftest import AccountMaker
from tests.e2e.home_assistant import free_port
from tests.passing_time import pass_time, quiet
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

ALERT = "Citerne vide"
# Longer than any pause between two tries.
LATER = timedelta(minutes=3)


async def send(hass: HomeAssistant, entry: MockConfigEntry, text: str = ALERT) -> str:
    """Send to Maman, and return the outcome."""
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "send_sms",
        {"config_entry_id": entry.entry_id, "message": text, "target": ["Maman"]},
        blocking=True,
        return_response=True,
    )
    outcome: str = answer["results"][0]["outcome"]
    return outcome


async def outcomes(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str]:
    """Return the journal: outcomes by text."""
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "get_messages",
        {"config_entry_id": entry.entry_id, "limit": 500},
        blocking=True,
        return_response=True,
    )
    return {
        message["text"]: message["results"][0]["outcome"]
        for message in answer["messages"]
    }


def journal_path(hass: HomeAssistant, entry: MockConfigEntry) -> Path:
    """Return where an account's journal lies."""
    return Path(hass.config.path(".storage", f"{DOMAIN}.{entry.entry_id}.journal"))


def is_unloading(entry: MockConfigEntry) -> bool:
    """Return whether an account is on its way out."""
    return entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS


# --- starting --------------------------------------------------------------------


async def test_a_call_before_the_account_is_loaded(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It is refused aloud; nothing of it is kept, and the next one is sent."""
    simulated = simulator.etech_keys
    simulated.fail(Fault.STALL_BEFORE, operation="balance", times=1)
    loading = asyncio.ensure_future(add_account(simulated))
    await simulated.until_asked("balance")
    [entry] = hass.config_entries.async_entries(DOMAIN)
    assert entry.state is ConfigEntryState.SETUP_IN_PROGRESS

    with pytest.raises(ServiceValidationError, match="not loaded"):
        await send(hass, entry)  # type: ignore[arg-type] # it is the one of add_account

    simulated.release()
    loaded = await loading
    assert await outcomes(hass, loaded) == {}
    assert await send(hass, loaded) == "accepted"
    assert len(simulated.accepted) == 1


async def test_a_gateway_that_cannot_be_reached_at_the_start(
    hass: HomeAssistant, add_account: AccountMaker, freezer: FrozenDateTimeFactory
) -> None:
    """The account is there all the same; an alert waits, and is sent once."""
    later = Simulator(free_port())
    entry = await add_account(later.etech_keys, url=later.url("etech_keys"))
    assert entry.state is ConfigEntryState.LOADED

    async with quiet(hass):
        assert await send(hass, entry) == "queued"
    async with later:
        await pass_time(hass, freezer, LATER)
        await pass_time(hass, freezer, LATER)
        assert len(later.etech_keys.accepted) == 1
    assert await outcomes(hass, entry) == {ALERT: "accepted"}


async def test_a_damaged_journal_at_the_start(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It is kept aside and told; the account works on with a new one."""
    entry = await add_account(simulator.etech_keys)
    await hass.config_entries.async_unload(entry.entry_id)
    path = journal_path(hass, entry)
    path.write_bytes(b"damaged " * 1000)

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    issue = ir.async_get(hass).async_get_issue(
        DOMAIN, f"journal_damaged_{entry.entry_id}"
    )
    assert issue is not None
    assert issue.translation_placeholders is not None
    kept = path.with_name(issue.translation_placeholders["file"])
    assert kept.read_bytes() == b"damaged " * 1000
    kept.unlink()
    assert await send(hass, entry) == "accepted"
    assert await outcomes(hass, entry) == {ALERT: "accepted"}


# --- stopping --------------------------------------------------------------------


async def test_a_message_while_the_house_shuts_down(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """When nothing can leave any more it is written down, and sent by the next start."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    told: list[str] = []

    async def alarm(_event: Event) -> None:
        told.append(await send(hass, entry))

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, alarm)
    await hass.async_stop(force=True)
    assert told == ["queued"]
    assert simulated.accepted == []
    # As the end of the process does.
    await entry.runtime_data.journal.close()

    async with async_test_home_assistant(config_dir=hass.config.config_dir) as again:
        same = MockConfigEntry(
            domain=DOMAIN,
            entry_id=entry.entry_id,
            data=dict(entry.data),
            subentries_data=[
                subentry.as_dict() for subentry in entry.subentries.values()
            ],
        )
        # As the fixture for custom integrations does with the first house.
        again.data.pop(DATA_CUSTOM_COMPONENTS)
        same.add_to_hass(again)
        async with quiet(again):
            await again.config_entries.async_setup(same.entry_id)
        assert await outcomes(again, same) == {ALERT: "accepted"}
        await again.config_entries.async_remove(same.entry_id)
        await again.async_stop(force=True)
    assert len(simulated.accepted) == 1


async def test_a_reload_while_a_request_stalls(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It waits for the request; who called is told, and nothing is sent again."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    call = asyncio.create_task(send(hass, entry))
    await simulated.until_asked("send")
    reload = asyncio.create_task(hass.config_entries.async_reload(entry.entry_id))
    while not is_unloading(entry):
        await asyncio.sleep(0)
    assert not reload.done()

    async with quiet(hass):
        simulated.release()
        assert await call == "unknown"
        assert await reload

    assert entry.state is ConfigEntryState.LOADED
    assert await outcomes(hass, entry) == {ALERT: "unknown"}
    assert simulated.asked("send") == 1


async def test_a_reload_takes_along_what_waits(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It is sent at once, and once, by the account that is loaded anew."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    assert await send(hass, entry) == "queued"
    simulated.heal()

    async with quiet(hass):
        await hass.config_entries.async_reload(entry.entry_id)

    assert await outcomes(hass, entry) == {ALERT: "accepted"}
    assert len(simulated.accepted) == 1


async def test_a_removal_with_messages_that_wait(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """They go with the account, which alone could send them: nothing leaves later.

    Its journal goes too, and another account at the same gateway begins with none.
    """
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    assert await send(hass, entry) == "queued"
    assert journal_path(hass, entry).exists()

    await hass.config_entries.async_remove(entry.entry_id)
    simulated.heal()
    await pass_time(hass, freezer, LATER)

    assert not journal_path(hass, entry).exists()
    another = await add_account(simulated)
    assert await outcomes(hass, another) == {}
    await pass_time(hass, freezer, LATER)
    assert simulated.accepted == []


# --- side by side ----------------------------------------------------------------


async def test_two_accounts(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """One that stalls keeps no other waiting, and each has a journal of its own."""
    slow, quick = simulator.etech_keys, simulator.smseco
    first, second = await add_account(slow), await add_account(quick)
    slow.fail(Fault.STALL_AFTER, operation="send", times=1)

    async with quiet(hass):
        call = asyncio.create_task(send(hass, first))
        await slow.until_asked("send")
        assert await send(hass, second) == "accepted"
        assert not call.done()
        slow.release()
        assert await call == "unknown"

    assert await outcomes(hass, first) == {ALERT: "unknown"}
    assert await outcomes(hass, second) == {ALERT: "accepted"}
    assert len(slow.accepted) == len(quick.accepted) == 1


# --- a full disk -----------------------------------------------------------------


async def test_a_full_disk(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    journals: list[Database],
) -> None:
    """What can't be written down is refused aloud and not sent; later all is well."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated, options={"segments_per_hour": 1000})
    [file] = journals

    file.connection.execute("PRAGMA max_page_count = 1")
    told: dict[str, str] = {}
    refused, reason = "", None
    # The last pages have room for some messages still.
    while not refused and len(told) < 200:
        text = f"{ALERT}, {len(told)}"
        try:
            told[text] = await send(hass, entry, text)
        except HomeAssistantError as error:
            refused, reason = text, error.translation_key
    assert reason == "not_stored"
    assert refused not in await outcomes(hass, entry)

    file.connection.execute("PRAGMA max_page_count = 1000000")
    assert await send(hass, entry, refused) == "accepted"
    for _ in range(3):
        await pass_time(hass, freezer, LATER)
    assert set((await outcomes(hass, entry)).values()) == {"accepted"}
    sent = [acceptance.text for acceptance in simulated.accepted]
    assert sorted(sent) == sorted([*told, refused])
