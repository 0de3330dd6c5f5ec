"""A house with an outbox, without Home Assistant around it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
import itertools
from pathlib import Path
import sqlite3
from typing import Any, override

import aiohttp

from custom_components.passerelle_sms.gateways.errors import GatewayError
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.models import Encoding, SendResult
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal import Journal
from custom_components.passerelle_sms.messaging.journal_file import JournalFile
from custom_components.passerelle_sms.messaging.outbox import Bookkeeper, Outbox
from custom_components.passerelle_sms.messaging.recipients import Recipient
from custom_components.passerelle_sms.messaging.record import (
    MessageRecord,
    OnUnknown,
    SubmissionRecord,
)
from tests.conftest import MAMAN

from .clock import FakeClock
from .quiet import let_run, messaging_tasks, quiet

HOUR = timedelta(hours=1)


class Books(Bookkeeper):
    """Keeps the books of the account, and all that it hears."""

    def __init__(self, gateway: Gateway) -> None:
        """Know nothing yet."""
        self._gateway = gateway
        self._credits: Decimal | None = None
        self.activity: Callable[[], int | None] = int
        self.history: list[MessageRecord] = []
        self.results: list[tuple[SendResult, bool]] = []

    @property
    def latest(self) -> dict[str, MessageRecord]:
        """Return the last state of each message."""
        return {record.message_id: record for record in self.history}

    @override
    def credits(self) -> Decimal | None:
        return self._credits

    @override
    async def ask_credits(self) -> Decimal | None:
        activity, self._credits = self.activity(), None
        try:
            told = (await self._gateway.balance()).credits
        except GatewayError:
            return None
        if activity is not None and activity == self.activity():
            self._credits = told
        return told

    @override
    def heard(self, result: SendResult, *, alone: bool) -> None:
        self.results.append((result, alone))
        charging = {Outcome.ACCEPTED, Outcome.UNKNOWN}
        if result.remaining is not None:
            self._credits = result.remaining if alone else None
        elif any(made.outcome in charging for made in result.submissions):
            self._credits = None

    @override
    def changed(self, record: MessageRecord) -> None:
        self.history.append(record)


class Disk:
    """What the journal lies on: it may be full, at once or in a while."""

    def __init__(self) -> None:
        """Have room."""
        self.room: int | None = None
        """How many more writes there is room for; `None` for all."""
        self.is_readable = True
        self.writes = 0

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function that blocks in a thread."""
        if function is JournalFile.write:
            if self.room == 0:
                raise sqlite3.OperationalError("database or disk is full")
            if self.room is not None:
                self.room -= 1
            self.writes += 1
        elif not self.is_readable and function in {
            JournalFile.since,
            JournalFile.find,
            JournalFile.unsettled,
        }:
            raise sqlite3.OperationalError("disk I/O error")
        return await asyncio.to_thread(function, *args)


class House:
    """An outbox with its journal on disk, through stops and crashes."""

    def __init__(self, gateway: Gateway, path: Path) -> None:
        """Prepare it; `start` lets it live."""
        self.gateway = gateway
        self.clock = FakeClock()
        self.disk = Disk()
        self.books = Books(gateway)
        self._path = path
        self._numbers = itertools.count()
        self.build()

    def build(self) -> None:
        """Begin a new run: nothing of the last one is in memory."""
        self.journal = Journal(self._path, self.disk.run)
        self.outbox = Outbox(self.gateway, self.journal, self.clock, self.books)
        self.books.activity = self.outbox.activity

    async def start(self) -> None:
        """Go on where the last run has left off."""
        await self.journal.open()
        await self.outbox.start()

    async def stop(self) -> None:
        """Stop as Home Assistant does."""
        await self.outbox.stop()
        await self.journal.close()

    async def crash(self) -> None:
        """Stop in the middle of everything, and begin a new run."""
        await let_run()
        while tasks := self._begun_work():
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # What was about to begin is of the old run too.
            await let_run()
        self.clock.forget()
        # A file that is closed between two transactions is as a crash leaves it.
        await self.journal.close()
        self.build()

    def _begun_work(self) -> set[asyncio.Task[object]]:
        """Return the tasks that a crash ends; what is at the disk comes to its end."""
        return {
            task
            for task in messaging_tasks()
            if not getattr(task.get_coro(), "__qualname__", "").startswith("Journal.")
        }

    def message(
        self,
        *numbers: str,
        text: str | None = None,
        life: timedelta = HOUR,
        on_unknown: OnUnknown = OnUnknown.HOLD,
    ) -> MessageRecord:
        """Return a new message with a text of its own."""
        number = next(self._numbers)
        text = f"Alerte {number}" if text is None else text
        measured = self.gateway.measure(text)
        # Two messages are never made at the same moment.
        self.clock.time += timedelta(microseconds=1)
        return MessageRecord(
            message_id=f"message-{number:05}",
            created=self.clock.now(),
            expires=self.clock.now() + life,
            text=text,
            sender=None,
            encoding=Encoding.GSM7,
            segments=measured.segments,
            on_unknown=on_unknown,
            submissions=tuple(
                SubmissionRecord(
                    recipient=Recipient(number=to), segments=measured.segments
                )
                for to in numbers or (MAMAN,)
            ),
        )

    async def send(self, *numbers: str, **options: Any) -> MessageRecord:
        """Send a new message, and return it as it is answered."""
        record = await self.outbox.send(self.message(*numbers, **options))
        await quiet()
        return record

    async def poll(self) -> None:
        """Ask for the balance, as the coordinator does after each message."""
        await quiet()
        await self.books.ask_credits()

    def current(self, record: MessageRecord) -> SubmissionRecord:
        """Return what has become of a message to a single recipient."""
        [made] = self.books.latest[record.message_id].submissions
        return made


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
