"""Keeps old news at home: what has waited for longer than it is worth sending."""

from datetime import datetime, timedelta
from functools import partial

from ..message_store import MessageStore
from ..model.record import MessageRecord
from ..model.sequence import blocked
from ..model.submission import Stage
from ..model.transitions import expired
from ..runtime.clock import Clock
from .queue import QueuedRequest, RequestQueue


class Expiry:
    """When what waits in the queue is old news.

    All of it is looked at only when something may be: not with each request.
    """

    def __init__(self, clock: Clock, queue: RequestQueue, store: MessageStore) -> None:
        """Know of nothing that waits in `queue` yet."""
        self._clock = clock
        self._queue = queue
        self._store = store
        self._next: datetime | None = None
        """Nothing that waits expires earlier; `None` while nothing waits."""
        self._in_parts: set[str] = set()
        """The messages of which something may wait for an earlier part, in no queue."""

    @property
    def due(self) -> timedelta | None:
        """When so much has elapsed, something may be old news; `None` for never."""
        if self._next is None or not (self._queue or self._in_parts):
            return None
        return self._clock.elapsed() + (self._next - self._clock.now())

    def note(self, record: MessageRecord) -> None:
        """Note when something of a message expires that waits."""
        expires = record.expires
        self._next = expires if self._next is None else min(self._next, expires)
        if record.parts and record.submissions.at_stage(Stage.OPEN):
            self._in_parts.add(record.message_id)

    def expire(self) -> None:
        """Take what is old news out of the queue, and let it end."""
        now = self._clock.now()
        if self._next is None or now < self._next:
            return
        self._next = None
        for message_id, requests in self._waiting().items():
            record = self._store.get_open(message_id)
            if record is not None and record.expires > now:
                self.note(record)
                continue
            for request in requests:
                self._queue.drop(request)
            self._in_parts.discard(message_id)
            keys = [key for request in requests for key in request.keys]
            keys += [] if record is None else blocked(record)
            # What is in doubt goes on, and is looked at here no more.
            if record is not None and keys:
                self._store.change_in_background(
                    message_id, partial(expired, keys=keys)
                )

    def redate(self) -> None:
        """Order and look at all anew: the clock was set."""
        self._next = None
        for message_id, requests in self._waiting().items():
            if (record := self._store.get_open(message_id)) is not None:
                self._queue.redate(requests, record.created)
                self.note(record)

    def _waiting(self) -> dict[str, list[QueuedRequest]]:
        """Return the requests that wait, by message, with those that have none."""
        waiting = self._queue.waiting_by_message()
        for message_id in self._in_parts:
            waiting.setdefault(message_id, [])
        return waiting
