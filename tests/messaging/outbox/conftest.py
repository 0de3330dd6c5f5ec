"""A house with a gateway that takes one recipient a request."""

import pytest

from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.simulator import SimulatedGateway, Simulator


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return the gateway that most tests send through."""
    return simulator.etech_keys


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house that has started, with that gateway."""
    harness = make_house(simulated)
    await harness.start()
    return harness


def texts(simulated: SimulatedGateway) -> list[str]:
    """Return the texts that were taken, in their order."""
    return [taken.text for taken in simulated.accepted]
