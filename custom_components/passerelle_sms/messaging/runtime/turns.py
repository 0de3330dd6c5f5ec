"""Long work in short steps, so that the event loop is never away for long."""

import asyncio
from collections.abc import Generator
import time
from typing import Final

type Steps[T] = Generator[None, None, T]
"""Work that pauses now and then, and returns what it is for."""

# In seconds of this thread, however slow the machine is and whatever else it does.
_LONGEST_TURN: Final = 0.005


def at_once[T](steps: Steps[T]) -> T:
    """Return what work is for, without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


async def in_turns[T](steps: Steps[T]) -> T:
    """Return what work is for; others have their turn when it takes long.

    So they have after long work, before whatever comes next.
    """
    begun, is_long = time.thread_time(), False
    while True:
        try:
            next(steps)
        except StopIteration as end:
            if is_long:
                await asyncio.sleep(0)
            result: T = end.value
            return result
        if time.thread_time() - begun > _LONGEST_TURN:
            is_long = True
            await asyncio.sleep(0)
            begun = time.thread_time()
