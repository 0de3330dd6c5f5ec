"""Puts together all that a relay does with messages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final, override

from ...gateways.errors import GatewayError
from ...gateways.model.limits import Limits
from ...gateways.model.message import Sms
from ..guard.guard import Guard
from ..journal.journal import Journal
from ..message_store import MessageStore
from ..model.record import MessageRecord
from ..observers import BalanceSource, MessageObserver
from ..operations.canceller import Canceller
from ..operations.messenger import Messenger
from ..operations.planned_messages import PlannedMessages
from ..outbox.dispatcher import Dispatcher
from ..outbox.joining import Joining
from ..outbox.queue import Batching
from ..recipients.address_book import AddressBook
from ..reconciliation.ledger import Ledger
from ..runtime.clock import Clock
from ..runtime.waiters import Waiters
from ..text.writing import Writing
from .delivery_watch import DeliveryWatch
from .leg_follower import LegFollower
from .relay_accounts import RelayAccounts
from .relay_outbox import RelayOutbox
from .relay_replies import RelayReplies
from .relay_rules import RelayRules
from .relay_runner import RelayRunner
from .relay_tester import RelayTester
from .relay_tracker import RelayTracker

# The accounts bound what is under way at their gateways: a slow one must not hold up what
# another one could take.
_LIMITS: Final = Limits(recipients_per_request=1_000, concurrency=200)


class _AllAtOnce(Batching):
    """All recipients of a message share a request: it is split for the accounts later."""

    @property
    @override
    def limits(self) -> Limits:
        return _LIMITS

    @override
    def batches(self, sms: Sms) -> Iterator[tuple[str, ...]]:
        yield sms.recipients


class _NoBalance(BalanceSource):
    """A relay has no credits: its accounts have."""

    balance_error: GatewayError | None = None

    @override
    async def refresh_balance(self) -> Decimal | None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayParts:
    """The parts of one relay; nothing of them has begun yet."""

    accounts: RelayAccounts
    ledger: Ledger
    dispatcher: Dispatcher
    outbox: RelayOutbox
    messenger: Messenger
    canceller: Canceller
    planned: PlannedMessages
    follower: LegFollower
    tracker: RelayTracker
    replies: RelayReplies


def assemble_relay(
    relay_id: str,
    store: MessageStore,
    journal: Journal,
    clock: Clock,
    guard: Guard,
    observer: MessageObserver,
    address_book: AddressBook,
    writing: Writing,
    *,
    deliver_within: timedelta,
) -> RelayParts:
    """Return the parts that hand what is kept in `store` to the relay's accounts.

    They listen to the store in this order: who keeps the books, who hands over, who
    follows; then `observer`.
    """
    waiters = Waiters[MessageRecord]()
    accounts = RelayAccounts()
    ledger = Ledger(store, journal, clock, is_alone=False)
    runner = RelayRunner(relay_id, accounts, store, clock, ledger, observer)
    dispatcher = Dispatcher(
        runner, _AllAtOnce(), store, clock, observer, _NoBalance(), ledger, waiters
    )
    joining = Joining(store, dispatcher, observer, clock, waiters)
    follower = LegFollower(
        relay_id, accounts, store, clock, is_under_way=dispatcher.is_in_request
    )
    outbox = RelayOutbox(store, dispatcher, clock, waiters, joining, follower)
    planned = PlannedMessages(store, guard, clock)
    watch = DeliveryWatch(
        relay_id,
        accounts,
        store,
        journal,
        clock,
        observer,
        follower.follow,
        within=deliver_within,
    )
    tracker = RelayTracker(accounts, store, journal, clock, observer, follower, watch)
    accounts.listen(dispatcher.retry_each)
    store.listen(observer.on_message_changed)

    return RelayParts(
        accounts=accounts,
        ledger=ledger,
        dispatcher=dispatcher,
        outbox=outbox,
        messenger=Messenger(
            RelayRules(
                lambda: accounts.current, are_missing=lambda: bool(accounts.missing)
            ),
            address_book,
            guard,
            outbox,
            planned,
            RelayTester(),
            clock,
            writing=writing,
        ),
        canceller=Canceller(dispatcher, joining, planned, store),
        planned=planned,
        follower=follower,
        tracker=tracker,
        replies=RelayReplies(relay_id, accounts, store, journal, observer),
    )
