"""How long an account that its gateway has refused is left alone between two probes."""

from datetime import timedelta
from typing import Final

from ..runtime.clock import Clock

# Doubled each time until a message is accepted.
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=5)


class ProbePauses:
    """The pauses between probes, by elapsed time."""

    def __init__(self, clock: Clock) -> None:
        """Begin without one."""
        self._clock = clock
        self._refusals = 0
        self.next_probe = timedelta()
        """When so much has elapsed, a probe may be made."""

    def __bool__(self) -> bool:
        """Return whether there was a pause since a message was accepted."""
        return self._refusals > 0

    @property
    def is_over(self) -> bool:
        """Whether a probe may be made."""
        return self.next_probe <= self._clock.elapsed()

    @property
    def left(self) -> timedelta:
        """How long it is until a probe may be made."""
        return max(timedelta(), self.next_probe - self._clock.elapsed())

    def lengthen(self) -> None:
        """Begin a pause that is twice as long as the last one."""
        self._refusals += 1
        self.repeat()

    def repeat(self, longest: timedelta = LONGEST_PAUSE) -> None:
        """Begin a pause as long as the last one, and no longer than `longest`."""
        doublings = min(max(self._refusals - 1, 0), 10)
        pause = min(LONGEST_PAUSE, longest, FIRST_PAUSE * 2**doublings)
        self.next_probe = self._clock.elapsed() + pause

    def reset(self) -> None:
        """Let the next pause be the first."""
        self._refusals = 0
