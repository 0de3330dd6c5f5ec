"""Asks for the answers to messages that may be answered, and passes each on once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ...gateways.abilities.delivery import ReceivesReplies
from ...gateways.errors import (
    MessageNotReadyError,
    NoRepliesError,
    RejectedError,
    UnknownMessageError,
)
from ...gateways.gateway import Gateway
from ...gateways.model.delivery import Reply
from ...gateways.outcome import Outcome
from ..journal.journal import Journal
from ..journal.replies import StoredReply
from ..message_store import Records
from ..model.record import MessageRecord
from ..observers import MessageObserver
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from .poller import HORIZON, SHORTEST_INTERVAL, Poller, next_look


@dataclass(slots=True, kw_only=True)
class _Watched:
    """A request whose recipients may answer."""

    message_id: str
    submission_id: str = field(repr=False)
    since: datetime
    due: datetime
    seen: int = 0
    """How many answers of it have been read, from the first on."""


class ReplyPoller:
    """Watches for the replies of one account."""

    def __init__(
        self,
        gateway: Gateway,
        records: Records,
        journal: Journal,
        clock: Clock,
        observer: MessageObserver,
    ) -> None:
        """Ask `gateway`, where it receives replies, and tell `observer` of each."""
        self._gateway = gateway
        self._records = records
        self._journal = journal
        self._clock = clock
        self._observer = observer
        self._watched: dict[tuple[str, str], _Watched] = {}
        self._asking = asyncio.Lock()
        self._tasks = Tasks()
        self._poller = Poller(
            clock,
            gateway.budget,
            due=self._due,
            ask=self._ask_what_is_due,
            failed=observer.on_poll_failed,
        )

    async def start(self) -> None:
        """Go on where the last run has left off.

        Raises:
            NotStoredError: the journal can't be read.

        """
        if not isinstance(self._gateway, ReceivesReplies):
            return
        for reply in await self._journal.untold_replies():
            await self._announce([reply], await self._records.get(reply.message_id))
        for record in await self._journal.created_since(self._clock.now() - HORIZON):
            self.follow(record)
        self._poller.start()

    def follow(self, record: MessageRecord) -> None:
        """Watch for the answers to a message, as long as it may be answered."""
        if not record.options.allow_replies:
            return
        now = self._clock.now()
        self._forget_cancelled(record)
        for submission in record.submissions:
            if (
                submission.outcome is not Outcome.ACCEPTED
                or submission.submission_id is None
            ):
                continue
            begun = submission.attempted or record.created
            since = max(begun, record.options.send_at or begun)
            key = record.message_id, submission.submission_id
            if key not in self._watched and now - since < HORIZON:
                self._watched[key] = _Watched(
                    message_id=record.message_id,
                    submission_id=submission.submission_id,
                    since=since,
                    due=max(since, now + SHORTEST_INTERVAL),
                )
        self._poller.wake()

    async def ask_about(self, message_id: str) -> None:
        """Ask now for the answers to a message.

        Raises:
            NoRepliesError, UnknownMessageError: there can be none.
            GatewayError: of the kind that says why there is no answer.

        """
        for one in [*self._watched.values()]:
            if one.message_id == message_id:
                asking = self._tasks.spawn(self._ask(one))
                # Not awaited itself: a caller who goes away must not cut off who is told.
                await asyncio.wait([asking])
                asking.result()

    async def stop(self) -> None:
        """Ask nothing more, and wait for what is being asked."""
        await self._poller.stop()
        await self._tasks.join()

    def _forget_cancelled(self, record: MessageRecord) -> None:
        """Watch no longer for the answers to what was taken back."""
        accepted = {
            submission.submission_id
            for submission in record.submissions
            if submission.outcome is Outcome.ACCEPTED
        }
        for submission in record.submissions:
            if (
                submission.submission_id is not None
                and submission.submission_id not in accepted
            ):
                self._watched.pop((record.message_id, submission.submission_id), None)

    def _due(self) -> datetime | None:
        return min((one.due for one in self._watched.values()), default=None)

    async def _ask_what_is_due(self) -> None:
        """Ask for the answers to the message that has waited longest."""
        now = self._clock.now()
        for key, one in [*self._watched.items()]:
            if now - one.since >= HORIZON:
                del self._watched[key]
        due = [one for one in self._watched.values() if one.due <= now]
        if not due:
            return
        one = min(due, key=lambda one: one.due)
        # Before it is asked, so that one failure doesn't hold up the others.
        one.due = next_look(one.since, now)
        try:
            await self._ask(one)
        except NoRepliesError, UnknownMessageError:
            self._watched.pop((one.message_id, one.submission_id), None)
        except MessageNotReadyError:
            return

    async def _ask(self, one: _Watched) -> None:
        """Read all answers that are new."""
        gateway = self._gateway
        if not isinstance(gateway, ReceivesReplies):
            return
        async with self._asking:
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
            page = await gateway.replies(one.submission_id, offset=one.seen)
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
        record = await self._records.get(one.message_id)
        new = await self._journal.keep_replies(
            [
                StoredReply(
                    message_id=one.message_id,
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
        for reply in replies:
            self._observer.on_reply(reply, record)
        told = [reply.reply_id for reply in replies if reply.reply_id is not None]
        if told:
            await self._journal.replies_told(told)
