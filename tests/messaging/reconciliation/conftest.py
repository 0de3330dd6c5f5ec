"""A house whose ledger has added up."""

from collections.abc import Awaitable, Callable

import pytest

from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.simulator import Fault, SimulatedGateway, Simulator

type DoubtMaker = Callable[..., Awaitable[MessageRecord]]


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return a gateway that tells no cost, a balance when asked, and nothing else."""
    simulator.etech_keys.fail(Fault.HTML, operation="transactions")
    return simulator.etech_keys


async def add_up(harness: MessagingHarness, simulated: SimulatedGateway) -> None:
    """Let the ledger of a house that has started add up, and forget how."""
    await harness.poll()
    await harness.send()
    await harness.poll()
    await harness.clock.advance(700)
    simulated.accepted.clear()
    simulated.requests.clear()


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house that has seen the balance fall by what a message costs."""
    harness = make_house(simulated)
    await harness.start()
    await add_up(harness, simulated)
    return harness


async def doubt(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    fault: Fault,
    *numbers: str,
    **options: object,
) -> MessageRecord:
    """Return a message that may have left."""
    simulated.fail(fault, operation="send", times=len(numbers) or 1)
    record = await harness.send(*numbers, **options)
    latest = harness.observer.latest[record.message_id]
    assert all(submission.is_unknown_open for submission in latest.submissions)
    return record
