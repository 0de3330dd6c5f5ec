"""The options of an account."""

import probatio
import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from tests.conftest import AccountMaker, suggested_values
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.parametrize("key", GATEWAYS)
async def test_options_take_effect(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """The form shows what is, and the account reloads with what is chosen."""
    entry = await add_account(simulator.gateways[key])
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["type"] is FlowResultType.FORM
    shown = suggested_values(form)
    assert shown["poll_minutes"] == 30
    assert shown["encoding"] == "automatic"
    chosen = {"poll_minutes": 60, "encoding": "economical"}
    if "long_messages" in shown:
        chosen["long_messages"] = True

    result = await hass.config_entries.options.async_configure(form["flow_id"], chosen)
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == chosen
    interval = entry.runtime_data.coordinator.update_interval
    assert interval.total_seconds() == 3600


async def test_never_polls_faster_than_the_gateway_allows(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The form refuses it; an option that got there otherwise is raised."""
    entry = await add_account(simulator.envoyer_sms_pro, options={"poll_minutes": 1})
    coordinator = entry.runtime_data.coordinator
    assert coordinator.update_interval == coordinator.gateway.limits.minimum_poll
    form = await hass.config_entries.options.async_init(entry.entry_id)

    with pytest.raises(InvalidData) as raised:
        await hass.config_entries.options.async_configure(
            form["flow_id"], {"poll_minutes": 1, "encoding": "exact"}
        )

    assert isinstance(raised.value, probatio.Invalid)


async def test_long_messages_are_for_those_who_bought_them(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """With the option, a text of several segments leaves."""
    entry = await add_account(simulator.sms123, options={"long_messages": True})

    await hass.services.async_call(
        "notify", "123_sms_net_papa", {"message": "Fuite d'eau. " * 20}, blocking=True
    )

    assert simulator.sms123.accepted[0].segments == 2
    assert entry.options["long_messages"]
