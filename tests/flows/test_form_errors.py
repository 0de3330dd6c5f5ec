"""What a form says of each error that a gateway's balance may end in."""

import json
from pathlib import Path
import re

import pytest

from custom_components.passerelle_sms import config_flow
from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.flows.account_check import form_error
from custom_components.passerelle_sms.flows.forms import words_of
from custom_components.passerelle_sms.gateways import errors
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import GatewayError, Scope
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from tests.conftest import AccountMaker
from tests.simulator import Simulator
from tests.simulator.refusals import AccountRefusal
from tests.test_config_flow import filled_in, open_form, submit

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type)
    and issubclass(kind, GatewayError)
    and hasattr(kind, "key")
]
SAID = {
    "AccountInactiveError": "account_inactive",
    "AuthenticationError": "invalid_auth",
    "CannotConnectError": "cannot_connect",
    "GatewayBrokenError": "cannot_connect",
    "InsufficientCreditError": "insufficient_credit",
    "IpNotAllowedError": "ip_not_allowed",
    "NoAccountAvailableError": "cannot_connect",
    "NothingBeginsError": "cannot_connect",
    "NoAnswerError": "cannot_connect",
    "NotAllowedError": "not_allowed",
    "OverseasOptionMissingError": "not_allowed",
    "RateLimitedError": "rate_limited",
    "TlsFailedError": "cannot_connect",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_error_is_told(kind: type[GatewayError]) -> None:
    """By what to do about it; what no document describes of a balance, as such."""
    said = form_error(kind(code="-7", words="Non"))

    assert said == SAID.get(kind.__name__, "unexpected_response")
    # What is wrong with the account is never a strange answer.
    assert kind.scope is not Scope.ACCOUNT or said != "unexpected_response"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.NotAllowedError(code="HTTP 403"), "ip_not_allowed"),
        (errors.NotAllowedError(), "ip_not_allowed"),
        (errors.NotAllowedError(code="HTTP 403", words="Suspendu"), "not_allowed"),
        (errors.NotAllowedError(code="-11"), "not_allowed"),
        (errors.IpNotAllowedError(code="96", words="IP"), "ip_not_allowed"),
    ],
)
def test_what_forbids_without_a_word_is_likely_the_address(
    error: GatewayError, said: str
) -> None:
    """A gateway that says why is believed."""
    assert form_error(error) == said


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_error_has_words_that_can_be_filled_in(language: str) -> None:
    """A form says which gateway it is about, and what that has said."""
    path = Path(config_flow.__file__).parent / "translations" / f"{language}.json"
    told = json.loads(path.read_text("utf-8"))["config"]["error"]

    assert {form_error(kind(code="-7")) for kind in KINDS} <= told.keys()
    for gateway in GATEWAYS.values():
        words = words_of(gateway, errors.NotAllowedError(code="-11", words="Non"))
        for text in told.values():
            assert set(re.findall(r"{(\w+)}", text)) <= words.keys()


@pytest.mark.parametrize(
    ("refusal", "said", "words"),
    [
        (AccountRefusal.INACTIVE, "account_inactive", "Compte non actif"),
        (AccountRefusal.WRONG_CREDENTIALS, "invalid_auth", "Authentification"),
    ],
)
async def test_a_form_says_what_the_gateway_said(
    hass: HomeAssistant,
    simulator: Simulator,
    refusal: AccountRefusal,
    said: str,
    words: str,
) -> None:
    """Its own code and words, for whoever asks it."""
    simulator.smseco.refusal = refusal
    simulator.smseco.refuses_balance = True
    form = await open_form(hass, "smseco")

    result = await submit(hass, form, filled_in(simulator, "smseco"))

    assert result["errors"] == {"base": said}
    assert words in (result["description_placeholders"] or {})["detail"]
    sentences = await async_get_translations(hass, "fr", "config", {DOMAIN})
    sentence = sentences[f"component.{DOMAIN}.config.error.{said}"]
    filled = sentence.format(**(result["description_placeholders"] or {}))
    assert ("-12" in filled) is (refusal is AccountRefusal.INACTIVE)

    simulator.smseco.refusal = None
    again = await submit(hass, result, filled_in(simulator, "smseco"))
    assert again["type"] == "create_entry"


async def test_an_inactive_account_can_be_mended(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The other flows say it as well."""
    entry = await add_account(simulator.smseco)
    simulator.smseco.refusal = AccountRefusal.INACTIVE
    simulator.smseco.refuses_balance = True
    form = await entry.start_reauth_flow(hass)

    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"password": simulator.smseco.password}
    )

    assert result["step_id"] == "reauth_confirm"
    assert result["errors"] == {"base": "account_inactive"}
