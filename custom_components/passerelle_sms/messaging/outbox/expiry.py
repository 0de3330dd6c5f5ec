"""Keeps old news at home: what has waited for longer than it is worth sending."""

from datetime import datetime, timedelta
from functools import partial

from ..message_store import MessageStore
from ..model.transitions import expired
from ..runtime.clock import Clock
from .queue import RequestQueue


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

    @property
    def due(self) -> timedelta | None:
        """When so much has elapsed, something may be old news; `None` for never."""
        if not self._queue or self._next is None:
            return None
        return self._clock.elapsed() + (self._next - self._clock.now())

    def note(self, expires: datetime) -> None:
        """Note when something that waits expires."""
        self._next = expires if self._next is None else min(self._next, expires)

    def expire(self) -> None:
        """Take what is old news out of the queue, and let it end."""
        now = self._clock.now()
        if self._next is None or now < self._next:
            return
        self._next = None
        for message_id, requests in self._queue.waiting_by_message().items():
            record = self._store.get_open(message_id)
            if record is not None and record.expires > now:
                self.note(record.expires)
                continue
            for request in requests:
                self._queue.drop(request)
            if record is not None:
                numbers = [number for one in requests for number in one.numbers]
                self._store.change_in_background(
                    message_id, partial(expired, numbers=numbers)
                )

    def redate(self) -> None:
        """Order and look at all anew: the clock was set."""
        self._next = None
        for message_id, requests in self._queue.waiting_by_message().items():
            if (record := self._store.get_open(message_id)) is not None:
                self._queue.redate(requests, record.created)
                self.note(record.expires)
