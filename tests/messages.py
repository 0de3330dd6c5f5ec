"""What tests about messages have in common: sending them, and hearing of them."""

import asyncio
from datetime import timedelta
import threading
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import Context, Event, HomeAssistant, callback
from tests.simulator import Fault, SimulatedGateway


async def send(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    *,
    context: Context | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Call `send_sms` for Maman, or whom `fields` name, and return the answer."""
    answer = await hass.services.async_call(
        DOMAIN,
        "send_sms",
        {
            "config_entry_id": entry.entry_id,
            "message": "Citerne vide",
            "target": ["Maman"],
            **fields,
        },
        blocking=True,
        return_response=True,
        context=context,
    )
    assert answer is not None
    return answer


async def patiently(event: threading.Event) -> None:
    """Wait for an event, but not for ever: in a thread, as time may be frozen here."""
    assert await asyncio.to_thread(event.wait, 10), "it has not come"


class Heard:
    """Our events on Home Assistant's bus."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen from now on."""
        self.all: list[dict[str, Any]] = []
        self._came = threading.Event()
        hass.bus.async_listen("passerelle_sms_event", self._hear)

    @callback
    def _hear(self, event: Event) -> None:
        self.all.append(dict(event.data))
        self._came.set()

    async def until(self, number: int) -> dict[str, Any]:
        """Wait until so many have come, and return the last of them."""
        while len(self.all) < number:
            self._came.clear()
            await patiently(self._came)
        return self.all[number - 1]


async def confirm_refusal(
    hass: HomeAssistant, entry: MockConfigEntry
) -> ConfigFlowResult:
    """Let the gateway refuse an account once more; return the flow that asks the user.

    A single refusal may be a whim of the gateway's.
    """
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    return flow


async def until_settled(entry: MockConfigEntry) -> None:
    """Wait until nothing more will happen to any message of an account."""
    account = entry.runtime_data
    settled = threading.Event()
    stop = account.observer.async_on_settled(settled.set)
    while not all(record.is_closed for record in account.store):
        settled.clear()
        await patiently(settled)
    stop()


_UNTIL_ASKED: Final = timedelta(minutes=11)
"""After how long the user is asked about a doubt."""


async def hold(
    hass: HomeAssistant,
    simulated: SimulatedGateway,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    **fields: Any,
) -> str:
    """Send a message that may have left and of which no evidence tells; return its id."""
    heard = Heard(hass)
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    # What the gateway has sent can't be read, where it keeps a list of that.
    simulated.fail(Fault.CUT_BEFORE, operation="transactions")
    answer = await send(hass, entry, **fields)
    assert answer["results"][0]["outcome"] == "unknown"
    # A top-up in between: the balance proves nothing any more.
    simulated.credits += 500
    freezer.tick(_UNTIL_ASKED)
    async_fire_time_changed(hass)
    told = await heard.until(1)
    await hass.async_block_till_done()
    simulated.heal()
    assert told["type"] == "unknown"
    message_id: str = answer["message_id"]
    assert told["message_id"] == message_id
    return message_id
