"""The config flow of an account that exists, and the rarer ways to a new one."""

from decimal import Decimal
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.smseco import SmsEco
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import AccountMaker, state_of, suggested_values
from tests.messages import confirm_refusal
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedAccount
from tests.simulator.tls import served_over_tls
from tests.test_config_flow import ALL, filled_in, open_form, submit

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def go_on(
    hass: HomeAssistant, result: ConfigFlowResult, fields: dict[str, Any]
) -> ConfigFlowResult:
    """Submit a form and let what follows settle."""
    result = await hass.config_entries.flow.async_configure(result["flow_id"], fields)
    await hass.async_block_till_done()
    return result


def secret_field(key: str) -> str:
    """Return the name of a gateway's secret."""
    return "api_key" if "api_key" in GATEWAYS[key].credential_fields else "password"


@ALL
@pytest.mark.parametrize("loaded", [True, False])
async def test_reauthenticates(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    key: str,
    loaded: bool,
) -> None:
    """Asks for the secret alone, proves it, and the account works again."""
    simulated, secret = simulator.gateways[key], secret_field(key)
    if loaded:
        entry = await add_account(simulated)
        simulated.password = simulated.api_key = "chang3d"
    else:
        entry = await add_account(simulated, **{secret: "0ld"})
        assert entry.state is ConfigEntryState.LOADED
        flow = await confirm_refusal(hass, entry)
        hass.config_entries.flow.async_abort(flow["flow_id"])
    form = await entry.start_reauth_flow(hass)
    assert form["step_id"] == "reauth_confirm"
    assert list(suggested_values(form)) == [secret]

    wrong = await go_on(hass, form, {secret: "wr0ng" * 41})
    assert wrong["errors"] == {secret: "too_long"}
    form = await entry.start_reauth_flow(hass)
    wrong = await go_on(hass, form, {secret: "wr0ng"})
    assert wrong["errors"] == {"base": "invalid_auth"}
    result = await go_on(hass, wrong, {secret: getattr(simulated, secret)})

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data[secret] == getattr(simulated, secret)
    assert hass.config_entries.flow.async_progress() == []


@ALL
async def test_reconfigures(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """Everything but whose account it is; a secret left empty, and the options, stay."""
    simulated = simulator.gateways[key]
    simulated.senders.add("ALARME")
    entry = await add_account(simulated, options={"alone": False})
    before = dict(entry.data)
    form = await entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure"
    assert suggested_values(form)[secret_field(key)] is None

    result = await go_on(
        hass,
        form,
        {
            "sender": "ALARME",
            "country": "CI",
            "advanced": {"url": simulator.url(key), "verify_ssl": False},
        },
    )

    assert result["reason"] == "reconfigure_successful"
    assert entry.state is ConfigEntryState.LOADED
    # Which account it is was not known before.
    is_listed = key == "envoyer_sms_pro"
    told = {"account_id": "1", "only_account": True} if is_listed else {}
    assert entry.data == {
        **before,
        **told,
        "sender": "ALARME",
        "country": "CI",
        "verify_ssl": False,
    }
    assert entry.options == {"alone": False}
    assert not entry.runtime_data.settings.is_alone


async def test_reconfiguring_to_plain_http_asks_first(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """An address that was not agreed to before."""
    entry = await add_account(simulator.etech_keys)
    form = await entry.start_reconfigure_flow(hass)
    elsewhere = simulator.url("etech_keys").replace("127.0.0.1", "127.0.0.2")
    asked = len(simulator.etech_keys.requests)

    result = await go_on(
        hass,
        form,
        {
            "sender": "MAISON",
            "country": "CM",
            "advanced": {"url": elsewhere, "verify_ssl": True},
        },
    )

    assert result["step_id"] == "insecure"
    assert len(simulator.etech_keys.requests) == asked


async def test_another_account_is_no_reconfiguration(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It would take the first one's place and history."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.username = "243000001"
    form = await entry.start_reconfigure_flow(hass)

    result = await go_on(hass, form, filled_in(simulator, "etech_keys"))

    assert result["reason"] == "another_account"
    assert entry.data["username"] != "243000001"


async def test_a_new_key_of_another_account_is_not_taken(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Where the key is all there is, it must not be another entry's."""
    first = await add_account(simulator.devcodesms)
    simulator.devcodesms.api_key = "an0ther-k3y"
    second = await add_account(simulator.devcodesms, title="Autre")
    form = await first.start_reauth_flow(hass)

    result = await go_on(hass, form, {"api_key": second.data["api_key"]})

    assert result["reason"] == "already_configured"


class TestDocumentedAsPlainHttp:
    """A gateway whose documented address is plain http: TLS is tried first."""

    @pytest.fixture(autouse=True)
    def _documented(
        self, monkeypatch: pytest.MonkeyPatch, simulator: Simulator
    ) -> None:
        """Let the simulator's address be the documented one."""
        monkeypatch.setattr(SmsEco, "default_url", URL(simulator.url("smseco")))

    async def test_asks_when_tls_fails(
        self, hass: HomeAssistant, simulator: Simulator
    ) -> None:
        """Nothing has been sent in clear when the question comes."""
        form = await open_form(hass, "smseco")

        result = await go_on(hass, form, filled_in(simulator, "smseco"))

        assert result["step_id"] == "insecure"
        assert simulator.smseco.requests == []
        result = await go_on(hass, result, {})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["result"].data["url"] == simulator.url("smseco")

    async def test_keeps_tls_where_it_works(
        self,
        hass: HomeAssistant,
        simulator: Simulator,
        certificate: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """No question then, and nothing in clear ever."""
        async with served_over_tls(simulator.smseco, certificate) as secure:
            plain = str(URL(secure).with_scheme("http"))
            monkeypatch.setattr(SmsEco, "default_url", URL(plain))
            form = await open_form(hass, "smseco")

            result = await go_on(
                hass, form, filled_in(simulator, "smseco", url=plain, verify_ssl=False)
            )

            assert result["type"] is FlowResultType.CREATE_ENTRY
            assert result["result"].data["url"] == secure
            # Its balance is asked for in the background.
            await hass.async_block_till_done(wait_background_tasks=True)
            await hass.config_entries.async_unload(result["result"].entry_id)

    @pytest.mark.parametrize(
        ("answer", "status", "error"),
        [
            ({"statut": -4, "texte": "Echec"}, 200, "invalid_auth"),
            ({"statut": -12, "texte": "Compte non actif"}, 200, "account_inactive"),
            ({"statut": -11, "texte": "Envoi non autorisé"}, 200, "not_allowed"),
            ({"statut": -6, "texte": "Pas assez"}, 200, "insufficient_credit"),
            ({"statut": -1, "texte": "XML invalide"}, 200, "unexpected_response"),
            ({"statut": -14, "texte": "Inconnue"}, 200, "unexpected_response"),
            ({"statut": -99, "texte": "?"}, 200, "unexpected_response"),
            # Beside an error of the server's own it proves nothing.
            ({"statut": -12, "texte": "?"}, 500, "cannot_connect"),
            ({}, 200, "unexpected_response"),
            ({}, 301, "unexpected_response"),
            ({}, 403, "ip_not_allowed"),
            ({}, 404, "unexpected_response"),
            ({}, 429, "rate_limited"),
            ({}, 503, "cannot_connect"),
        ],
    )
    async def test_whatever_answers_over_tls_is_not_asked_without(
        self,
        hass: HomeAssistant,
        simulator: Simulator,
        certificate: Path,
        monkeypatch: pytest.MonkeyPatch,
        answer: dict[str, Any],
        status: int,
        error: str,
    ) -> None:
        """TLS works there: a credential need not be shown to all, whatever is wrong."""
        simulated = simulator.smseco
        async with served_over_tls(simulated, certificate) as secure:
            plain = str(URL(secure).with_scheme("http"))
            monkeypatch.setattr(SmsEco, "default_url", URL(plain))
            fields = filled_in(simulator, "smseco", url=plain, verify_ssl=False)
            form = await open_form(hass, "smseco")
            simulated.answer_next(json.dumps(answer), status=status)

            result = await go_on(hass, form, fields)

            assert result["step_id"] == "smseco"
            assert result["errors"] == {"base": error}
            assert len(simulated.requests) == 1

            result = await go_on(hass, result, fields)
            assert result["type"] is FlowResultType.CREATE_ENTRY
            assert result["result"].data["url"] == secure
            await hass.async_block_till_done(wait_background_tasks=True)
            await hass.config_entries.async_unload(result["result"].entry_id)

    async def test_a_stall_over_tls_is_no_reason_either(
        self,
        hass: HomeAssistant,
        simulator: Simulator,
        certificate: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The connection was there, and the credentials are on their way."""
        simulated = simulator.smseco
        async with served_over_tls(simulated, certificate) as secure:
            plain = str(URL(secure).with_scheme("http"))
            monkeypatch.setattr(SmsEco, "default_url", URL(plain))
            simulated.fail(Fault.CUT_BEFORE, times=1)
            form = await open_form(hass, "smseco")

            result = await go_on(
                hass, form, filled_in(simulator, "smseco", url=plain, verify_ssl=False)
            )

            assert result["step_id"] == "smseco"
            assert result["errors"] == {"base": "cannot_connect"}


async def add_two_sub_accounts(
    hass: HomeAssistant, simulator: Simulator
) -> ConfigFlowResult:
    """Open the flow of a gateway whose credentials open two accounts."""
    simulator.envoyer_sms_pro.accounts = {
        "496": SimulatedAccount(name="SOCIETE1", credits=Decimal(155)),
        "504": SimulatedAccount(name="SOCIETE2", credits=Decimal(5973)),
    }
    form = await open_form(hass, "envoyer_sms_pro")
    return await submit(hass, form, filled_in(simulator, "envoyer_sms_pro"))


async def test_chooses_one_of_several_accounts(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """Each is an account of its own; every one of their balances is shown."""
    choice = await add_two_sub_accounts(hass, simulator)
    assert choice["step_id"] == "account"

    result = await go_on(hass, choice, {"account_id": "504"})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    assert result["title"] == "Envoyer SMS Pro SOCIETE2"
    assert result["result"].data["account_id"] == "504"
    assert result["result"].options == {"alone": True}
    prefix = "sensor.envoyer_sms_pro_societe2_balance"
    for entity_id, credits_left in (
        (prefix, "5973"),
        (f"{prefix}_societe1", "155"),
        (f"{prefix}_societe2", "5973"),
    ):
        assert state_of(hass, entity_id) == credits_left


async def test_the_other_sub_account_can_be_added_too(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """The same one can't."""
    await go_on(
        hass, await add_two_sub_accounts(hass, simulator), {"account_id": "496"}
    )
    form = await open_form(hass, "envoyer_sms_pro")
    choice = await submit(hass, form, filled_in(simulator, "envoyer_sms_pro"))
    again = await go_on(hass, choice, {"account_id": "496"})
    assert again["reason"] == "already_configured"

    form = await open_form(hass, "envoyer_sms_pro")
    choice = await submit(hass, form, filled_in(simulator, "envoyer_sms_pro"))
    other = await go_on(hass, choice, {"account_id": "504"})

    assert other["type"] is FlowResultType.CREATE_ENTRY
    assert len(hass.config_entries.async_entries(DOMAIN)) == 2


async def test_a_sub_account_that_does_not_answer_can_be_chosen_again(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """The choice stays open."""
    choice = await add_two_sub_accounts(hass, simulator)
    simulator.envoyer_sms_pro.fail(Fault.ERROR_500, times=1)

    wrong = await go_on(hass, choice, {"account_id": "504"})
    assert wrong["step_id"] == "account"
    assert wrong["errors"] == {"base": "cannot_connect"}
    result = await go_on(hass, wrong, {"account_id": "504"})

    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_who_may_not_list_accounts_has_one(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """The balance proves it."""
    simulator.envoyer_sms_pro.answer_next("Interdit", status=403, operation="accounts")
    form = await open_form(hass, "envoyer_sms_pro")

    result = await submit(hass, form, filled_in(simulator, "envoyer_sms_pro"))
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "account_id" not in result["result"].data


def entry_ids(entries: list[MockConfigEntry]) -> set[str | None]:
    """Return what tells entries apart."""
    return {entry.unique_id for entry in entries}


async def test_what_tells_accounts_apart_is_no_secret(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Home Assistant shows unique ids in places where a key must not be read."""
    entries = [
        await add_account(simulated) for simulated in simulator.gateways.values()
    ]

    assert len(entry_ids(entries)) == 5
    for unique_id in entry_ids(entries):
        assert simulator.devcodesms.api_key not in str(unique_id)
        assert simulator.etech_keys.username not in str(unique_id)


@ALL
@pytest.mark.parametrize("margin", [" ", "\n", "\u00a0", "\u200b", "\ufeff \t"])
async def test_what_was_copied_along_is_left_out(
    hass: HomeAssistant, simulator: Simulator, key: str, margin: str
) -> None:
    """Of the login, the secret, the sender and the address, before they are used."""
    simulated = simulator.gateways[key]
    clean = filled_in(simulator, key)
    names = [*GATEWAYS[key].credential_fields, "sender"]
    copied = {name: f"{margin}{clean[name]}{margin}" for name in names}
    url = f"{margin}{simulator.url(key)}{margin}"

    form = await open_form(hass, key)
    result = await submit(hass, form, filled_in(simulator, key, url=url, **copied))
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert {name: entry.data[name] for name in names} == {
        name: clean[name] for name in names
    }
    assert entry.data["url"] == simulator.url(key)
    again = await submit(hass, await open_form(hass, key), clean)
    assert again["type"] is FlowResultType.ABORT
    assert again["reason"] == "already_configured"
    assert simulated.asked("send") == 0


@ALL
async def test_what_was_copied_along_is_left_out_of_a_new_secret(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """When reauthenticating and when reconfiguring; nothing but blanks is none."""
    simulated, secret = simulator.gateways[key], secret_field(key)
    entry = await add_account(simulated)
    for count, open_again in enumerate(
        (entry.start_reauth_flow, entry.start_reconfigure_flow)
    ):
        simulated.password = simulated.api_key = f"chang3d{count}"
        form = await open_again(hass)
        fields = {} if count == 0 else filled_in(simulator, key)
        result = await go_on(
            hass, form, {**fields, secret: f"\u200b{getattr(simulated, secret)}\n"}
        )
        assert result["type"] is FlowResultType.ABORT
        assert entry.data[secret] == f"chang3d{count}"
    form = await entry.start_reconfigure_flow(hass)
    result = await go_on(hass, form, {**filled_in(simulator, key), secret: " \u200b"})
    assert result["type"] is FlowResultType.ABORT
    assert entry.data[secret] == "chang3d1"


@pytest.mark.parametrize(
    ("key", "house", "proposed"),
    [
        ("smseco", "FR", "CI"),
        ("smseco", "BF", "BF"),
        ("smseco", "CI", "CI"),
        ("smseco", None, "CI"),
        ("etech_keys", "FR", "CM"),
        ("devcodesms", "CI", "CM"),
        ("sms123", "RE", "RE"),
        ("envoyer_sms_pro", "CM", "FR"),
    ],
)
async def test_proposes_the_country_of_the_house_where_the_gateway_sends(
    hass: HomeAssistant, key: str, house: str | None, proposed: str
) -> None:
    """Else that of most of its users: a number reads otherwise in each."""
    hass.config.country = house

    form = await open_form(hass, key)

    schema = form["data_schema"]
    assert schema is not None
    [country] = [marker for marker in schema.schema if marker == "country"]
    assert country.default() == proposed
