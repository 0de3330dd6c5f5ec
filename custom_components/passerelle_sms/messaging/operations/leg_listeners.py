"""Who hears what becomes of the messages that an account has had from relays."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..journal.replies import StoredReply
from ..message_store import MessageStore
from ..model.record import MessageRecord
from ..model.submission import SubmissionRecord

type LegListener = Callable[[MessageRecord, Sequence[SubmissionRecord]], None]
type LegReplyListener = Callable[[StoredReply, MessageRecord], Awaitable[bool]]
"""Returns whether the relay that the message is from tells of the reply.

Then that has it on disk; raises `NotStoredError` if it can't be written down.
"""


@dataclass(slots=True, kw_only=True)
class LatestState:
    """The latest that was heard of a message."""

    record: MessageRecord | None = field(default=None, repr=False)


class LegListeners:
    """Passes on all changes of messages from relays, also of those that are settled."""

    def __init__(self, store: MessageStore) -> None:
        """Hear of what is in `store`."""
        self._listeners: dict[object, LegListener] = {}
        self._reply_listeners: dict[object, LegReplyListener] = {}
        self._awaited: dict[str, list[LatestState]] = {}
        self._held: set[str] = set()
        store.listen(self._hear)
        store.closed_listeners.add(self._hear)

    @property
    def held(self) -> int:
        """How many messages are not settled only since nobody knows what became of them."""
        return len(self._held)

    def listen(self, listener: LegListener) -> Callable[[], None]:
        """Call `listener` with each new state, and what is new in it; return how to end it."""
        key = object()
        self._listeners[key] = listener
        return lambda: _remove(self._listeners, key)

    def listen_to_replies(self, listener: LegReplyListener) -> Callable[[], None]:
        """Call `listener` with each reply; return how to end that."""
        key = object()
        self._reply_listeners[key] = listener
        return lambda: _remove(self._reply_listeners, key)

    @contextmanager
    def awaiting(self, message_id: str) -> Iterator[LatestState]:
        """Tell no listener of a message, whose end somebody waits for who is told that."""
        latest = LatestState()
        self._awaited.setdefault(message_id, []).append(latest)
        try:
            yield latest
        finally:
            self._awaited[message_id].remove(latest)
            if not self._awaited[message_id]:
                del self._awaited[message_id]

    async def tell_reply(self, reply: StoredReply, record: MessageRecord) -> bool:
        """Tell of a reply; return whether its relay tells of it.

        Raises:
            NotStoredError: the relay can't write it down.

        """
        told = [
            await listener(reply, record)
            for listener in [*self._reply_listeners.values()]
        ]
        return any(told)

    def _hear(self, record: MessageRecord, changed: Sequence[SubmissionRecord]) -> None:
        if not record.is_leg:
            return
        if record.is_held and not record.is_open:
            self._held.add(record.message_id)
        else:
            self._held.discard(record.message_id)
        if (awaited := self._awaited.get(record.message_id)) is not None:
            for latest in awaited:
                latest.record = record
            return
        for listener in [*self._listeners.values()]:
            listener(record, changed)


def _remove[Value](listeners: dict[object, Value], key: object) -> None:
    listeners.pop(key, None)
