"""The ledger of one account: keeps its books, with every balance that is told.

It is on disk with the message before each request, in the same transaction. Only what is
so urgent that it leaves although the disk fails is not: a crash makes the house forget it,
and its charge may come ten minutes later. A disk that fails can't be told of that either,
so a run that did not end well may always have forgotten something.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
import logging
from typing import Final

from ...gateways.errors import NotStoredError
from ..journal.journal import Journal
from ..message_store import MessageStore
from ..model.record import MessageRecord, planned_for
from ..model.submission import RowKey, SubmissionRecord
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from .balance_evidence import Evidence
from .books import (
    LATEST_CHARGE,
    Books,
    Charge,
    Key,
    Sighting,
    begun_anew,
    disturbed,
    enter,
)
from .books_json import books_to_json, read_books
from .charges import charge_of, cost_of, forgotten_charge
from .handed_over import HandedOver, handed_over
from .standing_charges import StandingCharges

_LOGGER = logging.getLogger(__name__)

MOST_CHARGES: Final = 5_000
"""How many are remembered while no balance is told: more, and nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A movement of credits that is no message, from before it can happen."""

    count: int
    was_disturbed: bool
    latest: Decimal | None
    """The balance as it was told last before it."""


class Ledger:
    """What is known of an account's balance, and of what has moved it."""

    request_count_if_idle: Callable[[], int | None]
    """A count that grows with every request to send; `None` while one is made."""

    def __init__(
        self, store: MessageStore, journal: Journal, clock: Clock, *, is_alone: bool
    ) -> None:
        """Know nothing yet: `load` tells what an earlier run knew.

        `is_alone` says that only Home Assistant uses the account.
        """
        self._is_alone = is_alone
        self.on_sighted: Callable[[Evidence], None] = _ignore
        """Called with each balance that may prove something, before it is entered."""
        self.on_incomplete: Callable[[], object] = _ignore
        """Called when charges may come, or credits back, that nobody has told."""
        self.on_unexplained: Callable[[Decimal], None] = _ignore
        """Called when the balance has fallen by so much for no known reason."""
        self._store = store
        self._journal = journal
        self._clock = clock
        self.standing = StandingCharges(clock)
        """What stands at the gateway for dead man's switches."""
        self._books = Books()
        self._entries: dict[Key, HandedOver] = {}
        self.movements = 0
        """A count that grows whenever credits begin or cease to move for no message."""
        self._disturbed_at: timedelta | None = None
        self._is_loaded = False
        self._incomplete_since: timedelta | None = None
        """Since when charges may come in this period that an earlier run has forgotten."""
        self._is_muted_here = False
        """Whether this run has dated when the balance last fell for no known reason."""
        journal.on_distrusted = self.disturb
        self._tasks = Tasks()
        store.listen(self._on_message_changed)
        self._stop_following_clock = clock.on_shift(self._on_shift)

    @property
    def books(self) -> Books:
        """What is known now."""
        return self._books

    @property
    def is_alone(self) -> bool:
        """Whether only Home Assistant uses the account."""
        return self._is_alone

    @is_alone.setter
    def is_alone(self, is_alone: bool) -> None:
        if is_alone and not self._is_alone:
            # What others have sent until now may still be charged.
            self.disturb()
        self._is_alone = is_alone

    @property
    def is_muted(self) -> bool:
        """Whether the balance proves nothing, as it once fell for no known reason."""
        return self._books.is_muted(self._clock.now())

    @property
    def knows_all_sent(self) -> bool:
        """Whether nobody else uses the account, nor an earlier run has forgotten anything."""
        is_forgetful = self._incomplete_since is not None
        return self._is_alone and not self.is_muted and not is_forgetful

    async def load(self) -> None:
        """Take up what an earlier run knew; raises `NotStoredError`."""
        books = read_books(await self._journal.ledger())
        latest = await self._journal.latest_period()
        is_forgotten = books is None and latest > 0
        if books is None:
            # What was handed over is of no known period, and may still be charged.
            books = Books(period=latest + 1)
        # What was handed over while the journal could not be read is of no period.
        is_doubtful = bool(self._entries) or is_forgotten or self._books.is_disturbed
        self._books = books
        if books.is_disturbed or is_doubtful:
            self.disturb()
        if await self._journal.is_balance_distrusted():
            self.disturb()
            # If it can't be written, it is distrusted again next time.
            with suppress(NotStoredError):
                await self._journal.write_ledger(books_to_json(self._books))
        for record in await self._journal.with_period_since(books.period):
            self._take(record, record.submissions)
        for message_id in {message_id for message_id, _ in books.carried}:
            if (carried := await self._journal.get(message_id)) is not None:
                self._take(carried, carried.submissions)
        if await self._journal.is_unfinished():
            self._incomplete_since = self._clock.elapsed()
            self.on_incomplete()
        self._is_loaded = True
        self._journal.write_ledger_with_next(books_to_json(self._books))

    def disturb(self) -> None:
        """Note that the balance may have moved, or charges be unknown."""
        self.movements += 1
        self._disturbed_at = self._clock.elapsed()
        self._keep(disturbed(self._books))

    def note_other_account(self) -> None:
        """Note that the account may be another one, with its own balance and prices."""
        self._keep(replace(self._books, prices={}))
        self.disturb()

    async def begin_movement(self) -> Movement:
        """Note, on disk, that credits are about to move for something that is no message.

        Raises:
            NotStoredError: it can't be written down, so nothing may be moved.

        """
        movement = self.note_movement()
        await self._journal.write_ledger(books_to_json(self._books))
        return movement

    def note_movement(self) -> Movement:
        """Note the same without waiting for the disk: most likely nothing will move."""
        was_disturbed = self._books.is_disturbed
        self.disturb()
        return Movement(
            count=self.movements,
            was_disturbed=was_disturbed,
            latest=self._books.latest,
        )

    def end_movement(self, movement: Movement, amount: Decimal | None) -> None:
        """Enter a movement that has ended: what came in, or `None` if that isn't told."""
        is_only_one = movement.count == self.movements
        # Told meanwhile, a balance may hold it or not.
        is_seen = movement.latest != self._books.latest
        # A balance that was asked for before this may not hold it, whatever it tells.
        self.movements += 1
        is_clear = is_only_one and not is_seen and not movement.was_disturbed
        if amount is None or not is_clear:
            self._disturbed_at = self._clock.elapsed()
            return
        self._disturbed_at = None
        self._keep(replace(self._books, is_disturbed=False).with_movement(amount))

    def look(self) -> Callable[[Decimal], None]:
        """Return what is to be called with the balance that is asked for now.

        Told while a message was on its way, or credits moved otherwise, it may be from
        before or after it, and proves nothing.
        """
        before = self.request_count_if_idle(), self.movements
        asked = self._clock.elapsed()

        def told(credits: Decimal) -> None:
            after = self.request_count_if_idle(), self.movements
            if after == before and None not in after:
                self.enter(credits, asked)

        return told

    def enter(self, credits: Decimal, asked: timedelta) -> None:
        """Enter a balance that was told while nothing was under way.

        It may be as old as the question: what is charged meanwhile may not be in it.
        Nothing is entered before `load`: it would take the place of what is on disk.
        """
        if not self._is_loaded:
            return
        age = self._clock.elapsed() - asked
        seen = Sighting(
            credits=credits,
            charges=tuple(self._charges(age)),
            at=self._clock.now(),
            is_alone=self._is_alone,
            is_quiet=self._was_quiet(age),
        )
        self.on_sighted(Evidence(books=self._books, seen=seen))
        entered, was_muted = enter(self._books, seen), self.is_muted
        has_risen = self._books.has_risen_to(credits)
        if entered.books.is_disturbed and not self._books.is_disturbed:
            self._disturbed_at = self._clock.elapsed()
        self._keep(entered.books, age)
        is_in_doubt = any(charge.is_in_doubt for charge in seen.charges)
        if is_in_doubt or has_risen or entered.unexplained is not None:
            # A crash must not make this unseen: it would be hidden, or explained, by what
            # comes afterwards, or hide that.
            self._tasks.spawn(self._write())
        if entered.unexplained is not None:
            self._is_muted_here = True
            if not was_muted:
                self.on_unexplained(entered.unexplained)

    async def finish(self) -> None:
        """Hear no longer of the clock, and wait for what is being written down."""
        self._stop_following_clock()
        await self._tasks.join()

    async def finish_run(self) -> None:
        """Write down that the next run has to reckon with nothing that it doesn't know.

        Not if something could not be written, or an earlier run's may still come.
        """
        is_known = self._is_loaded and self._incomplete_since is None
        is_told = self._store.is_all_stored and not self.standing.will_be_forgotten
        if is_known and is_told:
            with suppress(NotStoredError):
                await self._journal.finish_run(books_to_json(self._books))

    async def _write(self) -> None:
        # What can't be written now is written with the next message.
        with suppress(NotStoredError):
            await self._journal.write_ledger(books_to_json(self._books))

    def cost_of(self, record: MessageRecord, keys: Sequence[RowKey]) -> Decimal:
        """Return what a request for some submissions costs, as far as is known."""
        return cost_of(self._books, record, map(record.find, keys))

    def is_due(
        self, record: MessageRecord, row: RowKey, age: timedelta = timedelta()
    ) -> bool:
        """Return whether a submission would have been charged so long ago."""
        entry = self._entries.get((record.message_id, row))
        if entry is None or self._clock.elapsed() - age < entry.begun + LATEST_CHARGE:
            return False
        planned = planned_for(record, entry.submission)
        return planned is None or self._clock.now() - age >= planned + LATEST_CHARGE

    def _on_shift(self, by: timedelta) -> None:
        """Date anew what this run has dated, and what an earlier one did if earlier."""
        muted = self._books.muted
        if muted is not None and (by < timedelta() or self._is_muted_here):
            self._is_muted_here = True
            self._keep(replace(self._books, muted=muted + by))

    def _was_quiet(self, age: timedelta) -> bool:
        since = self._disturbed_at
        return since is None or self._clock.elapsed() - age >= since + LATEST_CHARGE

    def _charges(self, age: timedelta) -> Iterator[Charge]:
        for key, entry in self._entries.items():
            # As it is now: who listens hears of a change once it is on disk.
            record = self._store.get_open(key[0]) or entry.record
            submission = (
                record.find(key[1]) if record is not entry.record else entry.submission
            )
            is_due = self.is_due(record, key[1], age)
            if charge := charge_of(record, submission, is_due=is_due):
                yield charge
        yield from self.standing.charges(age)
        if (since := self._incomplete_since) is not None:
            is_due = self._clock.elapsed() - age >= since + LATEST_CHARGE
            yield forgotten_charge(is_due=is_due)

    def _keep(self, books: Books, age: timedelta = timedelta()) -> None:
        if books == self._books:
            return
        if books.period != self._books.period:
            self._incomplete_since = None
            self.standing.begin_period(age)
            self._entries = {
                key: entry
                for key, entry in self._entries.items()
                if key in books.carried
            }
        self._books = books
        if self._is_loaded:
            self._journal.write_ledger_with_next(books_to_json(books))

    def _on_message_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        self._take(record, changed)
        if len(self._entries) + len(self.standing) > MOST_CHARGES:
            _LOGGER.debug("The balance was not told for too many messages")
            self._keep(begun_anew(self._books))
            self.disturb()

    def _take(
        self, record: MessageRecord, submissions: Sequence[SubmissionRecord]
    ) -> None:
        """Note what was handed over in this period, or may still be charged in it."""
        for submission in submissions:
            key = record.message_id, submission.key
            known = self._entries.get(key)
            is_of_period = (submission.period or 0) >= self._books.period
            is_followed = known is not None or key in self._books.carried
            # What provably never left belongs to no period, or to an earlier one again.
            if not is_of_period and not is_followed:
                continue
            self._entries[key] = handed_over(
                known, record, submission, self._clock.elapsed()
            )


def _ignore(*_told: object) -> None:
    """Do nothing, as nobody wants to hear of it."""
