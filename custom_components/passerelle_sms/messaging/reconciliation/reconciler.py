"""Finds out what became of submissions that may have left, or asks the user."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from ...gateways.errors import NotStoredError
from ..journal.journal import Journal, JournalQuery
from ..message_store import MessageStore
from ..model.record import OLDEST_OPEN, MessageRecord
from ..model.submission import SubmissionRecord
from ..model.transitions import hold_for_user, requeue, settle_accepted
from ..observers import BalanceSource
from ..outbox.dispatcher import Dispatcher
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from .balance_evidence import Evidence, Verdict, assess, has_charged

# A gateway may charge a message a while after it has taken it: the balance is looked
# at when that is over, and an unchanged one is believed only the second time.
FIRST_LOOK: Final = timedelta(minutes=1)
SECOND_LOOK: Final = timedelta(minutes=2)
# Something else was under way.
LOOK_AGAIN: Final = timedelta(seconds=10)
# How long after an attempt evidence is waited for, however soon the message is old news.
MIN_WAIT_FOR_EVIDENCE: Final = timedelta(minutes=10)
# How near to a doubt another movement of the balance may hide in it.
INTERFERENCE_WINDOW: Final = timedelta(minutes=10)

# Where the balance must have been seen to fall, before an unchanged one is believed.
RECENT_MESSAGES: Final = JournalQuery(limit=100)

type Key = tuple[str, str]
"""A message's id, and a number that it goes to."""
type InDoubt = Mapping[Key, SubmissionRecord]
type Settle = Callable[[Iterable[str], MessageRecord], MessageRecord]

_SETTLE: Final[Mapping[Verdict, Settle]] = {
    Verdict.ACCEPTED: settle_accepted,
    Verdict.NOT_SENT: requeue,
    Verdict.UNDECIDED: hold_for_user,
}


class Reconciler:
    """Looks for evidence of what became of the submissions of one account."""

    def __init__(
        self,
        store: MessageStore,
        journal: Journal,
        clock: Clock,
        balance: BalanceSource,
        dispatcher: Dispatcher,
    ) -> None:
        """Settle what is in doubt in `store`, but for what `dispatcher` tries again."""
        self._store = store
        self._journal = journal
        self._clock = clock
        self._balance = balance
        self._dispatcher = dispatcher
        self._tasks = Tasks()
        self._cancel_check: Callable[[], None] | None = None
        self._unchanged: frozenset[Key] = frozenset()
        self._is_stopped = False
        store.listen(self._on_message_changed)

    async def stop(self) -> None:
        """Look no more, and wait for a look that is under way."""
        self._is_stopped = True
        if self._cancel_check is not None:
            self._cancel_check()
            self._cancel_check = None
        await self._tasks.join()

    def _on_message_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        if any(self._is_to_settle(record, submission) for submission in changed):
            self._schedule_check()

    def _is_to_settle(
        self, record: MessageRecord, submission: SubmissionRecord
    ) -> bool:
        """Return whether a submission is in doubt, and will not be tried again."""
        return (
            submission.is_unknown_open
            and not self._dispatcher.may_send(record, submission)
            and not self._dispatcher.holds(
                record.message_id, submission.recipient.number
            )
        )

    def _to_settle(self) -> dict[Key, SubmissionRecord]:
        """Return the submissions that are settled here, by message and number."""
        return {
            (record.message_id, submission.recipient.number): submission
            for record in self._store
            if record.submissions.unknown_open
            for submission in record.submissions
            if self._is_to_settle(record, submission)
        }

    def _schedule_check(self, delay: timedelta = FIRST_LOOK) -> None:
        """Look for evidence after a while, if there is a doubt then."""
        if self._cancel_check is None and not self._is_stopped:
            self._cancel_check = self._clock.call_later(
                delay.total_seconds(), self._on_time
            )

    def _on_time(self) -> None:
        self._cancel_check = None
        if self._tasks:
            # Two looks at the same time would pass for the second one a while later.
            self._schedule_check(LOOK_AGAIN)
        elif self._to_settle():
            self._tasks.spawn(self._check())

    async def _check(self) -> None:
        """Look for evidence now, and see to it that no doubt is forgotten."""
        delay = SECOND_LOOK
        try:
            delay = await self._reconcile()
        finally:
            if self._to_settle():
                self._schedule_check(delay)

    async def _reconcile(self) -> timedelta:
        """Settle what can be settled now; return when to look again for the rest."""
        doubts = self._to_settle()
        now = self._clock.now()
        attempted = [s.attempted for s in doubts.values() if s.attempted is not None]
        ripe = max(attempted, default=now) + FIRST_LOOK
        count = self._dispatcher.request_count_if_idle()
        if ripe > now or count is None:
            self._hold_expired()
            return max(ripe - now, LOOK_AGAIN)
        evidence = await self._evidence(doubts, min(attempted, default=now))
        if evidence is None:
            self._hold_expired()
            return SECOND_LOOK
        # Nothing may begin or end between the first question and the verdict, nor the
        # clock be set.
        is_idle = self._dispatcher.request_count_if_idle() == count
        if not is_idle or self._to_settle() != doubts:
            self._hold_expired()
            return LOOK_AGAIN
        self._apply(doubts, assess(evidence))
        return SECOND_LOOK

    async def _evidence(self, doubts: InDoubt, first: datetime) -> Evidence | None:
        """Return all that tells what became of them; `None` if it can't be had."""
        balance = await self._balance.refresh_balance()
        if balance is None:
            return None
        try:
            return Evidence(
                in_doubt=tuple(doubts.values()),
                others=await self._others(doubts, first),
                balance=balance,
                has_charged_before=has_charged(
                    await self._journal.find(RECENT_MESSAGES)
                ),
                has_other_changes=self._store.is_order_lost
                or await self._has_other_balance_changes(first),
            )
        except NotStoredError:
            return None

    def _apply(self, doubts: InDoubt, verdict: Verdict) -> None:
        keys = frozenset(doubts)
        if verdict is Verdict.NOT_SENT and not keys <= self._unchanged:
            self._unchanged = keys
            return
        self._unchanged = frozenset()
        self._settle(doubts, _SETTLE[verdict])

    def _hold_expired(self) -> None:
        """Ask the user where no evidence came within the message's time."""
        now = self._clock.now()
        late = {
            key: submission
            for key, submission in self._to_settle().items()
            if (record := self._store.get_open(key[0])) is not None
            and record.expires <= now
            and (
                submission.attempted is None
                or submission.attempted + MIN_WAIT_FOR_EVIDENCE <= now
            )
        }
        self._settle(late, hold_for_user)

    def _settle(self, doubts: InDoubt, settle: Settle) -> None:
        """Settle doubts, all at once: a request that began in between would be undone."""
        for message_id in dict.fromkeys(message_id for message_id, _ in doubts):
            if self._store.get_open(message_id) is not None:
                numbers = [n for known, n in doubts if known == message_id]
                self._store.change_in_background(message_id, partial(settle, numbers))

    async def _has_other_balance_changes(self, first: datetime) -> bool:
        """Return whether the balance may have moved, or stood still, for other reasons.

        Nobody knows whether a gateway charges what it is to send later when it takes it
        or when it sends it, so neither may be near, also of what is in doubt itself. And
        credit that is given back or moved between accounts hides a charge.

        Raises:
            NotStoredError: the journal can't be read.

        """
        since = first - INTERFERENCE_WINDOW
        until = self._clock.now() + INTERFERENCE_WINDOW
        moved = await self._journal.last_balance_change()
        if moved is not None and moved >= since:
            return True
        return any(
            since <= send_at <= until or _was_attempted(record, since)
            for record in await self._journal.created_since(since)
            if (send_at := record.options.send_at) is not None
        )

    async def _others(
        self, doubts: InDoubt, first: datetime
    ) -> tuple[SubmissionRecord, ...]:
        """Return all other submissions that were handed over since the first doubt.

        Raises:
            NotStoredError: the journal can't be read.

        """
        return tuple(
            submission
            for record in await self._journal.created_since(first - OLDEST_OPEN)
            for submission in record.submissions
            if (record.message_id, submission.recipient.number) not in doubts
            and submission.attempted is not None
            and submission.attempted >= first
        )


def _was_attempted(record: MessageRecord, since: datetime) -> bool:
    return any(
        submission.attempted is not None and submission.attempted >= since
        for submission in record.submissions
    )
