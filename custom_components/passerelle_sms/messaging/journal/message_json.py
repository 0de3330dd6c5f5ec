"""What of a message nothing is looked up by, as JSON knows it, and back.

What is `None` is left out of a submission: most of it is, of most.

Whatever reads raises `KeyError`, `ValueError`, `TypeError`, `AttributeError` or
`decimal.InvalidOperation` for what is none.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ...gateways.model.delivery import DeliveryStatus
from ...gateways.model.options import SmsOptions
from ..model.parts import Parts
from ..model.record import MessageRecord
from ..model.submission import DeliveryState, Failure, SubmissionRecord


def header_to_json(record: MessageRecord) -> dict[str, Any]:
    """Return what all recipients of a message have in common."""
    return {
        "kind": record.kind.value,
        "text": record.text,
        "sender": record.sender,
        "encoding": record.encoding.value,
        "segments": record.segments,
        "on_unknown": record.on_unknown.value,
        "options": _options_to_json(record.options),
        **({"is_kept": True} if record.is_kept else {}),
        **({"parts": _parts_to_json(record.parts)} if record.parts else {}),
    }


def parts_from_json(stored: Mapping[str, Any]) -> Parts:
    """Return the parts in a header, if its message has any."""
    parts = stored.get("parts", {"common": [], "own": {}})
    own = {number: _texts(texts) for number, texts in parts["own"].items()}
    return Parts(common=_texts(parts["common"]), own=own)


def _parts_to_json(parts: Parts) -> dict[str, Any]:
    return {
        "common": [*parts.common],
        "own": {number: [*texts] for number, texts in parts.own.items()},
    }


def _texts(stored: list[str]) -> tuple[str, ...]:
    if not all(isinstance(text, str) for text in stored):
        raise TypeError("a part is no text")
    return tuple(stored)


def options_from_json(
    stored: Mapping[str, Any], send_at: datetime | None
) -> SmsOptions:
    """Return the options that were stored, with the hour that is looked up."""
    return SmsOptions(**stored, send_at=send_at)


def _options_to_json(options: SmsOptions) -> dict[str, Any]:
    """Return the options that ask for something: most messages have none."""
    used = {name: getattr(options, name) for name in options.used if name != "send_at"}
    if options.personalisation:
        used["personalisation"] = {
            number: dict(values) for number, values in options.personalisation.items()
        }
    if options.texts:
        used["texts"] = dict(options.texts)
    if options.own:
        used["own"] = dict(options.own)
    return used


def state_to_json(submission: SubmissionRecord) -> dict[str, Any]:
    """Return what is kept of a submission beside its columns."""
    return _told(
        {
            "name": submission.recipient.name,
            "submission_id": submission.submission_id,
            "sending_id": submission.sending_id,
            "segments": submission.segments,
            "cost": _amount_to_json(submission.cost),
            "failure": submission.failure and _failure_to_json(submission.failure),
            "attempts": submission.attempts,
            "resent": submission.resent,
            "was_refused": submission.was_refused,
            "sent_at_once": submission.sent_at_once or None,
            "delivery": submission.delivery and _delivery_to_json(submission.delivery),
        }
    )


def state_from_json(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a submission that `state_to_json` has kept, but for its name."""
    failure, delivery = stored.get("failure"), stored.get("delivery")
    return {
        "submission_id": stored.get("submission_id"),
        "sending_id": stored.get("sending_id"),
        "segments": stored.get("segments"),
        "cost": _amount(stored.get("cost")),
        "failure": None if failure is None else Failure(**failure),
        "attempts": stored["attempts"],
        "resent": stored.get("resent", False),
        "was_refused": stored.get("was_refused", False),
        "sent_at_once": stored.get("sent_at_once", False),
        "delivery": None if delivery is None else _delivery_from_json(delivery),
    }


def _failure_to_json(failure: Failure) -> dict[str, Any]:
    return _told(
        {
            "key": failure.key,
            "code": failure.code,
            "words": failure.words,
            "details": dict(failure.details),
        }
    )


def _delivery_to_json(delivery: DeliveryState) -> dict[str, Any]:
    return _told(
        {
            "status": delivery.status.value,
            "code": delivery.code,
            "words": delivery.words,
            "at": delivery.at and delivery.at.isoformat(),
            "is_billed": delivery.is_billed,
            "is_announced": delivery.is_announced,
        }
    )


def _delivery_from_json(stored: Mapping[str, Any]) -> DeliveryState:
    at = stored.get("at")
    return DeliveryState(
        **{
            **stored,
            "status": DeliveryStatus(stored["status"]),
            "at": None if at is None else datetime.fromisoformat(at),
        }
    )


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _amount_to_json(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _amount(stored: str | None) -> Decimal | None:
    return None if stored is None else Decimal(stored)
