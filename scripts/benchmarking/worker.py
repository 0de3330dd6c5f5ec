"""Starts Home Assistant as its own command does, and measures in it: `-m …worker`.

Its first argument is a folder with what is to be done, and gets what was measured; all
others are those of `hass`.
"""

import asyncio
from functools import partial
import logging
from pathlib import Path
import sys
from typing import Final

from homeassistant import bootstrap
from homeassistant.__main__ import main
from homeassistant.components.clicksend import notify as clicksend
from homeassistant.core import DOMAIN as HOMEASSISTANT_DOMAIN, HomeAssistant
from homeassistant.helpers.start import async_at_started
from homeassistant.runner import RuntimeConfig
from tests.e2e.launcher import prepare

from .files import ADDRESSES, PLAN, SAMPLES
from .measuring import measure
from .plan import Plan
from .samples import write_samples
from .servers import Addresses

_LOGGER: Final = logging.getLogger(__name__)


def _measure_when_started(folder: Path) -> None:
    """Let Home Assistant measure once it has started, and end then."""
    plan = Plan.from_json((folder / PLAN).read_text("utf-8"))
    addresses = Addresses.from_json((folder / ADDRESSES).read_text("utf-8"))
    clicksend.BASE_API_URL = addresses.clicksend
    set_up = bootstrap.async_setup_hass

    async def work(hass: HomeAssistant) -> None:
        # The log of a house as it usually is.
        await hass.services.async_call(
            "logger", "set_level", {"custom_components.passerelle_sms": "info"}
        )
        samples = await measure(hass, plan, addresses)
        text = write_samples(samples)
        await hass.async_add_executor_job((folder / SAMPLES).write_text, text, "utf-8")

    async def start(hass: HomeAssistant) -> None:
        task = hass.async_create_background_task(work(hass), "benchmark")
        task.add_done_callback(partial(_stop, hass))

    async def set_up_and_measure(runtime_config: RuntimeConfig) -> HomeAssistant | None:
        hass = await set_up(runtime_config)
        if hass is not None:
            async_at_started(hass, start)
        return hass

    # Home Assistant looks this name up when it starts.
    bootstrap.async_setup_hass = set_up_and_measure


def _stop(hass: HomeAssistant, work: asyncio.Task[None]) -> None:
    """Let Home Assistant stop once there is no more to measure, and tell what failed."""
    error = None if work.cancelled() else work.exception()
    if error is not None:
        _LOGGER.error("Nothing was measured", exc_info=error)
    hass.async_create_task(hass.services.async_call(HOMEASSISTANT_DOMAIN, "stop"))


if __name__ == "__main__":
    prepare()
    _measure_when_started(Path(sys.argv.pop(1)))
    sys.exit(main())
