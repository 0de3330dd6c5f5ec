"""Relays over simulated gateways."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import GatewayMaker
from tests.messaging.relay_harness import RelayHarness
from tests.messaging.scheduling import keep_time
from tests.simulator import SimulatedGateway, Simulator

type RelayMaker = Callable[..., Awaitable[RelayHarness]]


@pytest.fixture
async def make_relay(
    client: GatewayMaker, simulator: Simulator, tmp_path: Path
) -> AsyncIterator[RelayMaker]:
    """Return a maker of relays over simulated gateways, which are stopped in the end."""
    relays: list[RelayHarness] = []

    async def make(
        *simulated: SimulatedGateway, deliver_within: timedelta = timedelta()
    ) -> RelayHarness:
        relay = RelayHarness([client(one) for one in simulated], tmp_path)
        relay.parts.tracker.deliver_within = deliver_within
        keep_time(simulator, relay.accounts[0])
        relays.append(relay)
        await relay.start()
        return relay

    yield make
    for relay in relays:
        await relay.leave()
