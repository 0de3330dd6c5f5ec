"""Submissions that may have left: settled by evidence, or put before the user."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final, Protocol

from custom_components.passerelle_sms.messaging.model.record import Choice
from custom_components.passerelle_sms.messaging.model.transitions import (
    _accepted,
    apply_user_choice,
    hold_for_user,
    requeue,
)

from ...gateways.errors import NotStoredError
from ..journal.journal import Journal, JournalQuery
from ..message_store import OpenMessages
from ..model.record import MessageRecord, SubmissionRecord
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from .balance_evidence import Verdict, assess, has_charged

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
# How long a message may have lived before what happens to it now.
LONGEST_LIFE: Final = timedelta(hours=25)

# Where the balance must have been seen to fall, before an unchanged one is believed.
RECENT_MESSAGES: Final = JournalQuery(limit=100)

type Key = tuple[str, str]
"""A message's id, and a number that it goes to."""
type InDoubt = Mapping[Key, SubmissionRecord]
type Settle = Callable[[frozenset[str], MessageRecord], MessageRecord]


class Sender(Protocol):
    """Who makes the requests."""

    def request_count_if_idle(self) -> int | None:
        """Return a count that grows with every request; `None` while one is made."""

    async def ask_credits(self) -> Decimal | None:
        """Ask the gateway what the account holds; `None` when it doesn't say."""

    def may_send(self, record: MessageRecord, submission: SubmissionRecord) -> bool:
        """Return whether a request may be made for a submission, or made again."""

    def enqueue(self, record: MessageRecord) -> None:
        """Put in the queue what of a message still has to be tried."""


class Reconciler:
    """Looks for evidence of what became of submissions in doubt."""

    def __init__(
        self, messages: OpenMessages, journal: Journal, clock: Clock, sender: Sender
    ) -> None:
        """Settle the doubts about `messages`, but for those that may be tried again."""
        self._messages = messages
        self._journal = journal
        self._clock = clock
        self._sender = sender
        self._tasks = Tasks()
        self._cancel_look: Callable[[], None] | None = None
        self._unchanged: frozenset[Key] = frozenset()
        self._stopped = False

    def in_doubt(self) -> dict[Key, SubmissionRecord]:
        """Return the submissions in doubt, by message and number."""
        return {
            (record.message_id, submission.recipient.number): submission
            for record in self._messages
            for submission in record.submissions
            if submission.is_unknown_open
        }

    def to_settle(self) -> dict[Key, SubmissionRecord]:
        """Return those of them that are settled here, by message and number."""
        return {
            key: submission
            for key, submission in self.in_doubt().items()
            if (record := self._messages.get(key[0])) is not None
            and not self._sender.may_send(record, submission)
        }

    def time_of_attempt(self) -> datetime:
        """Return the time, but none before the doubts: the clock may be set back.

        What is handed over after a doubt must be found when the balance is looked at.
        """
        attempted = [submission.attempted for submission in self.in_doubt().values()]
        return max([self._clock.now(), *filter(None, attempted)])

    def schedule_check(self, delay: timedelta = FIRST_LOOK) -> None:
        """Look for evidence after a while, if there is a doubt then."""
        if self._cancel_look is None and not self._stopped:
            self._cancel_look = self._clock.call_later(
                delay.total_seconds(), self._on_time
            )

    async def resolve(self, message_id: str, choice: Choice) -> None:
        """Do with a held message what the user has chosen; nothing if it isn't held.

        Raises:
            NotStoredError: the choice could not be written down, so it is not made.

        """
        record = self._messages.get(message_id)
        if record is None or not record.is_held:
            return
        now = self._clock.now()
        record = await self._messages.change(
            message_id, partial(apply_user_choice, choice=choice, now=now)
        )
        self._sender.enqueue(record)

    async def stop(self) -> None:
        """Look no more, and wait for a look that is under way."""
        self._stopped = True
        if self._cancel_look is not None:
            self._cancel_look()
            self._cancel_look = None
        await self._tasks.join()

    def _on_time(self) -> None:
        self._cancel_look = None
        if self._tasks:
            # Two looks at the same time would pass for the second one a while later.
            self.schedule_check(LOOK_AGAIN)
        elif self.to_settle():
            self._tasks.spawn(self._check())

    async def _check(self) -> None:
        """Look for evidence now, and see to it that no doubt is forgotten."""
        delay = SECOND_LOOK
        try:
            delay = await self._reconcile()
        finally:
            if self.to_settle():
                self.schedule_check(delay)

    async def _reconcile(self) -> timedelta:
        """Return when to look again for what is in doubt still."""
        doubts = self.to_settle()
        attempted = [
            submission.attempted
            for submission in doubts.values()
            if submission.attempted
        ]
        now = self._clock.now()
        last = max(attempted, default=now)
        if now >= last and (ripe := last + FIRST_LOOK) > now:
            self._hold_expired(doubts)
            return ripe - now
        if (request_count_if_idle := self._sender.request_count_if_idle()) is None:
            self._hold_expired(doubts)
            return LOOK_AGAIN
        if last > now:
            # The clock was set back: nobody can tell what was before the doubt.
            self._settle(doubts, hold_for_user)
            return LOOK_AGAIN
        if (credits_left := await self._sender.ask_credits()) is None:
            self._hold_expired(doubts)
            return SECOND_LOOK
        try:
            first = min(attempted, default=now)
            others = await self._others(doubts, first)
            charges = has_charged(await self._journal.find(RECENT_MESSAGES))
            is_blurred = await self._has_other_balance_changes(first, now)
        except NotStoredError:
            self._hold_expired(doubts)
            return SECOND_LOOK
        # Nothing may begin or end between the first question and the verdict.
        if self._sender.request_count_if_idle() != request_count_if_idle:
            self._hold_expired(doubts)
            return LOOK_AGAIN
        verdict = assess([*doubts.values()], others, credits_left)
        if is_blurred or (verdict is Verdict.NOT_SENT and not charges):
            # Perhaps the balance never moves here, or something else has moved it.
            verdict = Verdict.UNDECIDED
        self._apply(doubts, verdict)
        return SECOND_LOOK

    def _apply(self, doubts: InDoubt, verdict: Verdict) -> None:
        keys = frozenset(doubts)
        if verdict is Verdict.NOT_SENT and not keys <= self._unchanged:
            self._unchanged = keys
            return
        self._unchanged = frozenset()
        settle = {
            Verdict.ACCEPTED: _accepted,
            Verdict.NOT_SENT: requeue,
            Verdict.UNDECIDED: hold_for_user,
        }[verdict]
        self._settle(doubts, settle)

    def _hold_expired(self, doubts: InDoubt) -> None:
        """Ask the user where no evidence came within the message's time."""
        now = self._clock.now()
        late = {
            key: submission
            for key, submission in doubts.items()
            if (record := self._messages.get(key[0])) is not None
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
            if self._messages.get(message_id) is None:
                continue
            numbers = frozenset(n for known, n in doubts if known == message_id)
            record = self._messages.change_in_background(
                message_id, partial(settle, numbers)
            )
            self._sender.enqueue(record)

    async def _has_other_balance_changes(self, first: datetime, now: datetime) -> bool:
        """Return whether the balance may have moved, or stood still, for other reasons.

        Nobody knows whether a gateway charges what it is to send later when it takes it
        or when it sends it, so neither may be near, also of what is in doubt itself. And
        credit that is given back or moved between accounts hides a charge.

        Raises:
            NotStoredError: the journal can't be read.

        """
        since = first - INTERFERENCE_WINDOW
        moved = await self._journal.last_balance_change()
        if moved is not None and moved >= since:
            return True
        return any(
            since <= send_at <= now + INTERFERENCE_WINDOW
            or _was_attempted(record, since)
            for record in await self._journal.created_since(since)
            if (send_at := record.options.send_at) is not None
        )

    async def _others(self, doubts: InDoubt, first: datetime) -> list[SubmissionRecord]:
        """Return all other submissions that were handed over since the first doubt.

        Raises:
            NotStoredError: the journal can't be read.

        """
        return [
            submission
            for record in await self._journal.created_since(first - LONGEST_LIFE)
            for submission in record.submissions
            if (record.message_id, submission.recipient.number) not in doubts
            and submission.attempted is not None
            and submission.attempted >= first
        ]


def _was_attempted(record: MessageRecord, since: datetime) -> bool:
    return any(
        submission.attempted is not None and submission.attempted >= since
        for submission in record.submissions
    )
