"""What becomes of what a relay's accounts have taken: heard from them, and passed on."""

from collections.abc import Awaitable, Iterable, Sequence
from contextlib import ExitStack
from datetime import timedelta

from ...gateways.errors import GatewayError
from ..journal.journal import Journal
from ..message_store import MessageStore
from ..model.leg import Leg
from ..model.record import OLDEST_OPEN, MessageRecord
from ..model.submission import SubmissionRecord
from ..observers import MessageObserver
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from ..tracking.delivery_ends import DeliveryEnds
from ..tracking.waiting import Waiting
from .delivery_watch import DeliveryWatch
from .leg_follower import LegFollower
from .relay_accounts import RelayAccounts


class RelayTracker:
    """Follows the deliveries of one relay, as its accounts do."""

    def __init__(
        self,
        accounts: RelayAccounts,
        store: MessageStore,
        journal: Journal,
        clock: Clock,
        observer: MessageObserver,
        follower: LegFollower,
        watch: DeliveryWatch,
    ) -> None:
        """Tell `observer` how deliveries have ended that `follower` hears of."""
        self._accounts = accounts
        self._store = store
        self._journal = journal
        self._clock = clock
        self._follower = follower
        self._watch = watch
        self._ends = DeliveryEnds(store, observer)
        self._awaited: set[tuple[str, str]] = set()
        self._waiting = Waiting()
        self._tasks = Tasks()
        self._is_running = self._is_stopped = False
        follower.listen(self._on_heard)
        store.listen(self._on_heard)

    def __len__(self) -> int:
        """Return how many deliveries are awaited."""
        return len(self._awaited)

    @property
    def deliver_within(self) -> timedelta:
        """After how long the next account sends what is not delivered; zero for never."""
        return self._watch.within

    @deliver_within.setter
    def deliver_within(self, within: timedelta) -> None:
        self._watch.within = within
        if self._is_running:
            self._watch.start()

    async def start(self) -> None:
        """Go on where the last run, a crash or a pause has left off.

        Raises:
            NotStoredError: the journal can't be read.

        """
        self._is_stopped = False
        tracked = await self._journal.with_pending_delivery()
        # Of what was passed on, an account may know more by now.
        lately = await self._journal.created_since(self._clock.now() - OLDEST_OPEN)
        self._is_running = True
        for record in {one.message_id: one for one in (*lately, *tracked)}.values():
            current = self._store.get_open(record.message_id) or record
            self._follower.follow(current)
            self._on_heard(current, current.submissions)
        self._watch.start()

    async def pause(self) -> None:
        """Announce and pass on nothing until the next start."""
        self._is_running = False
        await self._watch.stop()
        await self._tasks.join()

    async def stop(self) -> None:
        """Pause, and let nobody wait any longer: they get what is known."""
        self._is_stopped = True
        self._waiting.release_all()
        await self.pause()

    async def wait(self, message_id: str, patience: timedelta) -> None:
        """Return when nothing more is awaited of a message, after `patience`, or at a stop."""
        record = await self._store.get(message_id)
        if record is None or self._is_stopped or self._is_over(record):
            return
        with ExitStack() as until_over:
            over = until_over.enter_context(self._waiting.begun(message_id))
            seconds = max(0.0, patience.total_seconds())
            until_over.callback(self._clock.call_later(seconds, over.set))
            for leg in _pending_legs(record):
                if (account := self._accounts.find(leg.account)) is not None:
                    until_over.enter_context(account.hurrying(leg.message_id))
            await over.wait()

    async def ask_about(self, message_id: str, number: str | None = None) -> None:
        """Ask the accounts now about a message, or one of its recipients.

        Raises:
            GatewayError: the last of those that did not answer.

        """
        record = await self._store.get(message_id)
        legs = () if record is None else _pending_legs(record, number)
        await self._ask_each(
            account.ask_about(leg.message_id, number)
            for leg in legs
            if (account := self._accounts.find(leg.account)) is not None
        )

    async def ask_for_all(self) -> None:
        """Ask the accounts now for all news, where one request tells it.

        Raises:
            GatewayError: the last of those that did not answer.

        """
        await self._ask_each(one.ask_for_all() for one in self._accounts.current)

    async def _ask_each(self, questions: Iterable[Awaitable[None]]) -> None:
        failure: GatewayError | None = None
        for question in questions:
            try:
                await question
            except GatewayError as error:
                failure = error
        # What the others have told counts, whoever did not answer.
        await self._follower.caught_up()
        if failure is not None:
            raise failure

    def _on_heard(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        for row in changed:
            key = record.message_id, row.key
            (self._awaited.add if _is_pending(row) else self._awaited.discard)(key)
        self._watch.watch(record, changed)
        if self._is_running:
            self._tasks.spawn(self._ends.announce(record, changed))
        if self._is_over(record):
            self._waiting.release(record.message_id)

    def _is_over(self, record: MessageRecord) -> bool:
        return not record.is_open and not any(map(_is_pending, record.submissions))


def _is_pending(row: SubmissionRecord) -> bool:
    return row.delivery is not None and not row.delivery.status.is_final


def _pending_legs(record: MessageRecord, number: str | None = None) -> Iterable[Leg]:
    """Return the legs whose accounts may hear more, each message of an account once."""
    return {
        (leg.account, leg.message_id): leg
        for row in record.submissions
        if number in {None, row.recipient.number}
        for leg in row.legs
        if leg.is_open
        or (leg.delivery is not None and not leg.delivery.status.is_final)
    }.values()
