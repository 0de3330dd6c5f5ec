"""What is told of dead man's switches on Home Assistant's bus."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.messaging.dead_man_switch.observer import Reason
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import Fired
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.presentation import switch_events
from custom_components.passerelle_sms.presentation.switch_events import (
    SwitchEvent,
    SwitchNews,
    async_tell_switch,
)
from homeassistant.core import HomeAssistant
from tests.messages import Heard

HOUR: Final = datetime(2026, 12, 24, 17, tzinfo=UTC)
PEOPLE: Final = (
    Recipient(number="+33612345678", name="Maman"),
    Recipient(number="+33698765432"),
)
LOCAL: Final = "2026-12-24T18:00:00+01:00"
FIRED: Final = Fired(since=HOUR, until=HOUR, recipients=PEOPLE)
# How each event comes, and what is told of it.
NEWS: Final[dict[str, tuple[Callable[[], SwitchNews], dict[str, object]]]] = {
    "armed": (lambda: switch_events.ARMED, {}),
    "disarmed": (lambda: switch_events.DISARMED, {}),
    "renewed_late": (
        lambda: switch_events.renewed_late(HOUR),
        {"silent_since": LOCAL},
    ),
    "fired": (
        lambda: switch_events.fired(FIRED),
        {
            "silent_since": LOCAL,
            "silent_until": LOCAL,
            "recipients": ["Maman", "***32"],
        },
    ),
    "false_alarm_possible": (
        lambda: switch_events.false_alarm_possible(Reason.DOUBT, HOUR, PEOPLE),
        {"reason": "doubt", "at": LOCAL, "recipients": ["Maman", "***32"]},
    ),
}


async def test_every_event_has_a_case() -> None:
    """And every case is one."""
    assert NEWS.keys() == {event.value for event in SwitchEvent}


@pytest.mark.parametrize("event", NEWS)
async def test_what_has_happened_is_told(hass: HomeAssistant, event: str) -> None:
    """In the house's time, and by public labels."""
    entry = MockConfigEntry(domain=DOMAIN, title="Compte", data={})
    heard = Heard(hass)
    await hass.config.async_set_time_zone("Africa/Douala")
    happen, told = NEWS[event]

    async_tell_switch(hass, entry, "Maison muette", happen())
    await hass.async_block_till_done()

    assert heard.all == [
        {
            "type": f"switch_{event}",
            "config_entry_id": entry.entry_id,
            "account": "Compte",
            "switch": "Maison muette",
            **told,
        }
    ]
