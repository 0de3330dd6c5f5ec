"""Messages while the house starts, stops, reloads, and loses what it stands on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries import channel as channel_module
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.messaging.journal.database import Database
from custom_components.passerelle_sms.messaging.journal.journal import Journal, Opened
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState, Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from tests.conftest import AccountMaker, journal_of, warnings_logged
from tests.e2e.home_assistant import free_port
from tests.messaging.idle import let_run
from tests.passing_time import pass_time, quiet
from tests.restarts import start_account, stop_account
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


@asynccontextmanager
async def house_again(
    hass: HomeAssistant, entry: MockConfigEntry
) -> AsyncIterator[tuple[HomeAssistant, MockConfigEntry]]:
    """Start a house anew that has stopped, with one account."""
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
        yield again, same
        await again.config_entries.async_remove(same.entry_id)
        await again.async_stop(force=True)


# --- starting --------------------------------------------------------------------


async def test_an_alert_behind_a_balance_that_stalls(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Services and entities are there at once, and it is sent by each of them."""
    simulated = simulator.etech_keys
    simulated.fail(Fault.STALL_BEFORE, operation="balance", times=1)

    entry = await add_account(simulated, wait_for_balance=False)

    assert entry.state is ConfigEntryState.LOADED
    assert await send(hass, entry) == "accepted"
    for name, fields in (
        ("etech_keys", {"target": ["Maman"]}),
        ("etech_keys_papa", {}),
        ("send_message", {"entity_id": "notify.papa"}),
    ):
        await hass.services.async_call(
            "notify", name, {"message": f"{ALERT}: {name}", **fields}, blocking=True
        )
    assert len(simulated.accepted) == 4
    assert simulated.asked("balance") == 1
    simulated.release()
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_an_alert_in_the_very_moment_of_the_set_up(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It waits for the journal, and is sent once."""
    entry = await add_account(simulator.etech_keys)
    await stop_account(hass, entry)
    opening, go_on = asyncio.Event(), asyncio.Event()
    open_journal = Journal.open

    async def open_slowly(journal: Journal) -> Opened:
        opening.set()
        await go_on.wait()
        return await open_journal(journal)

    monkeypatch.setattr(Journal, "open", open_slowly)
    setting_up = asyncio.create_task(start_account(hass, entry))
    await opening.wait()
    assert entry.state is ConfigEntryState.SETUP_IN_PROGRESS
    call = asyncio.create_task(send(hass, entry))
    await let_run()
    assert not call.done()
    go_on.set()

    assert await call == "accepted"
    await setting_up
    assert len(simulator.etech_keys.accepted) == 1
    assert await outcomes(hass, entry) == {ALERT: "accepted"}


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
    await stop_account(hass, entry)
    path = journal_of(hass, entry)
    path.write_bytes(b"damaged " * 1000)

    await start_account(hass, entry)

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


async def test_messages_while_the_house_shuts_down(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Sent first, then refused aloud; what waits is sent by the next start."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    told = [await send(hass, entry, "waits")]

    async def alarm(_event: Event) -> None:
        told.append(await send(hass, entry, "at the stop"))

    async def late_alarm(_event: Event) -> None:
        with pytest.raises(ServiceValidationError) as raised:
            await send(hass, entry, "at the end")
        told.append(raised.value.translation_key or "")

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, alarm)
    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, late_alarm)
    await hass.async_stop(force=True)
    assert told[0] == "queued"
    assert told[1] in {"accepted", "queued"}
    assert told[2:] == ["account_not_loaded"]
    assert warnings_logged(caplog) == []

    async with house_again(hass, entry) as (again, same):
        assert await outcomes(again, same) == {
            "waits": "accepted",
            "at the stop": "accepted",
        }
    assert len(simulated.accepted) == 2


async def test_a_stop_while_a_request_is_under_way(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It waits for the answer, which is in the journal afterwards."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    stalled = asyncio.Event()
    gateway: Gateway = entry.runtime_data.gateway
    send_at_gateway = gateway.send

    async def send_slowly(sms: Sms) -> SendResult:
        result: SendResult = await send_at_gateway(sms)
        await stalled.wait()
        return result

    monkeypatch.setattr(gateway, "send", send_slowly)
    call = asyncio.create_task(send(hass, entry))
    while not simulated.accepted:
        await asyncio.sleep(0)
    stop = asyncio.create_task(hass.async_stop(force=True))
    while hass.state is not CoreState.stopping:
        await asyncio.sleep(0)
    for _ in range(20):
        await let_run()
    # Nothing of Home Assistant has ended yet that the answer may need.
    assert hass.state is CoreState.stopping
    stalled.set()
    assert await call == "accepted"
    await stop
    # Nothing is left that could end once more.
    await entry.runtime_data.stop()

    async with house_again(hass, entry) as (again, same):
        assert await outcomes(again, same) == {ALERT: "accepted"}
    assert len(simulated.accepted) == 1


@pytest.mark.parametrize("stage", ["drain", "stop"])
async def test_a_stop_while_a_gateway_never_answers(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
) -> None:
    """It waits for a while only; what was sent is in doubt, which the log says."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    monkeypatch.setattr(channel_module, "STOP_LIMIT", 0.0)
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    call = asyncio.create_task(send(hass, entry))
    await simulated.until_asked("send")

    await getattr(entry.runtime_data, stage)()

    assert "A gateway has not answered" in caplog.text
    simulated.release()
    assert await call == "unknown"


async def test_a_reload_while_a_request_stalls(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It doesn't wait; who called is told in the end, and nothing is sent again."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    call = asyncio.create_task(send(hass, entry))
    await simulated.until_asked("send")

    assert await hass.config_entries.async_reload(entry.entry_id)

    assert entry.state is ConfigEntryState.LOADED
    assert not call.done()
    async with quiet(hass):
        simulated.release()
        assert await call == "unknown"
    assert await outcomes(hass, entry) == {ALERT: "unknown"}
    assert simulated.asked("send") == 1


async def test_alerts_during_a_reload_behind_a_balance_that_stalls(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """In each of three ways, at each step of it: none is refused or lost or sent twice."""
    simulated = simulator.smseco
    options = {"segments_per_hour": 1000, "segments_per_day": 1000}
    entry = await add_account(simulated, options=options)
    simulated.fail(Fault.STALL_BEFORE, operation="balance")
    reload = asyncio.create_task(hass.config_entries.async_reload(entry.entry_id))
    texts: list[str] = []
    calls: list[asyncio.Task[Any]] = []
    states: set[ConfigEntryState] = set()
    while not reload.done():
        states.add(entry.state)
        number = len(texts)
        texts += (f"action {number}", f"service {number}", f"entity {number}")
        calls += (
            asyncio.create_task(work)
            for work in (
                send(hass, entry, texts[-3]),
                hass.services.async_call(
                    "notify", "smseco_maman", {"message": texts[-2]}, blocking=True
                ),
                hass.services.async_call(
                    "notify",
                    "send_message",
                    {"entity_id": "notify.maman", "message": texts[-1]},
                    blocking=True,
                ),
            )
        )
        await asyncio.sleep(0.002)

    await asyncio.gather(*calls)

    assert states > {ConfigEntryState.LOADED}
    assert sorted(accepted.text for accepted in simulated.accepted) == sorted(texts)
    simulated.heal()
    simulated.release()
    await hass.async_block_till_done(wait_background_tasks=True)


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
    assert journal_of(hass, entry).exists()

    await hass.config_entries.async_remove(entry.entry_id)
    simulated.heal()
    await pass_time(hass, freezer, LATER)

    assert not journal_of(hass, entry).exists()
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
