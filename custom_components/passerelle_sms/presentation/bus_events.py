"""What an automation can act upon: told on Home Assistant's bus, once each.

Only public labels go there: the bus is heard by everything in the house. Home Assistant
lets no user listen to it who is no administrator, so an answer is told with its text.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_GATEWAY, EVENT, GATEWAY_RELAY
from ..gateways.outcome import Outcome
from ..messaging.journal.replies import StoredReply
from ..messaging.model.leg import Leg
from ..messaging.model.leg_history import last_passed_on_in_spite
from ..messaging.model.record import MessageRecord
from ..messaging.model.submission import Stage, SubmissionRecord
from ..messaging.recipients.address_book import Recipient, UnusableTarget
from .formatting import local_iso

type _Legs = tuple[tuple[str, str, str, str | None], ...]
"""Of each leg its gateway, its account's entry, its outcome, and the key of its error."""


class EventType(StrEnum):
    """What has happened."""

    REFUSED = "refused"
    """The gateway, the guard or another check of ours said no, to a message or to the
    account."""
    UNKNOWN = "unknown"
    """No evidence has settled the outcome: the user has to choose."""
    EXPIRED = "expired"
    """It ran out of time before it left."""
    PASSED_ON = "passed_on"
    """The next account of a relay sends what may have arrived already."""
    REPLY = "reply"
    """Somebody has answered a message."""
    LOW_BALANCE = "low_balance"
    """It is time to top up."""
    SWITCH_ARMED = "switch_armed"
    """A message of a dead man's switch stands for everybody."""
    SWITCH_RENEWED_LATE = "switch_renewed_late"
    """It was put off so late that it might have been sent."""
    SWITCH_FIRED = "switch_fired"
    """It was sent: the house was silent."""
    SWITCH_DISARMED = "switch_disarmed"
    """It is taken back."""
    SWITCH_FALSE_ALARM_POSSIBLE = "switch_false_alarm_possible"
    """It may be sent although the house lives."""


@callback
def async_tell_message(
    hass: HomeAssistant,
    entry: ConfigEntry,
    record: MessageRecord,
    submissions: Iterable[SubmissionRecord],
) -> None:
    """Tell that a message is held or did not leave for some recipients.

    An event per reason, for all those together who have asked for the same; at a relay per
    reason and legs. All parts for one recipient are told as the first of them.
    """
    news: dict[tuple[EventType, Outcome, str | None, _Legs], list[str]] = {}
    told: set[tuple[EventType, str]] = set()
    for submission in submissions:
        kind, recipient = _event_of(submission), submission.recipient
        if (kind, recipient.number) in told:
            continue
        told.add((kind, recipient.number))
        key = None if submission.failure is None else submission.failure.key
        reason = kind, submission.outcome, key, _told_of(submission.legs)
        news.setdefault(reason, []).append(recipient.public_label)
    for (kind, outcome, key, legs), recipients in news.items():
        async_fire(
            hass,
            entry,
            kind,
            message_id=record.message_id,
            recipients=recipients,
            outcome=outcome.value,
            key=key,
            **_legs(hass, entry, legs),
            **_joined(record),
            **_tag(record.options.tag),
        )


@callback
def async_tell_passed_on(
    hass: HomeAssistant,
    entry: ConfigEntry,
    record: MessageRecord,
    submissions: Iterable[SubmissionRecord],
) -> None:
    """Tell that the next account of a relay sends what may have arrived already.

    The first may have sent it and nobody knows, or has, and it was not delivered in time.
    An event per reason and legs, for all those together who have them in common.
    """
    news: dict[tuple[Outcome, str | None, _Legs], list[str]] = {}
    for submission in submissions:
        before = last_passed_on_in_spite(submission.legs)
        failure = None if before is None else before.failure
        key = None if failure is None else failure.key
        reason = submission.outcome, key, _told_of(submission.legs)
        news.setdefault(reason, []).append(submission.recipient.public_label)
    for (outcome, key, legs), recipients in news.items():
        async_fire(
            hass,
            entry,
            EventType.PASSED_ON,
            message_id=record.message_id,
            recipients=recipients,
            outcome=outcome.value,
            key=key,
            may_come_twice=True,
            **_legs(hass, entry, legs),
            **_joined(record),
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
    async_fire(
        hass,
        entry,
        EventType.REFUSED,
        message_id=message_id,
        recipients=[*recipients],
        outcome=outcome.value,
        key=key,
        **_legs(hass, entry, ()),
        **_tag(tag),
    )


@callback
def async_tell_low_balance(
    hass: HomeAssistant, entry: ConfigEntry, credits_left: Decimal, ends: date | None
) -> None:
    """Tell that it is time to top up, and when the credit ends if that can be told."""
    async_fire(
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
    async_fire(hass, entry, EventType.REPLY, text=reply.text, **details)


def _event_of(submission: SubmissionRecord) -> EventType:
    """Return what there is to tell of a submission that is held or did not leave."""
    if submission.stage is Stage.HELD:
        return EventType.UNKNOWN
    if submission.outcome is Outcome.REJECTED:
        return EventType.REFUSED
    return EventType.EXPIRED


def _joined(record: MessageRecord) -> dict[str, list[str]]:
    """Return the ids of the other messages that are sent with this one, if any."""
    return {"joined": [*record.joined_ids]} if record.joined else {}


def _told_of(legs: Sequence[Leg]) -> _Legs:
    """Return what everybody may read of legs."""
    return tuple(
        (
            leg.gateway,
            leg.account,
            leg.outcome.value,
            None if leg.failure is None else leg.failure.key,
        )
        for leg in legs
    )


@callback
def _legs(
    hass: HomeAssistant, entry: ConfigEntry, legs: _Legs
) -> dict[str, list[dict[str, str | None]]]:
    """Return through which accounts a relay has tried; of an account's nothing is told.

    An account by its title, as long as it has an entry.
    """
    if entry.data.get(CONF_GATEWAY) != GATEWAY_RELAY:
        return {}
    entries = hass.config_entries
    return {
        "legs": [
            {
                "gateway": gateway,
                "account": known.title
                if (known := entries.async_get_entry(account))
                else None,
                "outcome": outcome,
                "key": key,
            }
            for gateway, account, outcome, key in legs
        ]
    }


def _tag(tag: str | None) -> dict[str, str]:
    """Return by what the message can be found, if it has a tag."""
    return {} if tag is None else {"tag": tag}


@callback
def async_fire(
    hass: HomeAssistant, entry: ConfigEntry, kind: EventType, **details: object
) -> None:
    """Tell something about an account or a relay."""
    hass.bus.async_fire(
        EVENT,
        {
            "type": kind.value,
            "config_entry_id": entry.entry_id,
            "account": entry.title,
            **details,
        },
    )
