"""What is found in a house can be found again: the same calls have the same end."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.passerelle_sms.messaging.model.record import OnUnknown

from .features import Feature
from .machine import HOUSES, about

A_WHILE = timedelta(seconds=90)


def live(key: str, disk: list[int], wire: list[int]) -> list[Any]:
    """Return all that happens in a house where much goes wrong at once."""
    house = about(HOUSES[key], frozenset({Feature.URGENT}))()
    try:
        house.set_pace(disk=disk, wire=wire, luck=1)
        house.open(is_poor=False, home=1, abroad=2, late=200, is_known=False)
        for later in (0, 90):
            house.send(
                messages=3,
                recipients=2,
                life=600,
                on_unknown=OnUnknown.RESEND,
                later=later,
                parts=2,
                urgent=True,
                steps=30,
            )
        house.lose_power(steps=40, by=A_WHILE)
        house.lose_again(
            before=1, taken=[True, False], on_unknown=OnUnknown.HOLD, seconds=31
        )
        house.cut()
        house.lose_parts(
            taken=[True, False], parts=2, on_unknown=OnUnknown.RESEND, seconds=0
        )
        house.restart(steps=20, by=A_WHILE)
        house.the_promise_is_kept()
    finally:
        house.teardown()
    return [
        house.simulated.requests,
        house.simulated.accepted,
        house.harness.observer.history,
        house.loop.time(),
    ]


@pytest.mark.parametrize("key", HOUSES)
def test_the_same_calls_have_the_same_end(socket_enabled: None, key: str) -> None:
    """However busy the machine is: what is waited for takes turns, and no time."""
    disk, wire = [3, 0, 8], [0, 1]

    assert live(key, disk, wire) == live(key, disk, wire)


def test_what_takes_longer_comes_in_another_order(socket_enabled: None) -> None:
    """So that what could happen is searched, and not what this machine makes of it."""
    ends = [live("smseco", disk, [0]) for disk in ([0], [2], [5], [20])]

    assert all(ends.count(end) == 1 for end in ends)
