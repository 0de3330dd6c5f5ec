"""What may be charged for what stands at a gateway, and when."""

from datetime import timedelta

import pytest

from custom_components.passerelle_sms.messaging.reconciliation.books import Charge
from custom_components.passerelle_sms.messaging.reconciliation.standing_charges import (
    StandingCharges,
)
from tests.messaging.fake_clock import START, FakeClock

MINUTE = timedelta(minutes=1)
HOUR = START + timedelta(hours=1)
ONE = "one"


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@pytest.fixture
def standing(clock: FakeClock) -> StandingCharges:
    """Return the charges of a message that has just been taken for in an hour."""
    standing = StandingCharges(clock)
    standing.stand(ONE, tariff="33", segments=2, hour=HOUR)
    return standing


def pass_time(clock: FakeClock, standing: StandingCharges, minutes: int) -> None:
    """Let time pass, and a period begin then."""
    clock.tick(minutes * MINUTE)
    standing.begin_period()


def dues(standing: StandingCharges) -> list[bool]:
    """Return of each charge that is possible whether nothing more can come of it."""
    return [charge.is_due for charge in standing.charges()]


def test_it_is_possible_only(standing: StandingCharges) -> None:
    """As whatever a gateway keeps, and is no message's."""
    [charge] = standing.charges()

    assert charge == Charge(
        key=charge.key, tariff="33", segments=2, possible=1, is_planned=True
    )
    assert charge.key[0] == "standing"


def test_each_has_a_key_of_its_own(standing: StandingCharges) -> None:
    """It keeps it, however often it is entered."""
    before = {charge.key for charge in standing.charges()}
    standing.stand(ONE, tariff="33", segments=2, hour=HOUR)
    assert {charge.key for charge in standing.charges()} == before

    standing.stand("two", tariff="33", segments=2, hour=HOUR)

    assert len({charge.key for charge in standing.charges()}) == len(standing) == 2


def test_it_stays_a_charge_of_the_period_in_which_it_was_taken(
    clock: FakeClock, standing: StandingCharges
) -> None:
    """Until the balance is told, however late."""
    clock.tick(9 * MINUTE)
    assert dues(standing) == [False]
    clock.tick(30 * MINUTE)
    assert dues(standing) == [True]

    standing.begin_period()

    assert dues(standing) == []
    assert standing.knows(ONE)


def test_a_period_that_begins_too_soon_carries_it(
    clock: FakeClock, standing: StandingCharges
) -> None:
    """Its charge may still come."""
    pass_time(clock, standing, 9)
    assert dues(standing) == [False]
    pass_time(clock, standing, 1)
    assert dues(standing) == []


def test_a_balance_tells_of_the_moment_when_it_was_asked_for(
    clock: FakeClock, standing: StandingCharges
) -> None:
    """What may be charged since may come in the period that it begins."""
    clock.tick(11 * MINUTE)
    [charge] = standing.charges(2 * MINUTE)
    assert not charge.is_due

    standing.begin_period(2 * MINUTE)
    assert dues(standing) == [True]
    clock.tick((50 + 65 + 10) * MINUTE)
    standing.begin_period(2 * MINUTE)
    assert len(standing) == 1
    standing.begin_period(MINUTE)
    assert len(standing) == 0


def test_an_answer_that_came_late_counts(
    clock: FakeClock, standing: StandingCharges
) -> None:
    """The gateway may have taken it just before."""
    clock.tick(9 * MINUTE)
    standing.stand(ONE, tariff="33", segments=2, hour=HOUR)

    pass_time(clock, standing, 9)

    assert dues(standing) == [False]


def test_around_its_hour_it_may_be_charged_again(
    clock: FakeClock, standing: StandingCharges
) -> None:
    """The clocks differ, and an hour that comes twice is written once."""
    pass_time(clock, standing, 54)
    assert dues(standing) == []
    pass_time(clock, standing, 1)
    assert dues(standing) == [False]
    pass_time(clock, standing, 5 + 65 + 9)
    assert dues(standing) == [False]
    clock.tick(MINUTE)
    assert dues(standing) == [True]

    standing.begin_period()

    assert len(standing) == 0


def test_its_hour_is_that_of_the_wall_clock(
    clock: FakeClock, standing: StandingCharges
) -> None:
    """As the gateway's."""
    pass_time(clock, standing, 10)
    clock.jump(timedelta(hours=1))
    assert dues(standing) == [False]
    clock.jump(timedelta(hours=-1))
    assert dues(standing) == []


@pytest.mark.parametrize(("was_sent", "minutes"), [(True, 10), (False, 0)])
def test_what_was_sent_is_charged_within_ten_minutes(
    clock: FakeClock, standing: StandingCharges, was_sent: bool, minutes: int
) -> None:
    """What was taken back never."""
    pass_time(clock, standing, 60)

    standing.end(ONE, was_sent=was_sent)
    clock.tick(MINUTE)
    standing.end(ONE, was_sent=True)

    assert not standing.knows(ONE)
    assert standing.will_be_forgotten is was_sent
    pass_time(clock, standing, max(0, minutes - 2))
    assert dues(standing) == ([False] if was_sent else [])
    pass_time(clock, standing, 1)
    assert len(standing) == 0


def test_what_was_sent_stays_a_charge_of_its_period(
    clock: FakeClock, standing: StandingCharges
) -> None:
    """The balance may be told only later."""
    pass_time(clock, standing, 60)
    standing.end(ONE, was_sent=True)

    clock.tick(30 * MINUTE)

    assert dues(standing) == [True]
    assert not standing.will_be_forgotten


def test_what_was_never_taken_is_forgotten(standing: StandingCharges) -> None:
    """And what nobody knows, ends as if nothing had been."""
    standing.discard(ONE)
    standing.discard("two")
    standing.end("two", was_sent=True)

    assert len(standing) == 0
    assert not standing.knows(ONE)
