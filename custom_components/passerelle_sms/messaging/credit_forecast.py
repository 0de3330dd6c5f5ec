"""When the credit ends, by what is really used."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from ..gateways.outcome import Outcome
from .model.record import MessageRecord
from .model.submission import SubmissionRecord

PERIOD: Final = timedelta(days=30)
"""How far back use is looked at: a month, with its four weekends and its one bill."""
SHORTEST_PERIOD: Final = timedelta(days=3)
"""Less tells nothing: an account's first day is one of trials."""
FEWEST_MESSAGES: Final = 3
"""Fewer are no pace."""
FARTHEST: Final = timedelta(days=5 * 365)
"""Beyond that nobody plans, and no credit of these gateways lives as long."""

_DAY: Final = timedelta(days=1)
# What is unknown may have been charged: rather warned too early than too late.
_USED: Final = frozenset({Outcome.ACCEPTED, Outcome.UNKNOWN})


def credit_ends(
    records: Iterable[MessageRecord], credits: Decimal, now: datetime
) -> date | None:
    """Return the day on which the credit ends, in the time zone of `now`.

    It ends as it was used over the last `PERIOD`, or since the oldest of `records`, all
    that the journal holds for the account, if that is shorter. A submission takes what
    the gateway told, otherwise a credit per segment.

    The pace is plain and linear. Alerts follow the weather and the power cuts: in a few
    dozen of them there is no trend and no rhythm of the week to be learned, and a
    cleverer curve would only jump about. A mean can be checked with a pencil.

    `None` is "not to be told": too short a time, too few messages, nothing used, or an
    end farther away than `FARTHEST`. Without credit the end is today.
    """
    if credits <= 0:
        return now.date()
    begin, used, messages = now, Decimal(0), 0
    for record in records:
        begin = min(begin, record.created)
        taken = [
            _credits_used(record, submission)
            for submission in record.submissions
            if _is_recent_use(record, submission, now)
        ]
        used += sum(taken)
        messages += bool(taken)
    period = min(PERIOD, now - begin)
    if period < SHORTEST_PERIOD or messages < FEWEST_MESSAGES or used <= 0:
        return None
    days = credits / used * Decimal(period / _DAY)
    if days > FARTHEST.days:
        return None
    return (now + timedelta(days=float(days))).date()


def is_low(
    credits: Decimal, threshold: Decimal, ends: date | None, today: date, days: int
) -> bool:
    """Return whether it is time to top up.

    That is so at `threshold` credits or below, and when they end, as `credit_ends`
    tells, at most `days` days from today.
    """
    if credits <= threshold:
        return True
    return ends is not None and ends - today <= timedelta(days=days)


def _is_recent_use(
    record: MessageRecord, submission: SubmissionRecord, now: datetime
) -> bool:
    at = submission.attempted or record.created
    return submission.outcome in _USED and now - PERIOD < at <= now


def _credits_used(record: MessageRecord, submission: SubmissionRecord) -> Decimal:
    if submission.cost is not None:
        return submission.cost
    return Decimal(record.segments_of(submission))
