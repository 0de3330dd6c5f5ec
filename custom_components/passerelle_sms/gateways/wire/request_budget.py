"""How many requests a gateway takes in sixty minutes, and how many are left."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from math import ceil
from typing import Final

from ..errors import RateLimitedError
from .elapsed_time import seconds_since_boot
from .sliding_window import SlidingWindow

_PERIOD: Final = timedelta(minutes=60)
_MINUTE: Final = timedelta(minutes=1)
# What polls leave for messages: a fifth, and what a whole house sends in a bad hour.
_RESERVED: Final = 0.2


def time_since_boot() -> timedelta:
    """Return how long ago the machine started."""
    return timedelta(seconds=seconds_since_boot())


class RequestBudget:
    """Counts the requests to one account, and refuses those that are too many.

    The window slides: whenever the gateway began to count, it never finds more.
    """

    def __init__(
        self, limit: int, elapsed: Callable[[], timedelta] = time_since_boot
    ) -> None:
        """Allow `limit` requests in sixty minutes, as `elapsed` counts them."""
        self.limit = limit
        self._elapsed = elapsed
        self._made: SlidingWindow[int] = SlidingWindow(_PERIOD)
        self._numbers = count()

    @property
    def used(self) -> int:
        """How many requests were made in the last sixty minutes."""
        self._made.prune(self._elapsed())
        return self._made.total

    @property
    def has_room_for_polls(self) -> bool:
        """Whether what can wait may ask now: messages come first."""
        return not self.until_room_for_polls()

    def spend(self) -> None:
        """Count a request that is about to be made.

        Raises:
            RateLimitedError: it would be one too many, so it must not be made.

        """
        now = self._elapsed()
        if wait := self._until_room(self.limit, now):
            raise RateLimitedError(
                limit=str(self.limit), minutes=str(ceil(wait / _MINUTE))
            )
        self._made.add(next(self._numbers), now)

    def until_room_for_polls(self) -> timedelta:
        """Return how long it takes until what can wait may ask again."""
        reserved = ceil(self.limit * _RESERVED)
        return self._until_room(max(1, self.limit - reserved), self._elapsed())

    def _until_room(self, limit: int, now: timedelta) -> timedelta:
        self._made.prune(now)
        # The limit may have been lowered: more than one must be forgotten then.
        excess = self._made.total + 1 - limit
        room_at = self._made.frees(excess) if excess > 0 else None
        return timedelta() if room_at is None else room_at - now
