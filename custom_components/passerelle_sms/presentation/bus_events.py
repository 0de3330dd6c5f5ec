"""What an automation can act upon: told on Home Assistant's bus, once each.

Only public labels go there: the bus is heard by everything in the house. Home Assistant
lets no user listen to it who is no administrator, so an answer is told with its text.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import EVENT
from ..gateways.outcome import Outcome
from ..messaging.journal.replies import StoredReply
from ..messaging.model.record import MessageRecord
from ..messaging.model.submission import Stage, SubmissionRecord
from ..messaging.recipients.address_book import Recipient, UnusableTarget
from .formatting import local_iso


class EventType(StrEnum):
    """What has happened."""

    REFUSED = "refused"
    """The gateway, the guard or another check of ours said no, to a message or to the
    account."""
    UNKNOWN = "unknown"
    """No evidence has settled the outcome: the user has to choose."""
    EXPIRED = "expired"
    """It ran out of time before it left."""
    REPLY = "reply"
    """Somebody has answered a message."""
    LOW_BALANCE = "low_balance"
    """It is time to top up."""


@callback
def async_tell_message(
    hass: HomeAssistant,
    entry: ConfigEntry,
    record: MessageRecord,
    submissions: Iterable[SubmissionRecord],
) -> None:
    """Tell that a message is held or did not leave for some recipients.

    An event per reason, for all those together who have asked for the same. All parts for
    one recipient are told as the first of them.
    """
    joined = {"joined": [*record.joined_ids]} if record.joined else {}
    news: dict[tuple[EventType, Outcome, str | None], list[str]] = {}
    told: set[tuple[EventType, str]] = set()
    for submission in submissions:
        kind, recipient = _event_of(submission), submission.recipient
        if (kind, recipient.number) in told:
            continue
        told.add((kind, recipient.number))
        key = None if submission.failure is None else submission.failure.key
        reason = kind, submission.outcome, key
        news.setdefault(reason, []).append(recipient.public_label)
    for (kind, outcome, key), recipients in news.items():
        _fire(
            hass,
            entry,
            kind,
            message_id=record.message_id,
            recipients=recipients,
            outcome=outcome.value,
            key=key,
            **joined,
            **_tag(record.options.tag),
        )


@callback
def async_tell_refused(
    hass: HomeAssistant,
    entry: ConfigEntry,
    key: str,
    recipients: Iterable[str],
    message_id: str | None = None,
    outcome: Outcome = Outcome.REJECTED,
    tag: str | None = None,
) -> None:
    """Tell what was refused beside the outbox, for whom, by an error's key.

    Before it came in; or it is in, and `queued` as only the account was refused.
    """
    _fire(
        hass,
        entry,
        EventType.REFUSED,
        message_id=message_id,
        recipients=[*recipients],
        outcome=outcome.value,
        key=key,
        **_tag(tag),
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


def reply_details(
    reply: StoredReply, sender: Recipient | UnusableTarget
) -> dict[str, object]:
    """Return what everybody may read of an answer: not what was written.

    `known` says whether it came from a recipient: a text alone proves nothing about that.
    """
    return {
        "message_id": reply.message_id,
        "recipient": sender.public_label,
        "known": isinstance(sender, Recipient) and sender.name is not None,
        "at": local_iso(reply.at),
    }


@callback
def async_tell_reply(
    hass: HomeAssistant,
    entry: ConfigEntry,
    reply: StoredReply,
    sender: Recipient | UnusableTarget,
) -> None:
    """Tell that somebody has answered, and what."""
    details = reply_details(reply, sender)
    _fire(hass, entry, EventType.REPLY, text=reply.text, **details)


def _event_of(submission: SubmissionRecord) -> EventType:
    """Return what there is to tell of a submission that is held or did not leave."""
    if submission.stage is Stage.HELD:
        return EventType.UNKNOWN
    if submission.outcome is Outcome.REJECTED:
        return EventType.REFUSED
    return EventType.EXPIRED


def _tag(tag: str | None) -> dict[str, str]:
    """Return by what the message can be found, if it has a tag."""
    return {} if tag is None else {"tag": tag}


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
