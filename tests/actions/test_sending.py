"""From a call to a message, and from what came of it to an answer."""

from datetime import UTC, datetime, timedelta

import probatio
import pytest

from custom_components.passerelle_sms.actions.message_fields import (
    LONGEST_WAIT,
    USUAL_WAIT,
    to_message,
    wait_for_delivery,
)
from custom_components.passerelle_sms.messaging.model.message import Message
from homeassistant.core import HomeAssistant


def test_what_is_not_said_is_usual() -> None:
    """A text alone is a message to everybody known."""
    message = to_message({"message": "Citerne vide"}, by_guest=False)

    assert message == Message(text="Citerne vide")


async def test_a_time_without_a_zone_is_the_house_s(hass: HomeAssistant) -> None:
    """It goes on in UTC."""
    await hass.config.async_set_time_zone("Africa/Douala")

    message = to_message(
        {"message": "x", "send_at": datetime(2026, 12, 24, 19)}, by_guest=False
    )

    assert message.options.send_at == datetime(2026, 12, 24, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "wait"),
    [
        (True, USUAL_WAIT),
        (False, timedelta()),
        (0, timedelta()),
        (90, timedelta(seconds=90)),
        ("00:02:00", timedelta(minutes=2)),
        ({"minutes": 15}, LONGEST_WAIT),
    ],
)
def test_a_wait(written: object, wait: timedelta) -> None:
    """A length, or whether to wait at all."""
    assert wait_for_delivery(written) == wait


@pytest.mark.parametrize("written", ["", "bientôt", -1, None, "00:15:01"])
def test_no_wait(written: object) -> None:
    """Nor one that an automation would hang in."""
    with pytest.raises(probatio.Invalid):
        wait_for_delivery(written)
