"""Finds out whether numbers can be reached, where a gateway sells that.

It costs credits like a message, and its answer comes as a delivery report: so it is on
disk before it leaves, and counts in the guard. It is never repeated.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from homeassistant.util.ulid import ulid

from ..gateways.abilities import ChecksNumbers
from ..gateways.errors import NotStoredError
from ..gateways.models import Encoding
from ..gateways.outcome import Outcome
from .attempt import attempted
from .bookkeeper import Bookkeeper
from .clock import Clock
from .guard import Guard
from .journal.journal import Journal
from .recipients import AddressBook, Recipient, UnusableTarget
from .record import Failure, Kind, MessageRecord, Stage, SubmissionRecord
from .report import RecipientResult, Report
from .tasks import Tasks
from .tracking.tracker import Tracker


class NumberChecker:
    """Has numbers checked through one account."""

    def __init__(
        self,
        address_book: AddressBook,
        guard: Guard,
        journal: Journal,
        clock: Clock,
        tracker: Tracker,
        bookkeeper: Bookkeeper,
    ) -> None:
        """Check what `guard` lets pass, and have `tracker` wait for what is found."""
        self._address_book = address_book
        self._guard = guard
        self._journal = journal
        self._clock = clock
        self._tracker = tracker
        self._bookkeeper = bookkeeper
        self._tasks = Tasks()

    async def check(
        self, gateway: ChecksNumbers, key: str, targets: tuple[str, ...]
    ) -> Report:
        """Have numbers checked by `gateway`, whose name in the catalogue is `key`.

        What is found comes later, as a delivery: delivered is a number that can be
        reached. A caller that is cancelled meanwhile cuts nothing off.

        Raises:
            RejectedError: nothing was asked, because of all of the targets, the guard,
                or a disk that holds no more.
            NotStoredError: what came of it can't be kept; it may have cost something.

        """
        meant = self._address_book.resolve(targets)
        recipients = [one for one in meant if isinstance(one, Recipient)]
        if not recipients:
            raise next(one.error for one in meant if isinstance(one, UnusableTarget))
        record = self._begun(self._record(recipients))
        checking = self._tasks.spawn(self._carry_out(gateway, record))
        # Not awaited itself: that would cancel it together with the caller.
        await asyncio.wait([checking])
        record = checking.result()
        return Report(
            record=record,
            results=tuple(
                RecipientResult.of(record.find(one.number), key)
                if isinstance(one, Recipient)
                else RecipientResult.unusable(one, key)
                for one in meant
            ),
        )

    async def finish(self) -> None:
        """Wait for the checks that are under way."""
        await self._tasks.join()

    async def _carry_out(
        self, gateway: ChecksNumbers, record: MessageRecord
    ) -> MessageRecord:
        """Ask for a check, and write down what came of it."""
        numbers = tuple(
            made.recipient.number
            for made in record.submissions
            if made.outcome is Outcome.UNKNOWN
        )
        try:
            await self._journal.note_movement(record.created)
            await self._journal.put(record)
        except NotStoredError:
            self._release(record, numbers)
            raise
        result = await gateway.check_numbers(numbers, record.message_id)
        record = record.updated(
            replace(attempted(record.find(made.recipient), made), stage=Stage.CLOSED)
            for made in result.submissions
        )
        free = {Outcome.REJECTED, Outcome.NOT_SENT}
        self._release(
            record,
            [made.recipient for made in result.submissions if made.outcome in free],
        )
        self._bookkeeper.heard(result, alone=False)
        await self._journal.put(record)
        self._tracker.follow(record)
        return record

    def _release(self, record: MessageRecord, numbers: Iterable[str]) -> None:
        for number in numbers:
            self._guard.release(record.message_id, number)

    def _record(self, recipients: list[Recipient]) -> MessageRecord:
        now = self._clock.now()
        return MessageRecord(
            message_id=ulid(now.timestamp()),
            created=now,
            expires=now,
            text="",
            sender=None,
            encoding=Encoding.GSM7,
            segments=1,
            kind=Kind.NUMBER_CHECK,
            submissions=tuple(
                SubmissionRecord(recipient=recipient) for recipient in recipients
            ),
        )

    def _begun(self, record: MessageRecord) -> MessageRecord:
        """Return the check as it must be on disk before the first byte leaves.

        Raises:
            RejectedError: the guard lets nothing of it pass.

        """
        refused = self._guard.admit(record)
        if len(refused) == len(record.submissions):
            raise next(iter(refused.values()))
        return record.updated(
            replace(
                made,
                outcome=Outcome.UNKNOWN,
                stage=Stage.CLOSED,
                attempts=1,
                attempted=record.created,
            )
            if (error := refused.get(made.recipient.number)) is None
            else replace(
                made,
                outcome=Outcome.REJECTED,
                stage=Stage.CLOSED,
                failure=Failure.of(error),
            )
            for made in record.submissions
        )
