"""The row of a switch as the journal keeps it, and back."""

from collections.abc import Mapping
from datetime import UTC, datetime
import json
from typing import Any

from ..journal.value_json import failure_to_json, told
from ..journal.values import to_text
from ..model.failure import Failure
from ..recipients.address_book import Recipient
from .standing import Fired, FollowUp, Standing, SwitchState


def state_to_json(state: SwitchState) -> str:
    """Return all that is kept of a switch as a text."""
    return to_text(
        told(
            {
                "is_armed": state.is_armed,
                "standing": [*map(_standing_to_json, state.standing)],
                "last_number": state.last_number,
                "last_since": _moment_to_json(state.last_since),
                "renewed": _moment_to_json(state.renewed),
                "refused": sorted(state.refused),
                "failure": state.failure and failure_to_json(state.failure),
                "was_sent_early": state.was_sent_early,
                "restored_until": _moment_to_json(state.restored_until),
                "epoch": state.epoch,
                "fired": state.fired and _fired_to_json(state.fired),
                "follow_up": state.follow_up and _follow_up_to_json(state.follow_up),
            }
        )
    )


def state_from_json(stored: str) -> SwitchState:
    """Return the row that `state_to_json` has written.

    Raises:
        One of `UNREADABLE`: it is none.

    """
    row = _as(dict, json.loads(stored))
    failure, fired = row.get("failure"), row.get("fired")
    follow_up = row.get("follow_up")
    return SwitchState(
        is_armed=_as(bool, row["is_armed"]),
        standing=tuple(map(_standing, _as(list, row["standing"]))),
        last_number=_as(int, row["last_number"]),
        last_since=_moment_or_none(row.get("last_since")),
        renewed=_moment_or_none(row.get("renewed")),
        refused=frozenset(_as(str, number) for number in _as(list, row["refused"])),
        failure=None if failure is None else _failure(failure),
        was_sent_early=_as(bool, row["was_sent_early"]),
        restored_until=_moment_or_none(row.get("restored_until")),
        epoch=_text_or_none(row.get("epoch")),
        fired=None if fired is None else _fired(fired),
        follow_up=None if follow_up is None else _follow_up(follow_up),
    )


def _standing_to_json(message: Standing) -> dict[str, Any]:
    return told(
        {
            "number": message.number,
            "account": message.account,
            "recipients": _recipients_to_json(message.recipients),
            "text": message.text,
            "sender": message.sender,
            "since": _moment_to_json(message.since),
            "fires_at": _moment_to_json(message.fires_at),
            "submission_id": message.submission_id,
            "is_sure": message.is_sure,
            "was_cancelled": message.was_cancelled,
            "failure": message.failure and failure_to_json(message.failure),
            "must_stay": message.must_stay,
            "is_announced": message.is_announced,
        }
    )


def _standing(stored: object) -> Standing:
    row = _as(dict, stored)
    failure = row.get("failure")
    return Standing(
        number=_as(int, row["number"]),
        account=_as(str, row["account"]),
        recipients=_recipients(row["recipients"]),
        text=_as(str, row["text"]),
        sender=_text_or_none(row.get("sender")),
        since=_moment(row["since"]),
        fires_at=_moment(row["fires_at"]),
        submission_id=_text_or_none(row.get("submission_id")),
        is_sure=_as(bool, row["is_sure"]),
        was_cancelled=_as(bool, row["was_cancelled"]),
        failure=None if failure is None else _failure(failure),
        must_stay=_as(bool, row["must_stay"]),
        is_announced=_as(bool, row["is_announced"]),
    )


def _fired_to_json(fired: Fired) -> dict[str, Any]:
    return {
        "since": _moment_to_json(fired.since),
        "until": _moment_to_json(fired.until),
        "recipients": _recipients_to_json(fired.recipients),
    }


def _fired(stored: object) -> Fired:
    row = _as(dict, stored)
    return Fired(
        since=_moment(row["since"]),
        until=_moment(row["until"]),
        recipients=_recipients(row["recipients"]),
    )


def _follow_up_to_json(follow_up: FollowUp) -> dict[str, Any]:
    return {
        "message_id": follow_up.message_id,
        "recipients": _recipients_to_json(follow_up.recipients),
    }


def _follow_up(stored: object) -> FollowUp:
    row = _as(dict, stored)
    return FollowUp(
        message_id=_as(str, row["message_id"]),
        recipients=_recipients(row["recipients"]),
    )


def _recipients_to_json(recipients: tuple[Recipient, ...]) -> list[list[str | None]]:
    return [[recipient.number, recipient.name] for recipient in recipients]


def _recipients(stored: object) -> tuple[Recipient, ...]:
    return tuple(
        Recipient(number=_as(str, number), name=_text_or_none(name))
        for number, name in (_as(list, row) for row in _as(list, stored))
    )


def _failure(stored: object) -> Failure:
    row: Mapping[str, object] = _as(dict, stored)
    details = _as(dict, row["details"])
    return Failure(
        key=_as(str, row["key"]),
        code=_text_or_none(row.get("code")),
        words=_text_or_none(row.get("words")),
        details={name: _as(str, value) for name, value in details.items()},
    )


def _moment_to_json(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _moment(stored: object) -> datetime:
    """Return a moment in UTC; raises `ValueError` without a time zone."""
    moment = datetime.fromisoformat(_as(str, stored))
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC)


def _moment_or_none(stored: object) -> datetime | None:
    return None if stored is None else _moment(stored)


def _text_or_none(stored: object) -> str | None:
    return None if stored is None else _as(str, stored)


def _as[T](kind: type[T], stored: object) -> T:
    """Return what is of exactly this kind: `true` is no number.

    Raises `TypeError`, in which nothing of it stands: it may be private.
    """
    if type(stored) is not kind or not isinstance(stored, kind):
        raise TypeError(f"no {kind.__name__}")
    return stored
