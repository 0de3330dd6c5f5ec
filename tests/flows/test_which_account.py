"""Which account it is: chosen, told by the gateway, or typed; and each is there once."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.settings import unique_id
from custom_components.passerelle_sms.gateways.wire.purpose import Purpose
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import AccountMaker, suggested_values
from tests.flows.test_account import go_on
from tests.messages import confirm_refusal, send
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedAccount, SimulatedEnvoyerSmsPro
from tests.test_config_flow import filled_in, open_form, submit

pytestmark = pytest.mark.usefixtures("socket_enabled")

KEY = "envoyer_sms_pro"


def account(name: str, credits_left: int = 100) -> SimulatedAccount:
    """Return one of several accounts behind a login."""
    return SimulatedAccount(name=name, credits=Decimal(credits_left))


def open_second(simulated: SimulatedEnvoyerSmsPro) -> None:
    """Open a second account on the gateway's site: no login is complete from then on."""
    simulated.accounts = {"1": account("MAISON"), "504": account("ATELIER")}


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedEnvoyerSmsPro:
    """Return the gateway where a login may open several accounts."""
    return simulator.envoyer_sms_pro


async def add(hass: HomeAssistant, simulator: Simulator, **fields: Any) -> Any:
    """Fill in the form of a new account, and return what comes of it."""
    form = await open_form(hass, KEY)
    result = await submit(hass, form, filled_in(simulator, KEY, **fields))
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


async def reconfigure(
    hass: HomeAssistant, entry: ConfigEntry, simulator: Simulator, **fields: Any
) -> ConfigFlowResult:
    """Submit the form that changes an account."""
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    changed = filled_in(simulator, KEY, **fields)
    del changed["username"]
    return await go_on(hass, form, changed)


# --- one account, and then a second one ---------------------------------------------


@pytest.mark.parametrize("single_takes_id", [True, False])
async def test_the_only_account_keeps_its_id_from_the_start(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    single_takes_id: bool,
) -> None:
    """So that a second one, opened on the site, breaks nothing.

    The document asks for an id only where there are several: until then none is told.
    """
    simulated.single_takes_id = single_takes_id
    entry = (await add(hass, simulator))["result"]
    assert entry.title == "Envoyer SMS Pro"
    assert entry.data["account_id"] == "1"
    assert entry.unique_id == unique_id(entry.data)
    # The list, and the balance for the form and for the account: there are no others.
    assert len(simulated.requests) == 3
    assert hass.states.get("sensor.envoyer_sms_pro_balance_maison") is None

    open_second(simulated)
    [result] = (await send(hass, entry, target=["+33612345678"]))["results"]
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert result["outcome"] == "accepted"
    assert len(simulated.accepted) == 1
    assert simulated.accounts["1"].credits == 99
    assert hass.states.get("sensor.envoyer_sms_pro_balance_atelier") is not None
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []
    # It is no other account than before.
    result = await reconfigure(hass, entry, simulator)
    assert result["reason"] == "reconfigure_successful"


async def test_the_only_account_of_before_gets_its_id_when_it_is_mended(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    add_account: AccountMaker,
) -> None:
    """It stays the same account, and a second one breaks nothing either."""
    entry = await add_account(simulated)
    budget = entry.runtime_data.gateway.budget

    result = await reconfigure(hass, entry, simulator)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert result["reason"] == "reconfigure_successful"
    assert entry.data["account_id"] == "1"
    assert entry.unique_id == unique_id(entry.data)
    assert entry.runtime_data.gateway.budget is budget
    open_second(simulated)
    [sent] = (await send(hass, entry, target=["+33612345678"]))["results"]
    assert sent["outcome"] == "accepted"


async def test_the_only_account_can_become_one_of_several_by_choice(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
) -> None:
    """Its id typed again changes nothing, and another id is another account."""
    entry = (await add(hass, simulator))["result"]
    open_second(simulated)

    result = await reconfigure(hass, entry, simulator, account_id="1")
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["account_id"] == "1"

    result = await reconfigure(hass, entry, simulator, account_id="504")
    assert result["reason"] == "another_account"


async def test_all_requests_of_a_set_up_count_for_the_account(
    hass: HomeAssistant, simulator: Simulator, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The gateway counts those without the id of its only account as well."""
    entry = (await add(hass, simulator))["result"]

    budget = entry.runtime_data.gateway.budget
    assert budget is not None
    assert budget.used == len(simulated.requests)


@pytest.fixture
async def unnamed(
    simulated: SimulatedEnvoyerSmsPro, add_account: AccountMaker
) -> MockConfigEntry:
    """Return an entry of before, without an id; and then a second account is opened."""
    entry = await add_account(simulated)
    assert "account_id" not in entry.data
    open_second(simulated)
    return entry


async def test_reauthentication_lets_choose(
    hass: HomeAssistant, simulated: SimulatedEnvoyerSmsPro, unnamed: MockConfigEntry
) -> None:
    """The password was right all the time: the gateway wants to know which account."""
    await unnamed.runtime_data.coordinator.async_refresh()
    await confirm_refusal(hass, unnamed)
    form = await unnamed.start_reauth_flow(hass)
    choice = await go_on(hass, form, {"password": simulated.password})
    assert choice["step_id"] == "account"

    result = await go_on(hass, choice, {"account_id": "504"})
    await hass.async_block_till_done(wait_background_tasks=True)

    assert result["reason"] == "reauth_successful"
    assert unnamed.data["account_id"] == "504"
    assert unnamed.unique_id == unique_id(unnamed.data)
    [sent] = (await send(hass, unnamed, target=["+33612345678"]))["results"]
    assert sent["outcome"] == "accepted"
    assert simulated.accounts["504"].credits == 99
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []


async def test_reconfiguration_lets_choose(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    unnamed: MockConfigEntry,
) -> None:
    """And the choice stays open while it doesn't answer."""
    choice = await reconfigure(hass, unnamed, simulator)
    assert choice["step_id"] == "account"
    simulated.fail(Fault.ERROR_500, times=1)
    choice = await go_on(hass, choice, {"account_id": "1"})
    assert choice["errors"] == {"base": "cannot_connect"}

    result = await go_on(hass, choice, {"account_id": "1"})

    assert result["reason"] == "reconfigure_successful"
    assert unnamed.data["account_id"] == "1"


@pytest.mark.parametrize("used", [0, 50])
async def test_what_was_counted_before_counts_on(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    unnamed: MockConfigEntry,
    used: int,
) -> None:
    """It is the same account under a fuller name."""
    budget = unnamed.runtime_data.gateway.budget
    for _ in range(used):
        budget.spend(Purpose.MESSAGE)

    await go_on(
        hass, await reconfigure(hass, unnamed, simulator), {"account_id": "504"}
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    assert unnamed.runtime_data.gateway.budget is budget
    assert budget.used == used + len(simulated.requests)


async def test_an_account_of_another_entry_is_not_taken(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    unnamed: MockConfigEntry,
    add_account: AccountMaker,
) -> None:
    """It is there once."""
    await add_account(simulated, title="Autre", account_id="504")

    choice = await reconfigure(hass, unnamed, simulator)
    result = await go_on(hass, choice, {"account_id": "504"})

    assert result["reason"] == "already_configured"
    assert "account_id" not in unnamed.data


async def test_an_account_that_works_is_not_asked_which_it_is(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    add_account: AccountMaker,
) -> None:
    """Its id is known, and the list of the others would cost a request."""
    open_second(simulated)
    entry = await add_account(simulated, account_id="504")

    result = await reconfigure(hass, entry, simulator)

    assert result["reason"] == "reconfigure_successful"
    form = await entry.start_reauth_flow(hass)
    result = await go_on(hass, form, {"password": simulated.password})
    assert result["reason"] == "reauth_successful"
    assert entry.data["account_id"] == "504"


async def test_an_account_that_was_closed_is_replaced_by_none(
    hass: HomeAssistant,
    simulated: SimulatedEnvoyerSmsPro,
    add_account: AccountMaker,
) -> None:
    """What is left is listed, and another one is another account."""
    open_second(simulated)
    entry = await add_account(simulated, account_id="504")
    del simulated.accounts["504"]
    form = await entry.start_reauth_flow(hass)
    choice = await go_on(hass, form, {"password": simulated.password})
    assert choice["step_id"] == "account"

    result = await go_on(hass, choice, {"account_id": "1"})

    assert result["reason"] == "another_account"
    assert entry.data["account_id"] == "504"


# --- the list can't be had --------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.ERROR_500, Fault.HTML, Fault.CUT_BEFORE])
async def test_without_the_list_the_balance_proves_the_account(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    fault: Fault,
) -> None:
    """One account that needs no id: it can be set up."""
    simulated.fail(fault, operation="accounts")

    result = await add(hass, simulator)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "account_id" not in result["result"].data


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_a_list_that_is_refused_is_no_obstacle(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    status: int,
) -> None:
    """Whatever the reason."""
    simulated.answer_next("", status=status, operation="accounts")

    result = await add(hass, simulator)

    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_list_that_wants_the_id_leaves_it_to_be_typed(
    hass: HomeAssistant, simulator: Simulator, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The gateway refuses login and list alike; the form has a field for the id."""
    open_second(simulated)
    simulated.list_requires_id = True
    form = await open_form(hass, KEY)
    refused = await submit(hass, form, filled_in(simulator, KEY))
    assert refused["step_id"] == KEY
    assert refused["errors"] == {"base": "invalid_auth"}
    assert "account_id" in suggested_values(refused)

    result = await submit(hass, refused, filled_in(simulator, KEY, account_id=" 504 "))

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].data["account_id"] == "504"
    await hass.async_block_till_done(wait_background_tasks=True)
    again = await add(hass, simulator, account_id="504")
    assert again["reason"] == "already_configured"


async def test_the_id_can_be_typed_where_the_password_was_refused(
    hass: HomeAssistant, simulated: SimulatedEnvoyerSmsPro, unnamed: MockConfigEntry
) -> None:
    """Asked for only then: most have one account."""
    simulated.list_requires_id = True
    form = await unnamed.start_reauth_flow(hass)
    assert list(suggested_values(form)) == ["password"]
    refused = await go_on(hass, form, {"password": simulated.password})
    assert refused["errors"] == {"base": "invalid_auth"}
    assert list(suggested_values(refused)) == ["password", "account_id"]

    fields = {"password": simulated.password, "account_id": "504"}
    result = await go_on(hass, refused, fields)

    assert result["reason"] == "reauth_successful"
    assert unnamed.data["account_id"] == "504"


async def test_the_id_can_be_typed_in_a_reconfiguration(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    unnamed: MockConfigEntry,
) -> None:
    """Where the form shows what is known."""
    simulated.list_requires_id = True

    result = await reconfigure(hass, unnamed, simulator, account_id="1")

    assert result["reason"] == "reconfigure_successful"
    form = await unnamed.start_reconfigure_flow(hass)
    assert suggested_values(form)["account_id"] == "1"


@pytest.mark.parametrize("list_requires_id", [False, True])
async def test_an_id_that_is_none(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    list_requires_id: bool,
) -> None:
    """Where there is a list, one chooses from it."""
    open_second(simulated)
    simulated.list_requires_id = list_requires_id

    result = await add(hass, simulator, account_id="505")

    assert result["step_id"] == (KEY if list_requires_id else "account")


async def test_a_wrong_password_beside_an_id(
    hass: HomeAssistant, simulator: Simulator, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The list says no more than the balance."""
    open_second(simulated)

    result = await add(hass, simulator, account_id="504", password="wr0ng")

    assert result["step_id"] == KEY
    assert result["errors"] == {"base": "invalid_auth"}


async def test_a_known_account_that_is_refused_is_not_asked_for_anew(
    hass: HomeAssistant,
    simulated: SimulatedEnvoyerSmsPro,
    add_account: AccountMaker,
) -> None:
    """It is listed: so it is something else, or a whim of the gateway's."""
    open_second(simulated)
    entry = await add_account(simulated, account_id="504")
    simulated.answer_next("", status=401, operation="balance")
    form = await entry.start_reauth_flow(hass)

    result = await go_on(hass, form, {"password": simulated.password})

    assert result["step_id"] == "reauth_confirm"
    assert result["errors"] == {"base": "invalid_auth"}


async def test_an_hour_that_is_over_is_told_as_such(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    add_account: AccountMaker,
) -> None:
    """And nothing more is asked."""
    entry = await add_account(simulated)
    budget = entry.runtime_data.gateway.budget
    while budget.has_room_for_polls:
        budget.spend()
    asked = len(simulated.requests)

    result = await reconfigure(hass, entry, simulator)

    assert result["errors"] == {"base": "rate_limited"}
    assert len(simulated.requests) == asked


async def test_a_password_with_a_colon_can_be_set_up(
    hass: HomeAssistant, simulator: Simulator, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """However the gateway reads the header; with several accounts, too."""
    simulated.password = "pass:w0rd"
    simulated.splits_at_first_colon = True
    open_second(simulated)

    choice = await add(hass, simulator)
    assert choice["step_id"] == "account"
    result = await go_on(hass, choice, {"account_id": "504"})
    await hass.async_block_till_done(wait_background_tasks=True)

    entry: Any = result["result"]
    [sent] = (await send(hass, entry, target=["+33612345678"]))["results"]
    assert sent["outcome"] == "accepted"
    assert len(simulated.accepted) == 1


# --- each account is there once -------------------------------------------------------


async def test_the_only_account_twice(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    add_account: AccountMaker,
) -> None:
    """Whether one of the two knows the id, or the other, or both."""
    await add_account(simulated)
    assert (await add(hass, simulator))["reason"] == "already_configured"


async def test_the_only_account_twice_without_a_list(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    add_account: AccountMaker,
) -> None:
    """What works without an id is the only one, and so the one that is named."""
    await add_account(simulated, account_id="1")
    simulated.answer_next("", status=404, operation="accounts")

    assert (await add(hass, simulator))["reason"] == "already_configured"


LOGINS = ["toto@toto.fr", "22507352518", "3182"]


@pytest.mark.parametrize("login", LOGINS)
async def test_another_login_to_the_same_account(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, login: str
) -> None:
    """SMSECO tells which account it is."""
    simulator.smseco.other_logins = set(LOGINS)
    await add_account(simulator.smseco)
    form = await open_form(hass, "smseco")

    result = await submit(hass, form, filled_in(simulator, "smseco", username=login))

    assert result["reason"] == "already_configured"
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


async def test_another_account_of_the_same_gateway(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It tells another id, and is added."""
    await add_account(simulator.smseco)
    simulator.smseco.account_id = "4711"
    simulator.smseco.username = "autre@toto.fr"
    form = await open_form(hass, "smseco")

    result = await submit(hass, form, filled_in(simulator, "smseco"))

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].data["told_account_id"] == "4711"
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_login_that_is_known_without_its_account(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """An entry of before whose balance has not been told since."""
    simulator.smseco.fail(Fault.CUT_BEFORE, operation="balance")
    await add_account(simulator.smseco)
    simulator.smseco.heal()
    form = await open_form(hass, "smseco")

    result = await submit(hass, form, filled_in(simulator, "smseco"))

    assert result["reason"] == "already_configured"


@pytest.mark.parametrize("login", LOGINS)
async def test_an_account_may_log_in_differently(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, login: str
) -> None:
    """A reconfiguration to another login of the same account is one."""
    simulator.smseco.other_logins = set(LOGINS)
    entry = await add_account(simulator.smseco)
    was = entry.unique_id
    form = await entry.start_reconfigure_flow(hass)

    result = await go_on(hass, form, filled_in(simulator, "smseco", username=login))

    assert result["reason"] == "reconfigure_successful"
    assert entry.data["username"] == login
    assert entry.unique_id == was == unique_id(entry.data)


@pytest.mark.parametrize("told", ["4711", ""])
async def test_a_login_of_another_account_is_none_of_this(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, told: str
) -> None:
    """Nor is one of which nobody knows."""
    simulator.smseco.other_logins = {"autre@toto.fr"}
    entry = await add_account(simulator.smseco)
    simulator.smseco.account_id = told
    form = await entry.start_reconfigure_flow(hass)

    result = await go_on(
        hass, form, filled_in(simulator, "smseco", username="autre@toto.fr")
    )

    assert result["reason"] == "another_account"
    assert entry.data["told_account_id"] == "3182"


async def test_a_login_that_opens_another_account_now(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A number that somebody else has been given since."""
    entry = await add_account(simulator.smseco)
    simulator.smseco.account_id = "4711"
    form = await entry.start_reauth_flow(hass)

    result = await go_on(hass, form, {"password": simulator.smseco.password})

    assert result["reason"] == "another_account"


async def test_an_account_that_is_told_no_more_keeps_what_was_told(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Nothing contradicts it."""
    entry = await add_account(simulator.smseco)
    was = entry.unique_id
    simulator.smseco.account_id = None
    form = await entry.start_reauth_flow(hass)

    result = await go_on(hass, form, {"password": simulator.smseco.password})

    assert result["reason"] == "reauth_successful"
    assert entry.unique_id == was
    assert entry.data["told_account_id"] == "3182"
