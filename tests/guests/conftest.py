"""What every test about guests may ask for."""

import logging

import pytest

from homeassistant.components import notify
from homeassistant.helpers import service


@pytest.fixture(autouse=True)
def _described_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let services be described without the libraries of components that aren't here."""
    monkeypatch.setattr(service, "_base_components", lambda: {"notify": notify})


@pytest.fixture(autouse=True)
def _no_access_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep no log of requests: it can't tell the time where that stands still."""
    monkeypatch.setattr(logging.getLogger("aiohttp.access"), "disabled", True)
