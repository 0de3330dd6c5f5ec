"""The legs of a relay's message for one recipient, as the answers tell them."""

from collections.abc import Iterable, Sequence

from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonArrayType, JsonObjectType

from ..entries.leg_facts import async_gateway_of
from ..messaging.model.leg import Leg
from ..messaging.model.leg_history import may_come_twice
from ..messaging.model.record import MessageRecord
from ..presentation.formatting import local_iso, plain
from .outcome_rows import async_error_row, delivery_row


async def async_legs(
    hass: HomeAssistant,
    record: MessageRecord,
    legs: Sequence[Leg],
    *,
    for_guest: bool = False,
) -> JsonObjectType:
    """Return what a row of a relay's message tells besides what an account's does."""
    return {
        "legs": await async_leg_rows(hass, record, legs, for_guest=for_guest),
        **({"may_come_twice": True} if may_come_twice(legs) else {}),
    }


async def async_leg_rows(
    hass: HomeAssistant,
    record: MessageRecord,
    legs: Iterable[Leg],
    *,
    for_guest: bool = False,
) -> JsonArrayType:
    """Return the legs of a message as rows of an answer, in their order.

    A guest's hold no ids and no words of the gateways'.
    """
    return [
        await _async_leg_row(hass, record, leg, for_guest=for_guest) for leg in legs
    ]


async def _async_leg_row(
    hass: HomeAssistant, record: MessageRecord, leg: Leg, *, for_guest: bool
) -> JsonObjectType:
    entry = hass.config_entries.async_get_entry(leg.account)
    return {
        "gateway": leg.gateway,
        "account": None if entry is None else entry.title,
        "outcome": leg.outcome.value,
        "error": await async_error_row(
            hass,
            leg.failure,
            async_gateway_of(hass, leg),
            for_guest=for_guest,
            # At this account: what has not left, the next one sends.
            waits=False,
        ),
        "submission_id": None if for_guest else leg.submission_id,
        "cost": None if leg.cost is None else plain(leg.cost),
        "at": local_iso(record.created + leg.after),
        "delivery": delivery_row(leg.delivery, for_guest=for_guest),
    }
