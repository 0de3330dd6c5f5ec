"""What the tests of the journal share: records, threads and damage."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
import resource
import shutil
from typing import Any

from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.database import Database
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.journal.private_file import log_of
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def after_noon(minute: int) -> datetime:
    """Return a time of that day."""
    return NOON + timedelta(minutes=minute)


def submission(
    number: str = MAMAN,
    outcome: Outcome = Outcome.ACCEPTED,
    stage: Stage = Stage.CLOSED,
    delivery: DeliveryState | None = None,
) -> SubmissionRecord:
    """Return a submission; without more words an accepted one."""
    return SubmissionRecord(
        recipient=Recipient(number=number, name="Maman"),
        outcome=outcome,
        stage=stage,
        delivery=delivery,
    )


OPEN = submission(outcome=Outcome.QUEUED, stage=Stage.OPEN)
ON_ITS_WAY = submission(delivery=DeliveryState())


def message(
    minute: int,
    *submissions: SubmissionRecord,
    message_id: str | None = None,
    text: str = "La citerne est à 12 %.",
    send_at: int | None = None,
) -> MessageRecord:
    """Return a message created some minutes after noon, by default an accepted one.

    `send_at` is in minutes after noon too.
    """
    created = after_noon(minute)
    return MessageRecord(
        message_id=message_id or f"01M7W4EX1X{minute:016}",
        created=created,
        time_to_live=timedelta(hours=1),
        text=text,
        sender="MAISON",
        encoding=Encoding.GSM7,
        segments=1,
        options=SmsOptions(send_at=None if send_at is None else after_noon(send_at)),
        submissions=Submissions(submissions or (submission(),)),
    )


def garble(path: Path) -> None:
    """Make it no database at all."""
    path.write_bytes(b"not a database " * 1000)


def overwrite_pages(path: Path) -> None:
    """Destroy everything but the first page."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


def content_of(path: Path) -> bytes:
    """Return what is in a file and in its log now."""
    return path.read_bytes() + log_of(path).read_bytes()


def copy_of(path: Path) -> Path:
    """Copy a file and its log as a crash would leave them; return where the copy is."""
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    shutil.copy(log_of(path), log_of(copy))
    return copy


@contextmanager
def small_disk(room: int = 4096) -> Iterator[None]:
    """Let no file grow beyond so many bytes, by default a page."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


QUESTIONS = {Database.read, Database.write}


class Threads:
    """Runs what blocks in threads, and remembers what that was.

    While `gate` is shut, nothing is begun.
    """

    def __init__(self) -> None:
        """Begin with the gate open."""
        self.gate = asyncio.Event()
        self.gate.set()
        self.busy = asyncio.Event()
        self.done: list[object] = []
        self.file: Database | None = None

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function in a thread."""
        self.busy.set()
        await self.gate.wait()
        self.done.append(args[1] if function in QUESTIONS else function)
        result = await asyncio.to_thread(function, *args)
        if isinstance(result, tuple):
            [self.file, _] = result
        return result

    def tell_sqlite(
        self, statement: str, *values: bytes | int
    ) -> list[tuple[Any, ...]]:
        """Do something to the open file behind the journal's back."""
        assert self.file is not None
        return self.file.write(
            lambda connection: connection.execute(statement, values).fetchall()
        )

    @contextmanager
    def plans(self) -> Iterator[list[str]]:
        """Tell afterwards how all was looked up that was asked meanwhile."""
        assert self.file is not None
        asked: list[str] = []
        plans: list[str] = []
        self.file.connection.set_trace_callback(asked.append)
        yield plans
        self.file.connection.set_trace_callback(None)
        plans += [
            step[3].decode()
            for statement in asked
            if statement.split()[0] in {"SELECT", "UPDATE", "DELETE"}
            for step in self.tell_sqlite(f"EXPLAIN QUERY PLAN {statement}")
        ]


@asynccontextmanager
async def opened(path: Path, threads: Threads) -> AsyncIterator[Journal]:
    """Open a journal, and close it in the end."""
    journal = Journal(path, threads.run)
    await journal.open()
    yield journal
    await journal.close()
