"""How many requests a gateway takes in sixty minutes, and how many are left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from heapq import merge
from itertools import count, islice
from math import ceil
from typing import Final

from ..errors import CannotConnectError, RateLimitedError, TlsFailedError
from .elapsed_time import time_since_boot
from .purpose import Purpose
from .sliding_window import SlidingWindow

_PERIOD: Final = timedelta(minutes=60)
_MINUTE: Final = timedelta(minutes=1)
# What all else leaves for messages: a fifth, and what a whole house sends in a bad hour.
_RESERVED: Final = 0.2


def renewable(limit: int, polls_per_hour: int, set_aside: int = 0) -> int:
    """Return how many more requests an hour renewals may make, 0 where there is no room.

    `limit` is what the gateway takes in an hour, `polls_per_hour` what is asked of it
    besides, for which at least one is left, and `set_aside` what other switches need.
    """
    return max(0, _beside_the_reserve(limit) - max(1, polls_per_hour) - set_aside)


class RequestBudget:
    """Counts the requests to one account, and refuses those that are too many.

    The window slides: whenever the gateway began to count, it never finds more. The last
    fifth of the limit is a reserve: only messages may use it, and cancellations, which
    save what a message costs. A part of the rest may be set aside for the renewals of
    dead man's switches. Everything else is a question, whoever asks it, and may use
    neither (`Purpose`).
    """

    def __init__(
        self, limit: int, elapsed: Callable[[], timedelta] = time_since_boot
    ) -> None:
        """Allow `limit` requests in sixty minutes, as `elapsed` counts them."""
        self.limit = limit
        self._elapsed = elapsed
        self._renewals: SlidingWindow[int] = SlidingWindow(_PERIOD)
        self._others: SlidingWindow[int] = SlidingWindow(_PERIOD)
        self._set_aside: dict[str, int] = {}
        self._numbers = count()

    @property
    def used(self) -> int:
        """How many requests were made in the last sixty minutes."""
        self._prune(self._elapsed())
        return self._renewals.total + self._others.total

    @property
    def has_room_for_polls(self) -> bool:
        """Whether a question may be asked now: messages and renewals come first."""
        return not self.until_room(Purpose.QUESTION)

    def set_aside(self, key: str, requests: int) -> None:
        """Keep so many requests an hour from questions, for the renewals of one switch.

        `key` tells one switch from another; 0 forgets it. However much is set aside, one
        question an hour may be asked.
        """
        self._set_aside.pop(key, None)
        if requests > 0:
            self._set_aside[key] = requests

    def set_aside_for_others(self, key: str) -> int:
        """Return how many requests an hour are set aside for other switches."""
        return sum(self._set_aside.values()) - self._set_aside.get(key, 0)

    @contextmanager
    def counting(self, purpose: Purpose = Purpose.QUESTION) -> Iterator[None]:
        """Count a request that is made meanwhile, unless it provably never left.

        Raises:
            RateLimitedError: it would be one too many, so it must not be made.

        """
        request = self.spend(purpose)
        may_have_left = True
        try:
            yield
        except CannotConnectError, TlsFailedError:
            may_have_left = False
            raise
        finally:
            if may_have_left:
                # The gateway may have counted it as late as now.
                self._window(purpose).add(request, self._elapsed())
            else:
                self._window(purpose).discard(request)

    def spend(self, purpose: Purpose = Purpose.QUESTION) -> int:
        """Count a request that is about to be made, and return its number.

        Raises:
            RateLimitedError: it would be one too many, so it must not be made.

        """
        if wait := self.until_room(purpose):
            raise RateLimitedError(
                wait=wait, limit=str(self.limit), minutes=str(ceil(wait / _MINUTE))
            )
        request = next(self._numbers)
        self._window(purpose).add(request, self._elapsed())
        return request

    def until_room(self, purpose: Purpose) -> timedelta:
        """Return how long it takes until a request may be made for a purpose.

        Against it counts what was made, and against a question also what is set aside
        and not used yet.
        """
        now = self._elapsed()
        self._prune(now)
        allowed = _beside_the_reserve(self.limit)
        kept = 0
        if purpose is Purpose.MESSAGE:
            allowed = self.limit
        elif purpose is Purpose.QUESTION:
            kept = min(sum(self._set_aside.values()), allowed - 1)
        # A renewal that is forgotten leaves no room for a question as long as what is set
        # aside is to be used anew.
        beyond = max(0, self._renewals.total - kept)
        # The limit may have been lowered: more than one must be forgotten then.
        excess = self._others.total + kept + beyond + 1 - allowed
        if excess <= 0:
            return timedelta()
        leaving = merge(
            self._others.departures(), islice(self._renewals.departures(), beyond)
        )
        return next(islice(leaving, excess - 1, None), now) - now

    def _window(self, purpose: Purpose) -> SlidingWindow[int]:
        return self._renewals if purpose is Purpose.RENEWAL else self._others

    def _prune(self, now: timedelta) -> None:
        self._renewals.prune(now)
        self._others.prune(now)


def _beside_the_reserve(limit: int) -> int:
    """Return how many requests are not for messages alone.

    An account that may be asked only once an hour is looked at, too.
    """
    return max(1, limit - ceil(limit * _RESERVED))
