"""The gateways floor knows no Home Assistant, and neither do its tests."""

import pytest


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Start none."""
