"""Who waits for the deliveries of which message."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Waiting:
    """The messages that somebody waits for, each with all who do."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._events: dict[str, list[asyncio.Event]] = {}

    def __contains__(self, message_id: object) -> bool:
        """Return whether somebody waits for a message."""
        return message_id in self._events

    @contextmanager
    def begun(self, message_id: str) -> Iterator[asyncio.Event]:
        """Count as waiting for a message meanwhile; the event says that it is over."""
        over = asyncio.Event()
        self._events.setdefault(message_id, []).append(over)
        try:
            yield over
        finally:
            self._events[message_id].remove(over)
            if not self._events[message_id]:
                del self._events[message_id]

    def release(self, message_id: str) -> None:
        """Let nobody wait for a message any longer."""
        for over in self._events.get(message_id, ()):
            over.set()

    def release_all(self) -> None:
        """Let nobody wait any longer."""
        for message_id in self._events:
            self.release(message_id)
