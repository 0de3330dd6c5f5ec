"""What the user can do about an issue."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.presentation.issues import (
    async_tell_unexplained_fall,
)
from homeassistant.components.repairs import RepairsFlowManager, repairs_flow_manager
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.conftest import AccountMaker, journal_of
from tests.messages import hold, send, until_settled
from tests.restarts import start_account, stop_account
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

DAMAGE = b"no journal" * 1000


def issue_of(hass: HomeAssistant, issue_id: str) -> ir.IssueEntry | None:
    """Return an issue of ours."""
    return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)


def damage(path: Path) -> None:
    """Write over a file."""
    path.write_bytes(DAMAGE)


def taken(path: Path) -> bytes:
    """Return what a file holds, and delete it."""
    held = path.read_bytes()
    path.unlink()
    return held


async def flows(hass: HomeAssistant) -> RepairsFlowManager:
    """Return what runs the flows of issues."""
    assert await async_setup_component(hass, "repairs", {})
    manager = repairs_flow_manager(hass)
    assert manager is not None
    return manager


@pytest.fixture
async def held(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> tuple[MockConfigEntry, str]:
    """Return an account, and the id of a message that it holds."""
    entry = await add_account(simulator.etech_keys)
    return entry, await hold(
        hass, simulator.etech_keys, entry, freezer, target=["Maman"]
    )


async def choose(
    hass: HomeAssistant, held: tuple[MockConfigEntry, str], choice: str
) -> Any:
    """Go through the flow of the held message, and return how it ends."""
    entry, message_id = held
    manager = await flows(hass)
    issue_id = f"unknown_outcome_{entry.entry_id}_{message_id}"
    menu = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["sent", "resend", "drop"]
    placeholders = menu["description_placeholders"]
    assert placeholders is not None
    assert placeholders["account"] == "ETECH KEYS"
    assert placeholders["recipients"] == "Maman"
    result = await manager.async_configure(menu["flow_id"], {"next_step_id": choice})
    await hass.async_block_till_done()
    return result


@pytest.mark.parametrize(
    ("choice", "outcome", "sent"),
    [
        ("sent", Outcome.ACCEPTED, 1),
        ("resend", Outcome.ACCEPTED, 2),
        ("drop", Outcome.UNKNOWN, 1),
    ],
)
async def test_the_choice_is_carried_out(
    hass: HomeAssistant,
    simulator: Simulator,
    held: tuple[MockConfigEntry, str],
    choice: str,
    outcome: Outcome,
    sent: int,
) -> None:
    """Only `resend` sends, and the issue is gone."""
    entry, message_id = held
    issue_id = f"unknown_outcome_{entry.entry_id}_{message_id}"
    assert issue_of(hass, issue_id) is not None

    result = await choose(hass, held, choice)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    await until_settled(entry)
    record = await entry.runtime_data.journal.get(message_id)
    assert [submission.outcome for submission in record.submissions] == [outcome]
    assert record.is_closed
    assert len(simulator.etech_keys.accepted) == sent
    assert issue_of(hass, issue_id) is None


async def test_a_choice_that_cannot_be_stored(
    hass: HomeAssistant, simulator: Simulator, held: tuple[MockConfigEntry, str]
) -> None:
    """It is said so, and the issue stays."""
    entry, message_id = held
    await entry.runtime_data.journal.close()

    result = await choose(hass, held, "resend")

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_stored"
    assert issue_of(hass, f"unknown_outcome_{entry.entry_id}_{message_id}")
    assert len(simulator.etech_keys.accepted) == 1


async def test_a_choice_while_the_account_is_disabled(
    hass: HomeAssistant, held: tuple[MockConfigEntry, str]
) -> None:
    """The same."""
    entry, message_id = held
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )

    result = await choose(hass, held, "sent")

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_loaded"
    assert issue_of(hass, f"unknown_outcome_{entry.entry_id}_{message_id}")


async def test_a_damaged_journal_is_told_until_it_has_been_read(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The account works on, and the issue says where the file is kept."""
    entry = await add_account(simulator.etech_keys)
    await stop_account(hass, entry)
    path = journal_of(hass, entry)
    damage(path)

    await start_account(hass, entry)

    issue_id = f"journal_damaged_{entry.entry_id}"
    issue = issue_of(hass, issue_id)
    assert issue is not None
    assert issue.is_persistent
    assert issue.translation_placeholders is not None
    kept = path.with_name(issue.translation_placeholders["file"])
    assert taken(kept) == DAMAGE
    await send(hass, entry)
    assert len(simulator.etech_keys.accepted) == 1

    manager = await flows(hass)
    form = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"] == issue.translation_placeholders
    await manager.async_configure(form["flow_id"], {})
    assert issue_of(hass, issue_id) is None


async def test_an_unexplained_fall_is_told_until_it_has_been_read(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """How much is missing, and what that means; a restart doesn't end it."""
    entry = await add_account(simulator.etech_keys)
    gateway = entry.runtime_data.gateway

    async_tell_unexplained_fall(hass, entry, gateway, Decimal("3.0"))

    issue_id = f"unexplained_fall_{entry.entry_id}"
    issue = issue_of(hass, issue_id)
    assert issue is not None
    assert issue.is_persistent
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.learn_more_url == gateway.site
    manager = await flows(hass)
    form = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"] == {
        "account": "ETECH KEYS",
        "gateway": "ETECH KEYS",
        "site": gateway.site,
        "credits": "3",
    }
    await manager.async_configure(form["flow_id"], {})
    assert issue_of(hass, issue_id) is None
