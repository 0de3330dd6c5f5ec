"""What becomes of accepted messages: asked for or told, kept, and passed on.

What a gateway tells is on disk before anybody hears of it, and that somebody has heard
of it is on disk after that: a restart in between tells it again, and loses nothing.
"""

import asyncio
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from ...gateways.abilities.delivery import PushesDelivery, TellsDeliveryOnce
from ...gateways.gateway import Gateway
from ...gateways.model.delivery import DeliveryReport, DeliveryStatus
from ..journal.journal import Journal
from ..message_store import MessageStore
from ..model.record import MessageRecord
from ..model.submission import RowKey, SubmissionRecord
from ..model.transitions import apply_report
from ..observers import MessageObserver
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from .age import Ages
from .delivery_ends import DeliveryEnds
from .delivery_poller import DeliveryPoller
from .pending_deliveries import Key, PendingDeliveries, PendingDelivery
from .poller import HORIZON, Poller
from .report_inbox import ReportInbox, UnmatchedReport
from .shared_reading import SharedReading
from .waiting import Waiting


class Tracker:
    """Follows the deliveries of one account."""

    def __init__(
        self,
        gateway: Gateway,
        messages: MessageStore,
        journal: Journal,
        clock: Clock,
        observer: MessageObserver,
        *,
        is_under_way: Callable[[str, RowKey], bool],
        knows_all_sent: Callable[[], bool],
    ) -> None:
        """Follow what `gateway` has accepted, and tell `observer` how it ended.

        `is_under_way(message_id, key)` says whether a request to send it waits or is
        made: until that is answered, nothing can be concluded about it. `knows_all_sent()`
        says whether the account has sent nothing that is unknown here.
        """
        self._messages = messages
        self._journal = journal
        self._clock = clock
        self._ends = DeliveryEnds(messages, observer)
        self._is_under_way = is_under_way
        self._knows_all_sent = knows_all_sent
        self._tells_once = isinstance(gateway, TellsDeliveryOnce)
        ages = Ages(clock)
        self._awaited = PendingDeliveries(
            ages,
            gateway.id_key if isinstance(gateway, PushesDelivery) else str,
            # Only what is asked for with the password is believed without.
            is_told_by_number=not self._tells_once,
        )
        self._inbox = ReportInbox(journal, clock, ages)
        self._hearing = asyncio.Lock()
        self._waiting = Waiting()
        self._news: set[Key] | None = None
        """What has changed while the journal is read; else `None`."""
        self._will_match = False
        self._tasks = Tasks()
        self._polls = DeliveryPoller(
            gateway,
            self._awaited,
            ages,
            clock,
            hear=self._hear,
            give_up=self._give_up,
            hurried=self._waiting,
        )
        self.sharing = SharedReading(
            self._polls, self.ask_for_all, self._take_handed_on
        )
        """Matters only where deliveries are told only once."""
        self._poller = Poller(
            clock,
            lambda: gateway.budget,
            due=self._awaited.schedule.first,
            ask=self._polls.ask_what_is_due,
            failed=observer.on_poll_failed,
            replan=self._polls.replan,
        )
        self._is_running = self._is_stopped = False

    def __len__(self) -> int:
        """Return how many deliveries are awaited."""
        return len(self._awaited)

    async def start(self) -> None:
        """Go on where the last run, a crash, a pause or a stop has left off.

        Raises:
            NotStoredError: the journal can't be read.

        """
        self._is_stopped = False
        await self._inbox.load()
        # What comes meanwhile is heard after what came before.
        async with self._hearing:
            self._news = set()
            try:
                lately = await self._journal.created_since(self._clock.now() - HORIZON)
                tracked = await self._journal.with_pending_delivery()
                # What has ended may be told again, or turn out otherwise.
                await self._catch_up(self._news, [*lately, *tracked])
            finally:
                self._news = None
            self._is_running = True
            for record in tracked:
                await self._announce(record, record.submissions)
        # Where there is no room for it on the disk now, there may be later.
        self._tasks.spawn(self._keep([]))
        self._poller.start()

    def follow(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        """Await what of a message the gateway has accepted, or may have.

        Only at what has changed is looked.
        """
        self._take_up(record, changed)
        if record.parts and self._is_running:
            # That the last part did not leave may end what the others waited for.
            self._tasks.spawn(self._ends.announce(record, changed))

    def _take_up(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        """Await what is to be heard of what has changed."""
        if self._news is not None:
            self._news.update(
                (record.message_id, submission.key) for submission in changed
            )
        is_new = self._follow(record, changed)
        self._release(record.message_id)
        if not is_new:
            return
        self._poller.wake()
        if self._inbox and self._is_running and not self._will_match:
            # Its report may have come before the answer that it was accepted.
            self._will_match = True
            self._tasks.spawn(self._match_inbox())

    async def take_pushed(
        self, reports: Sequence[DeliveryReport | None]
    ) -> tuple[bool, ...]:
        """Take the reports that are about something that was sent, to that number.

        Whoever knows the address may call: without the id of what was sent, a report
        settles no doubt. It may tell the delivery of what was accepted without an id.

        Returns which were taken. One that is told again is taken, and changes nothing.

        Raises:
            NotStoredError: one could not be written down: it is to be told again.

        """
        taken: list[bool] = []
        for report in reports:
            message_id = (
                None if report is None else await self._apply(report, is_proof=False)
            )
            if report is not None and message_id is None:
                self._inbox.remember(report)
            taken.append(message_id is not None)
        return tuple(taken)

    async def ask_about(self, message_id: str, number: str | None = None) -> None:
        """Ask now about a message, or one of its recipients; raises `GatewayError`."""
        # Whoever asks may be cancelled: some is told only once.
        await self._tasks.complete(self._polls.ask_about(message_id, number))

    async def ask_for_all(self) -> None:
        """Ask now for all news, where one request tells it; raises `GatewayError`."""
        await self._tasks.complete(self._polls.ask_for_all())

    def hurry(self, message_id: str) -> None:
        """Let the gateway be asked soon what became of a message."""
        self._polls.hurry(message_id)
        self._poller.wake()

    async def wait(self, message_id: str, patience: timedelta) -> None:
        """Return when nothing more is awaited of a message, after `patience`, or at a stop."""
        with self.hurrying(message_id) as over:
            seconds = max(0.0, patience.total_seconds())
            cancel = self._clock.call_later(seconds, over.set)
            self._release(message_id)
            try:
                await over.wait()
            finally:
                cancel()

    @contextmanager
    def hurrying(self, message_id: str) -> Iterator[asyncio.Event]:
        """Let the gateway be asked more often about a message that somebody waits for."""
        with self._waiting.begun(message_id) as over:
            self.hurry(message_id)
            yield over

    async def pause(self) -> None:
        """Ask and announce nothing until the next start; whoever waits goes on waiting.

        What is heard or followed meanwhile is kept.
        """
        self._is_running = False
        self._inbox.stop()
        await self._poller.stop()
        await self._tasks.join()

    async def stop(self) -> None:
        """Pause, and let nobody wait any longer: they get what is known."""
        self._is_stopped = True
        self._waiting.release_all()
        await self.pause()

    async def _catch_up(
        self, news: Container[Key], stored: Iterable[MessageRecord]
    ) -> None:
        """Follow messages as the journal held them, but for what is newer."""
        for record in {record.message_id: record for record in stored}.values():
            current = self._messages.get_open(record.message_id) or record
            self._follow(
                current,
                [
                    submission
                    for submission in current.submissions
                    if (record.message_id, submission.key) not in news
                ],
            )
            # Of thousands, each lets others have their turn.
            await asyncio.sleep(0)

    def _follow(
        self, record: MessageRecord, changed: Iterable[SubmissionRecord]
    ) -> bool:
        """Return whether anything is awaited anew."""
        found = self._awaited.follow(record, changed)
        for one in found:
            self._polls.plan(one)
        return bool(found)

    async def _hear(self, reports: Sequence[DeliveryReport]) -> None:
        """Take what the gateway has answered."""
        if self._tells_once:
            await self._keep(reports)
            return
        for report in reports:
            await self._apply(report, is_proof=True)

    async def _keep(self, reports: Sequence[DeliveryReport]) -> None:
        await self._inbox.keep(reports)
        known = await self._match_inbox()
        await self.sharing.hand_on([one for one in reports if one not in known])

    async def _take_handed_on(self, reports: Sequence[DeliveryReport]) -> None:
        """Take what another entry of the same account has read."""
        await self._tasks.complete(self._keep(reports))

    def _release(self, message_id: str) -> None:
        """Answer who waits for a message, if there is nothing more to wait for."""
        record = self._messages.get_open(message_id)
        is_open = record is not None and record.is_open
        if self._is_stopped or not (is_open or self._awaited.is_awaited(message_id)):
            self._waiting.release(message_id)

    async def _match_inbox(self) -> set[DeliveryReport]:
        """Look whether those that wait belong to a message by now; return which do.

        Raises:
            NotStoredError: that could not be written down, so all of them wait on.

        """
        # What is followed from here on may be too late for this look.
        self._will_match = False
        applied: dict[UnmatchedReport, str] = {}
        for heard in self._inbox:
            # What the gateway has answered is on disk.
            is_proof = heard.report_id is not None
            message_id = await self._apply(heard.report, is_proof=is_proof)
            if message_id is not None:
                applied[heard] = message_id
        await self._inbox.applied(applied)
        return {heard.report for heard in applied}

    async def _apply(self, report: DeliveryReport, *, is_proof: bool) -> str | None:
        """Write a report down where it belongs; return the message's id, if there is one.

        `is_proof` says that it is the gateway's for certain, its answer to a question:
        no other one settles a doubt without knowing the id. Nor does it where it may be
        about a message that was sent from elsewhere, or that nothing is known of any more.

        Raises:
            NotStoredError: there is one, and that could not be written down.

        """
        async with self._hearing:
            one = self._awaited.match(report)
            if one is None:
                one = self._awaited.match_by_time(report)
                if one is None or self._is_under_way(*one.key):
                    return None
                if one.may_have_left and not (is_proof and self._knows_all_sent()):
                    return None
            if one.delivery is None or one.delivery.is_news(report):
                await self._write_down(one, report)
            return one.message_id

    async def _write_down(self, one: PendingDelivery, report: DeliveryReport) -> None:
        message_id, key = one.key
        record = await self._messages.change(
            message_id, partial(apply_report, key=key, report=report)
        )
        if record is None:
            self._awaited.forget(one.key)
            self._release(message_id)
            return
        changed = [record.find(key)]
        self._take_up(record, changed)
        await self._announce(record, changed)

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

    async def _announce(
        self, record: MessageRecord, submissions: Iterable[SubmissionRecord]
    ) -> None:
        if self._is_running:
            await self._ends.announce(record, submissions)
