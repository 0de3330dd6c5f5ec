"""What became of a submission, as far as nothing is looked up by it, as JSON knows it.

What is `None`, nothing or false is left out: most of it is, of most.

Whatever reads raises `KeyError`, `ValueError`, `TypeError`, `AttributeError` or
`decimal.InvalidOperation` for what is none.
"""

from collections.abc import Mapping
from typing import Any

from ...gateways.outcome import Outcome
from ..model.failure import Failure
from ..model.leg import Leg
from ..model.submission import SubmissionRecord
from .value_json import (
    amount,
    amount_to_json,
    delivery_from_json,
    delivery_to_json,
    failure_to_json,
    told,
)
from .values import length, span


def state_to_json(submission: SubmissionRecord) -> dict[str, Any]:
    """Return what is kept of a submission beside its columns."""
    return told(
        {
            **_result_to_json(submission),
            "name": submission.recipient.name,
            "sending_id": submission.sending_id,
            "attempts": submission.attempts,
            "was_refused": submission.was_refused or None,
            "sent_at_once": submission.sent_at_once or None,
            "legs": [*map(_leg_to_json, submission.legs)] or None,
        }
    )


def state_from_json(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a submission that `state_to_json` has kept, but for its name."""
    return {
        **_result_from_json(stored),
        "sending_id": stored.get("sending_id"),
        "attempts": stored["attempts"],
        "was_refused": stored.get("was_refused", False),
        "sent_at_once": stored.get("sent_at_once", False),
        "legs": tuple(map(_leg_from_json, stored.get("legs", ()))),
    }


def _leg_to_json(leg: Leg) -> dict[str, Any]:
    return told(
        {
            **_result_to_json(leg),
            "account": leg.account,
            "gateway": leg.gateway,
            "message_id": leg.message_id,
            "journal": leg.journal,
            "after": length(leg.after),
            "outcome": leg.outcome.value,
            "is_open": leg.is_open,
            "is_passed_on": leg.is_passed_on or None,
            "parts": [*leg.parts] or None,
            "parts_sent": leg.parts_sent or None,
        }
    )


def _leg_from_json(stored: Mapping[str, Any]) -> Leg:
    return Leg(
        **_result_from_json(stored),
        account=stored["account"],
        gateway=stored["gateway"],
        message_id=stored["message_id"],
        journal=stored["journal"],
        after=span(stored["after"]),
        outcome=Outcome(stored["outcome"]),
        is_open=stored["is_open"],
        is_passed_on=stored.get("is_passed_on", False),
        parts=tuple(stored.get("parts", ())),
        parts_sent=stored.get("parts_sent", 0),
    )


def _result_to_json(result: SubmissionRecord | Leg) -> dict[str, Any]:
    """Return what became of something, which is kept of a submission and of a leg."""
    return {
        "submission_id": result.submission_id,
        "segments": result.segments,
        "cost": amount_to_json(result.cost),
        "failure": result.failure and failure_to_json(result.failure),
        "delivery": result.delivery and delivery_to_json(result.delivery),
        "resent": result.resent or None,
    }


def _result_from_json(stored: Mapping[str, Any]) -> dict[str, Any]:
    failure, delivery = stored.get("failure"), stored.get("delivery")
    return {
        "submission_id": stored.get("submission_id"),
        "segments": stored.get("segments"),
        "cost": amount(stored.get("cost")),
        "failure": None if failure is None else Failure(**failure),
        "delivery": None if delivery is None else delivery_from_json(delivery),
        "resent": stored.get("resent", False),
    }
