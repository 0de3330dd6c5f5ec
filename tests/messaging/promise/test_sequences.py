"""Sequences that broke the promise once, as the search has found them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.messaging.model.record import OnUnknown

from .features import BLOCKS, Feature
from .machine import HOUSES, Promise, about


@contextmanager
def example(key: str, features: frozenset[Feature]) -> Iterator[Promise]:
    """Open a house whose promise is looked at in the end, and once more after that."""
    house = about(HOUSES[key], features)()
    try:
        yield house
        house.the_promise_is_kept()
    finally:
        house.teardown()


def test_a_charge_that_was_forgotten_at_a_power_cut(socket_enabled: None) -> None:
    """It comes after the restart, and must not prove another message accepted."""
    with example("smseco", BLOCKS[9]) as house:
        house.open(is_poor=False, home=1, abroad=2, late=590, is_known=False)
        house.doubt_in_peace(times=0)
        house.fill_disk(room=0)
        house.send(
            messages=1,
            recipients=1,
            life=30,
            on_unknown=OnUnknown.RESEND,
            later=0,
            parts=1,
            urgent=True,
            steps=9,
        )
        house.lose_power(steps=0, by=timedelta())
        house.restart(steps=51, by=timedelta(seconds=-1))
        house.lose_again(
            before=0, taken=[False] * 3, on_unknown=OnUnknown.HOLD, seconds=650
        )


def test_what_was_let_go_before_the_clock_was_set_back_ends(
    socket_enabled: None,
) -> None:
    """Its hour is to come once more, and it lives from then on."""
    features = frozenset({Feature.REFUSED, Feature.URGENT})
    with example("etech_keys", features) as house:
        house.open(is_poor=False, home=1, abroad=2, late=590, is_known=False)
        house.send(
            messages=1,
            recipients=1,
            life=86_400,
            on_unknown=OnUnknown.HOLD,
            later=90,
            parts=1,
            urgent=False,
            steps=34,
        )
        house.refuse(is_mended=False, seconds=400, which=0)
        house.jump(by=timedelta(seconds=-300_000))


def test_a_backup_holds_nothing_that_the_disk_does_not(socket_enabled: None) -> None:
    """What left unstored while it was made is lost with all that came after it."""
    with example("envoyer_sms_pro", frozenset(Feature)) as house:
        house.open(is_poor=False, home=1, abroad=2, late=590, is_known=False)
        house.lose_again(
            before=0, taken=[False], on_unknown=OnUnknown.RESEND, seconds=0
        )
        house.fill_disk(room=0)
        house.repeat(life=30, urgent=True, which=0)
        house.back_up(steps=0)
        house.hurry(ordinary=1, urgent=1)
        house.restore()


@pytest.mark.parametrize("key", HOUSES)
def test_what_expires_unsent_is_no_doubt_that_explains_a_fall(
    socket_enabled: None, key: str
) -> None:
    """Each attempt has provably not left; somebody else who spends is noticed."""
    with example(key, frozenset({Feature.NOTICED, Feature.JOIN})) as house:
        house.open(is_poor=False, home=1, abroad=2, late=590, is_known=True)
        house.cut()
        house.repeat_what_waits(
            times=1,
            recipients=1,
            parts=1,
            on_unknown=OnUnknown.HOLD,
            life=30,
            seconds=0,
        )
        house.pass_time(seconds=61)
        house.be_noticed(amount=1)
        assert house.is_noticed


def test_what_is_planned_at_the_end_has_its_whole_life(socket_enabled: None) -> None:
    """It is still being written then, and nobody pays for it when its hour has come."""
    with example("devcodesms", frozenset({Feature.TOP_UP})) as house:
        house.open(is_poor=True, home=1, abroad=2, late=0, is_known=False)
        house.set_pace(disk=[20], wire=[0], luck=0)
        for later in (0, 40_000):
            house.send(
                messages=6,
                recipients=3,
                life=86_400,
                on_unknown=OnUnknown.HOLD,
                later=later,
                parts=1,
                urgent=False,
                steps=20,
            )
        assert not len(house.harness.planned)


@pytest.mark.parametrize("key", ["devcodesms", "envoyer_sms_pro", "smseco"])
def test_a_balance_from_before_a_late_charge(socket_enabled: None, key: str) -> None:
    """It is told once the message would have been charged, which it then was."""
    with example(key, frozenset({Feature.LATE})) as house:
        house.open(is_poor=False, home=1, abroad=2, late=590, is_known=True)
        house.lose_again(before=0, taken=[True], on_unknown=OnUnknown.HOLD, seconds=0)
        house.look_slowly(wait=550, seconds=60)
