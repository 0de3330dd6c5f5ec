"""Asks a gateway whether it would take a message.

That is no message: nothing is promised, counted or kept. But a gateway that overlooks the
wish has taken it, and where its answer is lost it may have: then it is a message like
others, which costs something.
"""

from dataclasses import replace
from decimal import Decimal

from ...gateways.gateway import Gateway
from ...gateways.model.message import Sms
from ..guard.guard import Guard
from ..message_store import MessageStore
from ..model.record import MessageRecord
from ..model.transitions import apply_final_result
from ..observers import MessageObserver
from ..reconciliation.ledger import Ledger
from ..runtime.clock import Clock


class MessageTester:
    """Tests messages at the gateway of one account, each once."""

    def __init__(
        self,
        gateway: Gateway,
        guard: Guard,
        store: MessageStore,
        ledger: Ledger,
        clock: Clock,
        observer: MessageObserver,
    ) -> None:
        """Test at `gateway`, and keep in `store` what leaves all the same."""
        self._gateway = gateway
        self._guard = guard
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._observer = observer

    async def test(self, record: MessageRecord, sms: Sms) -> MessageRecord:
        """Ask whether the gateway would take a message, and return what it said.

        Raises:
            NotStoredError: it may have left, and that can't be kept.

        """
        booted, period = self._clock.booted(), self._ledger.books.period
        # A balance that is told meanwhile proves nothing about other messages.
        movement = self._ledger.note_movement()
        moved: Decimal | None = None
        try:
            result = await self._gateway.send(sms)
            # The clock may have been set right meanwhile.
            record = record.dated(self._clock.booted() - booted)
            record = record.updated(
                apply_final_result(record.find(submission.recipient), submission)
                for submission in result.submissions
            )
            left = [s for s in record.submissions if not s.outcome.is_free]
            if left:
                record = record.updated(
                    replace(one, attempts=1, attempted=record.created, period=period)
                    for one in left
                )
                self._guard.load((record,))
                record = await self._store.add(record)
                self._observer.on_send_result(result)
            # What it costs is in the books, as the message is.
            moved = Decimal(0)
        finally:
            self._ledger.end_movement(movement, moved)
        return record
