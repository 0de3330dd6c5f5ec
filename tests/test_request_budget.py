"""A gateway that counts requests: messages come first, and a reload forgets nothing."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.conftest import AccountMaker
from tests.messages import send
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def entry(simulator: Simulator, add_account: AccountMaker) -> MockConfigEntry:
    """Return an account at a gateway that allows a hundred requests an hour."""
    return await add_account(simulator.envoyer_sms_pro)


def use_up(entry: MockConfigEntry, requests: int) -> None:
    """Make as if so many requests had been made within the last hour."""
    budget = entry.runtime_data.gateway.budget
    while budget.used < requests:
        budget.spend()


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
    assert answer["results"][0]["outcome"] == "accepted"


async def test_evidence_does_not_give_way(
    simulator: Simulator, entry: MockConfigEntry
) -> None:
    """Whether an alert has left is worth a request."""
    use_up(entry, 80)
    asked = simulator.envoyer_sms_pro.asked("balance")

    credits_left = await entry.runtime_data.coordinator.refresh_balance()

    assert credits_left == simulator.envoyer_sms_pro.credits
    assert simulator.envoyer_sms_pro.asked("balance") == asked + 1


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
    """Each is told what the gateway says then, and not what it said before."""
    use_up(entry, 80)
    simulator.envoyer_sms_pro.credits -= 7
    asked = simulator.envoyer_sms_pro.asked("balance")
    ask = entry.runtime_data.coordinator.refresh_balance

    told = await asyncio.gather(ask(), ask())

    assert set(told) == {simulator.envoyer_sms_pro.credits}
    assert simulator.envoyer_sms_pro.asked("balance") == asked + 2


async def test_giving_way_proves_nothing(
    simulator: Simulator, entry: MockConfigEntry
) -> None:
    """A gateway that was away is not there again, because nobody asks it."""
    coordinator = entry.runtime_data.coordinator
    exact = coordinator.known_credits()
    assert exact is not None
    use_up(entry, 80)
    await coordinator.async_refresh()
    assert coordinator.known_credits() == exact

    simulator.envoyer_sms_pro.fail(Fault.CUT_BEFORE, operation="balance", times=1)
    assert await coordinator.refresh_balance() is None
    asked = simulator.envoyer_sms_pro.asked("balance")
    await coordinator.async_refresh()

    assert simulator.envoyer_sms_pro.asked("balance") == asked
    assert not coordinator.last_update_success
    assert coordinator.known_credits() is None
