"""An account from its first set-up until it is disabled, removed or stopped."""

import asyncio
from pathlib import Path
import sqlite3

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.account import ACCOUNTS
from custom_components.passerelle_sms.entries.journal_keeper import REST, RETRY_INTERVAL
from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.messaging.journal.database import Database
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.operations.leg_taker import LegTaker
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from tests.actions.calls import call
from tests.conftest import AccountMaker, account_data, journal_of, warnings_logged
from tests.messages import send, until_settled
from tests.messaging.idle import let_run
from tests.passing_time import pass_time, quiet
from tests.restarts import start_account, stop_account
from tests.simulator import Fault, Simulator
from tests.test_init import notify_services

pytestmark = pytest.mark.usefixtures("socket_enabled")


def let_no_file_be(path: Path) -> None:
    """Put a folder in the place of a file, so that none can be opened there."""
    path.unlink()
    path.mkdir()


def let_a_file_be(path: Path) -> None:
    """Remove the folder again."""
    path.rmdir()


def leave_a_file(path: Path) -> None:
    """Leave something where a journal would be."""
    path.parent.mkdir(exist_ok=True)
    path.touch()


def age(path: Path, years: int) -> bytes:
    """Let a journal be from a version so many later; return the file as it is then."""
    with sqlite3.connect(path) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {version + years}")
    connection.close()
    return path.read_bytes()


def unavailable(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the issue that a journal can't be opened."""
    return ir.async_get(hass).async_get_issue(
        DOMAIN, f"journal_unavailable_{entry.entry_id}"
    )


# --- a journal that can't be used ---------------------------------------------------


@pytest.fixture
async def without_journal(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> MockConfigEntry:
    """Return an account whose journal can't be opened."""
    entry = await add_account(simulator.etech_keys)
    await stop_account(hass, entry)
    let_no_file_be(journal_of(hass, entry))
    await start_account(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    return entry


async def test_a_journal_that_cannot_be_opened_is_tried_again(
    hass: HomeAssistant,
    simulator: Simulator,
    without_journal: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Messages are refused aloud until then; a repair says why."""
    entry = without_journal
    issue = unavailable(hass, entry)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["account"] == "ETECH KEYS"
    with pytest.raises(HomeAssistantError) as raised:
        await send(hass, entry)
    assert raised.value.translation_key == "not_stored"
    await pass_time(hass, freezer, RETRY_INTERVAL)
    assert unavailable(hass, entry) is not None

    # A reload in between changes nothing about that.
    assert await hass.config_entries.async_reload(entry.entry_id)
    let_a_file_be(journal_of(hass, entry))
    await pass_time(hass, freezer, RETRY_INTERVAL)

    assert unavailable(hass, entry) is None
    await send(hass, entry)
    assert len(simulator.etech_keys.accepted) == 1
    [known] = (await call(hass, entry, "get_messages"))["messages"]
    assert known["text"] == "Citerne vide"


async def test_an_urgent_alert_without_a_journal(
    hass: HomeAssistant, simulator: Simulator, without_journal: MockConfigEntry
) -> None:
    """It leaves if it may be sent twice, and the answer says that it isn't kept."""
    entry = without_journal
    answer = await send(hass, entry, urgent=True, on_unknown="resend")
    assert answer["results"][0]["outcome"] == "accepted"
    assert answer["stored"] is False
    assert len(simulator.etech_keys.accepted) == 1

    with pytest.raises(HomeAssistantError):
        await send(hass, entry, message="Courant coupé", urgent=True)
    assert len(simulator.etech_keys.accepted) == 1
    # There is nothing that would still have to be written.
    let_a_file_be(journal_of(hass, entry))


async def test_an_account_without_a_journal_that_ends(
    hass: HomeAssistant,
    without_journal: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It tries no more, and its repair goes."""
    entry = without_journal
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    assert unavailable(hass, entry) is None
    let_a_file_be(journal_of(hass, entry))

    await pass_time(hass, freezer, RETRY_INTERVAL)

    assert not journal_of(hass, entry).exists()


async def test_a_disk_that_becomes_read_only(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    journals: list[Database],
) -> None:
    """What can't be written is refused aloud; an urgent alert leaves and says so."""
    entry = await add_account(simulator.etech_keys)
    [file] = journals
    file.connection.execute("PRAGMA query_only = 1")

    with pytest.raises(HomeAssistantError) as raised:
        await send(hass, entry)
    assert raised.value.translation_key == "not_stored"
    answer = await send(hass, entry, urgent=True, on_unknown="resend")

    assert answer["stored"] is False
    assert len(simulator.etech_keys.accepted) == 1
    file.connection.execute("PRAGMA query_only = 0")
    assert "stored" not in await send(hass, entry, message="Citerne pleine")


async def test_a_journal_that_a_newer_version_wrote(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The set-up fails with a clear sentence, and the file is left as it is."""
    entry = await add_account(simulator.etech_keys)
    await stop_account(hass, entry)
    path = journal_of(hass, entry)
    newer = age(path, 1)

    assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "journal_newer"
    assert entry.reason is not None
    assert "a newer version of Passerelle SMS wrote its journal" in entry.reason
    assert notify_services(hass) == set()
    assert entry.entry_id not in hass.data[ACCOUNTS]
    assert path.read_bytes() == newer

    age(path, -1)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await send(hass, entry)
    assert len(simulator.etech_keys.accepted) == 1


async def test_who_waits_for_a_journal_that_is_a_newer_versions(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """He is told that nothing is taken in: nobody waits for ever."""
    entry = await add_account(simulator.etech_keys)
    await stop_account(hass, entry)
    age(journal_of(hass, entry), 1)
    opening, go_on = asyncio.Event(), asyncio.Event()
    open_journal = Journal.open

    async def open_slowly(journal: Journal) -> object:
        opening.set()
        await go_on.wait()
        return await open_journal(journal)

    monkeypatch.setattr(Journal, "open", open_slowly)
    setting_up = asyncio.create_task(hass.config_entries.async_setup(entry.entry_id))
    await opening.wait()
    waiting = asyncio.create_task(send(hass, entry, urgent=True, on_unknown="resend"))
    await let_run()
    go_on.set()

    with pytest.raises(ServiceValidationError) as raised:
        await waiting
    assert raised.value.translation_key == "account_not_loaded"
    assert not await setting_up
    assert simulator.etech_keys.accepted == []


# --- what a relay sends through it ---------------------------------------------------


async def test_what_only_a_relays_user_is_asked_about(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is pending at the relay, and not at the account as well."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    await send(hass, entry)
    assert entry.runtime_data.pending_messages == 1

    monkeypatch.setattr(LegTaker, "held", 1)

    assert entry.runtime_data.pending_messages == 0


# --- at rest ----------------------------------------------------------------------


async def test_the_journal_of_an_account_at_rest(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Its log is written back once nothing has changed for a while."""
    entry = await add_account(simulator.devcodesms)
    await send(hass, entry)
    path = journal_of(hass, entry)
    log = path.with_name(f"{path.name}-wal")
    assert log.stat().st_size

    for _ in range(3):
        await pass_time(hass, freezer, REST)
        await hass.async_block_till_done(wait_background_tasks=True)

    assert not log.stat().st_size


async def test_a_log_that_cannot_be_written_back(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is later: no message hangs on it."""
    entry = await add_account(simulator.devcodesms)

    async def fail(_journal: Journal) -> None:
        raise NotStoredError(words="disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(Journal, "checkpoint", fail)
        await send(hass, entry)
        for _ in range(3):
            await pass_time(hass, freezer, REST)
            await hass.async_block_till_done(wait_background_tasks=True)

    warnings = warnings_logged(caplog)
    assert warnings
    assert all("The journal can't be looked after" in warning for warning in warnings)


# --- the end ------------------------------------------------------------------------


async def test_an_account_that_is_disabled_and_enabled(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """All of it ends meanwhile; then it goes on with what waits."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    assert (await send(hass, entry))["results"][0]["outcome"] == "queued"
    simulated.heal()

    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    await hass.async_block_till_done()
    assert notify_services(hass) == set()
    assert entry.entry_id not in hass.data[ACCOUNTS]
    requests = len(simulated.requests)
    for _ in range(3):
        await pass_time(hass, freezer, RETRY_INTERVAL * 60)
    assert len(simulated.requests) == requests

    async with quiet(hass):
        await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    assert {"etech_keys", "etech_keys_maman"} <= notify_services(hass)
    # The alert is an hour old by now, and stays at home.
    await until_settled(entry)
    [known] = (await call(hass, entry, "get_messages"))["messages"]
    assert known["results"][0]["outcome"] == "expired"
    await send(hass, entry, message="Citerne pleine")
    assert len(simulated.accepted) == 1
    assert warnings_logged(caplog) == []


async def test_an_account_that_is_unloaded_and_removed(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It leaves no service, no entity, no file and no warning."""
    entry = await add_account(simulator.etech_keys)
    await send(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()

    assert notify_services(hass) == set()
    assert hass.data[ACCOUNTS] == {}
    assert not er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert hass.states.async_entity_ids("notify") == []
    path = journal_of(hass, entry)
    assert [*path.parent.glob(f"{path.name}*")] == []
    assert warnings_logged(caplog) == []


async def test_a_disabled_account_that_is_removed_before_anything_was_set_up(
    hass: HomeAssistant, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Its file goes all the same."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        data=account_data(simulator, simulator.etech_keys),
        disabled_by=ConfigEntryDisabler.USER,
    )
    entry.add_to_hass(hass)
    path = journal_of(hass, entry)
    leave_a_file(path)

    await hass.config_entries.async_remove(entry.entry_id)

    assert not path.exists()
    assert warnings_logged(caplog) == []


async def test_an_alert_while_the_account_ends(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Its service is still there: whoever calls it is told."""
    entry = await add_account(simulator.etech_keys)
    account = hass.data[ACCOUNTS].pop(entry.entry_id)

    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call(
            "notify", "etech_keys", {"message": "Citerne vide"}, blocking=True
        )

    assert raised.value.translation_key == "account_not_loaded"
    hass.data[ACCOUNTS][entry.entry_id] = account
