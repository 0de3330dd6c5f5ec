"""Whether it is time to top up."""

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
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from tests.conftest import AccountMaker, state_of, warnings_logged
from tests.messages import Heard, send
from tests.passing_time import pass_time
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
