"""The day on which the credit ends."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.credit_forecast import (
    credit_ends,
    is_low,
)
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
TODAY = NOW.date()


def message(
    days: float,
    outcome: Outcome = Outcome.ACCEPTED,
    *,
    cost: str | None = None,
    billed: int | None = None,
    segments: int = 1,
    attempted: float | None = None,
    numbers: tuple[str, ...] = (MAMAN,),
) -> MessageRecord:
    """Return a message created, and attempted, so many days ago."""
    created = NOW - timedelta(days=days)
    return MessageRecord(
        message_id=f"{days}",
        created=created,
        time_to_live=timedelta(hours=1),
        text="Fuite !",
        sender=None,
        encoding=Encoding.GSM7,
        segments=segments,
        submissions=Submissions(
            SubmissionRecord(
                recipient=Recipient(number=number),
                outcome=outcome,
                cost=None if cost is None else Decimal(cost),
                segments=billed,
                attempted=None
                if attempted is None
                else NOW - timedelta(days=attempted),
            )
            for number in numbers
        ),
    )


def daily(days: int) -> list[MessageRecord]:
    """Return one message a day, the oldest so many days ago."""
    return [message(age) for age in range(1, days + 1)]


@pytest.mark.parametrize(
    ("records", "credit", "days"),
    [
        # One a day over 10 days of an account's life: 20 credits last 20 days.
        (daily(10), "20", 20),
        # Over a month, whatever was before it: 29 fall into the last 30 days.
        (daily(300), "29", 30),
        # A submission per recipient.
        ([message(age, numbers=(MAMAN, PAPA)) for age in (1, 5, 6)], "6", 6),
        # The cost where it is told, then the segments billed, then those counted.
        ([message(age, cost="0.5", billed=7) for age in (1, 2, 3)], "10", 20),
        ([message(age, billed=2, segments=7) for age in (1, 2, 3)], "10", 5),
        ([message(age, segments=5) for age in (1, 2, 3)], "10", 2),
        # What is unknown may have been charged, what was refused has not.
        ([message(age, Outcome.UNKNOWN) for age in (1, 2, 3)], "10", 10),
        ([*daily(3), message(10, Outcome.REJECTED)], "3", 10),
        ([*daily(3), message(2, Outcome.NOT_SENT, cost="9")], "3", 3),
        ([*daily(3), message(2, Outcome.EXPIRED), message(2, Outcome.QUEUED)], "3", 3),
        # It was used when it was sent, not when it was written.
        ([*daily(3), message(31, attempted=29)], "4", 30),
        ([*daily(3), message(31)], "3", 30),
        # The clock was ahead then.
        ([*daily(3), message(-9)], "3", 3),
        # Less than a day's worth, and none at all.
        (daily(10), "0.4", 0),
        (daily(10), "0", 0),
        ([], "-1", 0),
        # Three days and three messages are the least, five years the most.
        (daily(3), "1825", 1825),
        (daily(3), "1826", None),
        ([message(2.99), message(2), message(1)], "10", None),
        (daily(2), "10", None),
        ([message(3, numbers=(MAMAN, PAPA)), message(1)], "10", None),
        ([message(age, cost="0") for age in (1, 2, 3)], "10", None),
        ([message(age) for age in (31, 32, 33)], "10", None),
        ([], "10", None),
    ],
)
def test_ends(records: list[MessageRecord], credit: str, days: int | None) -> None:
    """By the mean use of the last month, or nothing is told."""
    ends = credit_ends(records, Decimal(credit), NOW)

    assert ends == (None if days is None else TODAY + timedelta(days=days))


def test_the_day_is_the_callers() -> None:
    """At noon in Greenwich it is the next day far in the east."""
    far_east = NOW.astimezone(timezone(timedelta(hours=14)))

    assert credit_ends(daily(3), Decimal(0), far_east) == date(2026, 11, 2)
    assert credit_ends(daily(3), Decimal(1), far_east) == date(2026, 11, 3)


@given(
    ages=st.lists(st.floats(0, 90), max_size=20),
    credit=st.decimals("0.01", "5000", places=2),
    more=st.decimals("0", "5000", places=2),
)
def test_more_credit_never_ends_earlier(
    ages: list[float], credit: Decimal, more: Decimal
) -> None:
    """And no end lies in the past."""
    records = [message(age) for age in ages]
    ends = credit_ends(records, credit, NOW)
    later = credit_ends(records, credit + more, NOW)

    assert ends is None or ends >= TODAY
    assert later is None or (ends is not None and later >= ends)


@pytest.mark.parametrize(
    ("credit", "ends", "low"),
    [
        (51, None, False),
        (50, None, True),
        (-1, None, True),
        (51, 8, False),
        (51, 7, True),
        (51, 0, True),
        (51, -1, True),
    ],
)
def test_is_low(credit: int, ends: int | None, low: bool) -> None:
    """At the threshold, or a week before the end."""
    day = None if ends is None else TODAY + timedelta(days=ends)

    assert is_low(Decimal(credit), Decimal(50), day, TODAY, 7) is low
