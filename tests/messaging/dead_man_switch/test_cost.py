"""What a switch costs, and which delay a gateway's limit can carry."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil

import aiohttp
from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.wire.purpose import Purpose
from custom_components.passerelle_sms.gateways.wire.request_budget import (
    RequestBudget,
    renewable,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.cost import (
    cost_of,
    requests_per_hour,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.lanes import lanes_at
from custom_components.passerelle_sms.messaging.dead_man_switch.plan import SwitchPlan
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient

from .keeping_gateway import KeepingGateway
from .standing import FRIEND, OTHER

AFRICAN = Recipient(number="+237695688207")
BELGIAN = Recipient(number="+32470123456")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PRICES = {"33": Decimal(1), "32": Decimal("2.5")}
PLAN = SwitchPlan(
    template="Rien",
    recipients=(FRIEND, OTHER, BELGIAN, AFRICAN),
    delay=timedelta(minutes=15),
    house="Chalet",
    language="fr",
)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Return a session that nothing is asked through."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def gateway(session: aiohttp.ClientSession) -> KeepingGateway:
    """Return a gateway that takes a hundred requests an hour."""
    return KeepingGateway(session, budget=RequestBudget(100))


async def test_it_costs_what_its_recipients_do(gateway: KeepingGateway) -> None:
    """But for whom the gateway can't reach."""
    cost = cost_of(
        PLAN, gateway, price=PRICES.get, polls_per_hour=6, others_set_aside=0
    )

    assert cost.requests_per_hour == 24
    assert cost.request_limit == 100
    assert cost.credits_held == cost.credits_fired == Decimal("4.5")
    assert cost.segments == 3
    assert cost.shortest_delay == timedelta(minutes=15)


async def test_a_longer_text_costs_more_segments(gateway: KeepingGateway) -> None:
    """As long as it can be: with what is added to it."""
    long = replace(PLAN, template="x" * 140)

    cost = cost_of(
        long, gateway, price=PRICES.get, polls_per_hour=6, others_set_aside=0
    )

    assert (cost.segments, cost.credits_held) == (6, Decimal(9))


async def test_one_price_that_is_not_known_leaves_the_sum_unknown(
    gateway: KeepingGateway,
) -> None:
    """A part of it would be told as all of it."""
    cost = cost_of(
        PLAN,
        gateway,
        price={"33": Decimal(1)}.get,
        polls_per_hour=6,
        others_set_aside=0,
    )

    assert cost.credits_held is cost.credits_fired is None


async def test_nobody_to_reach_costs_nothing(gateway: KeepingGateway) -> None:
    """And any delay would do."""
    cost = cost_of(
        replace(PLAN, recipients=(AFRICAN,)),
        gateway,
        price=PRICES.get,
        polls_per_hour=6,
        others_set_aside=0,
    )

    assert (cost.requests_per_hour, cost.segments) == (0, 0)
    assert cost.credits_held == 0
    assert cost.shortest_delay == timedelta(minutes=15)


async def test_where_nobody_counts_any_delay_can_be_carried(
    session: aiohttp.ClientSession,
) -> None:
    """There is no limit to tell."""
    cost = cost_of(
        PLAN,
        KeepingGateway(session),
        price=PRICES.get,
        polls_per_hour=0,
        others_set_aside=0,
    )

    assert cost.request_limit is None
    assert cost.shortest_delay == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("limit", "others", "minutes"),
    [
        # A fifth is kept for messages, six an hour are polls.
        (100, 50, 15),
        (100, 51, 17),
        (100, 66, 45),
        (100, 72, 180),
        (100, 73, None),
        (1, 0, None),
    ],
)
async def test_the_shortest_delay_that_can_be_carried(
    session: aiohttp.ClientSession, limit: int, others: int, minutes: int | None
) -> None:
    """Beside the polls, the reserve, and what other switches need."""
    gateway = KeepingGateway(session, budget=RequestBudget(limit))

    shortest = cost_of(
        PLAN, gateway, price=PRICES.get, polls_per_hour=6, others_set_aside=others
    ).shortest_delay

    assert shortest == (None if minutes is None else minutes * MINUTE)


async def test_each_lane_takes_its_own_requests(gateway: KeepingGateway) -> None:
    """The gateway takes ten numbers in one."""
    people = tuple(Recipient(number=f"+336123456{digit:02}") for digit in range(21))

    assert [
        len(lane)
        for lane in lanes_at(gateway, [person.number for person in people], "Rien")
    ] == [10, 10, 1]
    cost = cost_of(
        replace(PLAN, recipients=people),
        gateway,
        price=PRICES.get,
        polls_per_hour=6,
        others_set_aside=0,
    )
    assert cost.requests_per_hour == 3 * 24
    assert cost.shortest_delay == timedelta(minutes=15)


@given(st.integers(min_value=15, max_value=1440), st.integers(1, 5))
def test_no_hour_takes_more_requests(minutes: int, lanes: int) -> None:
    """However the delay divides it, and some hour takes as many."""
    plan = replace(PLAN, delay=minutes * MINUTE)
    # Handed over at a third, and cancelled at once.
    times = [plan.delay / 3 * count for count in range(ceil(3 * HOUR / plan.delay) + 9)]

    most = max(
        sum(begin <= each < begin + HOUR for each in times) * 2 * lanes
        for begin in times
    )

    assert requests_per_hour(plan, lanes) == most


def test_a_longer_delay_never_takes_more() -> None:
    """Or the shortest that can be carried would not carry the longer ones."""
    needed = [
        requests_per_hour(replace(PLAN, delay=minutes * MINUTE), 1)
        for minutes in range(15, 1441)
    ]

    assert all(first >= second for first, second in pairwise(needed))
    assert (needed[0], needed[-1]) == (24, 2)


@given(st.integers(10, 120), st.integers(0, 40), st.integers(0, 40))
def test_what_is_told_to_be_carried_can_be(limit: int, polls: int, others: int) -> None:
    """Within an hour, beside all the rest."""
    room = renewable(limit, polls, others)
    plan = replace(PLAN, delay=15 * MINUTE)
    needed = requests_per_hour(plan, 1)
    budget = RequestBudget(limit, timedelta)
    budget.set_aside("a", needed)
    if needed <= room:
        for _ in range(polls):
            budget.spend()
        for _ in range(needed + others):
            budget.spend(Purpose.RENEWAL)
