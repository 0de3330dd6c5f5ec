"""Finds out what became of submissions that may have left, or asks the user."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from ..message_store import MessageStore
from ..model.record import MessageRecord, OnUnknown
from ..model.submission import RowKey, SubmissionRecord
from ..model.transitions import hold_for_user, requeue, resend, settle_accepted
from ..observers import BalanceSource
from ..runtime.clock import Alarm, Clock
from ..runtime.tasks import Tasks
from .balance_evidence import Evidence, Verdict, assess
from .books import LATEST_CHARGE, Key
from .ledger import Ledger
from .sent_list_evidence import SentListEvidence

FIRST_LOOK: Final = timedelta(seconds=20)
"""How long after a doubt evidence is looked for, unless it comes by itself."""
LOOK_INTERVAL: Final = timedelta(minutes=1)
"""How often it is looked for then: what is charged and given back in between is unseen."""
RESEND_AFTER: Final = timedelta(seconds=30)
"""When a message is sent again at the latest whose sender has asked for that."""
ASK_AFTER: Final = timedelta(minutes=10)
"""When the user is asked: what has not been charged by then has not been taken."""
LONGEST_LOOK: Final = timedelta(seconds=30)
"""How long the user is not asked while evidence is looked for."""
LONGEST_LOOK_BEFORE_RESENDING: Final = timedelta(seconds=10)
"""How long nothing is sent again while evidence is looked for."""

type Settle = Callable[[Iterable[RowKey], MessageRecord], MessageRecord]

_SETTLE: Final[Mapping[Verdict, Settle]] = {
    Verdict.ACCEPTED: settle_accepted,
    Verdict.NOT_SENT: requeue,
}


class Reconciler:
    """Looks for evidence of what became of the submissions of one account."""

    def __init__(
        self,
        store: MessageStore,
        ledger: Ledger,
        clock: Clock,
        balance: BalanceSource,
        sent_list: SentListEvidence,
        *,
        is_under_way: Callable[[str, RowKey], bool],
    ) -> None:
        """Settle what is in doubt in `store`, but for what `is_under_way`."""
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._balance = balance
        self._sent_list = sent_list
        self._is_under_way = is_under_way
        self._tasks = Tasks()
        self._since: dict[Key, dict[int, timedelta]] = {}
        """When each doubt began, by elapsed time; no earlier than this run.

        For each number of attempts: what provably never left makes no doubt younger.
        """
        self._last_look = clock.elapsed() - LOOK_INTERVAL
        self._alarm = Alarm(clock, self._on_time)
        self._second_look = Alarm(clock, self._begin_look)
        self._looks = 0
        """How many are under way."""
        self._is_stopped = False
        store.listen(self._on_message_changed)
        ledger.on_sighted = self._on_sighted
        ledger.on_incomplete = self._look_again_later

    async def stop(self) -> None:
        """Look no more, and wait for a look that is under way."""
        self._is_stopped = True
        self._alarm.set(None)
        self._second_look.set(None)
        await self._tasks.join()

    # --- what is in doubt ---------------------------------------------------------------

    def _on_message_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        for submission in changed:
            key = record.message_id, submission.key
            if submission.is_unknown_open:
                self._note(key, submission.attempts)
            else:
                self._since.pop(key, None)
        self._set_alarm()

    def _note(self, key: Key, attempts: int) -> None:
        """Note that a submission is in doubt after so many attempts."""
        known = self._since.get(key, {})
        times = {count: at for count, at in known.items() if count <= attempts}
        # The doubt about a request begins with its end.
        times.setdefault(attempts, timedelta.max)
        if not self._is_under_way(*key):
            times[attempts] = min(times[attempts], self._clock.elapsed())
        self._since[key] = times

    def _doubts(self) -> Iterator[tuple[Key, MessageRecord, timedelta]]:
        """Yield what is in doubt, and for how long."""
        now = self._clock.elapsed()
        for key, times in tuple(self._since.items()):
            record = self._store.get_open(key[0])
            if record is None or not record.find(key[1]).is_unknown_open:
                del self._since[key]
            elif not self._is_under_way(*key):
                # Its request may have ended without a change.
                attempts = max(times)
                since = times[attempts] = min(times[attempts], now)
                yield key, record, now - since

    # --- when something is done -----------------------------------------------------------

    def _set_alarm(self) -> None:
        times = [*self._next_times()]
        self._alarm.set(None if self._is_stopped else min(times, default=None))

    def _next_times(self) -> Iterator[timedelta]:
        now = self._clock.elapsed()
        for key, record, age in self._doubts():
            if not self._looks:
                yield max(now - age + FIRST_LOOK, self._last_look + LOOK_INTERVAL)
            first, last = self._deadlines(record, key[1], now - age)
            if now < first:
                yield first
            # At once where a repetition was under way when its time came.
            yield max(last, now)

    def _deadlines(
        self, record: MessageRecord, row: RowKey, begun: timedelta
    ) -> tuple[timedelta, timedelta]:
        """Return when a doubt is settled without proof: after a look, and without one."""
        if self._may_resend(record, record.find(row)):
            look = self._last_look + LONGEST_LOOK_BEFORE_RESENDING
            return begun + FIRST_LOOK, max(begun + RESEND_AFTER, look)
        first = begun + ASK_AFTER
        return first, max(first, self._last_look) + LONGEST_LOOK

    def _look_again_later(self) -> None:
        """Look once more when whatever was forgotten has been charged.

        Until a balance is told then, a fall proves nothing.
        """
        self._second_look.set(self._clock.elapsed() + LATEST_CHARGE)

    def _on_time(self) -> None:
        if not self._looks and any(self._doubts()):
            self._begin_look()
        self._settle_overdue()
        self._set_alarm()

    def _begin_look(self) -> None:
        self._last_look = self._clock.elapsed()
        self._looks += 1
        self._tasks.spawn(self._look(self._last_look))

    async def _look(self, begun: timedelta) -> None:
        """Look for evidence, and settle by it what can be settled."""
        try:
            # What is sighted is heard of in `_on_sighted`.
            await self._balance.refresh_balance()
            doubts = {key: record for key, record, _ in self._doubts()}
            proved = await self._sent_list.proved_accepted(doubts)
        finally:
            self._looks -= 1
        self._settle(proved, settle_accepted)
        self._settle_overdue(looked=begun)
        self._set_alarm()

    def _on_sighted(self, evidence: Evidence) -> None:
        """Settle what a balance proves."""
        verdicts = assess(evidence)
        current = {key for key, _, _ in self._doubts()}
        for verdict, settle in _SETTLE.items():
            self._settle(
                [k for k, said in verdicts.items() if said is verdict and k in current],
                settle,
            )

    def _settle_overdue(self, *, looked: timedelta = timedelta.min) -> None:
        """Send again, or ask the user, where no evidence came in time.

        A look that has begun too early, by elapsed time, could not see it.
        """
        now = self._clock.elapsed()
        again, ask = list[Key](), list[Key]()
        for key, record, age in self._doubts():
            after_look, anyway = self._deadlines(record, key[1], now - age)
            if looked < after_look and now < anyway:
                continue
            may_resend = self._may_resend(record, record.find(key[1]))
            (again if may_resend else ask).append(key)
        self._settle(again, resend)
        self._settle(ask, hold_for_user)

    def _may_resend(self, record: MessageRecord, submission: SubmissionRecord) -> bool:
        is_worth_it = record.expires > self._clock.now()
        is_asked_for = record.on_unknown is OnUnknown.RESEND
        may_resend = is_asked_for and is_worth_it and not submission.resent
        # What a relay sends, the relay sends again.
        return may_resend and not record.is_leg

    def _settle(self, keys: Iterable[Key], settle: Settle) -> None:
        """Settle doubts, all at once: a request that began in between would be undone."""
        by_message: dict[str, list[RowKey]] = {}
        for message_id, row in keys:
            by_message.setdefault(message_id, []).append(row)
        for message_id, rows in by_message.items():
            self._store.change_in_background(message_id, partial(settle, rows))
