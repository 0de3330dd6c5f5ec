"""What automations and people hear of messages that did not leave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.announcer import Announcer
from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from tests.conftest import AccountMaker
from tests.messages import Heard, hold, send
from tests.passing_time import pass_time
from tests.restarts import restart_account, start_account, stop_account
from tests.simulator import Fault, Simulator
from tests.test_repairs import flows

pytestmark = pytest.mark.usefixtures("socket_enabled")

HOUR = timedelta(hours=1, minutes=1)


def issue_of(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the issue about what did not leave."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"not_left_{entry.entry_id}")


async def until_listed(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry:
    """Wait until a repair tells what did not leave, and return it."""
    while (issue := issue_of(hass, entry)) is None:
        await asyncio.sleep(0)
    return issue


@asynccontextmanager
async def starting(hass: HomeAssistant) -> AsyncIterator[None]:
    """Let Home Assistant be about to start inside, and have started at the end."""
    hass.set_state(CoreState.starting)
    yield
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()


async def queue(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, **fields: Any
) -> str:
    """Send a message that can't leave for now, and return its id."""
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    answer = await send(hass, entry, **fields)
    assert answer["results"][0]["outcome"] == "queued"
    message_id: str = answer["message_id"]
    return message_id


async def test_what_expires_while_the_house_is_down(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It is heard once automations listen, and once; a repair stays until it is read."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    message_id = await queue(hass, simulator, entry, target=["Maman", "Papa"])
    await stop_account(hass, entry)
    freezer.tick(HOUR)

    async with starting(hass):
        await start_account(hass, entry)
        assert heard.all == []
        assert issue_of(hass, entry) is None
    told = await heard.until(1)

    assert told["type"] == "expired"
    assert told["message_id"] == message_id
    assert sorted(told["recipients"]) == ["Maman", "Papa"]
    issue = await until_listed(hass, entry)
    assert issue.translation_placeholders == {"account": "ETECH KEYS", "count": "1"}

    ir.async_delete_issue(hass, DOMAIN, f"not_left_{entry.entry_id}")
    await restart_account(hass, entry)
    await until_listed(hass, entry)
    assert len(heard.all) == 1


async def test_what_was_read_is_listed_no_more(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The texts are in the flow only; what fails while it is read stays."""
    await hass.config.async_set_time_zone("Africa/Douala")
    freezer.move_to("2026-11-20 08:00:00+00:00")
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    await queue(hass, simulator, entry)
    await pass_time(hass, freezer, HOUR)
    await until_listed(hass, entry)
    manager = await flows(hass)

    form = await manager.async_init(
        DOMAIN, context={"issue_id": f"not_left_{entry.entry_id}"}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "confirm"
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert placeholders["account"] == "ETECH KEYS"
    assert "«Citerne vide»" in placeholders["messages"]
    assert "Maman: Expired: ETECH KEYS" in placeholders["messages"]
    await queue(hass, simulator, entry, message="Courant coupé")
    await pass_time(hass, freezer, HOUR)
    await heard.until(2)
    while len(await entry.runtime_data.announcer.not_left()) < 2:
        await asyncio.sleep(0)
    done = await manager.async_configure(form["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY

    [left] = await entry.runtime_data.announcer.not_left()
    assert left.text == "Courant coupé"
    await entry.runtime_data.announcer.acknowledge([left])
    assert issue_of(hass, entry) is None
    await restart_account(hass, entry)
    assert issue_of(hass, entry) is None
    assert len(heard.all) == 2


async def test_more_than_one_repair_shows(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The newest of them, and how many more there are."""
    entry = await add_account(simulator.etech_keys, options={"segments_per_hour": 100})
    heard = Heard(hass)
    for number in range(22):
        await queue(hass, simulator, entry, message=f"Message {number}")
        freezer.tick(1)
    await pass_time(hass, freezer, HOUR)
    await heard.until(22)
    while len(await entry.runtime_data.announcer.not_left()) < 22:
        await asyncio.sleep(0)

    form = await (await flows(hass)).async_init(
        DOMAIN, context={"issue_id": f"not_left_{entry.entry_id}"}
    )

    placeholders = form["description_placeholders"]
    assert placeholders is not None
    lines = placeholders["messages"].splitlines()
    assert "Message 21" in lines[0]
    assert "Message 2»" in lines[19]
    assert lines[20:] == ["- … (+2)"]


@pytest.mark.parametrize("reason", ["not_loaded", "not_stored"])
async def test_what_cannot_be_shown_now(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    reason: str,
) -> None:
    """Of an account that is disabled, or whose journal can't be read."""
    entry = await add_account(simulator.etech_keys)
    await queue(hass, simulator, entry)
    await pass_time(hass, freezer, HOUR)
    await until_listed(hass, entry)
    if reason == "not_loaded":
        await hass.config_entries.async_set_disabled_by(
            entry.entry_id, ConfigEntryDisabler.USER
        )
    else:
        await entry.runtime_data.journal.close()

    result = await (await flows(hass)).async_init(
        DOMAIN, context={"issue_id": f"not_left_{entry.entry_id}"}
    )

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason


async def test_what_is_refused_after_its_caller_was_told_queued(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """An event and a repair tell it: nobody else would."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    await queue(hass, simulator, entry)
    simulator.etech_keys.heal()
    simulator.etech_keys.answer_next("destinataire incorrect")

    await pass_time(hass, freezer, timedelta(seconds=61))
    told = await heard.until(1)

    assert told["type"] == "refused"
    assert told["key"] == "invalid_recipient"
    await until_listed(hass, entry)


async def test_what_is_refused_at_once(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """An event tells it, and never again; its caller knows, so there is no repair."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    simulator.etech_keys.answer_next("destinataire incorrect")
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    answer = await send(hass, entry, target=["Maman", "Papa"])
    outcomes = sorted(row["outcome"] for row in answer["results"])
    assert outcomes == ["queued", "rejected"]
    await hass.async_block_till_done()
    assert [told["type"] for told in heard.all] == ["refused"]

    # The message is still open, and is taken up again.
    await restart_account(hass, entry)

    assert len(heard.all) == 1
    assert issue_of(hass, entry) is None


async def test_what_is_held_is_told_once(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """And asked about after a restart too."""
    entry = await add_account(simulator.etech_keys)
    message_id = await hold(hass, simulator.etech_keys, entry, freezer)
    heard = Heard(hass)

    await restart_account(hass, entry)

    assert heard.all == []
    issue_id = f"unknown_outcome_{entry.entry_id}_{message_id}"
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is not None


async def test_a_journal_that_fails_when_the_house_has_started(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What it holds is told after the next start: late rather than never."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    async with starting(hass):
        await restart_account(hass, entry)
        await queue(hass, simulator, entry)
        await pass_time(hass, freezer, HOUR)

        async def fail(_journal: Journal) -> None:
            raise NotStoredError(words="disk I/O error")

        monkeypatch.setattr(Journal, "with_notice", fail)
    assert "What did not leave can't be told for now" in caplog.text
    # What memory knows is told all the same.
    assert (await heard.until(1))["type"] == "expired"
    monkeypatch.undo()

    await restart_account(hass, entry)

    await until_listed(hass, entry)
    assert len(heard.all) == 1


async def test_an_account_that_ends_before_the_house_has_started(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It announces nothing any more."""
    begun: list[Announcer] = []
    monkeypatch.setattr(
        Announcer, "_async_on_started", lambda announcer, _hass: begun.append(announcer)
    )
    async with starting(hass):
        entry = await add_account(simulator.etech_keys)
        await hass.config_entries.async_remove(entry.entry_id)

    assert begun == []
