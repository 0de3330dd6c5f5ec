"""Finds out whether numbers can be reached, where a gateway sells that.

It costs credits like a message, and its answer comes as a delivery report: so it is on
disk before it leaves, and counts in the guard. It is never repeated.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from homeassistant.util.ulid import ulid

from ...gateways.abilities.account import ChecksNumbers
from ...gateways.errors import NotStoredError
from ...gateways.model.message import Encoding
from ...gateways.outcome import Outcome
from ..guard.guard import Guard
from ..journal.journal import Journal
from ..model.record import Failure, Kind, MessageRecord, Stage, SubmissionRecord
from ..model.report import RecipientResult, Report
from ..model.transitions import attempted
from ..observers import MessageObserver
from ..recipients.address_book import AddressBook, Recipient, UnusableTarget
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from ..tracking.tracker import Tracker


class NumberChecker:
    """Has numbers checked through one account."""

    def __init__(
        self,
        address_book: AddressBook,
        guard: Guard,
        journal: Journal,
        clock: Clock,
        tracker: Tracker,
        observer: MessageObserver,
    ) -> None:
        """Check what `guard` lets pass, and have `tracker` wait for what is found."""
        self._address_book = address_book
        self._guard = guard
        self._journal = journal
        self._clock = clock
        self._tracker = tracker
        self._observer = observer
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
            submission.recipient.number
            for submission in record.submissions
            if submission.outcome is Outcome.UNKNOWN
        )
        try:
            await self._journal.record_balance_change(record.created)
            await self._journal.put(record)
        except NotStoredError:
            self._release(record, numbers)
            raise
        result = await gateway.check_numbers(numbers, record.message_id)
        record = record.updated(
            replace(
                attempted(record.find(submission.recipient), submission),
                stage=Stage.CLOSED,
            )
            for submission in result.submissions
        )
        free = {Outcome.REJECTED, Outcome.NOT_SENT}
        self._release(
            record,
            [
                submission.recipient
                for submission in result.submissions
                if submission.outcome in free
            ],
        )
        self._observer.on_send_result(result, alone=False)
        await self._journal.put(record)
        self._tracker.follow(record)
        return record

    def _release(self, record: MessageRecord, numbers: Iterable[str]) -> None:
        for number in numbers:
            self._guard.uncount(record.message_id, number)

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
                submission,
                outcome=Outcome.UNKNOWN,
                stage=Stage.CLOSED,
                attempts=1,
                attempted=record.created,
            )
            if (error := refused.get(submission.recipient.number)) is None
            else replace(
                submission,
                outcome=Outcome.REJECTED,
                stage=Stage.CLOSED,
                failure=Failure.of(error),
            )
            for submission in record.submissions
        )
