"""The config flow where the gateway tells which senders are registered."""

from collections.abc import Callable

import pytest

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.flows import account_check
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import SelectSelector
from tests.conftest import AccountMaker, suggested_values
from tests.flows.test_account import go_on
from tests.simulator import Fault, SimulatedGateway, Simulator
from tests.test_config_flow import filled_in, open_form, submit

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def enter(
    hass: HomeAssistant, simulator: Simulator, sender: str
) -> ConfigFlowResult:
    """Add an account that sends under a name."""
    form = await open_form(hass, "smseco")
    return await submit(hass, form, filled_in(simulator, "smseco", sender=sender))


async def test_a_registered_sender(hass: HomeAssistant, simulator: Simulator) -> None:
    """It is asked for, and there is nothing to ask the user."""
    result = await enter(hass, simulator, "MAISON")

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert simulator.smseco.asked("senders") == 1


@pytest.mark.parametrize("chosen", ["ALARME", " NOUVEAU "])
async def test_a_sender_that_is_not_registered(
    hass: HomeAssistant, simulator: Simulator, chosen: str
) -> None:
    """The registered ones are offered; one that was registered just now is believed."""
    simulator.smseco.senders = {"MAISON", "ALARME"}

    choice = await enter(hass, simulator, "VILLA")

    assert choice["type"] is FlowResultType.FORM
    assert choice["step_id"] == "sender"
    assert choice["description_placeholders"] is not None
    assert choice["description_placeholders"]["sender"] == "VILLA"
    schema = choice["data_schema"]
    assert schema is not None
    [select] = schema.schema.values()
    assert isinstance(select, SelectSelector)
    assert select.config["options"] == ["ALARME", "MAISON"]
    assert suggested_values(choice) == {"sender": None}
    assert hass.config_entries.async_entries(DOMAIN) == []

    result = await go_on(hass, choice, {"sender": chosen})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].data["sender"] == chosen.strip()
    assert result["result"].state is ConfigEntryState.LOADED


async def test_a_sender_that_cannot_be_one(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """What is typed there is held to the same rule."""
    choice = await enter(hass, simulator, "VILLA")

    wrong = await go_on(hass, choice, {"sender": "123456"})
    assert wrong["step_id"] == "sender"
    assert wrong["errors"] == {"sender": "invalid_sender"}
    result = await go_on(hass, wrong, {"sender": "MAISON"})

    assert result["type"] is FlowResultType.CREATE_ENTRY


def _has_none(simulated: SimulatedGateway) -> None:
    simulated.senders = set()


def _breaks(simulated: SimulatedGateway) -> None:
    simulated.fail(Fault.ERROR_500, operation="senders")


def _stalls(simulated: SimulatedGateway) -> None:
    simulated.fail(Fault.STALL_BEFORE, operation="senders")


@pytest.mark.parametrize("trouble", [_has_none, _breaks, _stalls])
async def test_senders_that_cannot_be_had(
    hass: HomeAssistant,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[SimulatedGateway], None],
) -> None:
    """The one that was entered is believed."""
    monkeypatch.setattr(account_check, "FORM_PATIENCE", 0.05)
    trouble(simulator.smseco)

    result = await enter(hass, simulator, "VILLA")

    assert simulator.smseco.asked("senders") == 1
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].data["sender"] == "VILLA"


async def test_without_a_sender(hass: HomeAssistant, simulator: Simulator) -> None:
    """Where the gateway has its own there is nothing to look at."""
    form = await open_form(hass, "sms123")
    filled = filled_in(simulator, "sms123")
    del filled["sender"]

    result = await submit(hass, form, filled)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "sender" not in result["result"].data


async def test_reconfiguring_to_a_sender_that_is_not_registered(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The same question, and the same account with the answer."""
    simulator.smseco.senders = {"MAISON", "ALARME"}
    entry = await add_account(simulator.smseco)
    form = await entry.start_reconfigure_flow(hass)

    choice = await go_on(
        hass,
        form,
        {
            "sender": "VILLA",
            "country": "CI",
            "advanced": {"url": simulator.url("smseco"), "verify_ssl": True},
        },
    )
    assert choice["step_id"] == "sender"
    assert entry.data["sender"] == "MAISON"
    result = await go_on(hass, choice, {"sender": "ALARME"})

    assert result["reason"] == "reconfigure_successful"
    assert entry.data["sender"] == "ALARME"
    assert entry.data["country"] == "CI"
    assert entry.state is ConfigEntryState.LOADED
