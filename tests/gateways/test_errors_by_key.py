"""Errors are found again by their keys."""

import inspect

import pytest

from custom_components.passerelle_sms.gateways import errors
from custom_components.passerelle_sms.gateways.errors import GatewayError
from custom_components.passerelle_sms.gateways.errors.by_key import ERRORS_BY_KEY

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, GatewayError) and hasattr(kind, "key")
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_found_by_its_key(kind: type[GatewayError]) -> None:
    """Each has one of its own."""
    assert ERRORS_BY_KEY[kind.key] is kind


def test_nothing_else_is_found() -> None:
    """What has no key of its own is none to be told."""
    assert len(ERRORS_BY_KEY) == len(KINDS)
