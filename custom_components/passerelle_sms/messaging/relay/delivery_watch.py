"""Lets the next account send what one has taken, and nobody has seen arrive in time."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from ...gateways.errors import NotStoredError
from ...gateways.model.delivery import DeliveryStatus
from ...gateways.outcome import Outcome
from ..journal.journal import Journal
from ..message_store import MessageStore
from ..model.leg import Leg
from ..model.leg_history import is_risked_next
from ..model.record import MessageRecord
from ..model.submission import RowKey, SubmissionRecord
from ..observers import MessageObserver
from ..operations.leg_taker import LegTaker
from ..outbox.backoff import LONGEST_PAUSE
from ..runtime.clock import Alarm, Clock
from ..runtime.tasks import Tasks
from ..runtime.turns import Steps, in_turns
from .attempt import attempt
from .failover import Step, Waits, refused_by, step_after, verdict
from .hand_over import NewLegs, by_leg, candidates, chosen_for, legs_for, with_legs
from .relay_accounts import RelayAccounts

type _Key = tuple[str, RowKey]
type _Tried = defaultdict[RowKey, set[str]]

PATIENCE: Final = timedelta(seconds=10)
"""How long before it goes on an account is asked once more whether it has arrived."""
_ARRIVED: Final = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.OPTED_OUT})
_MAY_HAVE_LEFT: Final = frozenset({Outcome.ACCEPTED, Outcome.UNKNOWN})


class DeliveryWatch:
    """Waits for deliveries, each for so long, where the gateway tells of them.

    What one account has taken stays accepted: it may arrive twice, and that is told. All
    is counted by elapsed time, as far as this run has seen it accepted.
    """

    def __init__(
        self,
        relay_id: str,
        accounts: RelayAccounts,
        store: MessageStore,
        journal: Journal,
        clock: Clock,
        observer: MessageObserver,
        follow: Callable[[MessageRecord], None],
        *,
        within: timedelta,
    ) -> None:
        """Pass on to `accounts` what is not delivered `within` so long; zero for never.

        `follow` hears of every message that has a new leg.
        """
        self.within = within
        self._relay_id = relay_id
        self._accounts = accounts
        self._store = store
        self._journal = journal
        self._clock = clock
        self._observer = observer
        self._follow = follow
        self._since: dict[_Key, timedelta] = {}
        """When the wait for each began, by elapsed time."""
        self._asked: dict[_Key, timedelta] = {}
        """When it was asked whether it has arrived, by elapsed time."""
        self._passing: set[_Key] = set()
        """What is being passed on: it is not begun twice."""
        self._alarm = Alarm(clock, self._on_time)
        self._tasks = Tasks()
        self._is_running = False

    def start(self) -> None:
        """Begin to pass on what is late."""
        self._is_running = True
        self._on_time()

    async def stop(self) -> None:
        """Pass nothing on, and wait for what is being handed over."""
        self._is_running = False
        self._alarm.set(None)
        await self._tasks.join()

    def watch(self, record: MessageRecord, changed: Iterable[SubmissionRecord]) -> None:
        """Look at what has come further of a message."""
        for row in changed:
            key = record.message_id, row.key
            if not is_for_next(record, row):
                self._since.pop(key, None)
                self._asked.pop(key, None)
            elif row.delivery is not None and row.delivery.status.is_final:
                # The gateway says that it won't arrive.
                self._since[key] = self._clock.elapsed() - self.within
                self._asked[key] = self._clock.elapsed() - PATIENCE
            elif key not in self._since:
                age = self._clock.now() - (record.created + _last_sent(row).after)
                self._since[key] = self._clock.elapsed() - max(age, timedelta())
        self._set_alarm()

    # --- when ---------------------------------------------------------------------------

    def _set_alarm(self) -> None:
        is_on = self._is_running and self.within > timedelta()
        awaited = self._since.keys() - self._passing if is_on else ()
        self._alarm.set(min(map(self._next_time, awaited), default=None))

    def _next_time(self, key: _Key) -> timedelta:
        """Return when it is to be asked about, or passed on where it was."""
        late, asked = self._since[key] + self.within, self._asked.get(key)
        return late - PATIENCE if asked is None else max(late, asked + PATIENCE)

    def _on_time(self) -> None:
        """Ask whether it has arrived, then pass on what is late.

        All of a message together, as it may share requests.
        """
        if not self._is_running or self.within <= timedelta():
            return
        now = self._clock.elapsed()
        due = [key for key in self._since if self._next_time(key) <= now]
        asked: defaultdict[str, list[RowKey]] = defaultdict(list)
        late: defaultdict[str, list[RowKey]] = defaultdict(list)
        for one in (key for key in due if key not in self._passing):
            if one not in self._asked:
                self._asked[one] = now
                asked[one[0]].append(one[1])
            else:
                del self._since[one], self._asked[one]
                self._passing.add(one)
                late[one[0]].append(one[1])
        for message_id, keys in asked.items():
            self._tasks.spawn(self._ask(message_id, keys))
        for message_id, keys in late.items():
            self._tasks.spawn(self._pass_on(message_id, keys))
        self._set_alarm()

    async def _ask(self, message_id: str, keys: Iterable[RowKey]) -> None:
        """Let the accounts ask soon whether it has arrived: they may not have for long."""
        record = await self._store.get(message_id)
        rows = [] if record is None else [*map(record.find, keys)]
        late = [row for row in rows if record and is_for_next(record, row)]
        legs = ((leg.account, leg.message_id) for leg in map(_last_sent, late))
        for account_id, leg_id in dict.fromkeys(legs):
            if (account := self._accounts.find(account_id)) is not None:
                account.hurry(leg_id)

    def _look_again(self, message_id: str, keys: Iterable[RowKey]) -> None:
        since = self._clock.elapsed() - self.within + LONGEST_PAUSE
        self._since.update(((message_id, key), since) for key in keys)

    # --- one after the other ------------------------------------------------------------

    async def _pass_on(self, message_id: str, keys: Sequence[RowKey]) -> None:
        try:
            await self._hand_on(message_id, keys, defaultdict(set))
        finally:
            self._passing.difference_update((message_id, key) for key in keys)
            self._set_alarm()

    async def _hand_on(
        self, message_id: str, keys: Sequence[RowKey], tried: _Tried
    ) -> None:
        """Let the next accounts send, each for those for whom it is the first that can.

        `tried` are those that have had their turn since it was late.
        """
        try:
            written, begun = await self._begun(message_id, keys, tried)
        except NotStoredError:
            # What is not on disk is not handed over, and the first was accepted.
            self._look_again(message_id, keys)
            return
        if written is not None:
            await asyncio.gather(
                *(self._carry(written, one, tried) for one in by_leg(written, begun))
            )

    async def _begun(
        self, message_id: str, keys: Sequence[RowKey], tried: _Tried
    ) -> tuple[MessageRecord | None, Sequence[RowKey]]:
        """Write down which accounts are to send now, and tell for whom there is one."""
        record = await self._store.get(message_id)
        now = self._clock.now()
        if record is None or record.expires <= now or not self._is_running:
            return None, ()
        if message_id <= self._journal.doubtful_up_to:
            # The journal was restored: it may have been passed on since.
            return None, ()
        late = [key for key in keys if is_for_next(record, record.find(key))]
        chosen = await in_turns(self._choose(record, late, tried))
        left = [key for key in late if key not in chosen]
        later = await in_turns(self._waiting(record, left, tried))
        self._look_again(message_id, later)
        legs = legs_for(record, chosen, now)
        risked = [key for key in legs if is_risked_next(record.find(key).legs)]
        written = await self._store.change(message_id, partial(_with_next, legs=legs))
        if written is None:
            return None, ()
        begun = [key for key, leg in legs.items() if _has_begun(written, key, leg)]
        if told := [written.find(key) for key in begun if key in risked]:
            self._observer.on_passed_on(written, told)
        return written, begun

    async def _carry(
        self, record: MessageRecord, keys: Sequence[RowKey], tried: _Tried
    ) -> None:
        """Let one account send, and go on with those for whom it has not."""
        message_id, now = record.message_id, self._clock.now()
        legs = await attempt(record, keys, self._accounts, self._relay_id, now)
        change = partial(with_legs, finished=legs, begun={})
        try:
            stored = await self._store.change(message_id, change) or record
        except NotStoredError:
            stored, legs = record, {}
        # Of what is in doubt, or could not be written, more is heard.
        self._follow(stored)
        for key, leg in legs.items():
            tried[key].add(leg.account)
        accepted = [k for k, leg in legs.items() if leg.outcome is Outcome.ACCEPTED]
        self.watch(stored, map(stored.find, accepted))
        await self._hand_on(message_id, [k for k in legs if k not in accepted], tried)

    def _choose(
        self, record: MessageRecord, keys: Iterable[RowKey], tried: _Tried
    ) -> Steps[dict[RowKey, LegTaker]]:
        def excluded(row: SubmissionRecord) -> set[str]:
            return _spent(row) | tried[row.key] | refused_by(row.legs)

        now = self._clock.now()
        return chosen_for(record, keys, self._accounts, now, excluded=excluded)

    def _waiting(
        self, record: MessageRecord, keys: Iterable[RowKey], tried: _Tried
    ) -> Steps[list[RowKey]]:
        """Return for whom nobody can take it now, and somebody may later."""
        now = self._clock.now()
        waiting: list[RowKey] = []
        for key in keys:
            row = record.find(key)
            lately = [leg for leg in row.legs if leg.account in tried[key]]
            found = [*candidates(record, row, self._accounts, now)]
            end = verdict(found, lately, legs=row.legs, spent=_spent(row))
            if isinstance(end, Waits):
                waiting.append(key)
            yield
        return waiting


def is_for_next(record: MessageRecord, row: SubmissionRecord) -> bool:
    """Return whether the next account is to send it once its time is over.

    It is accepted, and the gateway has not told that it arrived. What is in doubt at the
    account that was last to send it waits for evidence, unless its sender has chosen
    otherwise; what was refused for good goes nowhere else.
    """
    delivery = row.delivery
    if row.outcome is not Outcome.ACCEPTED or delivery is None or not row.legs:
        return False
    steps = [_step_after(record, leg) for leg in row.legs]
    if delivery.status in _ARRIVED or Step.REJECTED in steps:
        return False
    last = _last_sent(row)
    if last.outcome is Outcome.ACCEPTED:
        return last.delivery is not None
    return _step_after(record, last, _doubts_before(row, last)) is Step.NEXT


def _last_sent(row: SubmissionRecord) -> Leg:
    """Return the last leg that has left or may have, of what was accepted."""
    return next(leg for leg in reversed(row.legs) if leg.outcome in _MAY_HAVE_LEFT)


def _doubts_before(row: SubmissionRecord, last: Leg) -> int:
    return sum(leg.is_in_doubt for leg in row.legs if leg is not last)


def _step_after(record: MessageRecord, leg: Leg, passed_on: int = 0) -> Step:
    return step_after(
        leg, sender=record.sender, on_unknown=record.on_unknown, passed_on=passed_on
    )


def _spent(row: SubmissionRecord) -> set[str]:
    """Return the accounts that may have sent it, or the beginning of it."""
    return {leg.account for leg in row.legs if leg.may_have_sent}


def _with_next(record: MessageRecord, legs: NewLegs) -> MessageRecord:
    """Return a message with its next legs, but for whom it has arrived meanwhile."""
    late = {
        key: leg for key, leg in legs.items() if is_for_next(record, record.find(key))
    }
    return with_legs(record, {}, late)


def _has_begun(record: MessageRecord, key: RowKey, leg: Leg) -> bool:
    return record.find(key).legs[-1].message_id == leg.message_id
