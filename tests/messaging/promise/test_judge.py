"""The judge is fair where a backup brings back what was taken back since."""

from collections.abc import Iterator

import pytest

from custom_components.passerelle_sms.messaging.journal import database
from custom_components.passerelle_sms.messaging.model.record import Choice, OnUnknown
from tests.messaging.idle import until_idle

from .features import Feature
from .machine import HOUSES, Promise, about


@pytest.fixture
def house(socket_enabled: None) -> Iterator[Promise]:
    """Return a house whose backup holds what is then taken back."""
    house = about(HOUSES["envoyer_sms_pro"], frozenset({Feature.JOIN}))()
    yield house
    house.teardown()


def wait_together(house: Promise) -> None:
    """Let two equal messages wait as one, and a backup be made of that."""
    house.cut()
    house.repeat_what_waits(1, 1, 1, OnUnknown.HOLD, 600, 0)
    house.back_up(0)


def test_one_that_others_went_on_without_is_not_taken_for_them(house: Promise) -> None:
    """The backup holds them together; what left was of the second alone."""
    wait_together(house)
    house.cancel(1)
    house.mend(wake=True)
    house.run(until_idle())
    assert len(house.simulated.accepted) == 1

    house.restore()

    house.the_promise_is_kept()


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_taken_back_must_not_leave_from_a_backup(
    house: Promise, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    """Though the other one has left, and would be reason enough for one text."""
    wait_together(house)
    house.cancel(which)
    house.mend(wake=True)
    house.run(until_idle())
    monkeypatch.setattr(database, "hold_waiting", lambda _connection: None)
    house.restore()
    house.pass_time(31)
    assert len(house.simulated.accepted) == 2

    with pytest.raises(AssertionError):
        house.what_is_taken_back_is_not_sent()


def test_what_was_taken_back_may_leave_if_it_is_chosen(house: Promise) -> None:
    """Whoever has restored a backup is asked, and may have changed his mind."""
    wait_together(house)
    house.cancel(0)
    house.cancel(1)
    house.mend(wake=True)
    house.restore()
    assert not house.simulated.accepted

    house.choose(Choice.RESEND, 0)
    house.run(until_idle())

    assert len(house.simulated.accepted) == 1
    house.the_promise_is_kept()
