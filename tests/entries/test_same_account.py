"""Entries that turn out to be one account: one reads for both, and neither is alone."""

from datetime import timedelta
import json

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.account import Account
from custom_components.passerelle_sms.entries.settings import unique_id
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.actions.calls import call
from tests.conftest import AccountMaker
from tests.messages import send
from tests.passing_time import pass_time
from tests.simulator import Fault, Simulator
from tests.simulator.smseco import SimulatedSmsEco

pytestmark = pytest.mark.usefixtures("socket_enabled")

BY_MAIL = "toto@toto.fr"


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSmsEco:
    """Return the gateway that takes several logins for one account."""
    simulator.smseco.other_logins = {BY_MAIL}
    return simulator.smseco


@pytest.fixture
async def first(
    simulated: SimulatedSmsEco, add_account: AccountMaker
) -> MockConfigEntry:
    """Return an entry of the account."""
    return await add_account(simulated, title="Maison")


@pytest.fixture
async def second(
    simulated: SimulatedSmsEco, first: MockConfigEntry, add_account: AccountMaker
) -> MockConfigEntry:
    """Return another entry of the same account, of before it was told which it is."""
    return await add_account(simulated, title="Atelier", username=BY_MAIL)


def account_of(entry: MockConfigEntry) -> Account:
    """Return what lives for an entry."""
    account = entry.runtime_data
    assert isinstance(account, Account)
    return account


def issue(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return what the user is told of an entry that is another's account."""
    registry = ir.async_get(hass)
    return registry.async_get_issue(DOMAIN, f"same_account_{entry.entry_id}")


def readers(simulated: SimulatedSmsEco) -> set[str]:
    """Return the logins that have asked for deliveries."""
    return {
        json.loads(request.body.removeprefix("JSON="))["compte"]["login"]
        for request in simulated.requests
        if request.operation == "delivery"
    }


# --- an entry of before ---------------------------------------------------------------


async def test_the_balance_tells_which_account_it_is(
    hass: HomeAssistant, simulated: SimulatedSmsEco, first: MockConfigEntry
) -> None:
    """It becomes the unique id, and nothing is loaded, asked or doubted anew."""
    account = account_of(first)
    before = {k: v for k, v in first.data.items() if k != "told_account_id"}

    assert first.data["told_account_id"] == "3182"
    assert first.unique_id == unique_id(first.data) != unique_id(before)
    assert simulated.asked("balance") == 1
    assert not account.ledger.books.is_disturbed
    assert account.ledger.is_alone
    await account.coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert account_of(first) is account
    assert simulated.asked("balance") == 2
    assert first.state is ConfigEntryState.LOADED
    assert "3182" not in str(first.unique_id)
    assert issue(hass, first) is None


@pytest.mark.parametrize("told", [None, "", "0", 0])
async def test_an_account_that_is_not_told_stays_as_it_is(
    simulated: SimulatedSmsEco, add_account: AccountMaker, told: object
) -> None:
    """The login tells it apart, as before."""
    simulated.account_id = told

    entry = await add_account(simulated)

    assert "told_account_id" not in entry.data
    assert entry.unique_id == unique_id(entry.data)


async def test_what_was_told_once_is_not_told_otherwise(
    hass: HomeAssistant, simulated: SimulatedSmsEco, first: MockConfigEntry
) -> None:
    """A gateway that tells each time another one makes no entry another one."""
    was = first.unique_id
    simulated.account_id = "4711"

    await account_of(first).coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert first.unique_id == was
    assert first.data["told_account_id"] == "3182"


# --- two entries ----------------------------------------------------------------------


async def test_the_user_is_told(
    hass: HomeAssistant, first: MockConfigEntry, second: MockConfigEntry
) -> None:
    """Which of the two, and what to do about it; the first one has the unique id."""
    told = issue(hass, second)

    assert told is not None
    assert told.translation_placeholders == {
        "account": "Atelier",
        "other": "Maison",
        "gateway": "SMSECO",
    }
    assert issue(hass, first) is None
    assert second.unique_id != first.unique_id == unique_id(second.data)
    assert second.state is ConfigEntryState.LOADED


async def test_neither_is_alone(
    hass: HomeAssistant,
    simulated: SimulatedSmsEco,
    first: MockConfigEntry,
    second: MockConfigEntry,
) -> None:
    """What the one sends makes the balance fall, and proves nothing for the other."""
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    [doubtful] = (await send(hass, first))["results"]
    assert doubtful["outcome"] == "unknown"

    await send(hass, second, message="Autre chose", target=["+22678657808"])
    for entry in (first, second):
        await account_of(entry).coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)

    for entry in (first, second):
        assert not account_of(entry).ledger.is_alone
    [record] = account_of(first).store
    assert record.submissions[0].outcome == "unknown"
    # Whatever the options say.
    hass.config_entries.async_update_entry(first, options={"alone": True})
    await hass.async_block_till_done()
    assert not account_of(first).ledger.is_alone


async def test_one_reads_for_both(
    hass: HomeAssistant,
    simulated: SimulatedSmsEco,
    first: MockConfigEntry,
    second: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What is told only once comes to whoever has sent it."""
    mine = await send(hass, first)
    others = await send(hass, second, message="Autre chose")
    for taken in simulated.accepted:
        simulated.report(taken, 56)

    await pass_time(hass, freezer, timedelta(seconds=61))
    await pass_time(hass, freezer, timedelta(seconds=61))

    for entry, sent in ((first, mine), (second, others)):
        answer = await call(hass, entry, "get_delivery", message_id=sent["message_id"])
        [row] = answer["deliveries"]
        assert row["delivery"]["status"] == "delivered"
    assert simulated.unread == []
    assert readers(simulated) == {simulated.username}


@pytest.mark.parametrize("about_one", [False, True])
async def test_whoever_asks_the_other_one_has_the_first_read(
    hass: HomeAssistant,
    simulated: SimulatedSmsEco,
    first: MockConfigEntry,
    second: MockConfigEntry,
    about_one: bool,
) -> None:
    """Also where the first one itself awaits nothing."""
    sent = await send(hass, second)
    [taken] = simulated.accepted
    simulated.report(taken, 56)

    fields = {"message_id": sent["message_id"]} if about_one else {}
    answer = await call(hass, second, "get_delivery", **fields)

    [row] = answer["deliveries"]
    assert row["delivery"]["status"] == "delivered"
    assert readers(simulated) == {simulated.username}


async def test_a_report_without_an_id_is_not_handed_on(
    hass: HomeAssistant,
    simulated: SimulatedSmsEco,
    first: MockConfigEntry,
    second: MockConfigEntry,
) -> None:
    """By a number alone nobody can tell whose it is."""
    sent = await send(hass, second)
    [taken] = simulated.accepted
    row = {"destination": taken.recipient, "statut": "56"}
    answer = {"statut": 0, "messages": [{"dlrs": [row]}]}
    simulated.answer_next(json.dumps(answer), operation="delivery")

    await call(hass, first, "get_delivery")

    [record] = await account_of(second).journal.with_pending_delivery()
    assert record.message_id == sent["message_id"]


# --- and then one again -----------------------------------------------------------------


async def test_the_other_one_takes_over(
    hass: HomeAssistant,
    simulated: SimulatedSmsEco,
    first: MockConfigEntry,
    second: MockConfigEntry,
) -> None:
    """When the first is removed: it reads itself, is alone, and is the account."""
    await hass.config_entries.async_remove(first.entry_id)
    await hass.async_block_till_done()
    assert issue(hass, second) is None
    account = account_of(second)
    assert account.ledger.is_alone
    # What the other one has sent may still be charged.
    assert account.ledger.books.is_disturbed

    await account.coordinator.async_refresh()
    await call(hass, second, "get_delivery")

    assert second.unique_id == unique_id(second.data)
    assert readers(simulated) == {BY_MAIL}


async def test_one_that_is_disabled_reads_nothing(
    hass: HomeAssistant,
    simulated: SimulatedSmsEco,
    first: MockConfigEntry,
    second: MockConfigEntry,
) -> None:
    """Until it is enabled the other one does, and is alone."""
    await hass.config_entries.async_set_disabled_by(
        first.entry_id, ConfigEntryDisabler.USER
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue(hass, second) is None
    assert account_of(second).ledger.is_alone
    await call(hass, second, "get_delivery")
    assert readers(simulated) == {BY_MAIL}

    await hass.config_entries.async_set_disabled_by(first.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue(hass, second) is not None
    assert not account_of(second).ledger.is_alone
    simulated.requests.clear()
    await call(hass, second, "get_delivery")
    assert readers(simulated) == {simulated.username}


async def test_the_second_one_is_disabled(
    hass: HomeAssistant, first: MockConfigEntry, second: MockConfigEntry
) -> None:
    """Then nothing is left to be told."""
    await hass.config_entries.async_set_disabled_by(
        second.entry_id, ConfigEntryDisabler.USER
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    assert issue(hass, second) is None
    assert account_of(first).ledger.is_alone


async def test_a_reload_changes_nothing(
    hass: HomeAssistant,
    simulated: SimulatedSmsEco,
    first: MockConfigEntry,
    second: MockConfigEntry,
) -> None:
    """Neither of the one nor of the other."""
    for entry in (first, second, first):
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert issue(hass, second) is not None
        assert not account_of(first).ledger.is_alone

    await call(hass, second, "get_delivery")
    assert readers(simulated) == {simulated.username}


async def test_the_password_of_the_second_one_can_be_mended(
    hass: HomeAssistant,
    simulated: SimulatedSmsEco,
    first: MockConfigEntry,
    second: MockConfigEntry,
) -> None:
    """Its alerts leave on, whatever the user does about the two."""
    was = second.unique_id
    simulated.password = "chang3d"
    form = await second.start_reauth_flow(hass)

    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"password": "chang3d"}
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    assert result["reason"] == "reauth_successful"
    assert second.data["password"] == "chang3d"
    assert second.unique_id == was
