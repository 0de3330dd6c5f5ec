"""The config flow, against gateways that talk back."""

from collections.abc import Callable
from typing import Any

import pytest
from yarl import URL

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import AccountMaker, suggested_values
from tests.flows.relays import add_relay_entry, open_menu
from tests.simulator import Fault, SimulatedGateway, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

ALL = pytest.mark.parametrize("key", GATEWAYS)


def filled_in(simulator: Simulator, key: str, **changes: Any) -> dict[str, Any]:
    """Return the form of a gateway, filled in for the simulated account."""
    simulated = simulator.gateways[key]
    form = {
        **{
            field: getattr(simulated, field)
            for field in GATEWAYS[key].credential_fields
        },
        "sender": "MAISON",
        "country": "CM",
        "advanced": {"url": simulator.url(key), "verify_ssl": True},
    }
    advanced = {
        name: changes.pop(name) for name in ("url", "verify_ssl") if name in changes
    }
    return {**form, **changes, "advanced": {**form["advanced"], **advanced}}


async def open_form(hass: HomeAssistant, key: str) -> ConfigFlowResult:
    """Open the flow and choose a gateway from its menu."""
    menu = await open_menu(hass)
    form = await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": key}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == key
    return form


async def submit(
    hass: HomeAssistant, result: ConfigFlowResult, fields: dict[str, Any]
) -> ConfigFlowResult:
    """Fill in a form, agreeing to plain http where that is asked."""
    result = await hass.config_entries.flow.async_configure(result["flow_id"], fields)
    if result["type"] is FlowResultType.FORM and result["step_id"] == "insecure":
        result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    return result


@ALL
async def test_adds_an_account(
    hass: HomeAssistant, simulator: Simulator, key: str
) -> None:
    """The menu, the form, the question about plain http, and the account is there."""
    form = await open_form(hass, key)

    insecure = await hass.config_entries.flow.async_configure(
        form["flow_id"], filled_in(simulator, key)
    )
    assert insecure["type"] is FlowResultType.FORM
    assert insecure["step_id"] == "insecure"
    placeholders = insecure["description_placeholders"]
    assert placeholders is not None
    assert placeholders["host"] == "127.0.0.1"
    assert simulator.gateways[key].requests == []

    result = await hass.config_entries.flow.async_configure(insecure["flow_id"], {})
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == GATEWAYS[key].name
    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["gateway"] == key
    assert entry.data["url"] == simulator.url(key)
    assert entry.options == {"alone": True}
    assert simulator.gateways[key].asked("send") == 0
    # The flow goes on to the first recipient.
    [recipient_flow] = hass.config_entries.subentries.async_progress()
    assert result["next_flow"][1] == recipient_flow["flow_id"]


@ALL
async def test_an_account_that_others_use_too(
    hass: HomeAssistant, simulator: Simulator, key: str
) -> None:
    """What the form says stays an option, beside an error too, and none of the data."""
    simulated = simulator.gateways[key]
    simulated.fail(Fault.HTML)
    form = await open_form(hass, key)
    form = await submit(hass, form, filled_in(simulator, key, alone=False))
    assert suggested_values(form)["alone"] is False
    simulated.heal()

    result = await submit(hass, form, filled_in(simulator, key, alone=False))
    await hass.async_block_till_done()

    entry = result["result"]
    assert entry.options == {"alone": False}
    assert "alone" not in entry.data
    assert not entry.runtime_data.settings.is_alone


def _nothing(simulated: SimulatedGateway) -> None:
    """Change nothing."""


def _shows(fault: Fault) -> Callable[[SimulatedGateway], None]:
    return lambda simulated: simulated.fail(fault)


def _forbids(simulated: SimulatedGateway) -> None:
    for _ in range(10):
        simulated.answer_next("Forbidden", status=403)


@ALL
@pytest.mark.parametrize(
    ("trouble", "changes", "error"),
    [
        pytest.param(
            _nothing,
            {"password": "another", "api_key": "another"},
            "invalid_auth",
            id="wrong credentials",
        ),
        pytest.param(
            _nothing, {"url": "http://127.0.0.1:1/"}, "cannot_connect", id="dead host"
        ),
        pytest.param(
            _nothing,
            {"url": "https://127.0.0.1:0/"},
            "cannot_connect",
            id="TLS failure",
        ),
        pytest.param(_shows(Fault.HTML), {}, "unexpected_response", id="HTML page"),
        pytest.param(_shows(Fault.EMPTY), {}, "unexpected_response", id="empty answer"),
        pytest.param(_shows(Fault.REDIRECT), {}, "unexpected_response", id="redirect"),
        pytest.param(_shows(Fault.RATE_LIMITED), {}, "rate_limited", id="rate limit"),
        pytest.param(_shows(Fault.CUT_BEFORE), {}, "cannot_connect", id="cut"),
        pytest.param(_shows(Fault.ERROR_500), {}, "cannot_connect", id="HTTP 500"),
        pytest.param(_forbids, {}, "ip_not_allowed", id="forbidden IP"),
        pytest.param(_nothing, {"url": "ftp://example/"}, "invalid_url", id="no URL"),
        pytest.param(
            _nothing, {"url": "http://me:secret@127.0.0.1/"}, "invalid_url", id="login"
        ),
        pytest.param(_nothing, {"url": "http://[::1"}, "invalid_url", id="broken URL"),
        pytest.param(
            _nothing, {"sender": "MAISONDUBOIS"}, "invalid_sender", id="long sender"
        ),
        pytest.param(_nothing, {"sender": "123456"}, "invalid_sender", id="digits"),
    ],
)
async def test_says_what_is_wrong_and_recovers(
    hass: HomeAssistant,
    simulator: Simulator,
    key: str,
    trouble: Callable[[SimulatedGateway], None],
    changes: dict[str, Any],
    error: str,
) -> None:
    """The right error, no account left behind; mended, the same flow goes through."""
    simulated = simulator.gateways[key]
    trouble(simulated)
    known = {*GATEWAYS[key].credential_fields, "sender", "url"}
    changes = {name: value for name, value in changes.items() if name in known}
    if changes.get("url") == "https://127.0.0.1:0/":
        changes["url"] = str(URL(simulator.url(key)).with_scheme("https"))
    form = await open_form(hass, key)

    result = await submit(hass, form, filled_in(simulator, key, **changes))

    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == key
    assert list((result["errors"] or {}).values()) == [error]
    assert hass.config_entries.async_entries(DOMAIN) == []

    simulated.heal()
    result = await submit(hass, result, filled_in(simulator, key))
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert simulated.accepted == []


@ALL
async def test_the_same_account_twice(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """It is there once."""
    await add_account(simulator.gateways[key])
    form = await open_form(hass, key)

    result = await submit(hass, form, filled_in(simulator, key))

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_second_account_gets_a_title_of_its_own(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The title names the notify service, so it must differ."""
    await add_account(simulator.etech_keys)
    form = await open_form(hass, "etech_keys")
    simulator.etech_keys.username = "243000001"

    result = await submit(hass, form, filled_in(simulator, "etech_keys"))
    await hass.async_block_till_done()

    assert result["title"] == "ETECH KEYS 2"
    assert hass.services.has_service("notify", "etech_keys_2")


async def test_adds_an_account_beside_relays(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A relay's title counts, as its service does; it is never the same account."""
    account = await add_account(simulator.smseco)
    add_relay_entry(hass, "ETECH KEYS", account)
    form = await open_form(hass, "etech_keys")

    result = await submit(hass, form, filled_in(simulator, "etech_keys"))
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "ETECH KEYS 2"


@ALL
async def test_an_account_is_the_same_beside_relays(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """It is added once."""
    account = await add_account(simulator.gateways[key])
    add_relay_entry(hass, "Alertes", account)
    form = await open_form(hass, key)

    result = await submit(hass, form, filled_in(simulator, key))

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_keeps_what_was_typed_beside_an_error(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Nobody types everything twice."""
    simulator.etech_keys.fail(Fault.HTML)
    form = await open_form(hass, "etech_keys")

    result = await submit(
        hass, form, filled_in(simulator, "etech_keys", username="  me  ")
    )

    suggested = suggested_values(result)
    assert suggested["username"] == "  me  "
    assert suggested["country"] == "CM"


async def test_spaces_around_what_was_pasted_do_not_count(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Copied credentials bring white space along."""
    form = await open_form(hass, "etech_keys")
    username = simulator.etech_keys.username

    result = await submit(
        hass, form, filled_in(simulator, "etech_keys", username=f" {username} ")
    )
    await hass.async_block_till_done()

    assert result["result"].data["username"] == username


@ALL
async def test_what_is_longer_than_any_credential_is_not_sent(
    hass: HomeAssistant, simulator: Simulator, key: str
) -> None:
    """It is said beside its field, and nothing is asked."""
    fields = GATEWAYS[key].credential_fields
    form = await open_form(hass, key)

    result = await submit(
        hass, form, filled_in(simulator, key, **dict.fromkeys(fields, "a" * 201))
    )

    assert result["errors"] == dict.fromkeys(fields, "too_long")
    assert not simulator.gateways[key].requests
