"""Lets the next account send what one has taken, and nobody has seen arrive in time."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from ...gateways.errors import NotStoredError, RejectedError
from ...gateways.model.delivery import DeliveryStatus
from ...gateways.outcome import Outcome
from ..message_store import MessageStore
from ..model.failure import Failure
from ..model.leg import Leg
from ..model.leg_history import is_risked_next
from ..model.record import MessageRecord
from ..model.submission import RowKey, SubmissionRecord
from ..observers import MessageObserver
from ..runtime.clock import Alarm, Clock
from ..runtime.tasks import Tasks
from .failover import Step, choose, refused_by, step_after
from .hand_over import candidates, legs_for, order_for, with_legs
from .legs import leg_after
from .relay_accounts import RelayAccounts

type _Key = tuple[str, RowKey]

_ARRIVED: Final = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.OPTED_OUT})


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
        self._clock = clock
        self._observer = observer
        self._follow = follow
        self._since: dict[_Key, timedelta] = {}
        """When the wait for each began, by elapsed time."""
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
            if not _is_awaited(row):
                self._since.pop(key, None)
            elif row.delivery is not None and row.delivery.status.is_final:
                # The gateway says that it won't arrive.
                self._since[key] = self._clock.elapsed() - self.within
            elif key not in self._since:
                age = self._clock.now() - (record.created + row.legs[-1].after)
                self._since[key] = self._clock.elapsed() - max(age, timedelta())
        self._set_alarm()

    def _set_alarm(self) -> None:
        is_on = self._is_running and self.within > timedelta() and self._since
        first = min(self._since.values()) + self.within if is_on else None
        self._alarm.set(first)

    def _on_time(self) -> None:
        if not self._is_running or self.within <= timedelta():
            return
        due = self._clock.elapsed() - self.within
        for key in [key for key, since in self._since.items() if since <= due]:
            del self._since[key]
            self._tasks.spawn(self._pass_on(*key))
        self._set_alarm()

    async def _pass_on(self, message_id: str, key: RowKey) -> None:
        """Let the next account send, and the one after it if that one can't."""
        tried: set[str] = set()
        record = await self._begun(message_id, key, tried)
        while record is not None:
            leg = await self._attempt(record, key)
            tried.add(leg.account)
            record = await self._store.change(
                message_id, partial(with_legs, finished={key: leg}, begun={})
            )
            if record is None or not self._goes_on(record, leg):
                return
            record = await self._begun(message_id, key, tried)

    async def _begun(
        self, message_id: str, key: RowKey, tried: set[str]
    ) -> MessageRecord | None:
        """Write down which account is to send now; `None` if nobody is to."""
        record = await self._store.get(message_id)
        if record is None or not _is_awaited(record.find(key)):
            return None
        now, row = self._clock.now(), record.find(key)
        accounts = {one.account_id: one for one in self._accounts.current}
        taken = {leg.account for leg in row.legs if leg.may_have_sent}
        excluded = taken | tried | refused_by(row.legs)
        found = choose(
            candidates(record, row, self._accounts, now, excluded=excluded), excluded
        )
        if found is None or record.expires <= now:
            return None
        begun = legs_for(record, {key: accounts[found.account_id]}, now)
        is_risked = is_risked_next(row.legs)
        try:
            record = await self._store.change(
                message_id, partial(with_legs, finished={}, begun=begun)
            )
        except NotStoredError:
            # What is not on disk is not handed over, and the first was accepted.
            return None
        if record is not None:
            self._follow(record)
            if is_risked:
                self._observer.on_passed_on(record, [record.find(key)])
        return record

    async def _attempt(self, record: MessageRecord, key: RowKey) -> Leg:
        row = record.find(key)
        leg = row.legs[-1]
        account = self._accounts.find(leg.account)
        if account is None:
            return replace(leg, outcome=Outcome.NOT_SENT, is_open=False)
        order = order_for(record, [key], self._relay_id, self._clock.now())
        try:
            told = await account.take(order)
        except RejectedError as error:
            failure = Failure.of(error)
            return replace(leg, outcome=error.outcome, is_open=False, failure=failure)
        return leg_after(leg, told, row.recipient.number)

    def _goes_on(self, record: MessageRecord, leg: Leg) -> bool:
        step = step_after(
            leg, sender=record.sender, on_unknown=record.on_unknown, passed_on=0
        )
        return step is Step.NEXT


def _is_awaited(row: SubmissionRecord) -> bool:
    """Return whether it is accepted, and its gateway has not told that it arrived."""
    if row.outcome is not Outcome.ACCEPTED or row.delivery is None or not row.legs:
        return False
    last = row.legs[-1]
    is_waiting = last.outcome is Outcome.ACCEPTED and last.delivery is not None
    return is_waiting and row.delivery.status not in _ARRIVED
