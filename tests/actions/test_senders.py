"""`get_senders`."""

import pytest

from homeassistant.core import HomeAssistant
from tests.actions.calls import call
from tests.conftest import AccountMaker
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_tells_the_registered_senders(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """All of them."""
    simulator.smseco.senders = {"MAISON", "ATELIER"}
    entry = await add_account(simulator.smseco)

    answer = await call(hass, entry, "get_senders")

    assert answer.keys() == {"senders"}
    assert sorted(answer["senders"]) == ["ATELIER", "MAISON"]
