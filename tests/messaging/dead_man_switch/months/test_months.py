"""A house with a dead man's switch lives through months, and nothing is as it must not be."""

import pytest

from .run import run_month
from .search import look_at

MONTHS = range(24)
"""`scripts/months` looks at a thousand."""


@pytest.mark.parametrize("seed", MONTHS)
def test_a_month_is_as_it_was_promised(seed: int, socket_enabled: None) -> None:
    """It fires when the house was silent, and else only as it was told before."""
    faults, _ = look_at(seed)
    assert faults == []


def test_a_month_is_the_same_each_time(socket_enabled: None) -> None:
    """Or nobody could look at one again."""
    assert run_month(7) == run_month(7)
