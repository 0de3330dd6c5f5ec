"""How many requests a gateway takes in sixty minutes, and how many are left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from math import ceil
from typing import Final

from ..errors import CannotConnectError, RateLimitedError, TlsFailedError
from .elapsed_time import seconds_since_boot
from .sliding_window import SlidingWindow

_PERIOD: Final = timedelta(minutes=60)
_MINUTE: Final = timedelta(minutes=1)
# What questions leave for messages: a fifth, and what a whole house sends in a bad hour.
_RESERVED: Final = 0.2


def time_since_boot() -> timedelta:
    """Return how long ago the machine started."""
    return timedelta(seconds=seconds_since_boot())


class RequestBudget:
    """Counts the requests to one account, and refuses those that are too many.

    The window slides: whenever the gateway began to count, it never finds more. The last
    fifth of the limit is a reserve. Messages may use it, and cancellations, which save
    what a message costs. Everything else is a question, whoever asks it, and may not.
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
        """Whether a question may be asked now: messages come first."""
        return not self.until_room_for_polls()

    @contextmanager
    def counting(self, *, uses_reserve: bool = False) -> Iterator[None]:
        """Count a request that is made meanwhile, unless it provably never left.

        Raises:
            RateLimitedError: it would be one too many, so it must not be made.

        """
        request = self.spend(uses_reserve=uses_reserve)
        may_have_left = True
        try:
            yield
        except CannotConnectError, TlsFailedError:
            may_have_left = False
            raise
        finally:
            if may_have_left:
                # The gateway may have counted it as late as now.
                self._made.add(request, self._elapsed())
            else:
                self.give_back(request)

    def spend(self, *, uses_reserve: bool = False) -> int:
        """Count a request that is about to be made, and return its number.

        Raises:
            RateLimitedError: it would be one too many, so it must not be made.

        """
        now = self._elapsed()
        allowed = self.limit if uses_reserve else self._allowed_to_questions
        if wait := self._until_room(allowed, now):
            raise RateLimitedError(
                wait=wait, limit=str(self.limit), minutes=str(ceil(wait / _MINUTE))
            )
        request = next(self._numbers)
        self._made.add(request, now)
        return request

    def give_back(self, request: int) -> None:
        """Forget a request that provably never left."""
        self._made.discard(request)

    def until_room_for_polls(self) -> timedelta:
        """Return how long it takes until a question may be asked again."""
        return self._until_room(self._allowed_to_questions, self._elapsed())

    @property
    def _allowed_to_questions(self) -> int:
        # An account that may ask only once an hour is looked at, too.
        return max(1, self.limit - ceil(self.limit * _RESERVED))

    def _until_room(self, limit: int, now: timedelta) -> timedelta:
        self._made.prune(now)
        # The limit may have been lowered: more than one must be forgotten then.
        excess = self._made.total + 1 - limit
        room_at = self._made.frees(excess) if excess > 0 else None
        return timedelta() if room_at is None else room_at - now
