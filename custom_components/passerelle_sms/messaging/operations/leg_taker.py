"""What an account offers to relays: one attempt to send a message, and what becomes of it.

The account stays the only one who talks to its gateway. What a relay hands over is kept in
the account's journal under the relay's id for it, goes through the account's guard and
outbox, and ends with its one attempt: what can't begin now is given back, and what an
earlier run has not begun is never begun by this one. Nobody is told of it here.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

from ...gateways.errors import (
    GatewayError,
    MessageCancelledError,
    NothingBeginsError,
    NotStoredError,
    RejectedError,
)
from ...gateways.gateway import Gateway
from ...gateways.model.message import Sms
from ..guard.guard import Guard
from ..journal.journal import Journal
from ..message_store import MessageStore
from ..model.leg_order import LegOrder, Remainder
from ..model.obstacle import Obstacle
from ..model.record import Choice, MessageRecord, OnUnknown
from ..model.single_attempt import decided, give_back
from ..model.submission import RowKey, SubmissionRecord
from ..outbox.dispatcher import Dispatcher
from ..outbox.outbox import Outbox
from ..recipients.address_book import Recipient
from ..reconciliation.ledger import Ledger
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks, end_of
from ..runtime.turns import in_turns
from ..text.splitting import TooLong
from ..tracking.reply_poller import ReplyPoller
from ..tracking.tracker import Tracker
from .admission import admitted, uncount
from .gateway_rules import GatewayRules
from .leg_listeners import LegListener, LegListeners, LegReplyListener
from .leg_obstacles import LegObstacles
from .leg_sizes import record_of, taken_for


class LegTaker:
    """Takes a relay's messages for one account."""

    def __init__(
        self,
        account_id: str,
        gateway: Gateway,
        store: MessageStore,
        journal: Journal,
        guard: Guard,
        ledger: Ledger,
        dispatcher: Dispatcher,
        outbox: Outbox,
        tracker: Tracker,
        replies: ReplyPoller,
        clock: Clock,
    ) -> None:
        """Take them for the account `account_id`, whose parts these are."""
        self.account_id: Final = account_id
        self.gateway: Final = gateway
        self._store = store
        self._journal = journal
        self._guard = guard
        self._dispatcher = dispatcher
        self._readiness = dispatcher.readiness
        self._outbox = outbox
        self._tracker = tracker
        self._replies = replies
        self._clock = clock
        self._rules = GatewayRules(gateway)
        self._obstacles = LegObstacles(
            gateway, guard, ledger, dispatcher.readiness, outbox
        )
        self._listeners = LegListeners(store)
        self._taking: dict[str, asyncio.Task[MessageRecord]] = {}
        self._passed_on: dict[str, set[str]] = {}
        """Who is not to get what is being taken in, by message."""
        self._tasks = Tasks()
        store.listen(self._on_message_changed)
        replies.on_leg_reply = self._listeners.tell_reply

    @property
    def journal_epoch(self) -> str:
        """What tells the account's journal from any other; nothing before it is open."""
        return self._journal.epoch

    @property
    def is_open(self) -> bool:
        """Whether messages can be looked up and taken: the journal is open, and read."""
        return self._store.is_loaded and bool(self._journal.epoch)

    @property
    def held(self) -> int:
        """How many messages are not settled only since nobody knows what became of them."""
        return self._listeners.held

    # --- whether it can take a message ----------------------------------------------------

    def obstacle(
        self,
        sms: Sms,
        recipient: Recipient,
        too_long: TooLong,
        *,
        urgent: bool,
        remainder: Remainder | None,
    ) -> Obstacle | None:
        """Return why the account can't take a message for this recipient now, if it can't.

        A mere question, which asks no gateway and changes nothing.
        """
        return self._obstacles.find(
            sms,
            recipient.number,
            too_long,
            urgent=urgent,
            remainder=remainder,
            is_open=self.is_open,
        )

    def probe_if_due(self) -> None:
        """Let an account that rests find out by its balance whether it still does.

        Called while a message waits at a relay. It is asked no more often than for a
        message that waits here; where no balance tells, the next message finds out.
        """
        self._readiness.ask_if_due()

    # --- one attempt ----------------------------------------------------------------------

    async def take(self, order: LegOrder) -> MessageRecord:
        """Let a message leave, once, and return what became of it.

        What can't begin now is given back: `not_sent`, with the reason. A message that
        was handed over before is returned as it is, and not sent.

        A caller that is cancelled meanwhile cuts nothing off.

        Raises:
            RejectedError: nothing was taken in for anybody, because of a rule of the
                gateway, the guard, or a disk or an outbox that holds no more.

        """
        message_id = order.message_id
        if (task := self._taking.get(message_id)) is None:
            task = self._taking[message_id] = self._tasks.spawn(self._take(order))
            task.add_done_callback(partial(self._on_taken, message_id))
        with self._listeners.awaiting(message_id) as latest:
            record = await end_of(task)
            # What has changed since is told to nobody else.
            return self._store.get_open(message_id) or latest.record or record

    async def settled(self, message_id: str) -> MessageRecord | None:
        """Return what became of a message once its attempt is over.

        `None` if this journal has never had it, or has pruned it since.

        Raises:
            NotStoredError: the journal can't be read.

        """
        await self._end_of_taking(message_id)
        if not self.is_open:
            raise NotStoredError
        return await self._store.get(message_id)

    async def give_back(
        self, message_id: str, numbers: Collection[str]
    ) -> MessageRecord | None:
        """Let nothing of a message leave any more for these recipients: it was passed on.

        What is under way goes on. Returns what became of it; `None` if this journal has
        never had it.

        Raises:
            NotStoredError: the journal can't be read.

        """
        if message_id in self._taking:
            self._passed_on.setdefault(message_id, set()).update(numbers)
        await self._give_back(message_id, MessageCancelledError(), numbers)
        return await self.settled(message_id)

    async def resolve(self, message_id: str, choice: Choice) -> None:
        """Let what may have left be as the user says at the relay: sent, or dropped.

        Raises:
            NotStoredError: that could not be written down.

        """
        if choice is Choice.RESEND:
            raise ValueError("only its relay sends a message again")
        await self._end_of_taking(message_id)
        record = self._store.get_open(message_id)
        if record is not None and record.is_leg:
            await self._store.change(message_id, partial(decided, choice=choice))

    # --- what is heard later --------------------------------------------------------------

    def listen(self, listener: LegListener) -> Callable[[], None]:
        """Call `listener` with each later state of a message, and return how to end that.

        What changes while `take` is waited for is in what that returns.
        """
        return self._listeners.listen(listener)

    def listen_to_replies(self, listener: LegReplyListener) -> Callable[[], None]:
        """Call `listener` with each reply to a message, and return how to end that.

        It returns whether it tells of the reply: what no relay tells, the account does.
        What was left to a relay until it is there is told now.
        """
        self._tasks.spawn(self._replies.tell_untold())
        return self._listeners.listen_to_replies(listener)

    async def ask_about(self, message_id: str, number: str | None = None) -> None:
        """Ask now what became of a delivery; raises `GatewayError`."""
        await self._tracker.ask_about(message_id, number)

    async def ask_for_all(self) -> None:
        """Ask now for all news of deliveries; raises `GatewayError`."""
        await self._tracker.ask_for_all()

    def hurry(self, message_id: str) -> None:
        """Let the gateway be asked soon what became of a message's deliveries."""
        self._tracker.hurry(message_id)

    def hurrying(self, message_id: str) -> AbstractContextManager[object]:
        """Let the gateway be asked more often about what somebody waits for."""
        return self._tracker.hurrying(message_id)

    async def ask_for_replies(self, message_id: str) -> None:
        """Ask now for the replies to a message; raises `GatewayError`."""
        await self._replies.ask_about(message_id)

    async def finish(self) -> None:
        """Wait for the attempts that are made; nothing begins any more."""
        await self._tasks.join()

    async def _take(self, order: LegOrder) -> MessageRecord:
        if (known := await self._known(order)) is not None:
            return known
        taken = await in_turns(taken_for(self.gateway, self._rules, order))
        record = admitted(self._guard, record_of(order, taken, self._clock.now()))
        record = self._without_passed_on(record)
        try:
            record = await self._outbox.send(record)
        except RejectedError:
            uncount(self._guard, record, [row.key for row in record.submissions])
            raise
        return await self._until_tried(record)

    async def _known(self, order: LegOrder) -> MessageRecord | None:
        try:
            return await self._store.get(order.message_id)
        except NotStoredError:
            if order.urgent and order.on_unknown is OnUnknown.RESEND:
                # Rather twice than never.
                return None
            raise

    def _without_passed_on(self, record: MessageRecord) -> MessageRecord:
        numbers = self._passed_on.get(record.message_id, ())
        keys = [r.key for r in record.submissions if r.recipient.number in numbers]
        return give_back(record, keys, MessageCancelledError()) if keys else record

    async def _until_tried(self, record: MessageRecord) -> MessageRecord:
        """Give back what has not begun, and wait for what has."""
        message_id = record.message_id
        while (current := self._store.get_open(message_id)) is not None:
            record = current
            is_under_way = self._dispatcher.is_under_way(message_id)
            if not is_under_way and not any(r.is_waiting for r in record.submissions):
                break
            await self._give_back(message_id, self._readiness.reason)
            record = await self._outbox.tried(
                self._store.get_open(message_id) or record
            )
        return record

    async def _give_back(
        self,
        message_id: str,
        error: GatewayError,
        numbers: Collection[str] | None = None,
    ) -> None:
        """Let what is not under way stay here for good, whether that can be written or not."""
        with self._dispatcher.withholding(message_id):
            record = self._store.get_open(message_id)
            keys = [] if record is None else self._not_begun(record, numbers)
            if keys:
                # To the end: who sends it elsewhere must not wait for a disk.
                await end_of(self._close(message_id, keys, error))

    def _not_begun(
        self, record: MessageRecord, numbers: Collection[str] | None
    ) -> list[RowKey]:
        return [
            row.key
            for row in record.submissions
            if row.is_waiting
            and (numbers is None or row.recipient.number in numbers)
            and not self._dispatcher.holds(record.message_id, row.key)
        ]

    def _close(
        self, message_id: str, keys: Sequence[RowKey], error: GatewayError
    ) -> asyncio.Task[MessageRecord]:
        return self._store.change_in_background(
            message_id, partial(give_back, keys=keys, error=error)
        )

    def _on_message_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        """Give back at once what has been passed on meanwhile.

        What an earlier run has not begun may have been: this one begins none of it.
        """
        message_id, numbers = record.message_id, None
        error: GatewayError = NothingBeginsError()
        if message_id in self._taking:
            numbers = self._passed_on.get(message_id, ())
            error = MessageCancelledError()
        if not record.is_leg or self._store.get_open(message_id) is not record:
            return
        keys = [
            row.key
            for row in changed
            if row.is_waiting and (numbers is None or row.recipient.number in numbers)
        ]
        if keys:
            self._close(message_id, keys, error)

    def _on_taken(self, message_id: str, _task: object) -> None:
        del self._taking[message_id]
        self._passed_on.pop(message_id, None)

    async def _end_of_taking(self, message_id: str) -> None:
        if (task := self._taking.get(message_id)) is not None:
            await asyncio.wait([task])
