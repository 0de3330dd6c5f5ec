"""Values within a submission as JSON knows them, and back.

Whatever reads raises `KeyError`, `ValueError`, `TypeError`, `AttributeError` or
`decimal.InvalidOperation` for what is none.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ...gateways.model.delivery import DeliveryStatus
from ..model.failure import DeliveryState, Failure


def failure_to_json(failure: Failure) -> dict[str, Any]:
    """Return why something was not accepted."""
    return told(
        {
            "key": failure.key,
            "code": failure.code,
            "words": failure.words,
            "details": dict(failure.details),
        }
    )


def delivery_to_json(delivery: DeliveryState) -> dict[str, Any]:
    """Return where something that was accepted is."""
    return told(
        {
            "status": delivery.status.value,
            "code": delivery.code,
            "words": delivery.words,
            "at": delivery.at and delivery.at.isoformat(),
            "is_billed": delivery.is_billed,
            "is_announced": delivery.is_announced,
        }
    )


def delivery_from_json(stored: Mapping[str, Any]) -> DeliveryState:
    """Return what `delivery_to_json` has kept."""
    at = stored.get("at")
    return DeliveryState(
        **{
            **stored,
            "status": DeliveryStatus(stored["status"]),
            "at": None if at is None else datetime.fromisoformat(at),
        }
    )


def told(values: dict[str, Any]) -> dict[str, Any]:
    """Return all that is known: what is `None` is left out."""
    return {name: value for name, value in values.items() if value is not None}


def amount_to_json(credits_told: Decimal | None) -> str | None:
    """Return an amount to the last digit."""
    return None if credits_told is None else str(credits_told)


def amount(stored: str | None) -> Decimal | None:
    """Return what `amount_to_json` has kept."""
    return None if stored is None else Decimal(stored)
