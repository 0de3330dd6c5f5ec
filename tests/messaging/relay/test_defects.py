"""The tables must be able to fail: each planted defect is found in them."""

from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from tests.reliability.relay_house import see

from .defects import DEFECTS, Defect


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_planted_defect_is_found(
    socket_enabled: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    defect: Defect,
) -> None:
    """In a cell that keeps the promise without it."""
    keys = [*GATEWAYS][: defect.accounts]
    sound = see(tmp_path, keys, defect.troubles, defect.on_unknown)
    assert sound.breaches(defect.troubles, defect.on_unknown) == []
    defect.plant(monkeypatch)

    cell = see(tmp_path, keys, defect.troubles, defect.on_unknown)

    assert cell.breaches(defect.troubles, defect.on_unknown)
