"""Tests of the requests that are kept for the renewals of a switch."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import override

import pytest

from custom_components.passerelle_sms.entries.switch_requests import SwitchRequests
from custom_components.passerelle_sms.messaging.dead_man_switch.plan import SwitchPlan
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import Standing
from tests.messaging.dead_man_switch.fakes import (
    HOUR,
    MAMAN,
    PAPA,
    FakeCarrier,
    FakeCarriers,
)
from tests.messaging.fake_clock import START, FakeClock

PLAN = SwitchPlan(
    template="Silence depuis {since}",
    recipients=(MAMAN, PAPA),
    delay=HOUR,
    house="Maison",
    language="fr",
)
# A renewal each third of an hour, of two requests.
SHARED, ONE_BY_ONE = 6, 12


class CountingCarrier(FakeCarrier):
    """An account that knows what is set aside at it."""

    def __init__(self, account: str) -> None:
        """Keep nothing free yet."""
        super().__init__(FakeClock(), account)
        self.kept = {}
        self.set_aside_for: dict[str, int] = {}

    @override
    def set_aside(self, key: str, requests: int) -> None:
        self.set_aside_for[key] = requests


@pytest.fixture
def carriers() -> FakeCarriers:
    """Return two accounts; at the second each recipient takes a request."""
    first, second = CountingCarrier("first"), CountingCarrier("second")
    second.shares_requests = False
    return FakeCarriers(first, second)


@pytest.fixture
def requests(carriers: FakeCarriers) -> SwitchRequests:
    """Return those of a switch of these accounts."""
    return SwitchRequests("switch-1", carriers)


def set_aside(carriers: FakeCarriers) -> Mapping[str, int]:
    """Return what is set aside, by account."""
    return {
        one.account: one.set_aside_for["switch-1"]
        for one in carriers.all
        if isinstance(one, CountingCarrier) and one.set_aside_for.get("switch-1")
    }


def standing_at(account: str, *, is_sure: bool = True) -> Standing:
    """Return what stands at an account."""
    return Standing(
        number=1,
        account=account,
        recipients=PLAN.recipients,
        text="Silence",
        since=START,
        fires_at=START + HOUR,
        is_sure=is_sure,
    )


def test_nothing_stands_yet(requests: SwitchRequests, carriers: FakeCarriers) -> None:
    """The first account is asked first."""
    requests.follow(PLAN, [], is_armed=True)

    assert set_aside(carriers) == {"first": SHARED}


def test_it_stands_at_the_second_account(
    requests: SwitchRequests, carriers: FakeCarriers
) -> None:
    """It is put off there, as the first has refused it; and the first is asked each time."""
    requests.follow(PLAN, [], is_armed=True)
    requests.follow(PLAN, [standing_at("second")], is_armed=True)
    assert set_aside(carriers) == {"first": SHARED, "second": ONE_BY_ONE}

    requests.follow(PLAN, [standing_at("first")], is_armed=True)
    assert set_aside(carriers) == {"first": SHARED}


def test_what_is_in_doubt_is_put_off_nowhere(
    requests: SwitchRequests, carriers: FakeCarriers
) -> None:
    """It is taken back, once."""
    requests.follow(PLAN, [standing_at("second", is_sure=False)], is_armed=True)

    assert set_aside(carriers) == {"first": SHARED}


def test_another_delay_needs_other_requests(
    requests: SwitchRequests, carriers: FakeCarriers
) -> None:
    """At the same accounts."""
    requests.follow(PLAN, [], is_armed=True)
    requests.follow(replace(PLAN, delay=timedelta(minutes=15)), [], is_armed=True)

    assert set_aside(carriers) == {"first": 4 * SHARED}


@pytest.mark.parametrize(
    ("plan", "is_armed"), [(PLAN, False), (replace(PLAN, recipients=()), True)]
)
def test_a_switch_that_is_not_renewed_keeps_nothing(
    requests: SwitchRequests, carriers: FakeCarriers, plan: SwitchPlan, is_armed: bool
) -> None:
    """Whether it is disarmed, or nobody is left to be told."""
    requests.follow(PLAN, [standing_at("second")], is_armed=True)
    requests.follow(plan, [standing_at("second")], is_armed=is_armed)

    assert set_aside(carriers) == {}


def test_an_account_that_goes_leaves_the_next_one(
    requests: SwitchRequests, carriers: FakeCarriers
) -> None:
    """Nothing more is to be had of what is not there."""
    requests.follow(PLAN, [standing_at("first")], is_armed=True)
    carriers.away.add("first")
    requests.follow(PLAN, [], is_armed=True)

    assert set_aside(carriers)["second"] == ONE_BY_ONE
