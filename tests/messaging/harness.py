"""A house with an outbox, without Home Assistant around it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
import itertools
from pathlib import Path
from typing import Any, override

import aiohttp

from custom_components.passerelle_sms.gateways.errors import GatewayError
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryReport
from custom_components.passerelle_sms.gateways.model.message import Encoding, SendResult
from custom_components.passerelle_sms.messaging.assembly import assemble
from custom_components.passerelle_sms.messaging.guard.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.journal.replies import StoredReply
from custom_components.passerelle_sms.messaging.message_store import MessageStore
from custom_components.passerelle_sms.messaging.model.parts import Parts
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.observers import (
    AccountRefusal,
    BalanceSource,
    MessageObserver,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    AddressBook,
    Recipient,
)
from custom_components.passerelle_sms.messaging.runtime.tasks import Tasks
from custom_components.passerelle_sms.messaging.text.writing import Writing
from tests.conftest import MAMAN

from .fake_clock import FakeClock
from .fake_disk import FakeDisk, nothing
from .idle import let_run, messaging_tasks, until_idle

HOUR = timedelta(hours=1)
ACCOUNT = "account-1"
"""The id of the account's config entry."""


class RecordingObserver(MessageObserver, BalanceSource):
    """Knows the balance of the account, and keeps all that it hears."""

    def __init__(self, gateway: Gateway) -> None:
        """Know nothing yet."""
        self.gateway = gateway
        self.look: Callable[[], Callable[[Decimal], None]]
        self.unexplained: list[Decimal] = []
        self.on_balance: Callable[[Decimal], object] = Decimal
        """Called with each balance that is told."""
        self.refusals: list[AccountRefusal | None] = []
        """Those of the account; `None` where it worked again."""
        self.history: list[MessageRecord] = []
        self.results: list[SendResult] = []
        self.deliveries: list[tuple[MessageRecord, SubmissionRecord]] = []
        self.replies: list[StoredReply] = []
        self.taken_back: list[MessageRecord] = []
        self.passed_on: list[tuple[str, ...]] = []
        """To whom what may have left was passed on, all those that were told together."""
        self.failures: list[GatewayError] = []
        self.invalidated = 0
        self.on_delivery: Callable[[], None] = nothing
        """Called when somebody has heard how a delivery has ended."""

    @property
    def latest(self) -> dict[str, MessageRecord]:
        """Return the last state of each message."""
        return {record.message_id: record for record in self.history}

    @override
    async def refresh_balance(self) -> Decimal | None:
        tell = self.look()
        try:
            told = (await self.gateway.balance()).credits
        except GatewayError as error:
            self.balance_error = error
            return None
        self.balance_error = None
        tell(told)
        self.on_balance(told)
        return told

    @override
    def on_send_result(self, result: SendResult) -> None:
        self.results.append(result)
        if result.remaining is not None:
            self.on_balance(result.remaining)

    @override
    def on_unexplained_fall(self, missing: Decimal) -> None:
        self.unexplained.append(missing)

    @override
    def on_message_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        self.history.append(record)

    @override
    def on_delivery_final(
        self, record: MessageRecord, submission: SubmissionRecord
    ) -> None:
        self.deliveries.append((record, submission))
        self.on_delivery()

    @override
    def on_reply(self, reply: StoredReply, record: MessageRecord | None) -> None:
        self.replies.append(reply)

    @override
    def on_passed_on(
        self, record: MessageRecord, submissions: Sequence[SubmissionRecord]
    ) -> None:
        self.passed_on.append(tuple(row.recipient.number for row in submissions))

    @override
    def on_account_refused(self, refusal: AccountRefusal) -> None:
        self.refusals.append(refusal)

    @override
    def on_account_works(self) -> None:
        self.refusals.append(None)

    @override
    def invalidate_balance(self) -> None:
        self.invalidated += 1

    @override
    def on_message_cancelled(self, record: MessageRecord) -> None:
        self.taken_back.append(record)

    @override
    def on_poll_failed(self, error: GatewayError) -> None:
        self.failures.append(error)


class MessagingHarness:
    """An outbox with its journal on disk, through stops and crashes."""

    def __init__(
        self,
        gateway: Gateway,
        path: Path,
        clock: FakeClock | None = None,
        *,
        account_id: str = ACCOUNT,
    ) -> None:
        """Prepare it; `start` lets it live."""
        self.account_id = account_id
        self.gateway = gateway
        self.clock = clock or FakeClock()
        self.disk = FakeDisk()
        self.observer = RecordingObserver(gateway)
        self.limits = GuardLimits()
        self.is_alone = True
        """Whether only this house uses the account."""
        self.follows_deliveries = False
        """Whether it also follows what becomes of accepted messages."""
        self.path = path
        self._numbers = itertools.count()
        self.build()

    def build(self) -> None:
        """Begin a new run: nothing of the last one is in memory."""
        self.journal = Journal(self.path, self.disk.run)
        self.store = MessageStore(self.journal, self.clock)
        self.guard = Guard(self.limits, self.clock)
        parts = assemble(
            self.gateway,
            self.store,
            self.journal,
            self.clock,
            self.guard,
            self.observer,
            self.observer,
            AddressBook((), self.gateway.region),
            Writing(),
            account_id=self.account_id,
            is_alone=self.is_alone,
        )
        self.ledger = parts.ledger
        self.dispatcher = parts.dispatcher
        self.reconciler = parts.reconciler
        self.outbox = parts.outbox
        self.tracker = parts.tracker
        self.replies = parts.replies
        self.canceller = parts.canceller
        self.planned = parts.planned
        self.legs = parts.legs
        self.carrier = parts.carrier
        self.observer.look = self.ledger.look
        self.observer.on_balance = self.dispatcher.note_balance
        self._senders = Tasks()

    async def start(self) -> None:
        """Go on where the last run has left off."""
        await self.journal.open()
        await self.ledger.load()
        await self.store.load()
        self.dispatcher.start()
        self.planned.start()
        if self.follows_deliveries:
            await self.tracker.start()

    async def stop(self) -> None:
        """Stop as Home Assistant does."""
        await self.planned.stop()
        await self.dispatcher.stop()
        await self.legs.finish()
        await self.reconciler.stop()
        await self.ledger.finish()
        await self.tracker.stop()
        await self.replies.stop()
        await self._senders.join()
        await self.store.close()
        await self.ledger.finish_run()
        await self.journal.close()

    async def leave(self) -> None:
        """Stop for good: nothing waits for its time any more."""
        self.disk.room, self.disk.is_readable = None, True
        await self.stop()
        assert self.clock.timers == 0

    def cancel_all(self) -> None:
        """Let nothing go on but what is at the disk; `crash` begins a new run."""
        for task in self._begun_work():
            task.cancel()

    async def crash(self) -> None:
        """Stop in the middle of everything, and begin a new run."""
        await self.cut_power()
        self.clock.forget()
        # A file that is closed between two transactions is as a crash leaves it.
        await self.journal.close()
        self.build()

    async def cut_power(self) -> None:
        """End all that is under way, but for what is at the disk."""
        await let_run()
        while tasks := self._begun_work():
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # What was about to begin is of the old run too.
            await let_run()

    def _begun_work(self) -> list[asyncio.Task[object]]:
        """Return the tasks that a crash ends; what is at the disk comes to its end."""
        return [
            task
            for task in messaging_tasks()
            if not getattr(task.get_coro(), "__qualname__", "").startswith("Journal")
        ]

    def message(
        self,
        *numbers: str,
        text: str | None = None,
        life: timedelta = HOUR,
        on_unknown: OnUnknown = OnUnknown.HOLD,
        parts: int = 1,
    ) -> MessageRecord:
        """Return a new message with a text of its own, in so many parts."""
        number = next(self._numbers)
        text = f"Alerte {number}" if text is None else text
        texts = [f"{part}/{parts} {text}" for part in range(1, parts + 1)]
        measured = self.gateway.measure(text)
        # Two messages are never made at the same moment.
        self.clock.tick()
        return MessageRecord(
            message_id=f"message-{number:05}",
            created=self.clock.now(),
            time_to_live=life,
            text=text,
            sender=None,
            encoding=Encoding.GSM7,
            segments=parts * measured.segments,
            on_unknown=on_unknown,
            parts=Parts(common=tuple(texts) if parts > 1 else ()),
            submissions=Submissions(
                SubmissionRecord(
                    recipient=Recipient(number=to),
                    part=part,
                    segments=measured.segments,
                )
                for to in numbers or (MAMAN,)
                for part in range(1, parts + 1)
            ),
        )

    async def send(self, *numbers: str, **options: Any) -> MessageRecord:
        """Send a new message, and return it as it is answered."""
        record = await self.outbox.send(self.message(*numbers, **options))
        await until_idle()
        return record

    async def join_or_send(self, record: MessageRecord) -> MessageRecord:
        """Send a message as a messenger does: with an equal one that waits, if any."""
        return await self._senders.complete(self._join_or_send(record))

    async def _join_or_send(self, record: MessageRecord) -> MessageRecord:
        joined = await self.outbox.join(record)
        return await (self.outbox.send(record) if joined is None else joined.answer())

    async def take_in(self, record: MessageRecord) -> MessageRecord:
        """Send a message as a messenger does: to its end, whoever goes away."""
        return await self._senders.complete(self.outbox.send(record))

    async def poll(self) -> None:
        """Ask for the balance, as the coordinator does after each message."""
        await until_idle()
        await self.observer.refresh_balance()

    async def hear(self, *reports: DeliveryReport | None) -> tuple[bool, ...]:
        """Call with these reports, and return which were taken."""
        taken = await self.tracker.take_pushed(reports)
        await until_idle()
        return taken

    async def wait(self, record: MessageRecord, patience: timedelta) -> None:
        """Wait for the deliveries of a message, as whoever has sent it may."""
        # Begun here, it is nothing that `quiet` waits for.
        await self.tracker.wait(record.message_id, patience)

    async def kept(self, record: MessageRecord) -> MessageRecord:
        """Return a message as it is on disk."""
        stored = await self.journal.get(record.message_id)
        assert stored is not None
        return stored

    def statuses(self) -> list[str]:
        """Return how deliveries have ended, in the order in which that was heard."""
        return [
            submission.delivery.status
            for _, submission in self.observer.deliveries
            if submission.delivery is not None
        ]

    def current(self, record: MessageRecord) -> SubmissionRecord:
        """Return what has become of a message to a single recipient."""
        [submission] = self.observer.latest[record.message_id].submissions
        return submission


@asynccontextmanager
async def following(
    gateway: Gateway, folder: Path, clock: FakeClock | None = None
) -> AsyncIterator[MessagingHarness]:
    """Open a house that follows what becomes of accepted messages."""
    harness = MessagingHarness(gateway, folder / "journal", clock)
    harness.follows_deliveries = True
    await harness.start()
    try:
        yield harness
    finally:
        await harness.leave()


class Traffic:
    """How many requests to send are under way at once."""

    def __init__(self) -> None:
        """Begin with none."""
        self.now = self.most = 0

    def trace(self) -> aiohttp.TraceConfig:
        """Return what counts the requests of a session."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._begun)
        config.on_request_end.append(self._ended)
        config.on_request_exception.append(self._ended)
        return config

    async def _begun(self, *of_request: Any) -> None:
        if _is_sending(of_request[-1]):
            self.now += 1
            self.most = max(self.most, self.now)

    async def _ended(self, *of_request: Any) -> None:
        if _is_sending(of_request[-1]):
            self.now -= 1


def _is_sending(asked: Any) -> bool:
    return (
        "credit" not in asked.url.path
        and "solde" not in asked.url.path
        and ("balance" not in asked.url.path)
    )
