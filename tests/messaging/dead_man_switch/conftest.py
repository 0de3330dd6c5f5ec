"""A house with a switch."""

import pytest

from tests.messaging.fake_clock import FakeClock

from .fakes import FakeCarrier, House


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@pytest.fixture
def carrier(clock: FakeClock) -> FakeCarrier:
    """Return an account whose gateway gives ids."""
    return FakeCarrier(clock)


@pytest.fixture
def house(clock: FakeClock, carrier: FakeCarrier) -> House:
    """Return a house with a switch that has not begun."""
    return House(carrier, clock=clock)
