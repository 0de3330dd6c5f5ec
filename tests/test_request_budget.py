"""A gateway that counts requests: messages come first, and a reload forgets nothing."""

import asyncio
import contextlib
from datetime import timedelta
from decimal import Decimal
import time
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.passerelle_sms.entries.settings import unique_id
from custom_components.passerelle_sms.gateways.wire.purpose import Purpose
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from tests.actions.calls import call
from tests.conftest import AccountMaker
from tests.flows.test_account import go_on
from tests.messages import send
from tests.passing_time import pass_time
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedAccount
from tests.test_config_flow import filled_in, open_form, submit

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def entry(simulator: Simulator, add_account: AccountMaker) -> MockConfigEntry:
    """Return an account at a gateway that allows a hundred requests an hour."""
    return await add_account(simulator.envoyer_sms_pro)


def use_up(entry: MockConfigEntry, requests: int) -> None:
    """Make as if so many requests had been made within the last hour."""
    budget = entry.runtime_data.gateway.budget
    while budget.used < requests:
        budget.spend(Purpose.MESSAGE)


async def test_the_budget_shows_in_diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    """How many an hour may hold, and how many the last one held."""
    await send(hass, entry)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["requests"] == {"limit": 100, "last_hour": 2}
    assert told["awaited_deliveries"] == 1
    [message] = told["last_messages"]
    assert message["submissions"][0]["delivery"] == "pending"


async def test_where_nobody_counts(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """There is nothing to tell."""
    entry = await add_account(simulator.etech_keys)
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["requests"] is None


async def test_a_reload_forgets_nothing(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """The gateway goes on counting, and so do we."""
    use_up(entry, 50)

    await hass.config_entries.async_reload(entry.entry_id)

    # And one for the balance.
    assert entry.runtime_data.gateway.budget.used == 51


async def test_the_balance_gives_way(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """What was told stands a while longer, and a message still leaves."""
    use_up(entry, 80)
    asked = simulator.envoyer_sms_pro.asked("balance")

    await entry.runtime_data.coordinator.async_refresh()
    answer = await send(hass, entry)

    assert simulator.envoyer_sms_pro.asked("balance") == asked
    assert entry.runtime_data.coordinator.last_update_success
    assert entry.runtime_data.ledger.books.latest is not None
    assert answer["results"][0]["outcome"] == "accepted"


async def test_evidence_gives_way_too(
    simulator: Simulator, entry: MockConfigEntry
) -> None:
    """A question about an alert must not take the request of the next one."""
    use_up(entry, 80)
    asked = simulator.envoyer_sms_pro.asked("balance")

    # What was told before is no news, and would be false evidence.
    assert await entry.runtime_data.coordinator.refresh_balance() is None

    assert simulator.envoyer_sms_pro.asked("balance") == asked
    assert entry.runtime_data.coordinator.last_update_success


async def test_one_too_many_is_never_made(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """It waits in the outbox until there is room."""
    use_up(entry, 100)

    answer = await send(hass, entry)

    assert answer["results"][0]["outcome"] == "queued"
    assert answer["results"][0]["error"]["key"] == "rate_limited"
    assert simulator.envoyer_sms_pro.asked("send") == 0


async def test_evidence_for_several_at_once(
    simulator: Simulator, entry: MockConfigEntry
) -> None:
    """Each is told what the gateway says then, or nothing: never what it said before."""
    use_up(entry, 79)
    simulator.envoyer_sms_pro.credits -= 7
    asked = simulator.envoyer_sms_pro.asked("balance")
    ask = entry.runtime_data.coordinator.refresh_balance

    told = tuple(await asyncio.gather(ask(), ask()))

    assert told == (simulator.envoyer_sms_pro.credits, None)
    assert simulator.envoyer_sms_pro.asked("balance") == asked + 1


async def test_giving_way_proves_nothing(
    simulator: Simulator, entry: MockConfigEntry
) -> None:
    """A gateway that was away is not there again, because nobody asks it."""
    coordinator = entry.runtime_data.coordinator
    books = entry.runtime_data.ledger.books
    assert books.credits is not None
    use_up(entry, 79)
    simulator.envoyer_sms_pro.fail(Fault.CUT_BEFORE, operation="balance", times=1)
    assert await coordinator.refresh_balance() is None
    asked = simulator.envoyer_sms_pro.asked("balance")
    await coordinator.async_refresh()

    assert simulator.envoyer_sms_pro.asked("balance") == asked
    assert not coordinator.last_update_success
    assert entry.runtime_data.ledger.books == books


# --- whoever asks -------------------------------------------------------------------


async def test_the_requests_of_a_new_account_s_flow_count(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """The gateway counted them, too."""
    form = await open_form(hass, "envoyer_sms_pro")

    result = await submit(hass, form, filled_in(simulator, "envoyer_sms_pro"))
    await hass.async_block_till_done(wait_background_tasks=True)

    budget = result["result"].runtime_data.gateway.budget
    assert budget.used == len(simulator.envoyer_sms_pro.requests) == 3


async def test_the_requests_of_an_account_s_flows_and_actions_count(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """Reauthentication, reconfiguration, options, actions: all ask the same gateway."""
    simulated = simulator.envoyer_sms_pro
    form = await entry.start_reauth_flow(hass)
    await go_on(hass, form, {"password": simulated.password})
    form = await entry.start_reconfigure_flow(hass)
    fields = filled_in(simulator, "envoyer_sms_pro")
    await go_on(
        hass, form, {name: fields[name] for name in ("sender", "country", "advanced")}
    )
    await hass.config_entries.options.async_init(entry.entry_id)
    await call(hass, entry, "get_accounts")
    # What the gateway refuses is counted by it all the same.
    with pytest.raises(HomeAssistantError):
        await call(hass, entry, "get_stop_status", recipient="+33612345678")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert entry.runtime_data.gateway.budget.used == len(simulated.requests) >= 5


async def test_flows_and_actions_leave_the_reserve_to_messages(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """They are refused before any request, and a hundred is never a hundred and two."""
    simulated = simulator.envoyer_sms_pro
    use_up(entry, 80)
    asked = len(simulated.requests)

    form = await entry.start_reauth_flow(hass)
    refused = await go_on(hass, form, {"password": simulated.password})
    assert refused["errors"] == {"base": "rate_limited"}
    form = await open_form(hass, "envoyer_sms_pro")
    refused = await submit(hass, form, filled_in(simulator, "envoyer_sms_pro"))
    assert refused["errors"] == {"base": "rate_limited"}
    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, entry, "get_accounts")
    assert raised.value.translation_key == "action_rate_limited"

    assert len(simulated.requests) == asked
    answer = await send(hass, entry)
    assert answer["results"][0]["outcome"] == "accepted"


async def test_nothing_but_messages_can_use_up_the_hour(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """However often somebody asks, twenty alerts still leave, and no request more."""
    simulated = simulator.envoyer_sms_pro
    for number in range(120):
        with contextlib.suppress(HomeAssistantError):
            await call(hass, entry, "get_accounts")
        await entry.runtime_data.coordinator.refresh_balance()
        assert len(simulated.requests) == min(80, 1 + 2 * (number + 1))

    outcomes = [
        (await send(hass, entry, message=f"Citerne {number}"))["results"][0]["outcome"]
        for number in range(21)
    ]

    assert outcomes == 20 * ["accepted"] + ["queued"]
    assert len(simulated.requests) == 100


async def test_an_outage_of_an_hour_leaves_the_whole_hour(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What never left is not counted, however often it was tried."""
    simulated, nowhere = simulator.envoyer_sms_pro, "http://127.0.0.1:9/"
    # Its hour is the one that passes here.
    simulated.clock = time.time
    hass.config_entries.async_update_entry(entry, data={**entry.data, "url": nowhere})
    await pass_time(hass, freezer, timedelta(hours=1))
    budget = entry.runtime_data.gateway.budget
    answer = await send(hass, entry)
    assert answer["results"][0]["outcome"] == "queued"

    for _ in range(120):
        await pass_time(hass, freezer, timedelta(seconds=31))
    asked = len(simulated.requests)

    assert budget.used == 0
    url = simulator.url(simulated.key)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "url": url})
    await pass_time(hass, freezer, timedelta(seconds=31))
    assert entry.runtime_data.gateway.budget is budget
    while budget.used < budget.limit:
        answer = await send(hass, entry, message=f"Citerne {budget.used}")
        assert answer["results"][0]["outcome"] == "accepted"
    assert len(simulated.requests) - asked == budget.limit == 100


# --- which account ------------------------------------------------------------------


async def test_another_login_has_another_budget(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """Its own: also polls of what was sent before go by it."""
    account = entry.runtime_data
    use_up(entry, 80)
    first = account.gateway.budget
    simulator.envoyer_sms_pro.username = "another"

    data = {**entry.data, "username": "another"}
    hass.config_entries.async_update_entry(entry, data=data, unique_id=unique_id(data))
    await hass.async_block_till_done(wait_background_tasks=True)

    assert account.gateway.budget is not first
    assert account.gateway.budget.used == 1
    assert first.used == 80

    before = {**data, "username": "243161185"}
    simulator.envoyer_sms_pro.username = "243161185"
    hass.config_entries.async_update_entry(
        entry, data=before, unique_id=unique_id(before)
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert account.gateway.budget is first


async def test_each_sub_account_has_its_own_budget(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """As the gateway counts by account."""
    simulator.envoyer_sms_pro.accounts = {
        "496": SimulatedAccount(name="SOCIETE1", credits=Decimal(155)),
        "504": SimulatedAccount(name="SOCIETE2", credits=Decimal(5973)),
    }
    one = await add_account(simulator.envoyer_sms_pro, account_id="496", title="Un")
    other = await add_account(simulator.envoyer_sms_pro, account_id="504", title="Deux")

    use_up(one, 100)

    assert other.runtime_data.gateway.budget.used == 2
    assert (await send(hass, other))["results"][0]["outcome"] == "accepted"


async def test_an_account_that_gets_an_id_is_the_same_account(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """There was one behind the login, and now there are two: the gateway counts on."""
    use_up(entry, 50)
    budget = entry.runtime_data.gateway.budget

    await call(hass, entry, "create_account", name="Atelier")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert entry.data["account_id"]
    assert entry.runtime_data.gateway.budget is budget
    assert budget.used > 50


async def test_an_account_that_was_disabled_goes_on_counting(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """The gateway does, too."""
    use_up(entry, 79)
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )

    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert entry.runtime_data.gateway.budget.used == 80
