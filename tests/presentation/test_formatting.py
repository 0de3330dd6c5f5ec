"""Moments as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.passerelle_sms.presentation.formatting import (
    local_hour,
    local_time,
)
from homeassistant.core import HomeAssistant

MINUTE = datetime(2026, 11, 26, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (timedelta(), "2026-11-26 23:59"),
        (timedelta(microseconds=1), "2026-11-27 00:00"),
        (timedelta(seconds=59), "2026-11-27 00:00"),
    ],
)
async def test_a_gateway_sends_at_the_next_whole_minute(
    hass: HomeAssistant, after: timedelta, told: str
) -> None:
    """So that is the minute that is named; any other moment has the one that it is in."""
    await hass.config.async_set_time_zone("Europe/Paris")
    assert local_hour(MINUTE + after) == told
    assert local_time(MINUTE + after) == "2026-11-26 23:59"
