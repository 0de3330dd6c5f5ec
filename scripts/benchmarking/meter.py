"""Measures how long something takes, and for how long the event loop is away meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
import gc
from time import perf_counter
from types import TracebackType
from typing import Final, Self

from homeassistant.core import HomeAssistant

from .plan import Case
from .samples import Sample
from .tracing import mark_begin, mark_end

# How often the event loop is looked at. Without a pause, looking would take the
# processor from the threads that write.
_TICK: Final = 0.001
# What an alert leaves to be done has then been done, and counts for it.
_AFTERWARDS: Final = 0.05
# The generation of a collection of garbage that looks at everything.
_WHOLE_PROCESS: Final = 2


class LoopWatch:
    """Finds the longest time that the event loop is away; `with` begins and ends it.

    Python's collection of garbage over the whole process is taken off: it comes after so
    many new objects, whoever made them, and takes as long as all of Home Assistant is big.
    """

    def __init__(self) -> None:
        """Have seen nothing yet."""
        self.longest = 0.0
        """In seconds."""
        self._loop = asyncio.get_running_loop()
        self._collecting = 0.0
        """How much of the time since the last look went into collections, in seconds."""

    def __enter__(self) -> Self:
        """Begin to look."""
        gc.callbacks.append(self._on_collection)
        self._look_again()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop looking; what was late until now counts too."""
        self._timer.cancel()
        self._note()
        gc.callbacks.remove(self._on_collection)

    def _look_again(self) -> None:
        self._due = perf_counter() + _TICK
        self._timer = self._loop.call_later(_TICK, self._look)

    def _look(self) -> None:
        self._note()
        self._look_again()

    def _note(self) -> None:
        late = perf_counter() - self._due - self._collecting
        self.longest = max(self.longest, late)
        self._collecting = 0.0

    def _on_collection(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] == _WHOLE_PROCESS:
            now = perf_counter()
            self._collecting += now if phase == "stop" else -now


class Meter:
    """Collects the samples of one run."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Measure what is done in `hass`."""
        self._hass = hass
        self.samples: Final[list[Sample]] = []

    async def measure(self, case: Case, work: Callable[[], Awaitable[object]]) -> None:
        """Do some work, and write down what it took."""
        await self._hass.async_block_till_done()
        mark_begin(case.key)
        with LoopWatch() as watch:
            began = perf_counter()
            await work()
            seconds = perf_counter() - began
            await self._hass.async_block_till_done()
            await asyncio.sleep(_AFTERWARDS)
        mark_end(case.key)
        self.samples.append(Sample(case=case, seconds=seconds, gap=watch.longest))
