"""When a new message joins one that waits, so that both are sent and paid once.

Each caller keeps an id of his own. Everything here is pure.
"""

from dataclasses import replace
from datetime import timedelta

from .record import LONGEST_LIFE, Joined, Kind, MessageRecord
from .transitions import mark_withdrawn


def may_join(record: MessageRecord) -> bool:
    """Return whether a message may be sent with another one at all.

    Not one for a planned hour, nor one of which something has been refused or may have
    left.
    """
    return (
        record.kind is Kind.MESSAGE
        and record.options.send_at is None
        and not record.options.test
        and not record.is_leg
        and is_wholly_unsent(record)
    )


def is_wholly_unsent(record: MessageRecord) -> bool:
    """Return whether all of a message still waits, and nothing of it may have left."""
    return all(
        submission.is_waiting and not submission.attempts and not submission.resent
        for submission in record.submissions
    )


def is_same(waiting: MessageRecord, new: MessageRecord) -> bool:
    """Return whether two messages ask for the same, apart from how long and how urgently.

    A number that goes by a name in only one of them is told otherwise in each.
    """
    return (
        waiting.text == new.text
        and waiting.sender == new.sender
        and waiting.on_unknown is new.on_unknown
        and waiting.options == new.options
        and waiting.parts == new.parts
        and waiting.too_long is new.too_long
        and _recipients(waiting) == _recipients(new)
    )


def can_join(waiting: MessageRecord, new: MessageRecord) -> bool:
    """Return whether a new message, which may join, can join one that waits."""
    return (
        is_same(waiting, new)
        and may_join(waiting)
        and _time_left(waiting, new) > timedelta()
    )


def joined_by(waiting: MessageRecord, new: MessageRecord) -> MessageRecord:
    """Return a waiting message once a new one has joined it.

    It is worth sending for as long as the new one, but for no longer than `LONGEST_LIFE`
    after it was created itself; and it is urgent if one of them is.
    """
    joined = Joined(
        message_id=new.message_id,
        created=new.created,
        time_to_live=min(new.time_to_live, _time_left(waiting, new)),
    )
    return replace(
        waiting,
        urgent=waiting.urgent or new.urgent,
        joined=tuple(sorted((*waiting.joined, joined), key=_age)),
    )


def seen_by(record: MessageRecord, message_id: str) -> MessageRecord:
    """Return a message as the caller with this id knows it; raises `KeyError`."""
    if message_id == record.message_id:
        return record
    first = Joined(
        message_id=record.message_id,
        created=record.created,
        time_to_live=record.time_to_live,
    )
    led = _led_by(record, message_id)
    return replace(led, joined=(first, *led.joined), leader=record.message_id)


def left_by(record: MessageRecord, message_id: str) -> MessageRecord:
    """Return what goes on of a message that others have joined without one of them.

    Without the first it goes on under the id of the oldest one.
    """
    if message_id == record.message_id:
        return _led_by(record, min(record.joined, key=_age).message_id)
    return replace(record, joined=_others(record, message_id))


def taken_out(record: MessageRecord, message_id: str) -> MessageRecord:
    """Return the message of one caller as it is kept for him once it is taken back."""
    own = replace(seen_by(record, message_id), joined=(), leader=None)
    return mark_withdrawn(own, [row.key for row in own.submissions])


def _led_by(record: MessageRecord, message_id: str) -> MessageRecord:
    """Return a message under the id of one that has joined it, without the first."""
    by_id = {joined.message_id: joined for joined in record.joined}
    own = by_id[message_id]
    return replace(
        record,
        message_id=own.message_id,
        created=own.created,
        time_to_live=own.time_to_live,
        joined=_others(record, message_id),
    )


def _others(record: MessageRecord, message_id: str) -> tuple[Joined, ...]:
    return tuple(each for each in record.joined if each.message_id != message_id)


def _time_left(waiting: MessageRecord, new: MessageRecord) -> timedelta:
    return waiting.created + LONGEST_LIFE - new.created


def _age(joined: Joined) -> tuple[object, ...]:
    return joined.created, joined.message_id


def _recipients(record: MessageRecord) -> set[tuple[str, bool]]:
    """Return the numbers of a message, and of each whether it goes by a name."""
    recipients = (submission.recipient for submission in record.submissions)
    return {(recipient.number, recipient.name is None) for recipient in recipients}
