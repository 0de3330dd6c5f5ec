"""Whether a relay can send through one of its accounts."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.passerelle_sms.entries.account_standing import AccountStanding
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.conftest import AccountMaker
from tests.messages import send
from tests.passing_time import quiet
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

EARLIER = timedelta(hours=-1)


async def test_a_rest_that_goes_on_has_begun_once(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """When it was seen to begin, whatever the wall clock says since; another begins anew."""
    entry = await add_account(simulator.smseco)
    assert AccountStanding.of(hass, entry.entry_id) == AccountStanding(rests=False)
    simulator.smseco.credits = Decimal(0)
    async with quiet(hass):
        await send(hass, entry)
    began = dt_util.utcnow()
    freezer.tick(10)

    now = AccountStanding.of(hass, entry.entry_id)

    assert now == AccountStanding(rests=True, reason="insufficient_credit", since=began)
    seen = replace(now, since=began + EARLIER)
    assert AccountStanding.of(hass, entry.entry_id, seen) == seen
    other = replace(seen, reason="invalid_auth")
    assert AccountStanding.of(hass, entry.entry_id, other) == now


async def test_an_account_that_nobody_has(hass: HomeAssistant) -> None:
    """It was removed, and nobody has seen when."""
    assert AccountStanding.of(hass, "01M7W4EX1X") == AccountStanding(
        rests=True, reason="account_gone", since=None
    )
