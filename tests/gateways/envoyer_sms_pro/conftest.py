"""Envoyer SMS Pro in each of the ways in which its document may be understood."""

import pytest

from tests.simulator import Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro


@pytest.fixture(params=["as printed", "otherwise"])
def simulated(
    simulator: Simulator, request: pytest.FixtureRequest
) -> SimulatedEnvoyerSmsPro:
    """Return the gateway as its document prints it, or with all that may be otherwise."""
    gateway = simulator.envoyer_sms_pro
    if request.param == "otherwise":
        gateway.raw_ampersand = False
        gateway.misprinted_tags = False
        gateway.upper_case_tags = True
        gateway.accents_count_two = True
        gateway.day_first = True
        gateway.national_numbers = True
        gateway.raw_replies = True
    return gateway
