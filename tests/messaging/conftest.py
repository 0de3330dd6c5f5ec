"""The messaging floor needs no Home Assistant that runs, and neither do its tests."""

import pytest


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Start none."""
