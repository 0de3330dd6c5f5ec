"""What an error tells of itself."""

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    GatewayError,
    NotAllowedError,
)


@pytest.mark.parametrize(
    ("error", "is_explained"),
    [
        (NotAllowedError(), False),
        (NotAllowedError(code="HTTP 403"), False),
        (NotAllowedError(code="HTTP 403", words=""), False),
        (NotAllowedError(code="HTTP 403", words="Compte suspendu"), True),
        (NotAllowedError(words="Compte suspendu"), True),
        (NotAllowedError(code="-11"), True),
        (NotAllowedError(code="403"), True),
    ],
)
def test_an_http_status_alone_explains_nothing(
    error: GatewayError, is_explained: bool
) -> None:
    """Anything on the way may have answered so."""
    assert error.is_explained is is_explained
