"""What an automation can act upon: told on Home Assistant's bus, once each.

Only public labels go there: the bus is heard by everything in the house.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import EVENT
from ..gateways.outcome import Outcome
from ..messaging.model.record import MessageRecord, Stage, SubmissionRecord


class EventType(StrEnum):
    """What has happened."""

    REFUSED = "refused"
    """The gateway, the guard or another check of ours said no."""
    UNKNOWN = "unknown"
    """No evidence has settled the outcome: the user has to choose."""
    EXPIRED = "expired"
    """It ran out of time before it left."""
    LOW_BALANCE = "low_balance"
    """It is time to top up."""


class MessageEvents:
    """Tells what becomes of the messages of an account, each turn once."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Tell of messages of the account `entry`."""
        self._hass = hass
        self._entry = entry
        self._begun = dt_util.utcnow()
        self._known: dict[str, MessageRecord] = {}

    @callback
    def async_follow(self, record: MessageRecord) -> None:
        """Tell what is new about a message.

        What an earlier run has left behind was told by that run: it is only noted.
        """
        earlier = self._known.get(record.message_id)
        if earlier is None and record.created < self._begun:
            earlier = record
        if record.is_closed:
            self._known.pop(record.message_id, None)
        else:
            self._known[record.message_id] = record
        news: dict[tuple[EventType, str | None], list[str]] = {}
        for submission in record.submissions:
            kind = _event_of(submission)
            known = earlier and _event_of(earlier.find(submission.recipient.number))
            if kind is not None and kind is not known:
                key = None if submission.failure is None else submission.failure.key
                news.setdefault((kind, key), []).append(
                    submission.recipient.public_label
                )
        for (kind, key), recipients in news.items():
            _fire(
                self._hass,
                self._entry,
                kind,
                message_id=record.message_id,
                recipients=recipients,
                key=key,
            )


@callback
def async_tell_refused(
    hass: HomeAssistant,
    entry: ConfigEntry,
    key: str,
    recipients: Iterable[str],
    message_id: str | None = None,
) -> None:
    """Tell what was refused before it came into the outbox, for whom, by an error's key."""
    _fire(
        hass,
        entry,
        EventType.REFUSED,
        message_id=message_id,
        recipients=[*recipients],
        key=key,
    )


@callback
def async_tell_low_balance(
    hass: HomeAssistant, entry: ConfigEntry, credits_left: Decimal, ends: date | None
) -> None:
    """Tell that it is time to top up, and when the credit ends if that can be told."""
    _fire(
        hass,
        entry,
        EventType.LOW_BALANCE,
        credits=float(credits_left),
        credit_ends=None if ends is None else ends.isoformat(),
    )


def _event_of(submission: SubmissionRecord) -> EventType | None:
    """Return what there is to tell of a submission as it is."""
    if submission.stage is Stage.HELD:
        return EventType.UNKNOWN
    if submission.stage is Stage.CLOSED and submission.outcome is Outcome.REJECTED:
        return EventType.REFUSED
    if submission.outcome is Outcome.EXPIRED:
        return EventType.EXPIRED
    return None


@callback
def _fire(
    hass: HomeAssistant, entry: ConfigEntry, kind: EventType, **details: object
) -> None:
    hass.bus.async_fire(
        EVENT,
        {
            "type": kind.value,
            "config_entry_id": entry.entry_id,
            "account": entry.title,
            **details,
        },
    )
