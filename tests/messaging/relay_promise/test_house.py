"""What is found through a relay can be found again: the same calls have the same end."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.passerelle_sms.messaging.model.record import OnUnknown
from tests.simulator import Fault

from .machine import over

A_WHILE = timedelta(seconds=90)


def live(keys: tuple[str, ...], disk: list[int], wire: list[int]) -> list[Any]:
    """Return all that happens through a relay while much goes wrong at once."""
    house = over(*keys)()
    try:
        house.set_pace(disk=disk, wire=wire, luck=1)
        house.open(minutes=10)
        for later in (0, 90):
            house.send(
                messages=3,
                recipients=2,
                life=600,
                on_unknown=OnUnknown.RESEND,
                later=later,
                words=60,
                urgent=True,
                steps=30,
            )
        house.lose_power(steps=40, by=A_WHILE)
        house.fail_in_between(
            which=0,
            faults=[Fault.CUT_AFTER, None, Fault.HALF_ANSWER],
            others=Fault.RATE_LIMITED,
            recipients=2,
            words=260,
            on_unknown=OnUnknown.NEXT,
            seconds=31,
        )
        house.cut(which=1)
        house.repeat_what_waits(
            which=0, seconds=6, on_unknown=OnUnknown.HOLD, words=2, times=2
        )
        house.reload(which=0, steps=10, is_told_first=False)
        house.restart(steps=20, by=A_WHILE)
        house.the_promise_is_kept()
    finally:
        house.teardown()
    return [
        *((one.requests, one.accepted) for one in house.simulated),
        house.relay.observer.history,
        house.loop.time(),
    ]


@pytest.mark.parametrize(
    "keys", [("etech_keys", "smseco"), ("sms123", "devcodesms", "envoyer_sms_pro")]
)
def test_the_same_calls_have_the_same_end(
    socket_enabled: None, keys: tuple[str, ...]
) -> None:
    """However busy the machine is: what is waited for takes turns, and no time."""
    disk, wire = [3, 0, 8], [0, 1]

    assert live(keys, disk, wire) == live(keys, disk, wire)


def test_what_takes_longer_comes_in_another_order(socket_enabled: None) -> None:
    """So that what could happen is searched, and not what this machine makes of it."""
    ends = [live(("smseco", "sms123"), disk, [0]) for disk in ([0], [2], [5], [20])]

    assert all(ends.count(end) == 1 for end in ends)
