"""How fast a gateway may be asked: at will, or after failures one by one, with pauses."""

from dataclasses import dataclass
from datetime import timedelta
import random
from typing import Final

from ..runtime.clock import Clock

# Between two tries at a gateway that can't be reached, doubled each time. No pause is
# longer, and each is up to a quarter shorter, so that not everybody comes back at once.
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(seconds=30)
JITTER: Final = 0.25
# Between two tries of what a gateway did not look at and said nothing about: it may count
# its requests, and one that it never takes must not use up those of all others.
LONGEST_PUT_OFF: Final = timedelta(minutes=5)
# A new message is a reason to try at once, but a loop of them must not besiege a gateway.
SHORTEST_PAUSE: Final = timedelta(seconds=5)


def pause_after(failures: int, longest: timedelta = LONGEST_PAUSE) -> timedelta:
    """Return how long to wait after so many failures, not as long as everybody else."""
    doublings = min(max(failures - 1, 0), 10)
    pause = min(longest, FIRST_PAUSE * float(2**doublings))
    return pause * random.uniform(1 - JITTER, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """When a request began."""

    elapsed: timedelta
    failures: int
    """How many had failed in a row until then."""
    put_off: int
    """How many had been put off in a row until then."""


class Backoff:
    """The pace at which one gateway is asked."""

    def __init__(self, clock: Clock, at_once: int) -> None:
        """Allow `at_once` requests while all is well."""
        self._clock = clock
        self._at_once = at_once
        self._failures = 0
        self._put_off = 0
        self._first_put_off: str | None = None
        self._has_backlog = False
        self._last_failure = timedelta()
        self._resume_at = timedelta()
        self._limited_until = timedelta()

    @property
    def concurrency(self) -> int:
        """How many requests may be under way.

        After a failure they go one by one until nothing is left over from it, so that
        messages leave in their order when the gateway is back.
        """
        return 1 if self._has_backlog else self._at_once

    @property
    def resume_at(self) -> timedelta | None:
        """When so much has elapsed it may be asked again; `None` when that is now."""
        resume_at = max(self._resume_at, self._limited_until)
        return None if resume_at <= self._clock.elapsed() else resume_at

    def begin(self) -> Begin:
        """Return what `record_failure` has to know of a request that begins now."""
        return Begin(
            elapsed=self._clock.elapsed(),
            failures=self._failures,
            put_off=self._put_off,
        )

    def record_failure(self, begin: Begin, wait: timedelta | None = None) -> None:
        """Leave the gateway alone for a while, counted from when the request began.

        What was under way together fails together, and counts once. `wait` is how long
        the gateway itself wants to be left alone from now on: nothing cuts that short.
        """
        now = self._clock.elapsed()
        self._has_backlog = True
        self._last_failure = now
        if wait is not None:
            self._limited_until = max(self._limited_until, now + wait)
        if begin.failures == self._failures:
            self._failures += 1
            self._resume_at = begin.elapsed + pause_after(self._failures)

    def record_put_off(self, begin: Begin, message_id: str) -> None:
        """Note that the gateway did not look at a request: perhaps at none for now.

        The first message says that only of itself, however often, and waits alone. When
        another one is put off as well, all wait for a while, as after a failure.
        """
        if not self._put_off:
            self._first_put_off = message_id
        elif self._put_off == 1 and message_id == self._first_put_off:
            return
        self._last_failure = self._clock.elapsed()
        if begin.put_off != self._put_off:
            return
        self._put_off += 1
        if in_a_row := self._put_off - 1:
            self._has_backlog = True
            pause = pause_after(in_a_row, LONGEST_PUT_OFF)
            self._resume_at = begin.elapsed + pause

    def record_success(self) -> None:
        """Go on: the gateway is there."""
        self._failures, self._put_off, self._resume_at = 0, 0, timedelta()

    def note_backlog(self) -> None:
        """Note that something is left over from a failure: it goes one by one."""
        self._has_backlog = True

    def backlog_empty(self) -> None:
        """Go on at will, if the gateway is there: nothing is left over."""
        self._has_backlog = self._failures > 0

    def retry_now(self) -> None:
        """Cut a pause short; if it fails again, the next one is longer all the same."""
        self._resume_at = timedelta()

    def retry_for_new(self) -> None:
        """Cut a pause short for a new message: a little, if the gateway was just tried."""
        self._resume_at = min(self._resume_at, self._last_failure + SHORTEST_PAUSE)
