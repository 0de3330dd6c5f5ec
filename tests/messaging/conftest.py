"""The messaging floor needs no Home Assistant that runs, and neither do its tests."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.conftest import GatewayMaker
from tests.simulator import SimulatedGateway, Simulator

from .harness import MessagingHarness
from .scheduling import keep_time

type HouseMaker = Callable[[SimulatedGateway], MessagingHarness]


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Start none."""


@pytest.fixture
async def make_house(client: GatewayMaker, tmp_path: Path) -> AsyncIterator[HouseMaker]:
    """Return a maker of houses, which are stopped in the end."""
    houses: list[MessagingHarness] = []

    def make(simulated: SimulatedGateway) -> MessagingHarness:
        harness = MessagingHarness(
            client(simulated), tmp_path / f"{len(houses)}.journal"
        )
        houses.append(harness)
        return harness

    yield make
    for harness in houses:
        harness.disk.room, harness.disk.is_readable = None, True
        await harness.stop()
        assert harness.clock.timers == 0


@pytest.fixture
async def by_id(make_house: HouseMaker, simulator: Simulator) -> MessagingHarness:
    """Return a house whose gateway knows a message by its id, for all recipients."""
    harness = make_house(simulator.envoyer_sms_pro)
    keep_time(simulator, harness)
    await harness.start()
    return harness


@pytest.fixture
async def by_text(make_house: HouseMaker, simulator: Simulator) -> MessagingHarness:
    """Return a house whose gateway knows a message by its text and its number."""
    harness = make_house(simulator.sms123)
    keep_time(simulator, harness)
    await harness.start()
    return harness
