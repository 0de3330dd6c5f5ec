"""The one place where a gateway's error becomes Home Assistant's, translated."""

from collections.abc import Iterable
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..gateways.abilities.options import OPTION_ABILITIES, TakesOwnOptions
from ..gateways.abilities.switches import holds_switches
from ..gateways.catalogue import GATEWAYS
from ..gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    CannotConnectError,
    GatewayError,
    InvalidRequestError,
    IpNotAllowedError,
    NotAllowedError,
    NotStoredError,
    OutboxFullError,
    RateLimitedError,
    RejectedError,
    RelayWithoutAccountsError,
    TakenAsMessageError,
    TlsFailedError,
    UnknownOutcomeError,
)
from ..gateways.gateway import Gateway
from ..gateways.outcome import Outcome
from ..messaging.model.failure import Failure
from ..messaging.model.report import RecipientResult
from .formatting import public_code
from .gateway_facts import GatewayFacts

# What nobody mends by asking for something else.
_NOT_THE_CALLERS: Final = (
    AccountInactiveError,
    AuthenticationError,
    InvalidRequestError,
    IpNotAllowedError,
    NotAllowedError,
    NotStoredError,
    OutboxFullError,
    RelayWithoutAccountsError,
)
# Their own sentences tell what becomes of a message.
_WITHOUT_A_MESSAGE: Final[dict[str, str]] = {
    CannotConnectError.key: "action_cannot_connect",
    NotStoredError.key: "action_not_stored",
    RateLimitedError.key: "action_rate_limited",
    TlsFailedError.key: "action_tls_failed",
}
# Of one attempt of a relay's, which is not repeated there.
_WITHOUT_ANOTHER_ATTEMPT: Final[dict[str, str]] = {
    CannotConnectError.key: "attempt_cannot_connect",
    RateLimitedError.key: "attempt_rate_limited",
    TlsFailedError.key: "attempt_tls_failed",
}
# Of a dead man's switch, with what its gateway has said.
SWITCH_NOT_ARMED: Final = "switch_not_armed"
SWITCH_NOT_DISARMED: Final = "switch_not_disarmed"
# In the place of names, where there is none, and of a number, where no limit is known.
NOBODY: Final = "—"
_NO_LIMIT: Final = "∞"


def placeholders(
    error: GatewayError | Failure, gateway: GatewayFacts, *, for_everybody: bool = False
) -> dict[str, str]:
    """Return everything that the sentence of an error may want to name.

    What everybody may read has none of the gateway's own words: they may hold what was
    sent, and to whom.
    """
    return {
        "gateway": gateway.name,
        "site": gateway.site,
        "shortest": str(gateway.sender_rule.shortest),
        "maximum": str(gateway.limits.segments),
        "number": "",
        "sender": gateway.sender or "",
        "others": _names_of_those_with(error.details.get("option", "")),
        "reason": "",
        **error.details,
        "longest": (
            error.details.get("longest", str(gateway.sender_rule.longest)) or _NO_LIMIT
        ),
        "detail": own_words(public_code(error.code), None)
        if for_everybody
        else own_words(error.code, error.words),
    }


def names_of_able(*abilities: type) -> str:
    """Return the names of the gateways that have one of the abilities, in a sentence."""
    return _names(known for known in GATEWAYS.values() if issubclass(known, abilities))


def names_of_switch_holders() -> str:
    """Return the names of the gateways that can hold a dead man's switch's message."""
    return _names(known for known in GATEWAYS.values() if holds_switches(known))


def account_gone() -> ServiceValidationError:
    """Return what a caller is told whose account or relay takes nothing any more."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key="account_not_loaded"
    )


def refusal(
    error: RejectedError, gateway: GatewayFacts, *, for_guest: bool = False
) -> HomeAssistantError:
    """Return what a caller is told when nothing was tried."""
    return _told(error, error.key, gateway, for_guest=for_guest)


def action_error(
    error: GatewayError,
    gateway: GatewayFacts,
    *,
    changes: bool,
    for_guest: bool = False,
) -> HomeAssistantError:
    """Return what the caller of an action is told that sends no message.

    `changes` says whether it was to change something at the gateway: then an answer that
    never came doesn't mean that nothing has happened.
    """
    key = _key_of_action(error, changes=changes)
    return _told(error, key, gateway, for_guest=for_guest)


async def not_accepted(
    hass: HomeAssistant,
    failures: Iterable[tuple[RecipientResult, GatewayFacts]],
    gateway: GatewayFacts,
    *,
    for_guest: bool = False,
) -> HomeAssistantError:
    """Return what a caller is told who can't be answered with data.

    Each failure comes with the gateway that it is about.
    """
    reasons = [
        (
            failed.public_label,
            await async_explain(hass, failed.failure, told_by, for_everybody=for_guest),
        )
        for failed, told_by in failures
        if failed.failure is not None
    ]
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="not_accepted",
        translation_placeholders={
            "gateway": gateway.name,
            "failures": " ".join(f"{label}: {reason}" for label, reason in reasons),
        },
    )


def not_delivered(
    undelivered: tuple[RecipientResult, ...], gateway: GatewayFacts
) -> HomeAssistantError:
    """Return what a caller is told who waited, and for whom it did not arrive."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="not_delivered",
        translation_placeholders={
            "gateway": gateway.name,
            "recipients": ", ".join(result.public_label for result in undelivered),
        },
    )


async def switch_error(
    hass: HomeAssistant,
    key: str,
    error: GatewayError,
    switch: str,
    gateway: GatewayFacts,
    *,
    for_guest: bool,
) -> HomeAssistantError:
    """Return what is told to whoever arms or disarms a dead man's switch."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={
            "switch": switch,
            "reason": await async_explain(
                hass, Failure.of(error), gateway, for_everybody=for_guest, waits=False
            ),
        },
    )


async def async_explain(
    hass: HomeAssistant,
    error: Failure,
    gateway: GatewayFacts,
    *,
    for_everybody: bool = False,
    waits: bool = True,
) -> str:
    """Return the sentence for an error in the language of the house.

    `waits` says that what provably has not left waits for another attempt.
    """
    told = placeholders(error, gateway, for_everybody=for_everybody)
    key = error.key if waits else _WITHOUT_ANOTHER_ATTEMPT.get(error.key, error.key)
    return await _sentence(hass, key, told)


async def async_outcome(hass: HomeAssistant, outcome: Outcome) -> str:
    """Return the word for an outcome in the language of the house."""
    translations = await async_get_translations(
        hass, hass.config.language, "selector", {DOMAIN}
    )
    return translations[f"component.{DOMAIN}.selector.outcome.options.{outcome}"]


async def explain_question(
    hass: HomeAssistant, error: GatewayError, gateway: GatewayFacts
) -> str:
    """Return the sentence for why a gateway didn't answer a mere question."""
    key = _key_of_action(error, changes=False)
    return await _sentence(hass, key, placeholders(error, gateway))


async def _sentence(hass: HomeAssistant, key: str, told: dict[str, str]) -> str:
    translations = await async_get_translations(
        hass, hass.config.language, "exceptions", {DOMAIN}
    )
    prefix = f"component.{DOMAIN}.exceptions"
    # Why no account of a relay is available, in the words of that error itself.
    reason = translations.get(f"{prefix}.{told['reason']}.message", "")
    told = {**told, "reason": f" {reason.format(**told)}" if reason else ""}
    return translations[f"{prefix}.{key}.message"].format(**told)


def _key_of_action(error: GatewayError, *, changes: bool) -> str:
    """Return which sentence tells an error of an action that sends no message."""
    if isinstance(error, TakenAsMessageError):
        return error.key
    if isinstance(error, UnknownOutcomeError):
        return "outcome_unknown" if changes else "no_usable_answer"
    if isinstance(error, NotStoredError) and not changes:
        return "journal_unusable"
    return _WITHOUT_A_MESSAGE.get(error.key, error.key)


def _told(
    error: GatewayError, key: str, gateway: GatewayFacts, *, for_guest: bool
) -> HomeAssistantError:
    """Return an error's sentence: a mistake of the caller's, if it is one."""
    is_the_callers = (
        isinstance(error, RejectedError)
        and not isinstance(error, _NOT_THE_CALLERS)
        # A refusal without a reason.
        and type(error) is not RejectedError
    )
    kind = ServiceValidationError if is_the_callers else HomeAssistantError
    return kind(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders(error, gateway, for_everybody=for_guest),
    )


def _names_of_those_with(option: str) -> str:
    """Return the names of the gateways that know an option of a message."""
    if (ability := OPTION_ABILITIES.get(option)) is not None:
        return names_of_able(ability)
    return _names(
        known
        for known in GATEWAYS.values()
        if issubclass(known, TakesOwnOptions) and option in known.own_options
    )


def _names(gateways: Iterable[type[Gateway]]) -> str:
    return ", ".join(gateway.name for gateway in gateways) or NOBODY


def own_words(code: str | None, words: str | None) -> str:
    """Return the gateway's own code and words, ready to stand in a sentence."""
    told = ": ".join(part for part in (code, words) if part)
    return f" ({told})" if told else ""
