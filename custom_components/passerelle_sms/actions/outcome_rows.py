"""What became of a message, as JSON knows it: why it failed, and its delivery."""

from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonObjectType

from ..messaging.model.failure import DeliveryState, Failure
from ..presentation.exceptions import async_explain
from ..presentation.formatting import local_iso, public_code
from ..presentation.gateway_facts import GatewayFacts


async def async_error_row(
    hass: HomeAssistant,
    failure: Failure | None,
    gateway: GatewayFacts,
    *,
    for_guest: bool,
    waits: bool = True,
) -> JsonObjectType | None:
    """Return why something was not accepted; `None` where nothing went wrong.

    `waits` says that what provably has not left waits for another attempt.
    """
    if failure is None:
        return None
    return {
        "key": failure.key,
        "message": await async_explain(
            hass, failure, gateway, for_everybody=for_guest, waits=waits
        ),
        **_own_words(failure, for_guest=for_guest),
    }


def delivery_row(
    delivery: DeliveryState | None, *, for_guest: bool = False
) -> JsonObjectType | None:
    """Return what is known of a delivery; `None` where nothing is to be heard."""
    if delivery is None:
        return None
    return {
        "status": delivery.status.value,
        "at": local_iso(delivery.at),
        "billed": delivery.is_billed,
        **_own_words(delivery, for_guest=for_guest),
    }


def _own_words(told: Failure | DeliveryState, *, for_guest: bool) -> JsonObjectType:
    """Return what the gateway itself said: to a guest nothing but a mere code."""
    return {
        "gateway_code": public_code(told.code) if for_guest else told.code,
        "gateway_message": None if for_guest else told.words,
    }
