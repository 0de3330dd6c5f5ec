"""Those who wait to hear what became of their message."""

import asyncio
from collections.abc import Callable, Container

from ..model.record import MessageRecord


class Waiters:
    """Who waits, by message."""

    def __init__(self, current: Callable[[str], MessageRecord | None]) -> None:
        """Answer with the messages as `current` knows them, until they are settled."""
        self._current = current
        self._waiting: dict[str, asyncio.Future[MessageRecord]] = {}
        self._latest: dict[str, MessageRecord] = {}

    def wait_for(self, record: MessageRecord) -> asyncio.Future[MessageRecord]:
        """Return what will be the answer about a message."""
        answer: asyncio.Future[MessageRecord] = asyncio.Future()
        self._waiting[record.message_id] = answer
        self._latest[record.message_id] = record
        return answer

    def changed(self, record: MessageRecord) -> None:
        """Remember what a message has come to, as a settled one is soon forgotten."""
        if record.message_id in self._waiting:
            self._latest[record.message_id] = record

    def release(self, busy: Container[str]) -> None:
        """Answer about all messages but those that are busy."""
        for message_id in [known for known in self._waiting if known not in busy]:
            answer, latest = self._waiting.pop(message_id), self._latest.pop(message_id)
            # Who has gone away needs none.
            if not answer.done():
                answer.set_result(self._current(message_id) or latest)
