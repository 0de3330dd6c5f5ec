"""What became of a submission, as far as nothing is looked up by it, as JSON knows it.

What is `None` is left out of a submission: most of it is, of most.

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
            "name": submission.recipient.name,
            "submission_id": submission.submission_id,
            "sending_id": submission.sending_id,
            "segments": submission.segments,
            "cost": amount_to_json(submission.cost),
            "failure": submission.failure and failure_to_json(submission.failure),
            "attempts": submission.attempts,
            "resent": submission.resent,
            "was_refused": submission.was_refused,
            "sent_at_once": submission.sent_at_once or None,
            "delivery": submission.delivery and delivery_to_json(submission.delivery),
            "legs": [*map(leg_to_json, submission.legs)] or None,
        }
    )


def state_from_json(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a submission that `state_to_json` has kept, but for its name."""
    failure, delivery = stored.get("failure"), stored.get("delivery")
    return {
        "submission_id": stored.get("submission_id"),
        "sending_id": stored.get("sending_id"),
        "segments": stored.get("segments"),
        "cost": amount(stored.get("cost")),
        "failure": None if failure is None else Failure(**failure),
        "attempts": stored["attempts"],
        "resent": stored.get("resent", False),
        "was_refused": stored.get("was_refused", False),
        "sent_at_once": stored.get("sent_at_once", False),
        "delivery": None if delivery is None else delivery_from_json(delivery),
        "legs": tuple(map(leg_from_json, stored.get("legs", ()))),
    }


def leg_to_json(leg: Leg) -> dict[str, Any]:
    """Return what is kept of one hand-over to an account."""
    return told(
        {
            "account": leg.account,
            "gateway": leg.gateway,
            "message_id": leg.message_id,
            "journal": leg.journal,
            "after": length(leg.after),
            "outcome": leg.outcome.value,
            "is_open": leg.is_open,
            "failure": leg.failure and failure_to_json(leg.failure),
            "submission_id": leg.submission_id,
            "segments": leg.segments,
            "cost": amount_to_json(leg.cost),
            "delivery": leg.delivery and delivery_to_json(leg.delivery),
            "is_passed_on": leg.is_passed_on or None,
            "resent": leg.resent or None,
            "parts": [*leg.parts] or None,
            "parts_sent": leg.parts_sent or None,
        }
    )


def leg_from_json(stored: Mapping[str, Any]) -> Leg:
    """Return what `leg_to_json` has kept."""
    failure, delivery = stored.get("failure"), stored.get("delivery")
    return Leg(
        account=stored["account"],
        gateway=stored["gateway"],
        message_id=stored["message_id"],
        journal=stored["journal"],
        after=span(stored["after"]),
        outcome=Outcome(stored["outcome"]),
        is_open=stored["is_open"],
        failure=None if failure is None else Failure(**failure),
        submission_id=stored.get("submission_id"),
        segments=stored.get("segments"),
        cost=amount(stored.get("cost")),
        delivery=None if delivery is None else delivery_from_json(delivery),
        is_passed_on=stored.get("is_passed_on", False),
        resent=stored.get("resent", False),
        parts=tuple(stored.get("parts", ())),
        parts_sent=stored.get("parts_sent", 0),
    )
