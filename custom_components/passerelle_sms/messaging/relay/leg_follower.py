"""Hears from the accounts what becomes of legs, and settles by it what is in doubt."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from ...gateways.errors import NotStoredError
from ..message_store import RETRY_INTERVAL, MessageStore
from ..model.leg import Leg
from ..model.record import Choice, MessageRecord
from ..model.submission import RowKey, Stage, SubmissionRecord, row_key
from ..operations.leg_taker import LegTaker
from ..reconciliation.reconciler import ASK_AFTER
from ..runtime.clock import Alarm, Clock
from ..runtime.tasks import Tasks
from .legs import leg_after
from .relay_accounts import RelayAccounts
from .review import lost, reviewed

type Heard = Callable[[MessageRecord, Sequence[SubmissionRecord]], None]


class LegFollower:
    """Follows the legs of one relay that have not come to their end.

    What is under way in a request of the relay is that request's; all else is followed
    here: what was in doubt at its end, what a crash has cut off, what was passed on, and
    what is delivered.
    """

    def __init__(
        self,
        relay_id: str,
        accounts: RelayAccounts,
        store: MessageStore,
        clock: Clock,
        *,
        is_under_way: Callable[[str, RowKey], bool],
    ) -> None:
        """Follow what `accounts` make of the messages of `store`, the relay's `relay_id`."""
        self._relay_id = relay_id
        self._accounts = accounts
        self._store = store
        self._is_under_way = is_under_way
        self._listening: dict[str, tuple[LegTaker, Callable[[], None]]] = {}
        self._heard: list[Heard] = []
        self._looked_for: set[str] = set()
        """The messages that are looked at soon: once for all that come till then."""
        self._missing: dict[str, timedelta] = {}
        """Until when it is waited for accounts that are not there, by elapsed time."""
        self._tasks = Tasks()
        self._is_running = False
        self._alarm = Alarm(clock, self._look_at_all)
        self._clock = clock
        accounts.listen(self._on_accounts_changed)
        store.listen(self._on_message_changed)

    def listen(self, heard: Heard) -> None:
        """Call `heard` with every message of which a leg has come further."""
        self._heard.append(heard)

    def start(self) -> None:
        """Ask what became of all that the last run, or a crash, has left open."""
        self._is_running = True
        self._look_at_all()

    async def stop(self) -> None:
        """Hear no more, and wait for what is being written."""
        self._is_running = False
        self._alarm.set(None)
        for _, end in self._listening.values():
            end()
        self._listening.clear()
        await self._tasks.join()

    async def caught_up(self) -> None:
        """Wait until all that was heard is written down."""
        await self._tasks.join()

    def follow(self, record: MessageRecord) -> None:
        """Follow also what is settled: its deliveries, and what was passed on."""
        if any(leg.is_open for row in record.submissions for leg in row.legs):
            self._spawn_look(record)

    def resolve(self, record: MessageRecord, choice: Choice) -> None:
        """Let the accounts know what the user has chosen: nothing is in doubt there."""
        for row in record.submissions:
            for leg in row.legs:
                account = self._accounts.find(leg.account)
                if leg.is_in_doubt and account is not None:
                    self._tasks.spawn(
                        account.resolve(leg.message_id, _CHOICE_THERE[choice])
                    )

    # --- who tells ----------------------------------------------------------------------

    def _on_accounts_changed(self) -> None:
        current = {one.account_id: one for one in self._accounts.current}
        for account_id, (account, end) in tuple(self._listening.items()):
            if current.get(account_id) is not account:
                end()
                del self._listening[account_id]
        for account_id, account in current.items():
            if account_id not in self._listening:
                end = account.listen(partial(self._on_leg_changed, account_id))
                self._listening[account_id] = account, end
        self._look_at_all()

    def _on_leg_changed(
        self,
        account_id: str,
        told: MessageRecord,
        changed: Sequence[SubmissionRecord],
    ) -> None:
        message_id = told.relay_message
        if told.relay != self._relay_id or message_id is None:
            return
        if self._is_running:
            keys = {row_key(row.recipient.number) for row in changed}
            self._tasks.spawn(self._apply(message_id, account_id, told, keys))

    def _on_message_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        """Follow new legs, and look at what is in doubt once its request has ended."""
        in_doubt = [
            row
            for row in changed
            if row.is_unknown_open
            and not self._is_under_way(record.message_id, row.key)
        ]
        if in_doubt:
            self._spawn_look(record)

    # --- what is asked ------------------------------------------------------------------

    def _look_at_all(self) -> None:
        if not self._is_running:
            return
        for record in self._store:
            if any(row.legs or row.is_unknown_open for row in record.submissions):
                self._spawn_look(record)

    def _spawn_look(self, record: MessageRecord) -> None:
        if self._is_running and record.message_id not in self._looked_for:
            self._looked_for.add(record.message_id)
            self._tasks.spawn(self._look(record.message_id))

    async def _look(self, message_id: str) -> None:
        """Ask the accounts what became of the legs of a message that are open."""
        self._looked_for.discard(message_id)
        try:
            record = await self._store.get(message_id)
            if record is None:
                return
            for account_id, leg_id in self._open_legs(record):
                await self._ask(message_id, account_id, leg_id)
            await self._review(message_id)
        except NotStoredError:
            # A disk that fails now may be read later.
            self._alarm.set(self._clock.elapsed() + RETRY_INTERVAL)

    async def _ask(self, message_id: str, account_id: str, leg_id: str) -> None:
        account, epoch = self._accounts.find(account_id), _NO_JOURNAL
        if account is not None and account.is_open:
            self._missing.pop(account_id, None)
            told = await account.settled(leg_id)
            if told is not None:
                await self._apply(message_id, account_id, told)
                return
            epoch = account.journal_epoch
        elif not self._is_missing_for_long(account_id):
            # It is asked when it is there again.
            return
        await self._change(
            message_id,
            partial(self._lost, leg_id=leg_id, account_id=account_id, epoch=epoch),
        )

    def _is_missing_for_long(self, account_id: str) -> bool:
        """Return whether an account has not been there for as long as anybody waits."""
        now = self._clock.elapsed()
        until = self._missing.setdefault(account_id, now + ASK_AFTER)
        if until > now:
            self._alarm.set(until)
        return until <= now

    async def _apply(
        self,
        message_id: str,
        account_id: str,
        told: MessageRecord,
        keys: Collection[RowKey] | None = None,
    ) -> None:
        """Write down what an account tells of a leg, of some or of all, and what follows."""

        def change(record: MessageRecord) -> MessageRecord:
            return self._changed(
                record,
                lambda row, leg: leg_after(leg, told, row.recipient.number),
                account_id,
                told.message_id,
                keys,
            )

        await self._change(message_id, change)

    async def _review(self, message_id: str) -> None:
        await self._change(
            message_id, lambda record: self._reviewed(record, record.submissions)
        )

    async def _change(
        self, message_id: str, change: Callable[[MessageRecord], MessageRecord]
    ) -> None:
        if (before := self._store.get_open(message_id)) is not None:
            if (after := change(before)) != before:
                # Who hears of what the store changes hears of it there.
                await self._store.change_in_background(message_id, lambda _: after)
            return
        changed: Sequence[SubmissionRecord] = ()

        def noted(before: MessageRecord) -> MessageRecord:
            nonlocal changed
            after = change(before)
            changed = after.submissions.changed_since(before.submissions)
            return after

        stored = await self._store.change(message_id, noted)
        if stored is not None:
            for heard in self._heard:
                heard(stored, changed)

    # --- what follows -------------------------------------------------------------------

    def _open_legs(self, record: MessageRecord) -> Iterable[tuple[str, str]]:
        """Return the legs that nobody else hears of, each message of an account once."""
        return dict.fromkeys(
            (leg.account, leg.message_id)
            for row in record.submissions
            if row.stage is not Stage.PLANNED
            for leg in self._followed(record, row)
            if leg.is_open
        )

    def _followed(
        self, record: MessageRecord, row: SubmissionRecord
    ) -> tuple[Leg, ...]:
        """Return the legs of a submission, but for one that is just being handed over.

        Whoever has handed it over takes the answer.
        """
        is_under_way = row.legs and self._is_under_way(record.message_id, row.key)
        return row.legs[:-1] if is_under_way else row.legs

    def _changed(
        self,
        record: MessageRecord,
        change: Callable[[SubmissionRecord, Leg], Leg],
        account_id: str,
        leg_id: str,
        keys: Collection[RowKey] | None = None,
    ) -> MessageRecord:
        """Return a message with one leg changed for each of some, or all, that have it."""
        rows: list[SubmissionRecord] = []
        for row in _rows(record, keys):
            followed = self._followed(record, row)
            legs = tuple(
                change(row, leg)
                if (leg.account, leg.message_id) == (account_id, leg_id)
                else leg
                for leg in followed
            )
            if legs != followed:
                rest = row.legs[len(followed) :]
                rows.append(replace(row, legs=(*legs, *rest)))
        return self._reviewed(record.updated(rows), rows)

    def _lost(
        self, record: MessageRecord, *, account_id: str, leg_id: str, epoch: str
    ) -> MessageRecord:
        return self._changed(
            record, lambda _row, leg: lost(leg, epoch), account_id, leg_id
        )

    def _reviewed(
        self, record: MessageRecord, rows: Iterable[SubmissionRecord]
    ) -> MessageRecord:
        """Return a message with what its legs have made of some of its submissions."""
        return record.updated(
            changed
            for row in rows
            if not self._is_under_way(record.message_id, row.key)
            and (changed := reviewed(record, row)) != row
        )


def _rows(
    record: MessageRecord, keys: Collection[RowKey] | None
) -> Iterable[SubmissionRecord]:
    if keys is None:
        return record.submissions
    return (row for row in map(record.submissions.get, keys) if row is not None)


# What no journal's epoch is.
_NO_JOURNAL: Final = ""
_CHOICE_THERE: Final = {
    Choice.SENT: Choice.SENT,
    # A leg is never sent again: that is another one.
    Choice.RESEND: Choice.DROP,
    Choice.DROP: Choice.DROP,
}
