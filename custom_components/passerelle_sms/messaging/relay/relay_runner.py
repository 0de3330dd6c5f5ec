"""Hands a relay's message to one account after the other, until one has taken it.

Which account, under which id, is on disk before the account hears of it: after a crash
that account's journal is asked for the id.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, override

from ...gateways.errors import NotStoredError
from ...gateways.model.message import SendResult, Submission
from ...gateways.outcome import Outcome
from ..message_store import Change, MessageStore
from ..model.leg import Leg
from ..model.leg_history import is_risked_next
from ..model.record import MessageRecord, leaves_unstored
from ..model.submission import RowKey, SubmissionRecord
from ..observers import MessageObserver
from ..operations.leg_taker import LegTaker
from ..outbox.request_runner import BegunRequest, RequestRunner
from ..reconciliation.ledger import Ledger
from ..runtime.clock import Clock
from ..runtime.turns import Steps, at_once, in_turns
from .attempt import attempt
from .failover import Step, refused_by, step_after
from .hand_over import NewLegs, by_leg, candidates, chosen_for, legs_for, with_legs
from .relay_accounts import RelayAccounts
from .results import completed, result_of

# To choose for more takes so long that others have their turn meanwhile.
_AT_ONCE: Final = 20


class RelayRunner(RequestRunner):
    """Makes the hand-overs of one relay: a request of it ends once nobody is left to ask."""

    def __init__(
        self,
        relay_id: str,
        accounts: RelayAccounts,
        store: MessageStore,
        clock: Clock,
        ledger: Ledger,
        observer: MessageObserver,
    ) -> None:
        """Hand the messages of `store` to `accounts`, for the relay `relay_id`."""
        super().__init__(store, clock, ledger)
        self._relay_id = relay_id
        self._accounts = accounts
        self._observer = observer
        self._rounds: defaultdict[str, dict[RowKey, tuple[Leg, ...]]] = defaultdict(
            dict
        )
        """The legs of each request that is under way, which have come to their end."""
        self._noted: dict[str, set[RowKey]] = {}
        """For whom the first leg of a request is on disk as it begins."""

    @override
    def may_repeat(self, record: MessageRecord, submission: SubmissionRecord) -> bool:
        """Return that nothing in doubt is sent again without a choice."""
        return False

    @override
    def mark(self, record: MessageRecord, keys: Iterable[RowKey]) -> MessageRecord:
        """Return a message as it must be on disk before it is handed over.

        With the first account for each recipient; of many, that is found out in turns
        and written before the hand-over.
        """
        keys = tuple(keys)
        rounds = self._rounds[record.message_id]
        for key in keys:
            rounds[key] = ()
        marked = super().mark(record, keys)
        if len(keys) > _AT_ONCE:
            return marked
        chosen = at_once(self._choose(marked, keys))
        self._noted[record.message_id] = set(chosen)
        return with_legs(marked, {}, legs_for(marked, chosen, self._clock.now()))

    @override
    async def ask(self, begun: BegunRequest) -> SendResult:
        """Hand a message over until each recipient's is settled, or nobody is left."""
        message_id = begun.record.message_id
        known = self._noted.pop(message_id, set())
        noted = [key for key in begun.keys if key in known]
        others = [key for key in begun.keys if key not in known]
        self._tell_passed_on(message_id, _risked(begun.earlier, noted))
        await asyncio.gather(
            *(self._carry(message_id, keys) for keys in by_leg(begun.record, noted)),
            self._hand_on(message_id, others, {}),
        )
        current = self._store.get_open(message_id) or begun.record
        rounds = self._rounds[message_id]
        results = await in_turns(self._results(current, begun.keys, rounds))
        if any(result.outcome is Outcome.NOT_SENT for result in results):
            # Something waits for whichever account works again first.
            for account in self._accounts.current:
                account.probe_if_due()
        return SendResult(submissions=tuple(results))

    @override
    def completed(self, begun: BegunRequest, change: Change) -> Change:
        """Return a change by what came of a request with what became of its legs."""
        rounds = self._rounds.get(begun.record.message_id, {})
        finished = {
            key: legs[-1] for key in begun.keys if (legs := rounds.pop(key, ()))
        }
        if not rounds:
            self._rounds.pop(begun.record.message_id, None)
        return partial(completed, change=change, finished=finished, keys=begun.keys)

    # --- one after the other ------------------------------------------------------------

    async def _hand_on(
        self, message_id: str, keys: Sequence[RowKey], finished: NewLegs
    ) -> None:
        """Let the next accounts send, each for those for whom it is the first that can.

        `finished` are their last legs as they ended. Whom nobody can take is left as he is.
        """
        record = self._store.get_open(message_id)
        if record is None or not keys:
            return
        chosen = await in_turns(self._choose(record, keys, finished))
        if not chosen:
            return
        begun = legs_for(record, chosen, self._clock.now())
        known = {key: finished[key] for key in begun if key in finished}
        risked = _risked(with_legs(record, known, {}), begun)
        if not await self._write(message_id, known, begun):
            return
        self._tell_passed_on(message_id, risked)
        written = self._store.get_open(message_id)
        if written is not None:
            await asyncio.gather(
                *(self._carry(message_id, keys) for keys in by_leg(written, begun))
            )

    async def _carry(self, message_id: str, keys: Sequence[RowKey]) -> None:
        """Let one account send, and go on with those for whom it has not."""
        record = self._store.get_open(message_id)
        if record is None:
            return
        now = self._clock.now()
        finished = await attempt(record, keys, self._accounts, self._relay_id, now)
        rounds = self._rounds[message_id]
        for key, leg in finished.items():
            rounds[key] = (*rounds.get(key, ()), leg)
        onward = [
            key for key, leg in finished.items() if self._goes_on(record, key, leg)
        ]
        await self._give_back(record, [key for key in onward if finished[key].is_open])
        await self._hand_on(message_id, onward, {key: finished[key] for key in onward})

    async def _give_back(self, record: MessageRecord, keys: Sequence[RowKey]) -> None:
        """Let nothing more leave of what is passed on while it is in doubt."""
        for group in by_leg(record, keys):
            leg = record.find(group[0]).legs[-1]
            if (account := self._accounts.find(leg.account)) is not None:
                numbers = [record.find(key).recipient.number for key in group]
                # It is so in memory, whatever the disk says.
                with suppress(NotStoredError):
                    await account.give_back(leg.message_id, numbers)

    async def _write(self, message_id: str, finished: NewLegs, begun: NewLegs) -> bool:
        """Write down what follows; return whether it may be handed over."""
        change = partial(with_legs, finished=finished, begun=begun)
        try:
            await self._store.change_open(message_id, change)
        except NotStoredError:
            record = self._store.get_open(message_id)
            if record is None or not leaves_unstored(record, self._clock.now()):
                return False
            await self._store.change_in_background(message_id, change)
        return True

    # --- what is decided ----------------------------------------------------------------

    def _choose(
        self,
        record: MessageRecord,
        keys: Iterable[RowKey],
        finished: NewLegs | None = None,
    ) -> Steps[dict[RowKey, LegTaker]]:
        """Return which account each recipient's is next, as far as there is one."""
        return chosen_for(
            with_legs(record, finished or {}, {}),
            keys,
            self._accounts,
            self._clock.now(),
            excluded=partial(self._excluded, record.message_id),
        )

    def _excluded(self, message_id: str, row: SubmissionRecord) -> set[str]:
        """Return who has had a turn in this request, or may have sent it before."""
        this_round = self._rounds[message_id].get(row.key, ())
        doubtful = (leg for leg in row.legs if leg.is_in_doubt and not leg.resent)
        return {leg.account for leg in (*this_round, *doubtful)} | refused_by(row.legs)

    def _goes_on(self, record: MessageRecord, key: RowKey, leg: Leg) -> bool:
        """Return whether the next account is to send what this one has not."""
        row = record.find(key)
        step = step_after(
            leg,
            sender=record.sender,
            on_unknown=record.on_unknown,
            passed_on=sum(other.is_in_doubt for other in row.legs[:-1]),
        )
        return step is Step.NEXT

    def _results(
        self,
        record: MessageRecord,
        keys: Sequence[RowKey],
        rounds: Mapping[RowKey, tuple[Leg, ...]],
    ) -> Steps[list[Submission]]:
        now = self._clock.now()
        results: list[Submission] = []
        finished = {key: legs[-1] for key in keys if (legs := rounds.get(key))}
        current = with_legs(record, finished, {})
        for key in keys:
            this_round, row = rounds.get(key, ()), current.find(key)
            found = candidates(current, row, self._accounts, now)
            results.append(result_of(current, row, this_round, found))
            yield
        return results

    def _tell_passed_on(self, message_id: str, keys: Sequence[RowKey]) -> None:
        """Tell of whom it may reach twice now."""
        record = self._store.get_open(message_id)
        if record is not None and keys:
            self._observer.on_passed_on(record, [*map(record.find, keys)])


def _risked(record: MessageRecord, keys: Iterable[RowKey]) -> list[RowKey]:
    """Return whom a message may reach twice by its next leg, and not before it."""
    return [key for key in keys if is_risked_next(record.find(key).legs)]
