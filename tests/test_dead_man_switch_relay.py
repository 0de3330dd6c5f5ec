"""Dead man's switches of a relay: its accounts come and go."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.conftest import AccountMaker, RelayMaker, state_of
from tests.passing_time import pass_time, quiet
from tests.simulator import Fault, Simulator

from .switches import NAME, PEOPLE, add_switch, issue_of, standing
from .test_dead_man_switch_life import Leave, disable, enable, remove

pytestmark = pytest.mark.usefixtures("socket_enabled")

ARMED = "switch.maison_muette_armed"
PROBLEM = "binary_sensor.maison_muette_problem"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def accounts(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> list[MockConfigEntry]:
    """Return three accounts, of which the last two can keep messages."""
    gateways = (simulator.etech_keys, simulator.envoyer_sms_pro, simulator.sms123)
    return [await add_account(one, recipients={}) for one in gateways]


@pytest.fixture
async def relay(
    accounts: list[MockConfigEntry], add_relay: RelayMaker
) -> MockConfigEntry:
    """Return a relay that holds them."""
    return await add_relay(*accounts, recipients=PEOPLE)


async def test_it_stands_at_the_first_that_can_keep_it(
    hass: HomeAssistant, simulator: Simulator, relay: MockConfigEntry
) -> None:
    """On a device of the relay's."""
    await add_switch(hass, relay)

    assert len(standing(simulator.envoyer_sms_pro)) == 1
    assert standing(simulator.sms123) == []
    assert not simulator.etech_keys.accepted
    assert state_of(hass, ARMED) == "on"
    assert state_of(hass, PROBLEM) == "off"


@pytest.mark.parametrize("leave", [disable, remove])
async def test_an_account_that_goes_leaves_nothing_standing(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: list[MockConfigEntry],
    relay: MockConfigEntry,
    leave: Leave,
) -> None:
    """The next one keeps it from then on."""
    subentry = await add_switch(hass, relay)

    await leave(hass, accounts[1])

    assert standing(simulator.envoyer_sms_pro) == []
    assert len(standing(simulator.sms123)) == 1
    assert issue_of(hass, relay, subentry, "not_cancelled") is None
    assert state_of(hass, ARMED) == "on"


async def test_it_stands_at_the_next_before_the_first_gives_it_back(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: list[MockConfigEntry],
    relay: MockConfigEntry,
) -> None:
    """The house is guarded all the while."""
    await add_switch(hass, relay)
    stood: list[int] = []
    keep = simulator.envoyer_sms_pro.take_back

    def take_back(message_id: str, cost: int, account_id: str = "") -> object:
        stood.append(len(standing(simulator.sms123)))
        return keep(message_id, cost, account_id)

    simulator.envoyer_sms_pro.take_back = take_back  # type: ignore[method-assign,assignment] # only looked into

    await disable(hass, accounts[1])

    assert stood == [1]


@pytest.mark.parametrize("leave", [disable, remove])
async def test_the_last_account_takes_back_what_it_can(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    leave: Leave,
) -> None:
    """Nobody guards the house then, and that is shown."""
    account = await add_account(simulator.sms123)
    other = await add_account(simulator.etech_keys)
    relay = await add_relay(account, other, recipients=PEOPLE)
    await add_switch(hass, relay)
    told = async_capture_events(hass, ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED)

    await leave(hass, account)

    assert standing(simulator.sms123) == []
    # Not even for a moment that something may still be sent.
    kinds = {event.data["issue_id"] for event in told}
    assert not [one for one in kinds if one.startswith("dead_man_switch")]
    state = hass.states.get(PROBLEM)
    assert state is not None
    assert state.state == "on"
    assert state.attributes["reasons"] == ["no_account"]


@pytest.mark.parametrize("leave", [disable, remove])
async def test_what_an_account_that_goes_can_not_take_back_is_told(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: list[MockConfigEntry],
    relay: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    leave: Leave,
) -> None:
    """Until its hour, whoever else guards the house; with the gateway that keeps it."""
    subentry = await add_switch(hass, relay)
    simulator.envoyer_sms_pro.fail(Fault.CUT_BEFORE)

    await leave(hass, accounts[1])

    assert len(standing(simulator.envoyer_sms_pro)) == 1
    assert len(standing(simulator.sms123)) == 1
    issue = issue_of(hass, relay, subentry, "not_cancelled")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["switch"] == NAME
    assert issue.translation_placeholders["account"] == "Relais"
    assert "Maman" in issue.translation_placeholders["messages"]

    for _ in range(13):
        await pass_time(hass, freezer, 5 * MINUTE)
    assert issue_of(hass, relay, subentry, "not_cancelled") is None
    assert state_of(hass, ARMED) == "on"
    assert simulator.sms123.sent_later() == []


async def test_an_account_that_comes_back_is_chosen_again(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: list[MockConfigEntry],
    relay: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """At the next renewal."""
    await add_switch(hass, relay)
    await disable(hass, accounts[1])
    await enable(hass, accounts[1])

    for _ in range(5):
        await pass_time(hass, freezer, 5 * MINUTE)

    assert len(standing(simulator.envoyer_sms_pro)) == 1
    assert standing(simulator.sms123) == []


@pytest.mark.parametrize("leave", [disable, remove])
async def test_a_relay_that_goes_leaves_nothing_standing(
    hass: HomeAssistant,
    simulator: Simulator,
    relay: MockConfigEntry,
    leave: Leave,
) -> None:
    """Its accounts are still there to take it back."""
    subentry = await add_switch(hass, relay)

    await leave(hass, relay)

    assert standing(simulator.envoyer_sms_pro) == []
    assert issue_of(hass, relay, subentry, "not_cancelled") is None


async def test_what_an_account_loses_is_the_relays(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: list[MockConfigEntry],
    relay: MockConfigEntry,
) -> None:
    """A relay without the account that keeps its message moves it."""
    await add_switch(hass, relay)
    kept: list[str] = [accounts[0].entry_id, accounts[2].entry_id]

    async with quiet(hass):
        hass.config_entries.async_update_entry(
            relay, data={**relay.data, "accounts": kept}
        )

    assert standing(simulator.envoyer_sms_pro) == []
    assert len(standing(simulator.sms123)) == 1


async def test_a_stop_renews_before_the_accounts_are_closed(
    hass: HomeAssistant,
    simulator: Simulator,
    relay: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The whole delay is left to come back in."""
    await add_switch(hass, relay)
    [before] = simulator.envoyer_sms_pro.standing()
    freezer.tick(10 * MINUTE)

    async with quiet(hass):
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        await hass.async_block_till_done()
        hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)

    [after] = simulator.envoyer_sms_pro.standing()
    assert after.at >= before.at + 10 * MINUTE


@pytest.mark.parametrize("leave", [disable, remove])
async def test_a_relay_that_goes_keeps_no_requests_from_its_accounts(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: list[MockConfigEntry],
    relay: MockConfigEntry,
    leave: Leave,
) -> None:
    """Nothing is renewed any more."""
    await add_switch(hass, relay)
    budget = accounts[1].runtime_data.gateway.budget
    assert budget.set_aside_for_others("") == 6

    await leave(hass, relay)

    assert budget.set_aside_for_others("") == 0
    assert standing(simulator.envoyer_sms_pro) == []


async def test_a_relay_that_loses_its_last_such_account_leaves_nothing_standing(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: list[MockConfigEntry],
    relay: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Nobody would put it off any more, and the house lives."""
    await add_switch(hass, relay)

    async with quiet(hass):
        kept = [accounts[0].entry_id]
        hass.config_entries.async_update_entry(
            relay, data={**relay.data, "accounts": kept}
        )
    assert standing(simulator.envoyer_sms_pro) == []
    state = hass.states.get(PROBLEM)
    assert state is not None
    assert state.attributes["reasons"] == ["no_account"]

    async with quiet(hass):
        kept = [one.entry_id for one in accounts]
        hass.config_entries.async_update_entry(
            relay, data={**relay.data, "accounts": kept}
        )
    assert len(standing(simulator.envoyer_sms_pro)) == 1
    assert state_of(hass, PROBLEM) == "off"
