"""Makes one request: on disk before its first byte, and what comes of it after it."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import override

from ...gateways.abilities.options import RefusesDuplicates
from ...gateways.errors import NotStoredError, RejectedError
from ...gateways.gateway import Gateway
from ...gateways.model.message import SendResult
from ..journal.journal import Journal
from ..message_store import Change, MessageStore
from ..model.planning import put_back
from ..model.record import MessageRecord, leaves_unstored, sms_for
from ..model.sequence import is_blocked
from ..model.submission import RowKey, SubmissionRecord
from ..model.transitions import apply_results, mark_in_flight
from ..reconciliation.duplicate_evidence import proves_earlier_send
from ..reconciliation.ledger import Ledger
from ..runtime.clock import Clock
from .queue import QueuedRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunRequest:
    """A request that is on disk as begun."""

    earlier: MessageRecord
    """The message before it."""
    record: MessageRecord
    keys: tuple[RowKey, ...] = field(repr=False)

    @property
    def part(self) -> int:
        """Which part of the text it is for."""
        return self.record.find(self.keys[0]).part


class RequestRunner(ABC):
    """Makes the requests of one account or relay, one at a time each."""

    def __init__(self, store: MessageStore, clock: Clock, ledger: Ledger) -> None:
        """Send messages of `store`, each a charge in `ledger`."""
        self._store = store
        self._clock = clock
        self._ledger = ledger

    def may_send(self, record: MessageRecord, submission: SubmissionRecord) -> bool:
        """Return whether a request may be made, or made again."""
        if submission.is_waiting:
            return not is_blocked(record, submission)
        return submission.is_unknown_open and self.may_repeat(record, submission)

    @abstractmethod
    def may_repeat(self, record: MessageRecord, submission: SubmissionRecord) -> bool:
        """Return whether what is in doubt may be sent once more, without a change."""

    @abstractmethod
    async def ask(self, begun: BegunRequest) -> SendResult:
        """Make a request, once, and return what came of it."""

    def mark(self, record: MessageRecord, keys: Iterable[RowKey]) -> MessageRecord:
        """Return a message as it must be on disk before a request for some of it."""
        period = self._ledger.books.period
        return mark_in_flight(record, keys, self._clock.now(), period)

    async def begin(self, request: QueuedRequest) -> BegunRequest | None:
        """Write down that a request is about to be made; `None` if it is not to be.

        Raises:
            NotStoredError: it can't be written, so nothing may leave.

        """
        # As it is now: what has been settled meanwhile is not sent again.
        earlier = self._store.get_open(request.message_id)
        if earlier is None:
            return None
        if earlier.is_kept_beyond(self._clock.now()):
            earlier = await self._store.change_open(
                request.message_id, partial(put_back, now=self._clock.now())
            )
        keys = tuple(
            submission.key
            for submission in map(earlier.find, request.keys)
            if self.may_send(earlier, submission)
        )
        if not keys:
            return None
        mark = partial(self.mark, keys=keys)
        try:
            record = await self._store.change_open(request.message_id, mark)
        except NotStoredError:
            if not leaves_unstored(earlier, self._clock.now()):
                raise
            record = await self._store.change_in_background(request.message_id, mark)
        return BegunRequest(earlier=earlier, record=record, keys=keys)

    async def proves_earlier_send(
        self, begun: BegunRequest, result: SendResult
    ) -> bool:
        """Return whether what came of a repetition proves that the first was taken."""
        return False

    async def keep(
        self, begun: BegunRequest, result: SendResult, *, is_answered: bool
    ) -> asyncio.Task[MessageRecord] | None:
        """Change the message by what came of a request; the task ends once it is written.

        `is_answered` says whether the caller has had an answer before. There is nothing
        to change, and no task, if reports have settled all of it meanwhile.
        """
        proof = await self.proves_earlier_send(begun, result)
        if self._store.get_open(begun.record.message_id) is None:
            return None
        change = partial(
            apply_results,
            earlier=begun.earlier,
            results=result.submissions,
            part=begun.part,
            proves_earlier_send=proof,
            is_answered=is_answered,
        )
        return self._store.change_in_background(
            begun.record.message_id, self.completed(begun, change)
        )

    def completed(self, begun: BegunRequest, change: Change) -> Change:
        """Return a change by what came of a request with what else it changes."""
        return change


class GatewayRunner(RequestRunner):
    """Makes the requests of one account to its gateway."""

    def __init__(
        self,
        gateway: Gateway,
        store: MessageStore,
        journal: Journal,
        clock: Clock,
        ledger: Ledger,
    ) -> None:
        """Send messages of `store` through `gateway`, each a charge in `ledger`."""
        super().__init__(store, clock, ledger)
        self._gateway = gateway
        self._journal = journal

    @override
    def may_repeat(self, record: MessageRecord, submission: SubmissionRecord) -> bool:
        """Return whether what is in doubt may be sent once more.

        Where the gateway itself refuses a text it has had, it is repeated once, whatever
        comes of that; but it knows only what it has sent, and not what it keeps for
        later. What a relay sends has one attempt.
        """
        return (
            submission.attempts <= 1
            and not submission.was_refused
            and isinstance(self._gateway, RefusesDuplicates)
            and not record.is_scheduled
            and not record.is_leg
        )

    @override
    async def ask(self, begun: BegunRequest) -> SendResult:
        """Make a request, once, and return what came of it."""
        sms = sms_for(begun.record, begun.keys, self._clock.now())
        try:
            return await self._gateway.send(sms)
        except RejectedError as error:
            # The account's own rules have changed since the message was taken in.
            return SendResult.failed(sms.recipients, error)

    @override
    async def proves_earlier_send(
        self, begun: BegunRequest, result: SendResult
    ) -> bool:
        """Return whether the gateway's refusal to send a text twice proves it sent."""
        return await proves_earlier_send(
            self._gateway,
            self._journal,
            begun.record,
            result.submissions,
            part=begun.part,
            # A fall for no known reason tells of others who may have sent the text.
            is_alone=self._ledger.is_alone and not self._ledger.is_muted,
        )
