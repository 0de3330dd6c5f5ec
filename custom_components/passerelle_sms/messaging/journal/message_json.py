"""A record as JSON knows it, and back."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ...gateways.model.delivery import DeliveryStatus
from ...gateways.model.message import Encoding
from ...gateways.model.options import SmsOptions
from ...gateways.outcome import Outcome
from ..model.record import (
    DeliveryState,
    Failure,
    Kind,
    MessageRecord,
    OnUnknown,
    Stage,
    SubmissionRecord,
)
from ..recipients.address_book import Recipient


def record_to_json(record: MessageRecord) -> dict[str, Any]:
    """Return a record as JSON knows it."""
    return {
        "message_id": record.message_id,
        "kind": record.kind.value,
        "created": record.created.isoformat(),
        "expires": record.expires.isoformat(),
        "text": record.text,
        "sender": record.sender,
        "encoding": record.encoding.value,
        "segments": record.segments,
        "on_unknown": record.on_unknown.value,
        "urgent": record.urgent,
        "options": _options_to_json(record.options),
        "submissions": [
            _submission_to_json(submission) for submission in record.submissions
        ],
    }


def record_from_json(stored: Mapping[str, Any]) -> MessageRecord:
    """Return the record that was stored.

    Raises:
        KeyError, ValueError, TypeError, AttributeError, decimal.InvalidOperation: it is
            none.

    """
    return MessageRecord(
        message_id=stored["message_id"],
        kind=Kind(stored.get("kind", Kind.MESSAGE)),
        created=datetime.fromisoformat(stored["created"]),
        expires=datetime.fromisoformat(stored["expires"]),
        text=stored["text"],
        sender=stored["sender"],
        encoding=Encoding(stored["encoding"]),
        segments=stored["segments"],
        on_unknown=OnUnknown(stored["on_unknown"]),
        urgent=stored["urgent"],
        options=_options_from_json(stored.get("options", {})),
        submissions=tuple(
            _submission_from_json(submission) for submission in stored["submissions"]
        ),
    )


def _options_to_json(options: SmsOptions) -> dict[str, Any]:
    """Return the options that ask for something: most messages have none."""
    told: dict[str, Any] = {name: getattr(options, name) for name in options.used}
    if options.send_at is not None:
        told["send_at"] = options.send_at.isoformat()
    if options.personalisation:
        told["personalisation"] = {
            number: dict(values) for number, values in options.personalisation.items()
        }
    if options.own:
        told["own"] = dict(options.own)
    return told


def _options_from_json(stored: Mapping[str, Any]) -> SmsOptions:
    return SmsOptions(**{**stored, "send_at": _time(stored.get("send_at"))})


def _submission_to_json(submission: SubmissionRecord) -> dict[str, Any]:
    failure = submission.failure
    return {
        "number": submission.recipient.number,
        "name": submission.recipient.name,
        "outcome": submission.outcome.value,
        "stage": submission.stage.value,
        "submission_id": submission.submission_id,
        "sending_id": submission.sending_id,
        "segments": submission.segments,
        "cost": None if submission.cost is None else str(submission.cost),
        "failure": failure
        and {
            "key": failure.key,
            "code": failure.code,
            "words": failure.words,
            "details": dict(failure.details),
        },
        "attempts": submission.attempts,
        "attempted": submission.attempted and submission.attempted.isoformat(),
        "balance_before": None
        if submission.balance_before is None
        else str(submission.balance_before),
        "resent": submission.resent,
        "delivery": submission.delivery and _delivery_to_json(submission.delivery),
    }


def _submission_from_json(stored: Mapping[str, Any]) -> SubmissionRecord:
    cost, before = stored["cost"], stored["balance_before"]
    failure, delivery = stored["failure"], stored.get("delivery")
    return SubmissionRecord(
        recipient=Recipient(number=stored["number"], name=stored["name"]),
        outcome=Outcome(stored["outcome"]),
        stage=Stage(stored["stage"]),
        submission_id=stored["submission_id"],
        sending_id=stored.get("sending_id"),
        segments=stored["segments"],
        cost=None if cost is None else Decimal(cost),
        failure=None if failure is None else Failure(**failure),
        attempts=stored["attempts"],
        attempted=_time(stored["attempted"]),
        balance_before=None if before is None else Decimal(before),
        resent=stored.get("resent", False),
        delivery=None if delivery is None else _delivery_from_json(delivery),
    )


def _delivery_to_json(delivery: DeliveryState) -> dict[str, Any]:
    return {
        "status": delivery.status.value,
        "code": delivery.code,
        "words": delivery.words,
        "at": delivery.at and delivery.at.isoformat(),
        "is_billed": delivery.is_billed,
        "is_told": delivery.is_announced,
    }


def _delivery_from_json(stored: Mapping[str, Any]) -> DeliveryState:
    return DeliveryState(
        **{
            **stored,
            "status": DeliveryStatus(stored["status"]),
            "at": _time(stored["at"]),
        }
    )


def _time(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored)
