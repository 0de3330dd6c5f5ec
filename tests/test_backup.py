"""The hooks that a backup calls, and what a restored copy does."""

import asyncio
from datetime import timedelta
from pathlib import Path
import shutil

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.backup import async_post_backup, async_pre_backup
from custom_components.passerelle_sms.entries.account import Account
from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.messaging.journal.private_file import (
    backup_token_of,
    log_of,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.conftest import AccountMaker, RelayMaker, journal_of, warnings_logged
from tests.messages import send
from tests.restarts import start_account, stop_account
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


def restore(copy: Path, path: Path) -> None:
    """Put a backup's copy of a journal in the place of the journal."""
    log_of(path).unlink(missing_ok=True)
    # No backup takes it.
    backup_token_of(path).unlink(missing_ok=True)
    shutil.copy(copy, path)


def outcome(entry: MockConfigEntry) -> str:
    """Return what the journal says of the only message."""
    account: Account = entry.runtime_data
    [record] = account.store
    [submission] = record.submissions
    return submission.outcome.value


async def test_every_journal_lies_still_while_it_is_copied(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
) -> None:
    """Messages leave all the same, and are in the file afterwards; also a relay's."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    relay = await add_relay(second)
    entries = (first, second, relay)
    files = [journal_of(hass, entry) for entry in entries]

    await async_pre_backup(hass)
    before = [path.read_bytes() for path in files]
    for entry in entries:
        await send(hass, entry)
        await entry.runtime_data.journal.checkpoint()

    assert [path.read_bytes() for path in files] == before
    assert all(backup_token_of(path).exists() for path in files)
    await async_post_backup(hass)
    assert all(new.read_bytes() != old for new, old in zip(files, before, strict=True))
    assert not any(backup_token_of(path).exists() for path in files)
    assert len(simulator.etech_keys.accepted) == 1
    assert len(simulator.smseco.accepted) == 2


async def test_a_restored_copy_sends_nothing_that_may_have_left(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, tmp_path: Path
) -> None:
    """What waited in it is the user's to judge."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    sent = await send(hass, entry)
    path, copy = journal_of(hass, entry), tmp_path / "copy"
    await async_pre_backup(hass)
    shutil.copy(path, copy)
    await async_post_backup(hass)
    await stop_account(hass, entry)
    simulated.heal()

    restore(copy, path)
    await start_account(hass, entry)

    assert simulated.accepted == []
    assert outcome(entry) == "unknown"
    issue_id = f"unknown_outcome_{entry.entry_id}_{sent['message_id']}"
    while not ir.async_get(hass).async_get_issue("passerelle_sms", issue_id):
        await asyncio.sleep(0)


async def test_a_restored_copy_asks_about_what_waited_for_its_hour(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, tmp_path: Path
) -> None:
    """That may have come since, or the message been taken back."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    await send(hass, entry, send_at=dt_util.utcnow() + timedelta(hours=1))
    path, copy = journal_of(hass, entry), tmp_path / "copy"
    await async_pre_backup(hass)
    shutil.copy(path, copy)
    await async_post_backup(hass)
    await stop_account(hass, entry)

    restore(copy, path)
    await start_account(hass, entry)

    assert simulated.accepted == []
    assert outcome(entry) == "unknown"
    assert len(entry.runtime_data.planned) == 0


async def test_a_crash_during_a_backup_is_no_restored_copy(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What waits goes on, and leaves once."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await send(hass, entry)
    await async_pre_backup(hass)
    await stop_account(hass, entry)
    simulated.heal()

    await start_account(hass, entry)
    while len(entry.runtime_data.store):
        await asyncio.sleep(0)

    assert len(simulated.accepted) == 1


async def test_a_journal_that_can_not_be_marked_hinders_no_backup(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is told what restoring that copy would do; the others are marked."""
    full = await add_account(simulator.smseco)
    sound = await add_account(simulator.etech_keys)

    async def fail() -> None:
        raise NotStoredError(words="full")

    monkeypatch.setattr(full.runtime_data.journal, "begin_backup", fail)
    await async_pre_backup(hass)

    assert backup_token_of(journal_of(hass, sound)).exists()
    [warning] = warnings_logged(caplog)
    assert "would be sent if it were restored" in warning
    await async_post_backup(hass)


async def test_an_account_that_is_added_during_a_backup(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Its journal may be copied too, so it is marked like the others."""
    await add_account(simulator.smseco)
    await async_pre_backup(hass)

    entry = await add_account(simulator.etech_keys)

    token = backup_token_of(journal_of(hass, entry))
    assert token.exists()
    await async_post_backup(hass)
    assert not token.exists()


async def test_without_an_account_there_is_nothing_to_mark(hass: HomeAssistant) -> None:
    """The hooks are called all the same once the integration is loaded."""
    hass.data["passerelle_sms_accounts"] = {}
    hass.data["passerelle_sms_relays"] = {}

    await async_pre_backup(hass)
    await async_post_backup(hass)
