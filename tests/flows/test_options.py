"""The options of an account."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from unittest.mock import patch

import probatio
import pytest

from custom_components.passerelle_sms.flows import account_check
from custom_components.passerelle_sms.gateways.abilities.delivery import PushesDelivery
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.guard.guard import GuardLimits
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.selector import SelectSelector, TextSelector
from tests.conftest import AccountMaker, suggested_values
from tests.messages import send
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

CHOSEN: Final[dict[str, Any]] = {
    "poll_minutes": 60,
    "encoding": "economical",
    "strip_tags": True,
    "alone": False,
    "low_balance": 50,
    "segments_per_hour": 10,
    "segments_per_day": 20,
    "identical_minutes": 0,
}


def options_of(form: ConfigFlowResult) -> dict[str, Any]:
    """Return what is chosen in a form: some options are for some gateways only."""
    shown = suggested_values(form)
    chosen = dict(CHOSEN)
    if "long_messages" in shown:
        chosen["long_messages"] = True
    if "delivery_reports" in shown:
        chosen["delivery_reports"] = False
    return chosen


@pytest.mark.parametrize("key", GATEWAYS)
async def test_options_take_effect(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """The form shows what is, and the account goes by what is chosen."""
    entry = await add_account(simulator.gateways[key])
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["type"] is FlowResultType.FORM
    shown = suggested_values(form)
    assert shown["poll_minutes"] == 30
    assert shown["encoding"] == "automatic"
    assert shown["strip_tags"] is False
    assert shown["alone"] is True
    assert shown["low_balance"] == 20
    assert shown["segments_per_hour"] == 100
    assert shown["segments_per_day"] == 300
    assert shown["identical_minutes"] == 1
    chosen = options_of(form)

    result = await hass.config_entries.options.async_configure(form["flow_id"], chosen)
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == chosen
    interval = entry.runtime_data.coordinator.update_interval
    assert interval.total_seconds() == 3600
    assert entry.runtime_data.guard.limits == GuardLimits(
        segments_per_hour=10, segments_per_day=20, identical_window=timedelta(0)
    )
    assert entry.runtime_data.settings.low_balance == Decimal(50)
    assert not entry.runtime_data.settings.is_alone
    assert entry.runtime_data.messenger.writing.strip_tags
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


# --- the sender -------------------------------------------------------------------


def sender_selector(form: ConfigFlowResult) -> object:
    """Return how a form asks for the sender."""
    schema = form["data_schema"]
    assert schema is not None
    return schema.schema["sender"]


@pytest.mark.parametrize("key", GATEWAYS)
async def test_changes_the_sender(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """It stays where it is kept, nothing is unloaded, and messages carry it."""
    simulated = simulator.gateways[key]
    simulated.senders.add("ALARME")
    entry = await add_account(simulated)
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested_values(form)["sender"] == "MAISON"
    loaded = entry.runtime_data

    with count_reloads(hass) as reloads:
        await hass.config_entries.options.async_configure(
            form["flow_id"], {**options_of(form), "sender": " ALARME "}
        )
        await hass.async_block_till_done()

    assert entry.runtime_data is loaded
    assert reloads == []
    assert entry.data["sender"] == "ALARME"
    assert "sender" not in entry.options
    await send(hass, entry)
    assert simulated.accepted[0].sender == "ALARME"


@pytest.mark.parametrize("key", GATEWAYS)
@pytest.mark.parametrize("bad", ["MAISONDUBOIS", "123456"])
async def test_a_sender_that_the_gateway_refuses(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    key: str,
    bad: str,
) -> None:
    """The form says so and keeps what was typed; nothing changes."""
    entry = await add_account(simulator.gateways[key])
    form = await hass.config_entries.options.async_init(entry.entry_id)

    form = await hass.config_entries.options.async_configure(
        form["flow_id"], {**options_of(form), "sender": bad}
    )

    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"sender": "invalid_sender"}
    assert suggested_values(form)["sender"] == bad
    assert suggested_values(form)["poll_minutes"] == 60
    assert entry.data["sender"] == "MAISON"
    assert entry.options == {}


async def test_does_without_a_sender_where_it_may(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A field left empty takes the sender away, where the gateway has its own."""
    entry = await add_account(simulator.sms123)
    form = await hass.config_entries.options.async_init(entry.entry_id)

    await hass.config_entries.options.async_configure(form["flow_id"], options_of(form))
    await hass.async_block_till_done()

    assert "sender" not in entry.data
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested_values(form)["sender"] == ""


async def test_offers_the_registered_senders(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """As the gateway tells them now; one that it doesn't tell can be typed."""
    simulator.smseco.senders |= {"ALARME"}
    entry = await add_account(simulator.smseco)

    form = await hass.config_entries.options.async_init(entry.entry_id)

    asked = sender_selector(form)
    assert isinstance(asked, SelectSelector)
    assert asked.config["options"] == ["ALARME", "MAISON"]
    await hass.config_entries.options.async_configure(
        form["flow_id"], {**CHOSEN, "sender": "NOUVEAU"}
    )
    await hass.async_block_till_done()
    assert entry.data["sender"] == "NOUVEAU"


@pytest.mark.parametrize("fault", [Fault.ERROR_500, Fault.STALL_BEFORE])
async def test_senders_that_cannot_be_asked_for(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
) -> None:
    """The form opens all the same, and soon."""
    monkeypatch.setattr(account_check, "FORM_PATIENCE", 0.05)
    entry = await add_account(simulator.smseco)
    simulator.smseco.fail(fault, operation="senders")

    form = await hass.config_entries.options.async_init(entry.entry_id)

    assert simulator.smseco.asked("senders") == 1
    assert isinstance(sender_selector(form), TextSelector)


# --- the address for delivery reports ---------------------------------------------


@pytest.mark.parametrize("key", GATEWAYS)
async def test_shows_the_address_for_delivery_reports(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """Where the gateway sends some; it is shown, and never kept among the options."""
    hass.config.external_url = "https://maison.example"
    entry = await add_account(simulator.gateways[key])
    form = await hass.config_entries.options.async_init(entry.entry_id)
    shown = suggested_values(form)
    if not issubclass(GATEWAYS[key], PushesDelivery):
        assert "webhook_url" not in shown
        return

    url = shown["webhook_url"]
    assert url == f"https://maison.example/api/webhook/{entry.data['webhook_id']}"
    chosen = options_of(form)
    await hass.config_entries.options.async_configure(
        form["flow_id"], {**chosen, "webhook_url": "another"}
    )
    await hass.async_block_till_done()

    assert entry.options == chosen
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested_values(form)["webhook_url"] == url


async def test_a_house_without_an_address(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The field is empty, and its description says what to do."""
    entry = await add_account(simulator.devcodesms)
    assert hass.config.api is not None
    # What it knows of itself is a local address, which no certificate could be for.
    hass.config.api.use_ssl = True

    form = await hass.config_entries.options.async_init(entry.entry_id)

    assert suggested_values(form)["webhook_url"] == ""


@contextmanager
def count_reloads(hass: HomeAssistant) -> Iterator[list[str]]:
    """Yield the accounts that are reloaded meanwhile."""
    reloads: list[str] = []
    reload = hass.config_entries.async_reload

    async def counted(entry_id: str) -> bool:
        reloads.append(entry_id)
        return await reload(entry_id)

    with patch.object(hass.config_entries, "async_reload", counted):
        yield reloads
