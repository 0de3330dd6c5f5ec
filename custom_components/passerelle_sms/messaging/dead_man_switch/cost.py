"""What a switch costs: requests and credits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import ceil
from typing import Final

from ...gateways.gateway import Gateway
from ...gateways.model.options import SmsOptions
from ...gateways.wire.request_budget import renewable
from ..reconciliation.charges import tariff_with
from .lanes import can_reach, lanes_at
from .plan import LONGEST_DELAY, SHORTEST_DELAY, SwitchPlan
from .text import longest

_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
# A message is replaced when a third of its delay has passed: the new one is handed over,
# and the old one cancelled.
_RENEWALS_PER_DELAY: Final = 3
_REQUESTS_PER_RENEWAL: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchCost:
    """What a switch costs while it is armed, and when it fires."""

    requests_per_hour: int
    request_limit: int | None
    """What its gateway takes in an hour; `None` where nobody counts."""
    credits_held: Decimal | None
    """What may be held for the messages that stand; `None` where no price is known."""
    credits_fired: Decimal | None
    """What is charged when it fires; `None` where no price is known."""
    segments: int
    """Those of all recipients together."""
    shortest_delay: timedelta | None
    """The shortest that the gateway's limit can carry; `None` if it carries none."""


def cost_of(
    plan: SwitchPlan,
    gateway: Gateway,
    *,
    price: Callable[[str], Decimal | None],
    polls_per_hour: int,
    others_set_aside: int,
) -> SwitchCost:
    """Return what a switch costs at a gateway, for those whom that can reach.

    `price` tells what a segment costs in a tariff, if that is known. `polls_per_hour` are
    the requests that are made of the gateway besides, `others_set_aside` those that other
    switches need.

    What is held is one message for each recipient, where the gateway charges what it
    keeps; for the moments of a renewal it is two.
    """
    text = longest(plan)
    numbers = [one.number for one in plan.recipients if can_reach(gateway, one.number)]
    lanes = sum(1 for _ in lanes_at(gateway, numbers, text))
    segments = gateway.measure(text).segments
    taken = _credits(numbers, segments, price)
    limit = None if gateway.budget is None else gateway.budget.limit
    room = None if limit is None else renewable(limit, polls_per_hour, others_set_aside)
    return SwitchCost(
        requests_per_hour=requests_per_hour(plan, lanes),
        request_limit=limit,
        credits_held=taken,
        credits_fired=taken,
        segments=segments * len(numbers),
        shortest_delay=_shortest_delay(lanes, room),
    )


def requests_per_hour(plan: SwitchPlan, lanes: int) -> int:
    """Return the most requests that renewals make within any hour.

    So many renewals may begin within an hour as thirds of the delay do, the last one
    included that is cut off by its end.
    """
    return _requests(plan.delay, lanes)


def _requests(delay: timedelta, lanes: int) -> int:
    return ceil(_RENEWALS_PER_DELAY * _HOUR / delay) * lanes * _REQUESTS_PER_RENEWAL


def _credits(
    numbers: list[str], segments: int, price: Callable[[str], Decimal | None]
) -> Decimal | None:
    """Return what one message for each costs; `None` if any price is not known."""
    total = Decimal(0)
    for number in numbers:
        # What is handed over for later is of the same tariff as what isn't.
        if (known := price(tariff_with(SmsOptions(), number))) is None:
            return None
        total += known * segments
    return total


def _shortest_delay(lanes: int, room: int | None) -> timedelta | None:
    """Return the shortest delay, in whole minutes, that needs no more than `room`."""
    if room is None:
        return SHORTEST_DELAY
    delay = SHORTEST_DELAY
    while delay <= LONGEST_DELAY:
        if _requests(delay, lanes) <= room:
            return delay
        delay += _MINUTE
    return None
