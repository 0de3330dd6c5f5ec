"""Finds out whether numbers can be reached, where a gateway sells that.

It costs credits like a message, and its answer comes as a delivery report: so it is on
disk before it leaves, and counts in the guard. It is never repeated.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from homeassistant.util.ulid import ulid

from ...gateways.abilities.account import ChecksNumbers
from ...gateways.errors import NotStoredError
from ...gateways.model.message import Encoding
from ...gateways.outcome import Outcome
from ..guard.guard import Guard, counts
from ..journal.journal import Journal
from ..model.record import Kind, MessageRecord
from ..model.report import Report
from ..model.submission import Stage, SubmissionRecord, Submissions, row_key
from ..model.transitions import apply_final_result
from ..observers import MessageObserver
from ..recipients.address_book import AddressBook, Recipient
from ..reconciliation.ledger import Ledger
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from ..tracking.tracker import Tracker
from .admission import admitted, report, uncount, usable


class NumberChecker:
    """Has numbers checked through one account."""

    def __init__(
        self,
        address_book: AddressBook,
        guard: Guard,
        journal: Journal,
        ledger: Ledger,
        clock: Clock,
        tracker: Tracker,
        observer: MessageObserver,
    ) -> None:
        """Check what `guard` lets pass, and have `tracker` wait for what is found.

        `address_book` may be replaced.
        """
        self.address_book = address_book
        self._guard = guard
        self._journal = journal
        self._ledger = ledger
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
        meant = self.address_book.resolve(targets)
        record = _begun(admitted(self._guard, self._record(usable(meant))))
        record = await self._tasks.complete(self._carry_out(gateway, record))
        return report(record, meant, key)

    async def finish(self) -> None:
        """Wait for the checks that are under way."""
        await self._tasks.join()

    async def _carry_out(
        self, gateway: ChecksNumbers, record: MessageRecord
    ) -> MessageRecord:
        """Ask for a check, and write down what came of it."""
        asked = [s for s in record.submissions if s.outcome is Outcome.UNKNOWN]
        try:
            movement = await self._ledger.begin_movement()
            await self._journal.put(record)
        except NotStoredError:
            uncount(self._guard, record, [row.key for row in asked])
            raise
        booted = self._clock.booted()
        result = await gateway.check_numbers(
            [row.recipient.number for row in asked], record.message_id
        )
        # What it costs is told nowhere.
        self._ledger.end_movement(movement, None)
        # The clock may have been set right meanwhile.
        record = record.dated(self._clock.booted() - booted)
        record = record.updated(
            apply_final_result(record.find(row_key(submission.recipient)), submission)
            for submission in result.submissions
        )
        unsent = [s.key for s in record.submissions if not counts(s)]
        uncount(self._guard, record, unsent)
        self._observer.on_send_result(result)
        await self._journal.put(record)
        self._tracker.follow(record, record.submissions)
        return record

    def _record(self, recipients: Sequence[Recipient]) -> MessageRecord:
        now = self._clock.now()
        return MessageRecord(
            message_id=ulid(now.timestamp()),
            created=now,
            time_to_live=timedelta(),
            text="",
            sender=None,
            encoding=Encoding.GSM7,
            segments=1,
            kind=Kind.NUMBER_CHECK,
            submissions=Submissions(
                SubmissionRecord(recipient=recipient) for recipient in recipients
            ),
        )


def _begun(record: MessageRecord) -> MessageRecord:
    """Return a check as it must be on disk before the first byte leaves."""
    return record.updated(
        replace(
            submission,
            outcome=Outcome.UNKNOWN,
            stage=Stage.CLOSED,
            attempts=1,
            attempted=record.created,
        )
        for submission in record.submissions
        if submission.is_waiting
    )
