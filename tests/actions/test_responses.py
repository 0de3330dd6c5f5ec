"""What the actions answer, row by row."""

from datetime import UTC, datetime
from decimal import Decimal
import json

import pytest

from custom_components.passerelle_sms.actions.outcome_rows import delivery_row
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.presentation.formatting import plain
from homeassistant.core import HomeAssistant


async def test_a_delivery_as_a_row(hass: HomeAssistant) -> None:
    """By the clock of the house; nothing where nothing is to be heard."""
    await hass.config.async_set_time_zone("Africa/Douala")
    delivery = DeliveryState(
        status=DeliveryStatus.UNDELIVERED,
        code="59",
        words="Absent",
        at=datetime(2026, 12, 24, 18, tzinfo=UTC),
        is_billed=True,
    )

    assert delivery_row(None) is None
    assert delivery_row(delivery) == {
        "status": "undelivered",
        "at": "2026-12-24T19:00:00+01:00",
        "billed": True,
        "gateway_code": "59",
        "gateway_message": "Absent",
    }


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal(12), "12"),
        (Decimal("12.0"), "12"),
        (Decimal("12.5"), "12.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.25"), "-0.25"),
        (Decimal(0), "0"),
    ],
)
def test_an_amount(amount: Decimal, written: str) -> None:
    """As JSON knows it: whole where it is whole."""
    assert json.dumps(plain(amount)) == written
