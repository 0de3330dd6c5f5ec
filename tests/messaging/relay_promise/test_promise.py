"""The promise holds for a relay: nothing twice, nothing lost, and the legs explain all."""

from itertools import combinations
import os
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS

from .machine import over

EXAMPLES: Final = int(os.environ.get("RELAY_PROMISE_EXAMPLES", "0"))
"""For each pair of gateways, others each time; 0 for what the suite has to spare."""
FEW: Final = 12
KEYS: Final = tuple(GATEWAYS)
PAIRS: Final = tuple(combinations(KEYS, 2))


def _relays() -> list[tuple[str, ...]]:
    """Return each pair, in turns with one or the other first, every other with a third."""
    relays: list[tuple[str, ...]] = []
    for position, pair in enumerate(PAIRS):
        ordered = pair if position % 2 else pair[::-1]
        third = (KEYS[position % len(KEYS)],) if position % 3 == 0 else ()
        relays.append((*ordered, *third))
    return relays


@pytest.mark.parametrize("keys", _relays(), ids="-".join)
def test_the_promise(socket_enabled: None, keys: tuple[str, ...]) -> None:
    """Whatever happens, in whatever order, the simulators are the judges."""
    run_state_machine_as_test(
        over(*keys),
        settings=settings(
            max_examples=EXAMPLES or FEW,
            stateful_step_count=25,
            derandomize=not EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
