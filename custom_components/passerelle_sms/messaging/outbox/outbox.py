"""Messages on their way: tried, tried again, or expired.

The promise: what is handed in is on disk before the first byte leaves; what may have
left is never repeated blindly; what has provably not left is tried until its time is
over; and every message ends accepted, rejected, expired, or unknown and shown.
"""

from functools import partial
from typing import Final

from ...gateways.errors import NotStoredError, OutboxFullError
from ..message_store import MessageStore
from ..model.joining import seen_by
from ..model.record import Choice, MessageRecord
from ..model.transitions import apply_user_choice
from ..runtime.clock import Clock
from ..runtime.waiters import Waiters
from .dispatcher import Dispatcher
from .joining import JoinedMessage, Joining

# More than this waits only when something is badly wrong.
MOST_OPEN: Final = 500


class Outbox:
    """The messages of one account that are not settled yet."""

    def __init__(
        self,
        store: MessageStore,
        dispatcher: Dispatcher,
        clock: Clock,
        waiters: Waiters[MessageRecord],
        joining: Joining,
    ) -> None:
        """Take messages into `store`, for `dispatcher` to send."""
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock
        self._waiters = waiters
        self._joining = joining
        self._arriving = 0

    async def send(self, record: MessageRecord) -> MessageRecord:
        """Take a message in, and return it after its first attempt.

        Where the gateway could not be reached it is `queued` then, and goes on here.

        Raises:
            OutboxFullError, NotStoredError: it was not taken in, and not sent.

        """
        if (full := self.full) is not None:
            raise full
        answer = self._waiters.wait_for(record.message_id, record)
        self._arriving += 1
        try:
            with self._joining.arriving(record):
                await self._dispatcher.admit(record)
        except NotStoredError:
            self._waiters.forget(record.message_id, record.message_id)
            raise
        finally:
            self._arriving -= 1
        return seen_by(await answer, record.message_id)

    async def tried(self, record: MessageRecord) -> MessageRecord:
        """Return a message that is in here once no request of it is made any more."""
        answer = self._waiters.wait_for(record.message_id, record)
        self._dispatcher.readiness.answer_if_idle(record.message_id)
        return await answer

    async def join(self, record: MessageRecord) -> JoinedMessage | None:
        """Let a new message join an equal one that waits; `None` if there is none.

        It takes no room here, and what is under way is not hurried for it.

        Raises:
            OutboxFullError, NotStoredError: it has not joined, and isn't sent.

        """
        return await self._joining.join(record)

    async def resolve(self, message_id: str, choice: Choice) -> None:
        """Do with a held message what the user has chosen; nothing if it isn't held.

        Raises:
            NotStoredError: the choice could not be written down, so it is not made.

        """
        record = self._store.get_open(message_id)
        if record is not None and record.is_held:
            now = self._clock.now()
            await self._store.change(
                message_id, partial(apply_user_choice, choice=choice, now=now)
            )

    @property
    def full(self) -> OutboxFullError | None:
        """Why no message can be taken in now; `None` while there is room."""
        room = MOST_OPEN - self._arriving
        # What waits for the user doesn't count: alerts must not stop for that.
        is_full = (
            len(self._store) >= room
            and sum(record.is_open for record in self._store) >= room
        )
        return OutboxFullError() if is_full else None
