"""Errors of a gateway, as Home Assistant tells them."""

import pytest

from custom_components.passerelle_sms.gateways import errors
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.presentation.exceptions import (
    action_error,
    async_explain,
    placeholders,
    refusal,
)
from custom_components.passerelle_sms.presentation.formatting import public_code
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.conftest import GatewayMaker
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

LADDER = [
    error
    for error in vars(errors).values()
    if isinstance(error, type)
    and issubclass(error, errors.GatewayError)
    and hasattr(error, "key")
]
# What a caller can't help, whatever was asked for.
NOT_THE_CALLERS = {
    "account_inactive",
    "invalid_auth",
    "invalid_request",
    "ip_not_allowed",
    "journal_newer",
    "not_allowed",
    "not_stored",
    "operation_unknown",
    "outbox_full",
    "overseas_option_missing",
    "rejected",
    "relay_without_accounts",
}


@pytest.mark.parametrize("error", LADDER)
def test_whose_mistake_it_is(
    simulator: Simulator, client: GatewayMaker, error: type[errors.GatewayError]
) -> None:
    """A caller's own is a refusal that another call avoids."""
    gateway = client(simulator.smseco)
    told = action_error(error(), gateway, changes=True)
    is_the_callers = (
        issubclass(error, errors.RejectedError) and error.key not in NOT_THE_CALLERS
    )

    assert isinstance(told, ServiceValidationError) is is_the_callers
    if issubclass(error, errors.RejectedError):
        assert type(refusal(error(), gateway)) is type(told)


@pytest.mark.parametrize("error", LADDER)
def test_no_action_speaks_of_a_message_that_waits(
    simulator: Simulator, client: GatewayMaker, error: type[errors.GatewayError]
) -> None:
    """What is not done stays so, and what may have been done isn't looked into."""
    gateway = client(simulator.smseco)
    kept = action_error(error(), gateway, changes=False)
    changed = action_error(error(), gateway, changes=True)

    if issubclass(error, errors.TakenAsMessageError):
        # It is the answer to a cancellation, and says what must not be done.
        assert kept.translation_key == changed.translation_key == error.key
    elif issubclass(error, errors.UnknownOutcomeError):
        assert kept.translation_key == "no_usable_answer"
        assert changed.translation_key == "outcome_unknown"
    elif issubclass(error, errors.NotStoredError):
        assert kept.translation_key == "journal_unusable"
        own: dict[type[errors.GatewayError], str] = {
            errors.NewerJournalError: "journal_newer"
        }
        assert changed.translation_key == own.get(error, "action_not_stored")
    elif issubclass(error, errors.NoAccountAvailableError | errors.NothingBeginsError):
        # These only tell why a relay passes an account over.
        assert kept.translation_key == changed.translation_key == error.key
    elif issubclass(error, errors.NotSentError):
        expected = f"action_{error.key}"
        assert kept.translation_key == changed.translation_key == expected
    else:
        assert kept.translation_key == changed.translation_key == error.key


@pytest.mark.parametrize(
    ("option", "others"),
    [
        ("flash", {"smseco", "sms123"}),
        ("voice", {"sms123"}),
        ("allow_replies", {"envoyer_sms_pro"}),
        ("mwi", {"smseco"}),
        ("dedupe", {"envoyer_sms_pro"}),
    ],
)
def test_who_knows_an_option(
    simulator: Simulator, client: GatewayMaker, option: str, others: set[str]
) -> None:
    """Every gateway that does is named."""
    error = errors.OptionNotSupportedError(option=option)

    named = placeholders(error, client(simulator.etech_keys))["others"]

    assert set(named.split(", ")) == {GATEWAYS[key].name for key in others}


def test_an_option_that_nobody_knows(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """There is nobody to be named."""
    error = errors.OptionNotSupportedError(option="fax")

    assert placeholders(error, client(simulator.etech_keys))["others"] == "—"


def test_everybody_reads_no_words_of_the_gateway(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Its code is kept."""
    gateway = client(simulator.smseco)
    error = errors.InvalidRecipientError(code="-9", words="Citerne vide")

    told = refusal(error, gateway, for_guest=True)
    action = action_error(error, gateway, changes=True, for_guest=True)

    for one in (told, action):
        assert one.translation_placeholders is not None
        assert one.translation_placeholders["detail"] == " (-9)"
        assert "Citerne" not in str(one.translation_placeholders)
    assert placeholders(error, gateway)["detail"] == " (-9: Citerne vide)"


@pytest.mark.parametrize("code", ["82", "-8", "E505", "HTTP 403", "12345"])
def test_a_mere_code(code: str) -> None:
    """As the gateways have them."""
    assert public_code(code) == code


@pytest.mark.parametrize("code", [None, "", "695688207", "vide", "8 2", "82\n", "٨٢"])
def test_no_mere_code(code: str | None) -> None:
    """It may be anything that the gateway was sent."""
    assert public_code(code) is None


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_why_no_account_is_available_is_told_in_that_errors_own_words(
    hass: HomeAssistant, simulator: Simulator, client: GatewayMaker, language: str
) -> None:
    """Of the gateway that gives the reason."""
    hass.config.language = language
    reason = Failure.of(errors.CannotConnectError(code="HTTP 0"))
    waits = Failure.of(
        errors.NoAccountAvailableError(
            code=reason.code, reason=reason.key, gateway="Devcode SMS"
        )
    )
    gateway = client(simulator.smseco)

    told = await async_explain(hass, waits, gateway)

    sentence = await async_explain(hass, reason, gateway)
    assert told.endswith(f" {sentence.replace(gateway.name, 'Devcode SMS')}")
    assert len(told) > len(sentence) + 20


async def test_without_a_reason_no_account_is_available_either(
    hass: HomeAssistant, simulator: Simulator, client: GatewayMaker
) -> None:
    """Nor with one that only another version knew."""
    gateway = client(simulator.smseco)

    for details in ({}, {"reason": "of_tomorrow"}):
        failure = Failure(key="no_account_available", details=details)
        told = await async_explain(hass, failure, gateway)
        assert told.endswith("its time is over.")
