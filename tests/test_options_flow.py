"""The options of an account."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import probatio
import pytest

from custom_components.passerelle_sms.account import guard_limits
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.guard import GuardLimits
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.exceptions import ServiceValidationError
from tests.conftest import AccountMaker, suggested_values
from tests.messages import send
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

CHOSEN: Final[dict[str, Any]] = {
    "poll_minutes": 60,
    "encoding": "economical",
    "low_balance": 50,
    "segments_per_hour": 10,
    "segments_per_day": 20,
    "identical_minutes": 0,
}


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
    assert shown["low_balance"] == 20
    assert shown["segments_per_hour"] == 100
    assert shown["segments_per_day"] == 300
    assert shown["identical_minutes"] == 1
    chosen = dict(CHOSEN)
    if "long_messages" in shown:
        chosen["long_messages"] = True

    result = await hass.config_entries.options.async_configure(form["flow_id"], chosen)
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == chosen
    interval = entry.runtime_data.coordinator.update_interval
    assert interval.total_seconds() == 3600
    assert guard_limits(entry) == GuardLimits(
        segments_per_hour=10, segments_per_day=20, identical_window=timedelta(0)
    )
    assert entry.runtime_data.books.credit.threshold == Decimal(50)
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert chosen.items() <= suggested_values(form).items()


@pytest.mark.parametrize(
    "bad",
    [
        {"segments_per_hour": 0},
        {"segments_per_day": 0},
        {"identical_minutes": -1},
        {"identical_minutes": 1441},
        {"low_balance": -1},
    ],
)
async def test_what_makes_no_sense_is_refused(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    bad: dict[str, int],
) -> None:
    """A cap of 0 would stop everything, and be meant as none."""
    entry = await add_account(simulator.etech_keys)
    form = await hass.config_entries.options.async_init(entry.entry_id)

    with pytest.raises(InvalidData) as raised:
        await hass.config_entries.options.async_configure(
            form["flow_id"], {**CHOSEN, **bad}
        )

    assert next(iter(bad)) in raised.value.schema_errors


async def test_the_guard_follows_the_options(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The same text twice, and a cap that is reached."""
    options = {"identical_minutes": 0, "segments_per_hour": 2}
    entry = await add_account(simulator.etech_keys, options=options)

    for _ in range(2):
        answer = await send(hass, entry)
        assert answer["results"][0]["outcome"] == "accepted"
    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry)
    assert raised.value.translation_key == "hourly_cap"
    assert "2 of the 2" in str(raised.value)
    await send(hass, entry, urgent=True)
    assert len(simulator.etech_keys.accepted) == 3


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
            form["flow_id"], {**CHOSEN, "poll_minutes": 1}
        )

    assert isinstance(raised.value, probatio.Invalid)
    assert raised.value.schema_errors.keys() == {"poll_minutes"}


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
