"""What happens to a dead man's switch, as automations and people are told of it.

Everybody in the house may hear of it: whom it is about stands there by public labels, and
no text does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..messaging.dead_man_switch.observer import Reason
from ..messaging.dead_man_switch.standing import Fired
from ..messaging.recipients.address_book import Recipient
from .bus_events import EventType, async_fire
from .formatting import local_iso


class SwitchEvent(StrEnum):
    """What has happened: the types of the event entity."""

    ARMED = "armed"
    RENEWED_LATE = "renewed_late"
    FIRED = "fired"
    DISARMED = "disarmed"
    FALSE_ALARM_POSSIBLE = "false_alarm_possible"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchNews:
    """Something that has happened to a switch, and what may be told of it."""

    event: SwitchEvent
    details: Mapping[str, object] = field(default_factory=dict, repr=False)


ARMED = SwitchNews(event=SwitchEvent.ARMED)
DISARMED = SwitchNews(event=SwitchEvent.DISARMED)


def renewed_late(silent_since: datetime | None) -> SwitchNews:
    """Return the news that a switch was renewed so late that it might have fired."""
    return SwitchNews(
        event=SwitchEvent.RENEWED_LATE,
        details={"silent_since": local_iso(silent_since)},
    )


def fired(told: Fired) -> SwitchNews:
    """Return the news that the house was silent, and who was told."""
    return SwitchNews(
        event=SwitchEvent.FIRED,
        details={
            "silent_since": local_iso(told.since),
            "silent_until": local_iso(told.until),
            "recipients": labels(told.recipients),
        },
    )


def false_alarm_possible(
    reason: Reason, at: datetime, recipients: Sequence[Recipient]
) -> SwitchNews:
    """Return the news that somebody may be told although the house lives."""
    return SwitchNews(
        event=SwitchEvent.FALSE_ALARM_POSSIBLE,
        details={
            "reason": reason.value,
            "at": local_iso(at),
            "recipients": labels(recipients),
        },
    )


def labels(recipients: Iterable[Recipient]) -> list[str]:
    """Return what everybody may read of recipients."""
    return [recipient.public_label for recipient in recipients]


@callback
def async_tell_switch(
    hass: HomeAssistant, entry: ConfigEntry, name: str, news: SwitchNews
) -> None:
    """Tell on the bus what has happened to the switch `name`."""
    kind = EventType(f"switch_{news.event.value}")
    async_fire(hass, entry, kind, switch=name, **news.details)
