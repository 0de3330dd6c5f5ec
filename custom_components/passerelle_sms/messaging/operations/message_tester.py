"""Finds out whether a message would be taken.

That is no message: nothing is promised, counted or kept. Where the gateway can be asked,
it is: one that overlooks the wish has taken it, and where its answer is lost it may have:
then it is a message like others, which costs something. Elsewhere only the checks that
are made here tell.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Protocol, override

from ...gateways.abilities.options import TriesMessages
from ...gateways.gateway import Gateway
from ...gateways.model.message import SendResult, Sms
from ..guard.guard import Guard
from ..message_store import MessageStore
from ..model.record import MessageRecord, alike, whole_sms
from ..model.submission import row_key
from ..model.transitions import apply_final_result
from ..observers import MessageObserver
from ..reconciliation.ledger import Ledger
from ..runtime.clock import Clock


class Tester(Protocol):
    """Who finds out whether messages would be taken."""

    async def test(self, record: MessageRecord) -> MessageRecord:
        """Return a message with what was found out; raises `RejectedError`."""


class MessageTester(Tester):
    """Tests messages of one account, each once."""

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

    @override
    async def test(self, record: MessageRecord) -> MessageRecord:
        """Return a message with what was found out about those who wait.

        Of a text that was split each part is asked about.

        Raises:
            RejectedError: the text, the sender or an option breaks the gateway's rules.
            NotStoredError: it may have left, and that can't be kept.

        """
        waiting = alike(record, [s.key for s in record.submissions if s.is_waiting])
        asked = [
            (record.find(keys[0]).part, whole_sms(record, keys)) for keys in waiting
        ]
        if not isinstance(self._gateway, TriesMessages):
            tried = [(part, self._gateway.try_here(sms)) for part, sms in asked]
            return _told(record, tried)
        return await self._test_at_gateway(record, asked)

    async def _test_at_gateway(
        self, record: MessageRecord, asked: Iterable[tuple[int, Sms]]
    ) -> MessageRecord:
        booted, period = self._clock.booted(), self._ledger.books.period
        # A balance that is told meanwhile proves nothing about other messages.
        movement = self._ledger.note_movement()
        moved: Decimal | None = None
        try:
            results = [(part, await self._gateway.send(sms)) for part, sms in asked]
            # The clock may have been set right meanwhile.
            record = _told(record.dated(self._clock.booted() - booted), results)
            left = [s for s in record.submissions if not s.outcome.is_free]
            if left:
                record = record.updated(
                    replace(one, attempts=1, attempted=record.created, period=period)
                    for one in left
                )
                self._guard.load((record,))
                record = await self._store.add(record)
                for _, result in results:
                    self._observer.on_send_result(result)
            # What it costs is in the books, as the message is.
            moved = Decimal(0)
        finally:
            self._ledger.end_movement(movement, moved)
        return record


def _told(
    record: MessageRecord, results: Iterable[tuple[int, SendResult]]
) -> MessageRecord:
    """Return a message with what was found out about each part."""
    return record.updated(
        apply_final_result(record.find(row_key(submission.recipient, part)), submission)
        for part, result in results
        for submission in result.submissions
    )
