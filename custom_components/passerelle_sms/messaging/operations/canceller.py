"""Takes messages back: from the outbox, or from the gateway that keeps them for later."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from ...gateways.abilities.delivery import CancelsMessages
from ...gateways.errors import (
    AlreadyCancelledError,
    NotCancellableError,
    UnknownMessageError,
)
from ...gateways.gateway import Gateway
from ...gateways.model.message import Cancellation, Scheduled
from ...gateways.outcome import Outcome
from ..change_listeners import ChangeListener
from ..message_store import MessageStore
from ..model.record import MessageRecord, text_sent
from ..model.submission import Stage, row_key
from ..model.transitions import (
    is_cancelled,
    mark_cancelled_at_gateway,
    may_be_at_gateway,
)
from ..observers import MessageObserver
from ..outbox.dispatcher import Dispatcher
from ..outbox.joining import Joining
from ..reconciliation.ledger import Ledger
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from .planned_messages import PlannedMessages


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """What became of a message that was taken back."""

    record: MessageRecord
    credits_back: Decimal | None
    """The credits given back, where the gateway tells."""


class Canceller:
    """Takes back the messages of one account."""

    def __init__(
        self,
        gateway: Gateway,
        dispatcher: Dispatcher,
        joining: Joining,
        planned: PlannedMessages,
        store: MessageStore,
        ledger: Ledger,
        clock: Clock,
        observer: MessageObserver,
        follow: ChangeListener,
    ) -> None:
        """Take back what is `planned`, or in the outbox, and from `gateway` where it can."""
        self._gateway = gateway
        self._dispatcher = dispatcher
        self._joining = joining
        self._planned = planned
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._observer = observer
        self._follow = follow
        self._one_by_one = asyncio.Lock()
        self._tasks = Tasks()

    async def cancel(self, message_id: str) -> Cancelled:
        """Take a message back, for all of its recipients whom it has not reached.

        Where it waits together with others that are the same, these go on.

        A caller that is cancelled meanwhile cuts nothing off: what the gateway answers is
        written down.

        Raises:
            UnknownMessageError: there is no such message.
            AlreadyCancelledError: it was taken back before.
            NotCancellableError: there is nothing left to take back.
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
        was_planned = await self._planned.withdraw(message_id)
        before = await self._store.get(message_id)
        if before is None:
            raise UnknownMessageError
        if was_planned:
            return Cancelled(record=before, credits_back=None)
        if not await self._joining.leave(message_id):
            await self._dispatcher.withdraw(before.kept_id)
        record = await self._store.get(message_id) or before
        told_back: list[Decimal] = []
        for part, scheduled in self._requests(record):
            cancellation = await self._cancel_at_gateway(scheduled)
            record = await self._write_down(record, part, scheduled)
            self._follow(record, record.submissions)
            self._observer.on_message_cancelled(record)
            if cancellation.credits_back is not None:
                told_back.append(cancellation.credits_back)
        if _states(record) == _states(before):
            if any(map(is_cancelled, record.submissions)):
                raise AlreadyCancelledError
            raise NotCancellableError
        credits_back = sum(told_back, Decimal(0)) if told_back else None
        return Cancelled(record=record, credits_back=credits_back)

    def _requests(self, record: MessageRecord) -> Iterator[tuple[int, Scheduled]]:
        """Yield what the gateway is to be asked for: first what it has for certain.

        Each with the part of the text that it is for.
        """
        send_at = record.options.send_at
        if not isinstance(self._gateway, CancelsMessages):
            return
        now = self._clock.now()
        if send_at is None or send_at <= now:
            return
        for (submission_id, part, text), numbers in self._at_gateway(record).items():
            for scheduled in self._gateway.cancel_requests(
                Scheduled(
                    recipients=tuple(numbers),
                    text=text,
                    sender=record.sender,
                    send_at=send_at,
                    submission_id=submission_id,
                    options=record.options,
                )
            ):
                yield part, scheduled

    def _at_gateway(
        self, record: MessageRecord
    ) -> dict[tuple[str | None, int, str], list[str]]:
        """Return whose submissions have one id at the gateway, and read the same."""
        found: defaultdict[tuple[str | None, int, str], list[str]] = defaultdict(list)
        for submission in sorted(
            record.submissions, key=lambda submission: submission.stage is Stage.HELD
        ):
            if may_be_at_gateway(submission):
                number = submission.recipient.number
                text = text_sent(self._gateway, record, submission)
                kind = submission.submission_id, submission.part, text
                found[kind].append(number)
        return found

    async def _cancel_at_gateway(self, scheduled: Scheduled) -> Cancellation:
        assert isinstance(self._gateway, CancelsMessages)
        # The balance will rise: it can't tell what became of a message in doubt.
        movement = await self._ledger.begin_movement()
        credits_back: Decimal | None = None
        try:
            cancellation = await self._gateway.cancel(scheduled)
            credits_back = cancellation.credits_back
        except AlreadyCancelledError:
            # By an earlier request whose answer was lost, or on the gateway's site.
            return Cancellation()
        finally:
            self._ledger.end_movement(movement, credits_back)
            self._observer.invalidate_balance()
        return cancellation

    async def _write_down(
        self, record: MessageRecord, part: int, scheduled: Scheduled
    ) -> MessageRecord:
        changed = await self._store.change(
            record.kept_id,
            partial(
                mark_cancelled_at_gateway,
                keys=[row_key(number, part) for number in scheduled.recipients],
            ),
        )
        return changed or record


def _states(record: MessageRecord) -> list[tuple[Outcome, Stage]]:
    """Return what a message has come to: its moments move with the clock."""
    return [(submission.outcome, submission.stage) for submission in record.submissions]
