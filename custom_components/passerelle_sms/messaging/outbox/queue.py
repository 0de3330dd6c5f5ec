"""What is to be handed to a gateway: the urgent first, in the order in which it came."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush, merge
from itertools import islice
from typing import Final, Protocol

from ...gateways.model.limits import Limits
from ...gateways.model.message import Sms
from ..model.record import MessageRecord, alike, whole_sms
from ..model.submission import RowKey

# An ordinary message goes after so many urgent ones, so that it is not forgotten.
URGENT_IN_A_ROW: Final = 10


@dataclass(frozen=True, slots=True, order=True)
class QueuedRequest:
    """One request to be made."""

    created: datetime
    message_id: str
    keys: tuple[RowKey, ...] = field(repr=False)
    """The submissions that it is for."""
    due: timedelta | None = field(default=None, compare=False)
    """When it may be made at the earliest, by elapsed time; at once when `None`."""
    urgent: bool = field(default=False, compare=False)
    """Whether it goes before those that are not."""


class RequestQueue:
    """The requests that wait, urgent and old ones first, and those that are under way.

    A submission is in one request at most. Nothing here but `waiting` takes
    longer because many wait.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._urgent: list[QueuedRequest] = []
        self._ordinary: list[QueuedRequest] = []
        self._urgent_in_a_row = 0
        """How many urgent ones have gone since an ordinary one could have."""
        # Each by itself: one that was put off or promoted is equal to what it was.
        self._delayed: dict[QueuedRequest, QueuedRequest] = {}
        # By their time. It may also hold what is delayed no longer.
        self._by_due: list[tuple[timedelta, QueuedRequest]] = []
        self._running: dict[QueuedRequest, None] = {}
        self._running_keys: dict[str, set[RowKey]] = {}
        self._busy: Counter[str] = Counter()
        """How many requests of each message are ready or under way."""
        self._keys: dict[str, set[RowKey]] = {}
        self._waiting_ordinary: Counter[str] = Counter()
        """How many requests of each message wait and are not urgent."""

    @property
    def waiting(self) -> tuple[QueuedRequest, ...]:
        """Those that wait, oldest message first."""
        return tuple(merge(self._urgent, self._ordinary, sorted(self._delayed)))

    def waiting_by_message(self) -> dict[str, list[QueuedRequest]]:
        """Return those that wait, by their messages."""
        waiting: dict[str, list[QueuedRequest]] = {}
        for request in self.waiting:
            waiting.setdefault(request.message_id, []).append(request)
        return waiting

    def __bool__(self) -> bool:
        """Return whether any wait."""
        return bool(self._urgent or self._ordinary or self._delayed)

    @property
    def running(self) -> tuple[QueuedRequest, ...]:
        """Those that are under way."""
        return tuple(self._running)

    def holds(self, message_id: str, key: RowKey) -> bool:
        """Return whether there is a request for this submission of this message."""
        return key in self._keys.get(message_id, ())

    def is_running(self, message_id: str, key: RowKey) -> bool:
        """Return whether a request for this submission of this message is under way."""
        return key in self._running_keys.get(message_id, ())

    def is_busy(self, message_id: str) -> bool:
        """Return whether a request of this message is under way, or ready."""
        return self._busy[message_id] > 0

    def waits_as_ordinary(self, message_id: str) -> bool:
        """Return whether a request of this message waits that is not urgent."""
        return message_id in self._waiting_ordinary

    def is_under_way(self, message_id: str) -> bool:
        """Return whether a request of this message is under way."""
        return any(request.message_id == message_id for request in self._running)

    def add(self, request: QueuedRequest) -> None:
        """Let a request wait for its turn."""
        if request.due is None:
            self._make_ready(request)
        else:
            self._delayed[request] = request
            heappush(self._by_due, (request.due, request))
        if not request.urgent:
            self._waiting_ordinary[request.message_id] += 1
        self._keys.setdefault(request.message_id, set()).update(request.keys)

    def due(self, now: timedelta) -> Iterator[QueuedRequest]:
        """Return those that wait only for their turn, in their order.

        The order is as of now: each that begins may change it.
        """
        self._pass_time(now)
        return self._in_turn()

    def next_due(self, now: timedelta) -> timedelta | None:
        """Return when the next one will wait only for its turn, which doesn't yet."""
        self._pass_time(now)
        return self._by_due[0][0] if self._by_due else None

    def begin(self, request: QueuedRequest) -> None:
        """Take one that waits to be made; raises `KeyError` if it doesn't wait."""
        self._take(request)
        is_passed_over = request.urgent and self._ordinary
        self._urgent_in_a_row = self._urgent_in_a_row + 1 if is_passed_over else 0
        self._running[request] = None
        self._running_keys.setdefault(request.message_id, set()).update(request.keys)
        self._busy[request.message_id] += 1

    def end(self, request: QueuedRequest) -> None:
        """Forget one that was made; raises `KeyError` if it was not under way."""
        del self._running[request]
        _remove(self._running_keys, request)
        self._make_idle(request)
        _remove(self._keys, request)

    def drop(self, request: QueuedRequest) -> None:
        """Forget one that waits: it won't be made; raises `KeyError` if it doesn't."""
        self._take(request)
        _remove(self._keys, request)

    def redate(self, requests: Iterable[QueuedRequest], created: datetime) -> None:
        """Order anew what waits of a message that was dated anew."""
        for request in requests:
            self.drop(request)
            self.add(replace(request, created=created))

    def hasten(self) -> None:
        """Let all that waits for its time wait only for its turn."""
        for request in tuple(self._delayed.values()):
            self.drop(request)
            self.add(replace(request, due=None))

    def promote(self, message_id: str) -> None:
        """Let what waits of a message go before what is not urgent."""
        for request in self.waiting_by_message().get(message_id, ()):
            self.drop(request)
            self.add(replace(request, urgent=True))

    def _in_turn(self) -> Iterator[QueuedRequest]:
        """Yield what is ready: one ordinary after so many urgent ones."""
        ordinary = iter(self._ordinary)
        in_a_row = self._urgent_in_a_row
        for request in self._urgent:
            if in_a_row >= URGENT_IN_A_ROW:
                in_a_row = 0
                yield from islice(ordinary, 1)
            in_a_row += 1
            yield request
        yield from ordinary

    def _pass_time(self, now: timedelta) -> None:
        """Let what is due by now wait only for its turn."""
        while self._by_due:
            due, request = self._by_due[0]
            is_delayed = self._delayed.get(request) is request
            if is_delayed and due > now:
                return
            heappop(self._by_due)
            if is_delayed:
                del self._delayed[request]
                self._make_ready(request)

    def _make_ready(self, request: QueuedRequest) -> None:
        insort(self._ready_like(request), request)
        self._busy[request.message_id] += 1

    def _make_idle(self, request: QueuedRequest) -> None:
        self._busy[request.message_id] -= 1
        if not self._busy[request.message_id]:
            del self._busy[request.message_id]

    def _ready_like(self, request: QueuedRequest) -> list[QueuedRequest]:
        return self._urgent if request.urgent else self._ordinary

    def _take(self, request: QueuedRequest) -> None:
        """Let one wait no longer; raises `KeyError` if it doesn't wait."""
        if self._delayed.pop(request, None) is None:
            ready = self._ready_like(request)
            position = bisect_left(ready, request)
            if ready[position : position + 1] != [request]:
                raise KeyError(request)
            del ready[position]
            self._make_idle(request)
        if not request.urgent:
            self._waiting_ordinary[request.message_id] -= 1
            if not self._waiting_ordinary[request.message_id]:
                del self._waiting_ordinary[request.message_id]


class Batching(Protocol):
    """Who of a message's recipients share a request: a gateway's rule, or a relay's."""

    @property
    def limits(self) -> Limits:
        """How much one request holds, and how many may be under way."""

    def batches(self, sms: Sms) -> Iterator[tuple[str, ...]]:
        """Yield who shares a request, each recipient once, in as few as possible."""


def _remove(by_message: dict[str, set[RowKey]], request: QueuedRequest) -> None:
    keys = by_message[request.message_id]
    keys.difference_update(request.keys)
    if not keys:
        del by_message[request.message_id]


def requests_for(
    record: MessageRecord, keys: Sequence[RowKey], batching: Batching
) -> Iterator[QueuedRequest]:
    """Yield requests of a message, each for as many of its submissions as one holds."""
    for group in alike(record, keys):
        by_number = {record.find(key).recipient.number: key for key in group}
        for numbers in batching.batches(whole_sms(record, group)):
            yield QueuedRequest(
                record.created,
                record.message_id,
                tuple(by_number[number] for number in numbers),
                urgent=record.urgent,
            )
