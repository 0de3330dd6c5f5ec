"""How many requests a gateway takes in sixty minutes, and how many are left."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final

from ..errors import RateLimitedError

_PERIOD: Final = timedelta(minutes=60)
# What polls leave for messages: a fifth, and what a whole house sends in a bad hour.
_RESERVED: Final = 0.2


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class RequestBudget:
    """Counts the requests to one account, and refuses those that are too many.

    The window slides: whenever the gateway began to count, it never finds more. Time
    that is set back doesn't pass meanwhile, as what was asked keeps its age.
    """

    def __init__(self, limit: int, now: Callable[[], datetime] = utc_now) -> None:
        """Allow `limit` requests in sixty minutes."""
        self.limit = limit
        self._now = now
        self._read = self._time = now()
        self._asked: deque[datetime] = deque()

    @property
    def used(self) -> int:
        """How many requests were made in the last sixty minutes."""
        self._pass_time()
        return len(self._asked)

    @property
    def has_room_for_polls(self) -> bool:
        """Whether what can wait may ask now: messages come first."""
        return self.used < self._limit_of_polls

    def spend(self) -> None:
        """Count a request that is about to be made.

        Raises:
            RateLimitedError: it would be one too many, so it must not be made.

        """
        excess = self.used - self.limit
        if excess >= 0:
            # The limit may have been lowered: more than one must be forgotten then.
            freed = self._asked[excess]
            wait = freed + _PERIOD - self._time
            raise RateLimitedError(
                limit=str(self.limit), minutes=str(ceil(wait / timedelta(minutes=1)))
            )
        self._asked.append(self._time)

    def until_room_for_polls(self) -> timedelta:
        """Return how long it takes until what can wait may ask again."""
        excess = self.used - self._limit_of_polls
        if excess < 0:
            return timedelta()
        return self._asked[excess] + _PERIOD - self._time

    @property
    def _limit_of_polls(self) -> int:
        return max(1, self.limit - ceil(self.limit * _RESERVED))

    def _pass_time(self) -> None:
        read = self._now()
        self._time += max(read - self._read, timedelta())
        self._read = read
        while self._asked and self._time - self._asked[0] >= _PERIOD:
            self._asked.popleft()
