"""Submissions that may have left: settled by evidence, or put before the user."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

from ..gateways.errors import NotStoredError
from ..gateways.outcome import Outcome
from .clock import Clock
from .journal.journal import Journal, JournalQuery
from .open_messages import OpenMessages
from .record import MessageRecord, OnUnknown, Stage, SubmissionRecord
from .settlement import Verdict, has_charged, judge
from .tasks import Tasks

# A gateway may charge a message a while after it has taken it: the balance is looked
# at when that is over, and an unchanged one is believed only the second time.
FIRST_LOOK: Final = timedelta(minutes=1)
SECOND_LOOK: Final = timedelta(minutes=2)
# Something else was under way.
LOOK_AGAIN: Final = timedelta(seconds=10)
# How long after an attempt evidence is waited for, however soon the message is old news.
PATIENCE: Final = timedelta(minutes=10)
# How near to a doubt another movement of the balance may hide in it.
BLUR: Final = timedelta(minutes=10)
# How long a message may have lived before what happens to it now.
LONGEST_LIFE: Final = timedelta(hours=25)

# Where the balance must have been seen to fall, before an unchanged one is believed.
LATELY: Final = JournalQuery(limit=100)

type Key = tuple[str, str]
"""A message's id, and a number that it goes to."""
type InDoubt = Mapping[Key, SubmissionRecord]
type Settle = Callable[[frozenset[str], MessageRecord], MessageRecord]


class Choice(StrEnum):
    """What the user decides of a message that no evidence has settled."""

    SENT = "sent"
    RESEND = "resend"
    DROP = "drop"


class Sender(Protocol):
    """Who makes the requests."""

    def activity(self) -> int | None:
        """Return a count that grows with every request; `None` while one is made."""

    async def ask_credits(self) -> Decimal | None:
        """Ask the gateway what the account holds; `None` when it doesn't say."""

    def may_be_tried(self, record: MessageRecord, made: SubmissionRecord) -> bool:
        """Return whether a request may be made for a submission, or made again."""

    def enqueue(self, record: MessageRecord) -> None:
        """Put in the queue what of a message still has to be tried."""


class Doubts:
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
            (record.message_id, made.recipient.number): made
            for record in self._messages
            for made in record.submissions
            if made.is_in_doubt
        }

    def to_settle(self) -> dict[Key, SubmissionRecord]:
        """Return those of them that are settled here, by message and number."""
        return {
            key: made
            for key, made in self.in_doubt().items()
            if (record := self._messages.get(key[0])) is not None
            and not self._sender.may_be_tried(record, made)
        }

    def time_of_attempt(self) -> datetime:
        """Return the time, but none before the doubts: the clock may be set back.

        What is handed over after a doubt must be found when the balance is looked at.
        """
        attempted = [made.attempted for made in self.in_doubt().values()]
        return max([self._clock.now(), *filter(None, attempted)])

    def look_later(self, delay: timedelta = FIRST_LOOK) -> None:
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
            message_id, partial(_resolved, choice=choice, now=now)
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
            self.look_later(LOOK_AGAIN)
        elif self.to_settle():
            self._tasks.spawn(self._look())

    async def _look(self) -> None:
        """Look for evidence now, and see to it that no doubt is forgotten."""
        delay = SECOND_LOOK
        try:
            delay = await self._settle_by_evidence()
        finally:
            if self.to_settle():
                self.look_later(delay)

    async def _settle_by_evidence(self) -> timedelta:
        """Return when to look again for what is in doubt still."""
        doubts = self.to_settle()
        attempted = [made.attempted for made in doubts.values() if made.attempted]
        now = self._clock.now()
        last = max(attempted, default=now)
        if now >= last and (ripe := last + FIRST_LOOK) > now:
            self._give_up_the_late(doubts)
            return ripe - now
        if (activity := self._sender.activity()) is None:
            self._give_up_the_late(doubts)
            return LOOK_AGAIN
        if last > now:
            # The clock was set back: nobody can tell what was before the doubt.
            self._settle(doubts, _held)
            return LOOK_AGAIN
        if (credits_left := await self._sender.ask_credits()) is None:
            self._give_up_the_late(doubts)
            return SECOND_LOOK
        try:
            first = min(attempted, default=now)
            others = await self._others(doubts, first)
            charges = has_charged(await self._journal.find(LATELY))
            is_blurred = await self._is_blurred(first, now)
        except NotStoredError:
            self._give_up_the_late(doubts)
            return SECOND_LOOK
        # Nothing may begin or end between the first question and the verdict.
        if self._sender.activity() != activity:
            self._give_up_the_late(doubts)
            return LOOK_AGAIN
        verdict = judge([*doubts.values()], others, credits_left)
        if is_blurred or (verdict is Verdict.NOT_SENT and not charges):
            # Perhaps the balance never moves here, or something else has moved it.
            verdict = Verdict.OPEN
        self._follow(doubts, verdict)
        return SECOND_LOOK

    def _follow(self, doubts: InDoubt, verdict: Verdict) -> None:
        keys = frozenset(doubts)
        if verdict is Verdict.NOT_SENT and not keys <= self._unchanged:
            self._unchanged = keys
            return
        self._unchanged = frozenset()
        settle = {
            Verdict.ACCEPTED: _accepted,
            Verdict.NOT_SENT: _requeued,
            Verdict.OPEN: _held,
        }[verdict]
        self._settle(doubts, settle)

    def _give_up_the_late(self, doubts: InDoubt) -> None:
        """Ask the user where no evidence came within the message's time."""
        now = self._clock.now()
        late = {
            key: made
            for key, made in doubts.items()
            if (record := self._messages.get(key[0])) is not None
            and record.expires <= now
            and (made.attempted is None or made.attempted + PATIENCE <= now)
        }
        self._settle(late, _held)

    def _settle(self, doubts: InDoubt, settle: Settle) -> None:
        """Settle doubts, all at once: a request that began in between would be undone."""
        for message_id in dict.fromkeys(message_id for message_id, _ in doubts):
            if self._messages.get(message_id) is None:
                continue
            numbers = frozenset(n for known, n in doubts if known == message_id)
            record = self._messages.keep_soon(message_id, partial(settle, numbers))
            self._sender.enqueue(record)

    async def _is_blurred(self, first: datetime, now: datetime) -> bool:
        """Return whether the balance may have moved, or stood still, for other reasons.

        Nobody knows whether a gateway charges what it is to send later when it takes it
        or when it sends it, so neither may be near, also of what is in doubt itself. And
        credit that is given back or moved between accounts hides a charge.

        Raises:
            NotStoredError: the journal can't be read.

        """
        since = first - BLUR
        moved = await self._journal.last_movement()
        if moved is not None and moved >= since:
            return True
        return any(
            since <= send_at <= now + BLUR or _was_attempted(record, since)
            for record in await self._journal.since(since)
            if (send_at := record.options.send_at) is not None
        )

    async def _others(self, doubts: InDoubt, first: datetime) -> list[SubmissionRecord]:
        """Return all other submissions that were handed over since the first doubt.

        Raises:
            NotStoredError: the journal can't be read.

        """
        return [
            made
            for record in await self._journal.since(first - LONGEST_LIFE)
            for made in record.submissions
            if (record.message_id, made.recipient.number) not in doubts
            and made.attempted is not None
            and made.attempted >= first
        ]


def _was_attempted(record: MessageRecord, since: datetime) -> bool:
    return any(
        made.attempted is not None and made.attempted >= since
        for made in record.submissions
    )


def _accepted(numbers: frozenset[str], record: MessageRecord) -> MessageRecord:
    return record.updated(
        replace(made, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED, failure=None)
        for made in map(record.find, numbers)
        if made.is_in_doubt
    )


def _requeued(numbers: frozenset[str], record: MessageRecord) -> MessageRecord:
    """Return the message with what has provably not left put back in the queue."""
    return record.updated(
        replace(made, outcome=Outcome.QUEUED, balance_before=None)
        for made in map(record.find, numbers)
        if made.is_in_doubt
    )


def _held(numbers: frozenset[str], record: MessageRecord) -> MessageRecord:
    """Return the message with what no evidence settles held, or sent again.

    That is for once: an alarm that rings for ever wakes nobody.
    """
    again = record.on_unknown is OnUnknown.RESEND
    return record.updated(
        _resent(made) if again and not made.resent else replace(made, stage=Stage.HELD)
        for made in map(record.find, numbers)
        if made.is_in_doubt
    )


def _resent(made: SubmissionRecord) -> SubmissionRecord:
    return replace(
        made,
        outcome=Outcome.QUEUED,
        stage=Stage.OPEN,
        balance_before=None,
        resent=True,
    )


def _resolved(record: MessageRecord, choice: Choice, now: datetime) -> MessageRecord:
    """Return the message with the user's choice.

    Sent again, it is as good as new: it has its time anew, and whoever looks for what was
    sent lately finds it.
    """
    held = [made for made in record.submissions if made.stage is Stage.HELD]
    if choice is Choice.RESEND:
        life = record.expires - record.created
        renewed = replace(record, created=now, expires=now + life)
        return renewed.updated(map(_resent, held))
    outcome = Outcome.ACCEPTED if choice is Choice.SENT else Outcome.UNKNOWN
    return record.updated(
        replace(made, outcome=outcome, stage=Stage.CLOSED) for made in held
    )
