"""Time that passes for Home Assistant, and not for who tests it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.core import HomeAssistant


@asynccontextmanager
async def quiet(hass: HomeAssistant) -> AsyncIterator[None]:
    """Let everything end that begins inside."""
    under_way = asyncio.all_tasks()
    yield
    await hass.async_block_till_done()
    while new := asyncio.all_tasks() - under_way:
        await asyncio.wait(new)


async def pass_time(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, time: timedelta
) -> None:
    """Let time pass, and everything end that it causes.

    Time-outs pass too: what is under way when it begins is cut off by a long time.
    """
    async with quiet(hass):
        freezer.tick(time)
        async_fire_time_changed(hass)
