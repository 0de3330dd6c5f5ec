"""What the legs of a relay's message come to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.messaging.model.leg import Leg
from custom_components.passerelle_sms.messaging.model.leg_history import (
    is_risked_next,
    last_passed_on_in_spite,
    leg_that_counts,
    may_come_twice,
)

LEG = Leg(
    account="0",
    gateway="smseco",
    message_id="01M7W4EX1X",
    journal="a",
    after=timedelta(),
)


def legs(*outcomes: Outcome) -> list[Leg]:
    """Return legs by what became of them, each at an account of its own."""
    return [
        replace(LEG, account=str(number), outcome=outcome)
        for number, outcome in enumerate(outcomes)
    ]


@pytest.mark.parametrize(
    ("outcomes", "account"),
    [
        ((), None),
        ((Outcome.NOT_SENT, Outcome.REJECTED), "1"),
        ((Outcome.NOT_SENT, Outcome.UNKNOWN), "1"),
        ((Outcome.UNKNOWN, Outcome.REJECTED), "0"),
        ((Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.NOT_SENT), "1"),
        ((Outcome.ACCEPTED, Outcome.UNKNOWN), "0"),
        ((Outcome.UNKNOWN, Outcome.ACCEPTED, Outcome.REJECTED), "1"),
        ((Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.NOT_SENT), "1"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else value,
)
def test_the_last_accepted_leg_counts(
    outcomes: tuple[Outcome, ...], account: str | None
) -> None:
    """Else the last in doubt, else the last one; and none before there is any."""
    found = leg_that_counts(legs(*outcomes))

    assert (None if found is None else found.account) == account


def test_the_leg_that_has_arrived_counts_before_a_later_one() -> None:
    """It was only late."""
    first, second = legs(Outcome.ACCEPTED, Outcome.ACCEPTED)
    lost = DeliveryState(status=DeliveryStatus.UNDELIVERED)
    here = DeliveryState(status=DeliveryStatus.DELIVERED)

    arrived = leg_that_counts([replace(first, delivery=here), second])
    not_arrived = leg_that_counts([replace(first, delivery=lost), second])

    assert arrived is not None
    assert arrived.account == "0"
    assert not_arrived == second


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.ACCEPTED, True),
        (Outcome.UNKNOWN, True),
        (Outcome.NOT_SENT, False),
        (Outcome.REJECTED, False),
    ],
)
@pytest.mark.parametrize("later", [Outcome.ACCEPTED, Outcome.UNKNOWN])
def test_it_may_come_twice_where_two_legs_may_have_left(
    outcome: Outcome, later: Outcome, expected: bool
) -> None:
    """What provably has not left is passed on without that."""
    assert may_come_twice(legs(outcome, Outcome.NOT_SENT, later)) is expected


@pytest.mark.parametrize(
    "outcomes", [(), (Outcome.UNKNOWN,), (Outcome.UNKNOWN, Outcome.REJECTED)]
)
def test_nothing_comes_twice_that_left_once_at_most(
    outcomes: tuple[Outcome, ...],
) -> None:
    """Whoever else was asked."""
    assert may_come_twice(legs(*outcomes)) is False


def test_the_last_that_was_passed_on_in_spite_of_a_doubt() -> None:
    """Neither one that was refused after it, nor the one that has its place now."""
    passed_on = [
        replace(leg, is_passed_on=True)
        for leg in legs(Outcome.UNKNOWN, Outcome.ACCEPTED, Outcome.REJECTED)
    ]
    last = replace(LEG, account="last")

    found = last_passed_on_in_spite([*passed_on, last])

    assert found is not None
    assert found.account == "1"
    assert last_passed_on_in_spite([last]) is None


@pytest.mark.parametrize(
    ("outcome", "is_risked"),
    [
        (Outcome.ACCEPTED, True),
        (Outcome.UNKNOWN, True),
        (Outcome.NOT_SENT, False),
        (Outcome.REJECTED, False),
    ],
)
def test_the_next_leg_is_risked_once_for_each_that_may_have_left(
    outcome: Outcome, is_risked: bool
) -> None:
    """Not for what the user has had sent again."""
    [leg] = legs(outcome)
    [not_sent] = legs(Outcome.NOT_SENT)

    assert is_risked_next([leg, not_sent]) is is_risked
    assert not is_risked_next([replace(leg, is_passed_on=True), not_sent])
    assert not is_risked_next([replace(leg, resent=True)])
    assert not is_risked_next([])
