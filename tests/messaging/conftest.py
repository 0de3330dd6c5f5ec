"""The messaging floor needs no Home Assistant that runs, and neither do its tests."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.conftest import GatewayMaker
from tests.simulator import SimulatedGateway, Simulator

from .house import House
from .scheduling import keep_time

type HouseMaker = Callable[[SimulatedGateway], House]


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Start none."""


@pytest.fixture
async def make_house(client: GatewayMaker, tmp_path: Path) -> AsyncIterator[HouseMaker]:
    """Return a maker of houses, which are stopped in the end."""
    houses: list[House] = []

    def make(simulated: SimulatedGateway) -> House:
        house = House(client(simulated), tmp_path / f"{len(houses)}.journal")
        houses.append(house)
        return house

    yield make
    for house in houses:
        house.disk.room, house.disk.is_readable = None, True
        await house.stop()
        assert house.clock.timers == 0


@pytest.fixture
async def by_id(make_house: HouseMaker, simulator: Simulator) -> House:
    """Return a house whose gateway knows a message by its id, for all recipients."""
    house = make_house(simulator.envoyer_sms_pro)
    keep_time(simulator, house)
    await house.start()
    return house


@pytest.fixture
async def by_text(make_house: HouseMaker, simulator: Simulator) -> House:
    """Return a house whose gateway knows a message by its text and its number."""
    house = make_house(simulator.sms123)
    keep_time(simulator, house)
    await house.start()
    return house
