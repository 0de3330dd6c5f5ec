"""Whether it is time to top up, and whether an account of a relay rests."""

from datetime import timedelta
from decimal import Decimal

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.credit_monitor import FORECAST_PAUSE
from custom_components.passerelle_sms.entries.relay_review import async_review_relays
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.util import dt as dt_util
from tests.conftest import AccountMaker, account_data, state_of, warnings_logged
from tests.messages import Heard, send
from tests.passing_time import pass_time, quiet
from tests.relays import relay_entry
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

LOW = "binary_sensor.etech_keys_low_balance"


async def ask(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Ask for the balance, and let it be judged."""
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()


def issue_of(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the issue about an account's balance."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"low_balance_{entry.entry_id}")


async def test_a_low_balance_is_told_until_it_is_fine(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """By the sensor, one event, and an issue with the link to top up."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    state = hass.states.get(LOW)
    assert state is not None
    assert state.state == "off"
    assert state.attributes["device_class"] == "problem"
    entity = er.async_get(hass).async_get(LOW)
    assert entity is not None
    assert entity.unique_id == f"{entry.entry_id}_low_balance"
    assert issue_of(hass, entry) is None

    simulator.etech_keys.credits = Decimal(20)
    await ask(hass, entry)
    assert state_of(hass, LOW) == "on"
    issue = issue_of(hass, entry)
    assert issue is not None
    assert issue.learn_more_url == "https://sms.etech-keys.com/"
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["credits"] == "20"

    simulator.etech_keys.credits = Decimal(19)
    await ask(hass, entry)
    assert heard.all == [
        {
            "type": "low_balance",
            "config_entry_id": entry.entry_id,
            "account": "ETECH KEYS",
            "credits": 20.0,
            "credit_ends": None,
        }
    ]

    simulator.etech_keys.credits = Decimal(21)
    await ask(hass, entry)
    assert state_of(hass, LOW) == "off"
    assert issue_of(hass, entry) is None

    simulator.etech_keys.credits = Decimal(3)
    await ask(hass, entry)
    assert len(heard.all) == 2


async def test_it_is_not_told_again_after_a_restart(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The issue registry remembers what was told."""
    simulator.etech_keys.credits = Decimal(5)
    heard = Heard(hass)
    entry = await add_account(simulator.etech_keys)
    await hass.async_block_till_done()
    assert len(heard.all) == 1

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()

    assert state_of(hass, LOW) == "on"
    assert len(heard.all) == 1


async def test_the_threshold_is_the_users(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """An option of the account."""
    await add_account(simulator.etech_keys, options={"low_balance": 1000})

    assert state_of(hass, LOW) == "on"


async def test_it_is_low_when_it_does_not_last_a_week(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """By the pace of the last days, long before the threshold."""
    # Not near midnight, when a minute makes a day.
    freezer.move_to("2026-11-01 20:00+00:00")
    entry = await add_account(simulator.etech_keys, options={"low_balance": 0})
    for day in range(4):
        await send(hass, entry, message=f"Jour {day}")
        freezer.tick(timedelta(days=1))
    simulator.etech_keys.credits = Decimal(5)
    # An answer, and the pause between two forecasts.
    for _ in range(2):
        await pass_time(hass, freezer, FORECAST_PAUSE)

    # Four messages in four days: five credits last five days more.
    assert state_of(hass, "sensor.etech_keys_credit_ends") == "2026-11-10"
    assert state_of(hass, LOW) == "on"


async def test_it_is_unavailable_while_nothing_is_told(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """And there is no false alarm."""
    simulator.etech_keys.fail(Fault.ERROR_500, operation="balance")
    entry = await add_account(simulator.etech_keys)

    await send(hass, entry)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, LOW) == "unavailable"
    assert issue_of(hass, entry) is None

    simulator.etech_keys.heal()
    await ask(hass, entry)
    assert state_of(hass, LOW) == "off"


async def test_a_journal_that_cannot_be_read_changes_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The amount is judged all the same, and the log stays quiet."""
    entry = await add_account(simulator.etech_keys)
    await entry.runtime_data.journal.close()
    simulator.etech_keys.credits = Decimal(5)
    await ask(hass, entry)
    freezer.tick(FORECAST_PAUSE)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()

    assert state_of(hass, LOW) == "on"
    assert warnings_logged(caplog) == []


FIRST = "binary_sensor.relais_premier_rests"
SECOND = "binary_sensor.relais_second_rests"


async def show(hass: HomeAssistant, relay: MockConfigEntry) -> None:
    """Load a relay."""
    assert await hass.config_entries.async_setup(relay.entry_id)
    await hass.async_block_till_done()


async def hide(hass: HomeAssistant, relay: MockConfigEntry) -> None:
    """Unload a relay."""
    assert await hass.config_entries.async_unload(relay.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
async def accounts(
    simulator: Simulator, add_account: AccountMaker
) -> tuple[MockConfigEntry, MockConfigEntry]:
    """Return two accounts."""
    return (
        await add_account(simulator.etech_keys, title="Premier"),
        await add_account(simulator.smseco, title="Second"),
    )


@pytest.fixture
async def relay(
    hass: HomeAssistant, accounts: tuple[MockConfigEntry, MockConfigEntry]
) -> MockConfigEntry:
    """Return a relay of these, with its sensors."""
    entry = relay_entry(hass, *accounts)
    await show(hass, entry)
    return entry


async def test_a_relay_shows_which_account_rests_and_why(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: tuple[MockConfigEntry, MockConfigEntry],
    relay: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """On its own device, from the refusal on until the account is taken again."""
    first, _ = accounts
    state = hass.states.get(FIRST)
    assert state is not None
    assert state.state == "off"
    assert state.attributes["device_class"] == "problem"
    assert state.attributes["reason"] is None
    assert state.attributes["since"] is None
    entity = er.async_get(hass).async_get(FIRST)
    assert entity is not None
    assert entity.unique_id == f"{relay.entry_id}_{first.entry_id}_rests"
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, relay.entry_id), relay.entry_id
    )
    assert device is not None
    assert entity.device_id == device.id

    simulator.etech_keys.credits = Decimal(0)
    began = dt_util.now()
    async with quiet(hass):
        await send(hass, first)

    state = hass.states.get(FIRST)
    assert state is not None
    assert state.state == "on"
    assert state.attributes["reason"] == "insufficient_credit"
    assert state.attributes["since"] == began.isoformat()
    assert state_of(hass, SECOND) == "off"

    # What is refused again is the same rest, whatever else becomes of accounts.
    await pass_time(hass, freezer, timedelta(seconds=31))
    async_review_relays(hass)
    await hass.async_block_till_done()
    assert hass.states.get(FIRST) is state

    simulator.etech_keys.credits = Decimal(1000)
    await ask(hass, first)
    assert state_of(hass, FIRST) == "off"


async def test_an_account_that_is_disabled_or_removed_is_a_problem(
    hass: HomeAssistant,
    accounts: tuple[MockConfigEntry, MockConfigEntry],
    relay: MockConfigEntry,
) -> None:
    """The relay goes on without it, until it is back."""
    first, second = accounts

    await hass.config_entries.async_set_disabled_by(
        first.entry_id, ConfigEntryDisabler.USER
    )
    await hass.config_entries.async_remove(second.entry_id)
    await hass.async_block_till_done()

    for entity_id in (FIRST, SECOND):
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.state == "on"
        assert state.attributes["reason"] == "account_gone"
    await hass.config_entries.async_set_disabled_by(first.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, FIRST) == "off"
    assert state_of(hass, SECOND) == "on"


async def test_the_sensors_follow_the_accounts_of_the_relay(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    accounts: tuple[MockConfigEntry, MockConfigEntry],
    relay: MockConfigEntry,
) -> None:
    """When it is reconfigured: another account comes, one goes, and one stays."""
    first, second = accounts
    third = await add_account(simulator.devcodesms, title="Troisième")
    stays = hass.states.get(SECOND)

    hass.config_entries.async_update_entry(
        relay, data={**relay.data, "accounts": [third.entry_id, second.entry_id]}
    )
    await hass.async_block_till_done()

    assert hass.states.get(FIRST) is None
    assert er.async_get(hass).async_get(FIRST) is None
    assert hass.states.get(SECOND) is stays
    assert state_of(hass, "binary_sensor.relais_troisieme_rests") == "off"
    both = relay.data["accounts"]
    hass.config_entries.async_update_entry(
        relay, data={**relay.data, "accounts": [first.entry_id, *both]}
    )
    await hass.async_block_till_done()
    assert state_of(hass, FIRST) == "off"

    await hide(hass, relay)
    hass.config_entries.async_update_entry(
        relay, data={**relay.data, "accounts": [third.entry_id]}
    )
    await show(hass, relay)

    assert er.async_get(hass).async_get(SECOND) is None
    assert state_of(hass, "binary_sensor.relais_troisieme_rests") == "off"


async def test_an_account_that_was_removed_is_still_called_by_its_name(
    hass: HomeAssistant,
    accounts: tuple[MockConfigEntry, MockConfigEntry],
    relay: MockConfigEntry,
) -> None:
    """After a restart nobody else remembers it."""
    first, _ = accounts
    await hass.config_entries.async_remove(first.entry_id)
    await hide(hass, relay)

    await show(hass, relay)

    state = hass.states.get(FIRST)
    assert state is not None
    assert state.name == "Relais Premier rests"
    assert state.state == "on"


async def test_an_account_that_is_not_set_up_yet_is_no_problem(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A relay may be there before its accounts are."""
    await add_account(simulator.smseco)
    data = account_data(simulator, simulator.etech_keys)
    account = MockConfigEntry(domain=DOMAIN, title="Premier", data=data)
    account.add_to_hass(hass)
    relay = relay_entry(hass, account)

    await show(hass, relay)
    assert state_of(hass, FIRST) == "unknown"

    await hass.config_entries.async_setup(account.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, FIRST) == "off"


async def test_a_relay_has_no_balance_of_its_own(
    hass: HomeAssistant, relay: MockConfigEntry
) -> None:
    """Each account watches over its own."""
    registry = er.async_get(hass)
    found = er.async_entries_for_config_entry(registry, relay.entry_id)

    sensors = {one.entity_id for one in found if one.domain == "binary_sensor"}
    assert sensors == {FIRST, SECOND}
