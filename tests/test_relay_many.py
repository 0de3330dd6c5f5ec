"""A message to a thousand recipients in three countries, through a relay of all gateways."""

import time
from typing import Final

import pytest

from homeassistant.core import HomeAssistant
from tests.conftest import AccountMaker, RelayMaker
from tests.messages import send
from tests.simulator import Simulator

# On a quiet machine it takes two; one that is busy, or slow, may take its time.
_SECONDS: Final = 30
_MANY: Final = {"segments_per_hour": 10_000, "segments_per_day": 10_000}

# In the order of the relay: where each gateway sends to, and to how many of them it does.
_GATEWAYS: Final = {
    "smseco": ("+225", 333),
    "envoyer_sms_pro": ("+336", 300),
    "devcodesms": ("+2376", 300),
    "etech_keys": ("+237", 34),
    "sms123": ("+33", 33),
}
# All are handed to the first, all that it refuses to the second, and so on.
_FEWEST_REQUESTS: Final = {
    # A hundred share a request.
    "smseco": 10,
    # A thousand share one; the wrong numbers among them make it a second one.
    "envoyer_sms_pro": 2,
    "devcodesms": 4,
    # Each has one of his own.
    "etech_keys": 67,
    "sms123": 33,
}
_NUMBERS: Final = {
    "smseco": "+22507571{:05}",
    "envoyer_sms_pro": "+33612{:06}",
    "devcodesms": "+23765{:07}",
    "etech_keys": "+23722233{:04}",
    "sms123": "+33756{:06}",
}


@pytest.mark.timeout(60)
async def test_each_of_a_thousand_is_sent_by_a_gateway_that_takes_his_number(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
) -> None:
    """In as few requests as each gateway's batches allow for all whom it is handed."""
    accounts = []
    wanted: dict[str, str] = {}
    for key, (served, count) in _GATEWAYS.items():
        simulated = simulator.gateways[key]
        simulated.serves = (served,)
        accounts.append(await add_account(simulated, options=_MANY))
        wanted |= {_NUMBERS[key].format(number): key for number in range(count)}
    relay = await add_relay(*accounts, options=_MANY)

    began = time.perf_counter()
    answer = await send(hass, relay, target=[*wanted])
    seconds = time.perf_counter() - began

    rows = answer["results"]
    assert {row["recipient"]: row["gateway"] for row in rows} == wanted
    assert {row["outcome"] for row in rows} == {"accepted"}
    for key, (_, count) in _GATEWAYS.items():
        assert len(simulator.gateways[key].accepted) == count
    assert _requests(simulator) == _FEWEST_REQUESTS
    assert seconds < _SECONDS


def _requests(simulator: Simulator) -> dict[str, int]:
    """Return how many requests each gateway was sent messages in."""
    return {key: simulator.gateways[key].asked("send") for key in _GATEWAYS}
