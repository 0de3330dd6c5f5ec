"""Takes messages back that are here: in the outbox, or kept until their hour."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

from ...gateways.errors import (
    AlreadyCancelledError,
    NotCancellableError,
    RelayedMessageError,
    UnknownMessageError,
)
from ...gateways.outcome import Outcome
from ..message_store import MessageStore
from ..model.record import MessageRecord
from ..model.submission import Stage
from ..model.transitions import is_cancelled
from ..outbox.dispatcher import Dispatcher
from ..outbox.joining import Joining
from ..runtime.tasks import Tasks
from .planned_messages import PlannedMessages


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """What became of a message that was taken back."""

    record: MessageRecord
    credits_back: Decimal | None
    """The credits given back, where the gateway tells."""


class Canceller:
    """Takes back the messages of one account or relay, as far as they are here."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        joining: Joining,
        planned: PlannedMessages,
        store: MessageStore,
    ) -> None:
        """Take back what is `planned`, or in the outbox."""
        self._dispatcher = dispatcher
        self._joining = joining
        self._planned = planned
        self._store = store
        self._one_by_one = asyncio.Lock()
        self._tasks = Tasks()

    async def cancel(self, message_id: str) -> Cancelled:
        """Take a message back, for all of its recipients whom it has not reached.

        Where it waits together with others that are the same, these go on. Once it has
        been handed over to anybody, or may have been, it is theirs as well, and goes on.

        A caller that is cancelled meanwhile cuts nothing off: what the gateway answers is
        written down.

        Raises:
            UnknownMessageError: there is no such message.
            AlreadyCancelledError: it was taken back before.
            NotCancellableError: there is nothing left that is his to take back.
            RelayedMessageError: it is a relay's, which alone may take it back.
            GatewayError: of the kind that says why the gateway didn't take it back.

        """
        return await self._tasks.complete(self._cancel(message_id))

    async def finish(self) -> None:
        """Wait for what is being taken back."""
        await self._tasks.join()

    async def _cancel(self, message_id: str) -> Cancelled:
        # Twice at once: the second finds what the first has done.
        async with self._one_by_one:
            return await self._take_back(message_id)

    async def _take_back(self, message_id: str) -> Cancelled:
        found = await self._store.get(message_id)
        if found is not None and found.is_leg:
            raise RelayedMessageError
        was_planned = await self._planned.withdraw(message_id)
        before = await self._store.get(message_id)
        if before is None:
            raise UnknownMessageError
        if was_planned:
            return Cancelled(record=before, credits_back=None)
        has_left = await self._joining.leave(message_id)
        record = await self._store.get(message_id) or before
        if not has_left and not record.joined:
            await self._dispatcher.withdraw(message_id)
            record = await self._store.get(message_id) or before
        record, told_back = await self._take_back_there(record)
        if _states(record) == _states(before):
            if any(map(is_cancelled, record.submissions)):
                raise AlreadyCancelledError
            raise NotCancellableError
        total = sum(told_back, Decimal(0)) if told_back else None
        return Cancelled(record=record, credits_back=total)

    async def _take_back_there(
        self, record: MessageRecord
    ) -> tuple[MessageRecord, list[Decimal]]:
        """Take back what somebody else keeps for later, as only gateways do.

        Returns the message after that, and the credits given back, as far as they are told.
        """
        return record, []


def _states(record: MessageRecord) -> list[tuple[Outcome, Stage]]:
    """Return what a message has come to: its moments move with the clock."""
    return [(submission.outcome, submission.stage) for submission in record.submissions]
