"""Waiting for what happens soon, and no longer than that."""

import asyncio
from collections.abc import Awaitable, Callable

_PAUSE = 0.05


async def until[Value](
    what: str, look: Callable[[], Awaitable[Value | None]], *, limit: float = 30
) -> Value:
    """Look until there is something to see, and return it.

    Raises:
        TimeoutError: there was nothing after `limit` seconds; its text says `what`.

    """
    try:
        async with asyncio.timeout(limit):
            while (seen := await look()) is None:
                await asyncio.sleep(_PAUSE)
            return seen
    except TimeoutError:
        raise TimeoutError(f"waited {limit:g} s in vain until {what}") from None
