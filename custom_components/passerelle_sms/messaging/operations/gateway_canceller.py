"""Takes messages back also from the gateway that keeps them for later."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import override

from ...gateways.abilities.delivery import CancelsMessages
from ...gateways.errors import AlreadyCancelledError
from ...gateways.gateway import Gateway
from ...gateways.model.message import Cancellation, Scheduled
from ..change_listeners import ChangeListener
from ..message_store import MessageStore
from ..model.record import MessageRecord, text_sent
from ..model.submission import Stage, row_key
from ..model.transitions import mark_cancelled_at_gateway, may_be_at_gateway
from ..observers import MessageObserver
from ..outbox.dispatcher import Dispatcher
from ..outbox.joining import Joining
from ..reconciliation.ledger import Ledger
from ..runtime.clock import Clock
from .canceller import Canceller
from .planned_messages import PlannedMessages


class GatewayCanceller(Canceller):
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
        super().__init__(dispatcher, joining, planned, store)
        self._gateway = gateway
        self._ledger = ledger
        self._clock = clock
        self._observer = observer
        self._follow = follow

    @override
    async def _take_back_there(
        self, record: MessageRecord
    ) -> tuple[MessageRecord, list[Decimal]]:
        """Take back what the gateway keeps for later, one request after the other."""
        told_back: list[Decimal] = []
        for part, scheduled in self._requests(record):
            cancellation = await self._cancel_at_gateway(scheduled)
            record = await self._write_down(record, part, scheduled)
            self._follow(record, record.submissions)
            self._observer.on_message_cancelled(record)
            if cancellation.credits_back is not None:
                told_back.append(cancellation.credits_back)
        return record, told_back

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
