"""Measuring a piece of work."""

import gc
from time import perf_counter

from homeassistant.core import HomeAssistant
from scripts.benchmarking.meter import Meter

from .results import alert

_BUSY = 0.03


async def work_without_a_pause() -> None:
    """Keep the event loop from everything else."""
    end = perf_counter() + _BUSY
    while perf_counter() < end:
        pass


async def test_finds_how_long_the_loop_was_away(hass: HomeAssistant) -> None:
    """Work without a pause is one gap, as long as the work."""
    meter = Meter(hass)
    await meter.measure(alert("smseco"), work_without_a_pause)

    [sample] = meter.samples
    assert sample.case == alert("smseco")
    assert sample.seconds >= _BUSY
    # The loop was to be back a thousandth of a second after it began.
    assert sample.gap >= _BUSY - 0.002


async def test_counts_what_the_work_leaves_to_be_done(hass: HomeAssistant) -> None:
    """A gap after the answer is a gap all the same; its time is not the caller's."""

    async def leave_work() -> None:
        hass.async_create_task(work_without_a_pause(), eager_start=False)

    meter = Meter(hass)
    await meter.measure(alert("smseco"), leave_work)

    [sample] = meter.samples
    assert sample.seconds < _BUSY
    assert sample.gap >= _BUSY - 0.002


async def test_a_collection_of_garbage_is_no_gap(hass: HomeAssistant) -> None:
    """It is Python's, and as long as everything in the process is big."""

    async def collect() -> None:
        # Much longer together than whatever else the machine does meanwhile.
        for _ in range(500):
            gc.collect()

    meter = Meter(hass)
    await meter.measure(alert("smseco"), collect)

    [sample] = meter.samples
    assert sample.seconds > 2 * sample.gap
