"""How long the event loop is away: the processor time of its longest step."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import gc
import time

_TRIES = 3
# What the loop calls for each step; nothing else sees them all.
_RUN = "_run"


@dataclass(slots=True)
class Longest:
    """The longest step that was seen."""

    seconds: float = 0.0
    """Of this thread, whatever else the machine does."""


@contextmanager
def longest_step() -> Iterator[Longest]:
    """Look at every step that the event loop takes meanwhile."""
    longest = Longest()
    run: Callable[[asyncio.Handle], None] = getattr(asyncio.Handle, _RUN)

    def measured(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(handle)
        longest.seconds = max(longest.seconds, time.thread_time() - begun)

    with _without_collections():
        setattr(asyncio.Handle, _RUN, measured)
        try:
            yield longest
        finally:
            setattr(asyncio.Handle, _RUN, run)


async def longest_step_of(
    operation: Callable[[], Awaitable[None]], at_most: float
) -> float:
    """Return the longest step of an operation, in a task of its own.

    If it was more than `at_most` seconds, it is measured again: Python may have been
    busy with something else, but not each time.
    """
    shortest = float("inf")
    for _ in range(_TRIES):
        with longest_step() as longest:
            # Not begun before the loop is left: what goes before is no step of its.
            await asyncio.Task(_as_coroutine(operation))
        shortest = min(shortest, longest.seconds)
        if shortest < at_most:
            break
    return shortest


async def _as_coroutine(operation: Callable[[], Awaitable[None]]) -> None:
    await operation()


@contextmanager
def _without_collections() -> Iterator[None]:
    """Collect no garbage meanwhile: it is that of all tests before."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
