"""Time as Home Assistant has it."""

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.passerelle_sms.messaging.runtime.clock import HomeAssistantClock
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util


async def test_it_wakes_once_and_not_when_cancelled(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """In its time."""
    clock = HomeAssistantClock(hass)
    woken: list[str] = []
    before = clock.now()
    clock.call_later(10, lambda: woken.append("first"))
    cancel = clock.call_later(10, lambda: woken.append("second"))
    cancel()

    freezer.tick(9)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert woken == []
    freezer.tick(2)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()

    assert woken == ["first"]
    assert (clock.now() - before).total_seconds() == 11
    assert clock.now() == dt_util.utcnow()
