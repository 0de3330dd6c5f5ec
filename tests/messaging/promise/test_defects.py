"""The promise must be able to fail: each planted defect is found."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import run_state_machine_as_test
import pytest

from .defects import DEFECTS, Defect
from .machine import HOUSES, about
from .search import EXAMPLES


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_planted_defect_is_found(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch, defect: Defect
) -> None:
    """By the rules that concern it; a longer search takes all features as they come."""
    defect.plant(monkeypatch)
    house = about(HOUSES[defect.gateway], defect.features, defect.rules)

    with pytest.raises((AssertionError, FlakyFailure)):
        run_state_machine_as_test(
            house,
            settings=settings(
                max_examples=max(defect.examples, EXAMPLES or 0),
                stateful_step_count=12,
                derandomize=True,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
