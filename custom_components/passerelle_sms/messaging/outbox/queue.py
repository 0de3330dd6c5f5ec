"""What is to be handed to a gateway: in the order in which it came."""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from .backoff import is_over


@dataclass(frozen=True, slots=True, order=True)
class QueuedRequest:
    """One request to be made."""

    created: datetime
    message_id: str
    numbers: tuple[str, ...] = field(repr=False)
    due: datetime | None = field(default=None, compare=False)
    """When it may be made at the earliest; at once when `None`."""


class RequestQueue:
    """The requests that wait, oldest message first, and those that are under way."""

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: list[QueuedRequest] = []
        self._running: dict[QueuedRequest, None] = {}
        # Looking through all jobs for each new one would take ever longer.
        self._in_hand: set[tuple[str, str]] = set()

    @property
    def waiting(self) -> tuple[QueuedRequest, ...]:
        """Those that wait."""
        return tuple(self._waiting)

    @property
    def running(self) -> tuple[QueuedRequest, ...]:
        """Those that are under way."""
        return tuple(self._running)

    def holds(self, message_id: str, number: str) -> bool:
        """Return whether there is a request for this recipient of this message."""
        return (message_id, number) in self._in_hand

    def add(self, job: QueuedRequest) -> None:
        """Let a request wait for its turn."""
        insort(self._waiting, job)
        self._in_hand.update(_keys(job))

    def due(self, now: datetime) -> Iterator[QueuedRequest]:
        """Yield those that wait only for their turn."""
        return (job for job in self._waiting if is_over(job.due, now))

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the next one will wait only for its turn, which doesn't yet."""
        return min(
            (
                job.due
                for job in self._waiting
                if job.due is not None and not is_over(job.due, now)
            ),
            default=None,
        )

    def begin(self, job: QueuedRequest) -> None:
        """Take one that waits to be made."""
        self._waiting.remove(job)
        self._running[job] = None

    def end(self, job: QueuedRequest) -> None:
        """Forget one that was made."""
        del self._running[job]
        self._in_hand.difference_update(_keys(job))

    def drop(self, job: QueuedRequest) -> None:
        """Forget one that waits: it won't be made."""
        self._waiting.remove(job)
        self._in_hand.difference_update(_keys(job))


def _keys(job: QueuedRequest) -> Iterator[tuple[str, str]]:
    return ((job.message_id, number) for number in job.numbers)
