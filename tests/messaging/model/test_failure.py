"""What is kept of an error, and what it is again after a restart."""

import pytest

from custom_components.passerelle_sms.gateways.errors import GatewayError, RejectedError
from custom_components.passerelle_sms.gateways.errors.by_key import ERRORS_BY_KEY
from custom_components.passerelle_sms.messaging.model.failure import Failure


@pytest.mark.parametrize("kind", ERRORS_BY_KEY.values())
def test_an_error_is_the_same_again(kind: type[GatewayError]) -> None:
    """With the gateway's own words, and what its sentence names."""
    failure = Failure.of(kind(code="7", words="Non", maximum="10"))

    error = failure.as_error()

    assert failure.kind is type(error) is kind
    assert (error.code, error.words, error.details) == ("7", "Non", {"maximum": "10"})
    assert Failure.of(error) == failure


def test_an_error_that_is_not_known_any_more_is_a_mere_refusal() -> None:
    """Another version knew it."""
    failure = Failure(key="of_tomorrow", words="Non")

    assert type(failure.as_error()) is RejectedError
    assert failure.as_error().words == "Non"
