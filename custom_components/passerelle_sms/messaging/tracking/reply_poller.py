"""Asks for the answers to messages that may be answered, and passes each on once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...gateways.abilities.delivery import ReceivesReplies
from ...gateways.errors import (
    MessageNotReadyError,
    NoRepliesError,
    NotStoredError,
    RejectedError,
    UnknownMessageError,
)
from ...gateways.gateway import Gateway
from ...gateways.model.delivery import Reply
from ...gateways.outcome import Outcome
from ..journal.journal import Journal
from ..journal.replies import StoredReply
from ..message_store import MessageStore
from ..model.record import MessageRecord
from ..model.submission import SubmissionRecord
from ..observers import MessageObserver
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from .age import Ages, Since
from .poller import HORIZON, SHORTEST_INTERVAL, Poller, next_look
from .schedule import Schedule

type _Key = tuple[str, str]
"""A message's id, and the gateway's id of a request that sent it."""


async def _nobody(_reply: StoredReply, _record: MessageRecord) -> bool:
    return False


@dataclass(slots=True, kw_only=True)
class _Watched:
    """A request whose recipients may answer."""

    key: _Key = field(repr=False)
    since: Since
    numbers: set[str] = field(default_factory=set, repr=False)
    """Who may answer."""
    seen: int = 0
    """How many answers of it have been read, from the first on."""


class ReplyPoller:
    """Watches for the replies of one account."""

    def __init__(
        self,
        gateway: Gateway,
        messages: MessageStore,
        journal: Journal,
        clock: Clock,
        observer: MessageObserver,
    ) -> None:
        """Ask `gateway`, where it receives replies, and tell `observer` of each."""
        self.on_leg_reply: Callable[[StoredReply, MessageRecord], Awaitable[bool]] = (
            _nobody
        )
        """Called with a reply to what a relay has sent; returns whether the relay tells it."""
        self.is_relay_due: Callable[[str], bool] = lambda _relay_id: False
        """Whether a relay will hear of it, that doesn't yet: until then it is not told."""
        self._gateway = gateway
        self._messages = messages
        self._journal = journal
        self._clock = clock
        self._observer = observer
        self._ages = Ages(clock)
        self._watched: dict[_Key, _Watched] = {}
        self._schedule = Schedule[_Key]()
        self._asking = asyncio.Lock()
        self._tasks = Tasks()
        self._poller = Poller(
            clock,
            lambda: gateway.budget,
            due=self._schedule.first,
            ask=self._ask_what_is_due,
            failed=observer.on_poll_failed,
            replan=self._replan,
        )
        self._is_running = False
        self._has_untold = False
        """Whether something is to be told again: a relay was not there, or its disk full."""

    async def start(self) -> None:
        """Go on where the last run, a crash or a stop has left off.

        Raises:
            NotStoredError: the journal can't be read.

        """
        if not isinstance(self._gateway, ReceivesReplies):
            return
        async with self._asking:
            self._is_running = True
            await self._tell_untold()
        for record in await self._journal.created_since(self._clock.now() - HORIZON):
            current = self._messages.get_open(record.message_id) or record
            self.follow(current, current.submissions)
        self._poller.start()

    async def tell_untold(self) -> None:
        """Tell what was heard, and could not be told yet; raises `NotStoredError`."""
        async with self._asking:
            if self._is_running:
                await self._tell_untold()

    def follow(
        self, record: MessageRecord, changed: Iterable[SubmissionRecord]
    ) -> None:
        """Watch for the answers to a message, as long as it may be answered."""
        if not record.options.allow_replies:
            return
        for submission in changed:
            if submission.submission_id is None:
                continue
            key = record.message_id, submission.submission_id
            if submission.outcome is Outcome.ACCEPTED:
                since = self._ages.since(record, submission)
                self._watch(since, key, submission.recipient.number)
            else:
                self._watch_no_longer(key, submission.recipient.number)
        self._poller.wake()

    async def ask_about(self, message_id: str) -> None:
        """Ask now for the answers to a message.

        Raises:
            NoRepliesError, UnknownMessageError: there can be none.
            GatewayError: of the kind that says why there is no answer.

        """
        asked = [one for key, one in self._watched.items() if key[0] == message_id]
        for one in asked:
            await self._tasks.complete(self._ask(one))

    async def stop(self) -> None:
        """Ask nothing until the next start, and wait for what is being asked.

        What is heard after that is kept, and told by the next start.
        """
        await self._poller.stop()
        await self._tasks.join()
        self._is_running = False

    def _replan(self) -> None:
        """Plan anew what a set clock has brought nearer, or moved away."""
        for one in self._watched.values():
            if isinstance(one.since, datetime):
                self._plan(one)

    def _watch(self, since: Since, key: _Key, number: str) -> None:
        """Ask what somebody answers."""
        one = self._watched.get(key)
        if one is None and self._ages.age(since) < HORIZON:
            one = self._watched[key] = _Watched(key=key, since=since)
            self._plan(one)
        if one is not None:
            one.numbers.add(number)

    def _watch_no_longer(self, key: _Key, number: str) -> None:
        """Leave alone who can't answer: what he got was taken back."""
        if (one := self._watched.get(key)) is not None:
            one.numbers.discard(number)
            if not one.numbers:
                self._forget(key)

    def _forget(self, key: _Key) -> None:
        self._schedule.remove(key)
        self._watched.pop(key, None)

    def _plan(self, one: _Watched) -> None:
        """Ask about something for the first time, but not before it is sent."""
        self._look_after(one, max(SHORTEST_INTERVAL, -self._ages.age(one.since)))

    def _look_after(self, one: _Watched, wait: timedelta) -> None:
        self._schedule.set(one.key, self._clock.elapsed() + wait)

    async def _ask_what_is_due(self) -> None:
        """Ask for the answers to the message that has waited longest."""
        one = self._take_due()
        if one is None:
            return
        try:
            await self._ask(one)
        except NoRepliesError, UnknownMessageError:
            self._forget(one.key)
        except MessageNotReadyError:
            return

    def _take_due(self) -> _Watched | None:
        """Return what has waited longest; what is too old is watched no longer."""
        for key in self._schedule.take_due(self._clock.elapsed()):
            one = self._watched[key]
            age = self._ages.age(one.since)
            if age >= HORIZON:
                self._forget(key)
                continue
            # Before it is asked, so that one failure doesn't hold up the others.
            self._look_after(one, next_look(age))
            return one
        return None

    async def _ask(self, one: _Watched) -> None:
        """Read all answers that are new."""
        gateway = self._gateway
        if not isinstance(gateway, ReceivesReplies):
            return
        async with self._asking:
            if self._has_untold:
                await self._tell_untold()
            try:
                await self._read_pages(gateway, one)
            except RejectedError:
                # Perhaps there are fewer than there were.
                one.seen = 0
                raise

    async def _read_pages(self, gateway: ReceivesReplies, one: _Watched) -> None:
        is_whole = one.seen == 0
        total = one.seen + 1
        while one.seen < total:
            page = await gateway.replies(one.key[1], offset=one.seen)
            total = page.total
            new = await self._keep(one, page.replies)
            if not is_whole and len(new) < len(page.replies):
                # Old ones where only new ones were due: the gateway has another order.
                one.seen, is_whole = 0, True
                continue
            one.seen += len(page.replies)
            if not page.replies:
                return

    async def _keep(self, one: _Watched, replies: Sequence[Reply]) -> list[StoredReply]:
        """Write replies down, and tell of those that are new."""
        heard = self._clock.now()
        # Before they are kept: from then on nothing may keep anybody from hearing.
        message_id, _ = one.key
        record = await self._messages.get(message_id)
        new = await self._journal.keep_replies(
            [
                StoredReply(
                    message_id=message_id,
                    number=reply.sender,
                    text=reply.text,
                    at=reply.at,
                    heard=heard,
                )
                for reply in replies
            ]
        )
        await self._announce(new, record)
        return new

    async def _announce(
        self, replies: Sequence[StoredReply], record: MessageRecord | None
    ) -> None:
        if not self._is_running:
            return
        told: list[int] = []
        for reply in replies:
            if not await self._tell(reply, record):
                self._has_untold = True
            elif reply.reply_id is not None:
                told.append(reply.reply_id)
        if told:
            await self._journal.replies_told(told)

    async def _tell_untold(self) -> None:
        self._has_untold = False
        for reply in await self._journal.untold_replies():
            await self._announce([reply], await self._messages.get(reply.message_id))

    async def _tell(self, reply: StoredReply, record: MessageRecord | None) -> bool:
        """Tell of a reply; return whether that is done."""
        if record is not None and record.relay is not None:
            try:
                is_told = await self.on_leg_reply(reply, record)
            except NotStoredError:
                # It is kept here until the relay can keep it, too.
                return False
            if is_told or self.is_relay_due(record.relay):
                return is_told
        self._observer.on_reply(reply, record)
        return True
