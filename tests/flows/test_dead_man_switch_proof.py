"""A dead man's switch that is added at its real gateway, played on loopback."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import AccountMaker, RelayMaker
from tests.passing_time import quiet
from tests.simulator import AccountRefusal, Simulator
from tests.switches import KEYS, MAMAN, PEOPLE, asked, keeps, standing

from .test_dead_man_switch import TYPED, ids, open_flow, switches_in

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def fill_in(
    hass: HomeAssistant, form: SubentryFlowResult, **fields: Any
) -> SubentryFlowResult:
    """Submit a form, and wait for all that comes of it."""
    async with quiet(hass):
        return await hass.config_entries.subentries.async_configure(
            form["flow_id"], fields
        )


async def read_cost(
    hass: HomeAssistant, entry: MockConfigEntry, **typed: Any
) -> SubentryFlowResult:
    """Fill in the form, so that the cost is shown."""
    fields = {**TYPED, "recipients": ids(entry, "Maman"), **typed}
    return await fill_in(hass, await open_flow(hass, entry), **fields)


@pytest.mark.parametrize("key", KEYS)
async def test_it_is_proved_and_then_armed(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """One message is kept and taken back, before one stands; what is wrong asks nothing."""
    simulated = keeps(simulator, key)
    entry = await add_account(simulated, recipients=PEOPLE)
    await read_cost(hass, entry, delay=1)
    form = await read_cost(hass, entry)
    assert form["step_id"] == "cost"
    # Six renewals an hour, each of which keeps one and takes one back.
    assert (form["description_placeholders"] or {})["requests"] == "12"
    assert asked(simulated) == 0

    result = await fill_in(hass, form)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    # The proof, and what stands now.
    assert asked(simulated) == 4
    assert standing(simulated) == [MAMAN[1:]]


async def test_a_change_counts_once_in_the_budget(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What a switch takes already is its own; another one finds that much less room."""
    entry = await add_account(simulator.envoyer_sms_pro, recipients=PEOPLE)
    form = await read_cost(hass, entry, delay=15, name="1")
    while not form["errors"]:
        await fill_in(hass, form)
        name = str(len(switches_in(entry)) + 1)
        form = await read_cost(hass, entry, delay=15, name=name)
    told = form["description_placeholders"] or {}
    assert told["limit"] == "100"
    assert 1 <= len(switches_in(entry)) <= 100 // int(told["requests"])

    for switch in switches_in(entry):
        form = await open_flow(hass, entry, switch.subentry_id)
        fields = {**switch.data, "message": "{house} muette !"}
        form = await fill_in(hass, form, **fields)
        assert form["step_id"] == "reconfigure_cost"


async def test_a_relay_proves_it_at_its_account(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
) -> None:
    """At the first one that can keep a message."""
    first = await add_account(simulator.etech_keys, title="Etech")
    second = await add_account(simulator.envoyer_sms_pro, title="Pro")
    relay = await add_relay(first, second, recipients=PEOPLE)
    form = await read_cost(hass, relay)

    result = await fill_in(hass, form)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert standing(simulator.envoyer_sms_pro) == [MAMAN[1:]]
    assert {one.operation for one in simulator.etech_keys.requests} <= {"balance"}


async def test_what_the_gateway_refuses_is_not_added(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It says why, and takes the switch once that is mended."""
    simulated = simulator.envoyer_sms_pro
    entry = await add_account(simulated, recipients=PEOPLE)
    form = await read_cost(hass, entry)
    simulated.refusal = AccountRefusal.NO_CREDIT

    form = await fill_in(hass, form)

    assert form["errors"] == {"base": "insufficient_credit"}
    assert switches_in(entry) == []
    assert standing(simulated) == []

    simulated.refusal = None
    fields = {**TYPED, "recipients": ids(entry, "Maman")}
    result = await fill_in(hass, await fill_in(hass, form, **fields))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_gateway_that_takes_nothing_back_is_not_relied_on(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The form says who may be told that the house is silent."""
    simulated = simulator.sms123
    entry = await add_account(simulated, recipients=PEOPLE)
    form = await read_cost(hass, entry)
    simulated.misreads_cancel = True

    form = await fill_in(hass, form)

    assert form["errors"] == {"base": "not_cancelled"}
    assert (form["description_placeholders"] or {})["recipients"] == "Maman"
    assert switches_in(entry) == []
    assert standing(simulated)
