"""The promise: an alert is never lost and never sent twice, whatever happens."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
import pytest
from yarl import URL

from tests.simulator import Simulator

from .features import BLOCKS, Tally
from .machine import HOUSES, TALLIES, about
from .search import EXAMPLES

ENOUGH = 5_000
"""In so many examples each pair of features has to occur often."""
OFTEN = 50
ROUND = 50
"""After so many examples new ones are made up: later ones are variations of them."""


@pytest.mark.parametrize("key", HOUSES)
def test_the_promise(socket_enabled: None, key: str) -> None:
    """Whatever happens, in whatever order, the simulator is the judge."""
    tally = TALLIES[key] = Tally()
    for block in BLOCKS * (1 + EXAMPLES // len(BLOCKS) // ROUND):
        run_state_machine_as_test(
            about(HOUSES[key], block),
            settings=settings(
                max_examples=min(ROUND, max(5, EXAMPLES // len(BLOCKS))),
                stateful_step_count=30,
                derandomize=not EXAMPLES,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    print(f"\n{key}: {tally.table()}")  # noqa: T201 # what the search was about
    if EXAMPLES >= ENOUGH:
        assert tally.rarest >= OFTEN


async def test_nobody_takes_the_port_of_a_gateway_that_is_out_of_reach(
    simulator: Simulator,
) -> None:
    """Another run's would answer in its place, with a balance that proves nothing."""
    port = URL(simulator.url("smseco")).port
    assert port is not None
    await simulator.close()

    with pytest.raises(OSError, match="in use"):
        await Simulator(port).open()
