"""The one way to change a message, whether something still happens to it or not."""

import asyncio

from .journal.journal import Journal
from .open_messages import Change, OpenMessages
from .record import MessageRecord


class Records:
    """All messages of an account, each as it is now."""

    def __init__(self, messages: OpenMessages, journal: Journal) -> None:
        """Know those that are not settled, in `messages`, and all others on disk."""
        self._messages = messages
        self._journal = journal
        self._lock = asyncio.Lock()

    async def get(self, message_id: str) -> MessageRecord | None:
        """Return a message, if there is one; raises `NotStoredError`."""
        return self._messages.get(message_id) or await self._journal.get(message_id)

    async def change(self, message_id: str, change: Change) -> MessageRecord | None:
        """Change a message, if there is one, and return once that is on disk.

        Raises:
            NotStoredError: it isn't, so the change is taken back.

        """
        async with self._lock:
            record = await self.get(message_id)
            if record is None or (changed := change(record)) == record:
                return record
            # Looked up again: it may have been taken up from the disk meanwhile.
            if self._messages.get(message_id) is not None:
                return await self._messages.change(message_id, change)
            await self._journal.put(changed)
            return changed
