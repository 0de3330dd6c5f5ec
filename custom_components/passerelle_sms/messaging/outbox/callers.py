"""Who waits for the first request of a message, and when they are answered."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ..model.record import MessageRecord
from ..runtime.waiters import Waiters
from .pace import Pace
from .queue import RequestQueue


class Callers:
    """Those who have sent a message, and wait to hear what became of it."""

    def __init__(
        self, waiters: Waiters[MessageRecord], queue: RequestQueue, pace: Pace
    ) -> None:
        """Answer `waiters` by what `queue` and `pace` say of their messages."""
        self._waiters = waiters
        self._queue = queue
        self._pace = pace
        self._being_written: Counter[str] = Counter()
        self.is_closing = False
        """Whether nothing that waits will be sent any more by this run."""

    def has_answered(self, record: MessageRecord) -> bool:
        """Return whether anybody whose message this is has been answered already."""
        return self._waiters.count(record.message_id) < 1 + len(record.joined)

    def update(self, record: MessageRecord) -> None:
        """Have a message told as it is now."""
        self._waiters.update(record.message_id, record)

    def release_idle(self) -> None:
        """Answer all whose message has been tried, or can't be for now."""
        for message_id in self._waiters:
            self.release_if_idle(message_id)

    def release_if_idle(self, message_id: str) -> None:
        """Answer who waits, unless a request is under way or about to be made."""
        if message_id not in self._waiters or message_id in self._being_written:
            return
        may_begin = not self.is_closing and self._pace.may_begin(message_id)
        is_awaited = self._queue.is_busy if may_begin else self._queue.is_under_way
        if not is_awaited(message_id):
            self._waiters.release(message_id)

    @contextmanager
    def writing(self, message_id: str) -> Iterator[None]:
        """Answer nobody while something new of a message is not on disk."""
        self._being_written[message_id] += 1
        try:
            yield
        finally:
            self._being_written[message_id] -= 1
            if not self._being_written[message_id]:
                del self._being_written[message_id]
            self.release_if_idle(message_id)
