"""What is to be handed to a gateway: in the order in which it came."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush, merge


@dataclass(frozen=True, slots=True, order=True)
class QueuedRequest:
    """One request to be made."""

    created: datetime
    message_id: str
    numbers: tuple[str, ...] = field(repr=False)
    due: timedelta | None = field(default=None, compare=False)
    """When it may be made at the earliest, by elapsed time; at once when `None`."""


class RequestQueue:
    """The requests that wait, oldest message first, and those that are under way.

    A recipient of a message is in one request at most. Nothing here but `waiting` takes
    longer because many wait.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._ready: list[QueuedRequest] = []
        self._delayed: dict[QueuedRequest, timedelta] = {}
        # By their time. It may also hold what is delayed no longer.
        self._by_due: list[tuple[timedelta, QueuedRequest]] = []
        self._running: dict[QueuedRequest, None] = {}
        self._busy: Counter[str] = Counter()
        """How many requests of each message are ready or under way."""
        self._numbers: dict[str, set[str]] = {}

    @property
    def waiting(self) -> tuple[QueuedRequest, ...]:
        """Those that wait."""
        return tuple(merge(self._ready, sorted(self._delayed)))

    def waiting_by_message(self) -> dict[str, list[QueuedRequest]]:
        """Return those that wait, by their messages."""
        waiting: dict[str, list[QueuedRequest]] = {}
        for request in self.waiting:
            waiting.setdefault(request.message_id, []).append(request)
        return waiting

    def __bool__(self) -> bool:
        """Return whether any wait."""
        return bool(self._ready or self._delayed)

    @property
    def running(self) -> tuple[QueuedRequest, ...]:
        """Those that are under way."""
        return tuple(self._running)

    def holds(self, message_id: str, number: str) -> bool:
        """Return whether there is a request for this recipient of this message."""
        return number in self._numbers.get(message_id, ())

    def is_busy(self, message_id: str) -> bool:
        """Return whether a request of this message is under way, or ready."""
        return self._busy[message_id] > 0

    def is_under_way(self, message_id: str) -> bool:
        """Return whether a request of this message is under way."""
        return any(request.message_id == message_id for request in self._running)

    def add(self, request: QueuedRequest) -> None:
        """Let a request wait for its turn."""
        if request.due is None:
            self._make_ready(request)
        else:
            self._delayed[request] = request.due
            heappush(self._by_due, (request.due, request))
        self._numbers.setdefault(request.message_id, set()).update(request.numbers)

    def due(self, now: timedelta) -> Iterator[QueuedRequest]:
        """Return those that wait only for their turn, in their order."""
        self._pass_time(now)
        return iter(self._ready)

    def next_due(self, now: timedelta) -> timedelta | None:
        """Return when the next one will wait only for its turn, which doesn't yet."""
        self._pass_time(now)
        return self._by_due[0][0] if self._by_due else None

    def begin(self, request: QueuedRequest) -> None:
        """Take one that waits to be made; raises `KeyError` if it doesn't wait."""
        self._take(request)
        self._running[request] = None
        self._busy[request.message_id] += 1

    def end(self, request: QueuedRequest) -> None:
        """Forget one that was made; raises `KeyError` if it was not under way."""
        del self._running[request]
        self._make_idle(request)
        self._forget(request)

    def drop(self, request: QueuedRequest) -> None:
        """Forget one that waits: it won't be made; raises `KeyError` if it doesn't."""
        self._take(request)
        self._forget(request)

    def redate(self, requests: Iterable[QueuedRequest], created: datetime) -> None:
        """Order anew what waits of a message that was dated anew."""
        for request in requests:
            self.drop(request)
            self.add(replace(request, created=created))

    def _pass_time(self, now: timedelta) -> None:
        """Let what is due by now wait only for its turn."""
        while self._by_due:
            due, request = self._by_due[0]
            is_delayed = self._delayed.get(request) == due
            if is_delayed and due > now:
                return
            heappop(self._by_due)
            if is_delayed:
                del self._delayed[request]
                self._make_ready(request)

    def _make_ready(self, request: QueuedRequest) -> None:
        insort(self._ready, request)
        self._busy[request.message_id] += 1

    def _make_idle(self, request: QueuedRequest) -> None:
        self._busy[request.message_id] -= 1
        if not self._busy[request.message_id]:
            del self._busy[request.message_id]

    def _take(self, request: QueuedRequest) -> None:
        if self._delayed.pop(request, None) is not None:
            return
        position = bisect_left(self._ready, request)
        if self._ready[position : position + 1] != [request]:
            raise KeyError(request)
        del self._ready[position]
        self._make_idle(request)

    def _forget(self, request: QueuedRequest) -> None:
        numbers = self._numbers[request.message_id]
        numbers.difference_update(request.numbers)
        if not numbers:
            del self._numbers[request.message_id]
