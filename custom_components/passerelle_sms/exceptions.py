"""The one place where a gateway's error becomes Home Assistant's, translated."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN
from .gateways.errors import (
    GatewayError,
    NotStoredError,
    OutboxFullError,
    RejectedError,
)
from .gateways.gateway import Gateway
from .messaging.record import Failure
from .messaging.report import RecipientResult


def placeholders(error: GatewayError | Failure, gateway: Gateway) -> dict[str, str]:
    """Return everything that the sentence of an error may want to name."""
    return {
        "gateway": gateway.name,
        "site": gateway.site,
        "shortest": str(gateway.sender_rule.shortest),
        "longest": str(gateway.sender_rule.longest),
        "maximum": str(gateway.limits.segments),
        "number": "",
        "sender": gateway.sender or "",
        **error.details,
        "detail": _own_words(error),
    }


def refusal(error: RejectedError, gateway: Gateway) -> HomeAssistantError:
    """Return what a caller is told when nothing was tried.

    It is a mistake of the caller's, unless this house itself cannot take it.
    """
    kind = (
        HomeAssistantError
        if isinstance(error, NotStoredError | OutboxFullError)
        else ServiceValidationError
    )
    return kind(
        translation_domain=DOMAIN,
        translation_key=error.key,
        translation_placeholders=placeholders(error, gateway),
    )


async def not_accepted(
    hass: HomeAssistant, failures: tuple[RecipientResult, ...], gateway: Gateway
) -> HomeAssistantError:
    """Return what a caller is told who can't be answered with data."""
    sentences = [
        f"{failed.public_label}: {await explain(hass, failed.failure, gateway)}"
        for failed in failures
        if failed.failure is not None
    ]
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="not_accepted",
        translation_placeholders={
            "gateway": gateway.name,
            "failures": " ".join(sentences),
        },
    )


async def explain(hass: HomeAssistant, error: Failure, gateway: Gateway) -> str:
    """Return the sentence for an error in the language of the house."""
    translations = await async_get_translations(
        hass, hass.config.language, "exceptions", {DOMAIN}
    )
    sentence = translations[f"component.{DOMAIN}.exceptions.{error.key}.message"]
    return sentence.format(**placeholders(error, gateway))


def _own_words(error: GatewayError | Failure) -> str:
    """Return the gateway's own code and words, ready to stand in a sentence."""
    told = ": ".join(part for part in (error.code, error.words) if part)
    return f" ({told})" if told else ""
