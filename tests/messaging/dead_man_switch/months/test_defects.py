"""The judge of months must be able to find something: each planted defect is found."""

import pytest

from .defects import DEFECTS, Defect
from .judge import faults
from .run import run_month


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_planted_defect_is_found(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch, defect: Defect
) -> None:
    """Within the first nine months: here in the one that finds it first."""
    defect.plant(monkeypatch)
    assert faults(run_month(defect.month))
