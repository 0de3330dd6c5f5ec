"""What becomes of accepted messages: asked for or told, kept, and passed on.

What a gateway tells is on disk before anybody hears of it, and that somebody has heard
of it is on disk after that: a restart in between tells it again, and loses nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial

from ...gateways.abilities.delivery import PushesDelivery, TellsDeliveryOnce
from ...gateways.errors import NotStoredError
from ...gateways.gateway import Gateway
from ...gateways.model.delivery import DeliveryReport, DeliveryStatus
from ..journal.journal import Journal
from ..message_store import Records
from ..model.record import MessageRecord
from ..model.transitions import apply_report, told, unannounced
from ..observers import MessageObserver
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from .delivery_poller import DeliveryPoller
from .pending_deliveries import PendingDeliveries, PendingDelivery
from .poller import HORIZON, SHORTEST_INTERVAL, Poller
from .report_inbox import ReportInbox, UnmatchedReport


class Tracker:
    """Follows the deliveries of one account."""

    def __init__(
        self,
        gateway: Gateway,
        records: Records,
        journal: Journal,
        clock: Clock,
        observer: MessageObserver,
        *,
        is_under_way: Callable[[str, str], bool],
    ) -> None:
        """Follow what `gateway` has accepted, and tell `observer` how it ended.

        `is_under_way(message_id, number)` says whether a request to send it waits or is
        made: until that is answered, nothing can be concluded about it.
        """
        self._records = records
        self._journal = journal
        self._clock = clock
        self._observer = observer
        self._is_under_way = is_under_way
        self._tells_once = isinstance(gateway, TellsDeliveryOnce)
        self._awaited = PendingDeliveries(
            gateway.same_id if isinstance(gateway, PushesDelivery) else str.__eq__
        )
        self._heard = ReportInbox(journal, clock)
        self._hearing = asyncio.Lock()
        self._waiting: dict[str, list[asyncio.Event]] = {}
        self._unsent: set[str] = set()
        """Messages of which something still waits to be handed over."""
        self._tasks = Tasks()
        self._polls = DeliveryPoller(
            gateway,
            self._awaited,
            clock,
            hear=self._receive,
            give_up=self._give_up,
            prioritised=self._waiting,
        )
        self._poller = Poller(
            clock,
            gateway.budget,
            due=self._polls.due,
            ask=self._polls.ask_what_is_due,
            failed=observer.on_poll_failed,
        )
        self._is_running = False

    def __len__(self) -> int:
        """Return how many deliveries are awaited."""
        return len(self._awaited)

    async def start(self) -> None:
        """Go on where the last run, or a crash, has left off.

        Raises:
            NotStoredError: the journal can't be read.

        """
        await self._heard.load()
        # What comes meanwhile is heard after what came before.
        async with self._hearing:
            lately = await self._journal.created_since(self._clock.now() - HORIZON)
            tracked = await self._journal.with_pending_delivery()
            # What has ended may be told again, or turn out otherwise.
            for record in (*lately, *tracked):
                self.follow(record)
            self._is_running = True
            for record in tracked:
                await self._announce(record)
        # Where there is no room for it on the disk now, there may be later.
        self._tasks.spawn(self._match_inbox())
        self._poller.start()

    def follow(self, record: MessageRecord) -> None:
        """Await what of a message the gateway has accepted, or may have."""
        found = self._awaited.follow(record, self._clock.now() + SHORTEST_INTERVAL)
        if any(submission.is_waiting for submission in record.submissions):
            self._unsent.add(record.message_id)
        else:
            self._unsent.discard(record.message_id)
        self._answer(record.message_id)
        if not found:
            return
        self._poller.wake()
        if self._heard and self._is_running:
            # Its report may have come before the answer that it was accepted.
            self._tasks.spawn(self._match_inbox())

    async def take_pushed(
        self, reports: Sequence[DeliveryReport | None]
    ) -> tuple[bool, ...]:
        """Take the reports that are about something that was sent, to that number.

        Returns which were taken. One that is told again is taken, and changes nothing.

        Raises:
            NotStoredError: one could not be written down: it is to be told again.

        """
        taken: list[bool] = []
        for report in reports:
            message_id = None if report is None else await self._apply(report)
            if report is not None and message_id is None:
                self._heard.remember(report)
            taken.append(message_id is not None)
        return tuple(taken)

    async def ask_about(self, message_id: str, number: str | None = None) -> None:
        """Ask now about a message, or one of its recipients; raises `GatewayError`."""
        await self._ask_to_the_end(self._polls.ask_about(message_id, number))

    async def ask_for_all(self) -> None:
        """Ask now for all news, where one request tells it; raises `GatewayError`."""
        await self._ask_to_the_end(self._polls.ask_for_all())

    async def wait(self, message_id: str, until: datetime) -> None:
        """Return when nothing more is awaited of a message, at `until`, or at the end."""
        over = asyncio.Event()
        self._waiting.setdefault(message_id, []).append(over)
        self._polls.retry_now(message_id)
        self._poller.wake()
        left = max(0.0, (until - self._clock.now()).total_seconds())
        cancel = self._clock.call_later(left, over.set)
        self._answer(message_id)
        try:
            await over.wait()
        finally:
            cancel()
            self._waiting[message_id].remove(over)
            if not self._waiting[message_id]:
                del self._waiting[message_id]

    async def stop(self) -> None:
        """Ask nothing more, and wait for what is under way."""
        self._is_running = False
        for message_id in self._waiting:
            self._answer(message_id)
        self._heard.stop()
        await self._poller.stop()
        await self._tasks.join()

    async def _receive(self, reports: Sequence[DeliveryReport]) -> None:
        """Take what the gateway has answered."""
        if self._tells_once:
            await self._heard.keep(reports)
            await self._match_inbox()
            return
        for report in reports:
            await self._apply(report)

    async def _ask_to_the_end(self, asking: Coroutine[object, object, None]) -> None:
        """Ask even if whoever wants to know is cancelled: some is told only once."""
        task = self._tasks.spawn(asking)
        await asyncio.wait([task])
        task.result()

    def _answer(self, message_id: str) -> None:
        """Answer who waits for a message, if there is nothing more to wait for."""
        waiting = self._waiting.get(message_id, ())
        is_over = message_id not in self._unsent and not self._awaited.of(message_id)
        if waiting and (is_over or not self._is_running):
            for over in waiting:
                over.set()

    async def _match_inbox(self) -> None:
        """Look whether those that wait belong to a message by now.

        Raises:
            NotStoredError: that could not be written down, so all of them wait on.

        """
        applied: dict[UnmatchedReport, str] = {}
        for heard in self._heard:
            if (message_id := await self._apply(heard.report)) is not None:
                applied[heard] = message_id
        await self._heard.applied(applied)

    async def _apply(self, report: DeliveryReport) -> str | None:
        """Write a report down where it belongs; return the message's id, if there is one.

        Raises:
            NotStoredError: there is one, and that could not be written down.

        """
        async with self._hearing:
            one = self._awaited.match(report)
            if one is None:
                one = self._awaited.match_by_time(report)
                if one is None or self._is_under_way(*one.key):
                    return None
            if one.delivery is None or one.delivery.is_news(report):
                await self._write_down(one, report)
            return one.message_id

    async def _write_down(self, one: PendingDelivery, report: DeliveryReport) -> None:
        message_id, number = one.key
        record = await self._records.change(
            message_id, partial(apply_report, number=number, report=report)
        )
        if record is None:
            self._awaited.forget(one)
            return
        self.follow(record)
        await self._announce(record)

    async def _give_up(self, late: Sequence[PendingDelivery]) -> None:
        """Conclude that nothing will be heard of some submissions."""
        async with self._hearing:
            for one in late:
                report = DeliveryReport(
                    submission_id=one.sent.submission_id,
                    recipient=one.sent.recipient.removeprefix("+"),
                    status=DeliveryStatus.UNKNOWN,
                )
                await self._write_down(one, report)

    async def _announce(self, record: MessageRecord) -> None:
        """Tell how deliveries have ended, once each."""
        submission = unannounced(record)
        if not submission or not self._is_running:
            return
        for each in submission:
            self._observer.on_delivery_final(record, each)
        numbers = frozenset(each.recipient.number for each in submission)
        try:
            await self._records.change(
                record.message_id, partial(told, numbers=numbers)
            )
        except NotStoredError:
            # It is told again after a restart: twice is better than never.
            return
