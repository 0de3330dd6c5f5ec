"""Work that goes on by itself, and that somebody can wait for in the end."""

import asyncio
from collections.abc import Coroutine
import logging
import traceback

from ...gateways.errors import GatewayError

_LOGGER = logging.getLogger(__name__)


class Tasks:
    """Tasks under way: held, as the event loop alone would let them be forgotten."""

    def __init__(self) -> None:
        """Begin with none."""
        self._under_way: set[asyncio.Task[object]] = set()

    def __len__(self) -> int:
        """Return how many are under way."""
        return len(self._under_way)

    def spawn[Result](
        self, work: Coroutine[object, object, Result]
    ) -> asyncio.Task[Result]:
        """Let some work begin, and go on whatever becomes of who asked for it.

        If it fails, that is for whoever waits for it; a mistake of ours is logged even if
        nobody does.
        """
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        task.add_done_callback(_tell_mistake)
        return task

    async def complete[Result](self, work: Coroutine[object, object, Result]) -> Result:
        """Do some work to its end, and return what it returns.

        Whoever waits for it may be cancelled; the work is not.
        """
        return await end_of(self.spawn(work))

    async def join(self) -> None:
        """Wait until nothing is under way any more."""
        while self._under_way:
            await asyncio.wait(self._under_way)


async def end_of[Result](task: asyncio.Task[Result]) -> Result:
    """Wait for a task without cancelling it when we are; return what it returns."""
    # Not awaited itself: that would cancel it together with who waits.
    await asyncio.wait([task])
    return task.result()


def _tell_mistake(task: asyncio.Task[object]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is None or isinstance(error, GatewayError):
        return
    # Not its text: nobody has seen to it that it holds no number and no secret.
    where = "".join(traceback.format_tb(error.__traceback__))
    _LOGGER.error("Unexpected %s:\n%s", type(error).__name__, where)
