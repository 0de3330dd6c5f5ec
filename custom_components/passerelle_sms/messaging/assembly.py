"""Puts together all that an account does with messages."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..gateways.gateway import Gateway
from .dead_man_switch.account_carrier import AccountCarrier
from .guard.guard import Guard
from .journal.journal import Journal
from .message_store import MessageStore
from .model.record import MessageRecord
from .model.submission import SubmissionRecord
from .observers import BalanceSource, MessageObserver
from .operations.canceller import Canceller
from .operations.gateway_canceller import GatewayCanceller
from .operations.gateway_rules import GatewayRules
from .operations.leg_taker import LegTaker
from .operations.message_tester import MessageTester
from .operations.messenger import Messenger
from .operations.number_checker import NumberChecker
from .operations.planned_messages import PlannedMessages
from .outbox.dispatcher import Dispatcher
from .outbox.joining import Joining
from .outbox.outbox import Outbox
from .outbox.request_runner import GatewayRunner
from .recipients.address_book import AddressBook
from .reconciliation.ledger import Ledger
from .reconciliation.reconciler import Reconciler
from .reconciliation.sent_list_evidence import SentListEvidence
from .runtime.clock import Clock
from .runtime.waiters import Waiters
from .text.writing import Writing
from .tracking.reply_poller import ReplyPoller
from .tracking.tracker import Tracker


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagingParts:
    """The parts of one account; nothing of them has begun yet."""

    ledger: Ledger
    dispatcher: Dispatcher
    reconciler: Reconciler
    outbox: Outbox
    messenger: Messenger
    tracker: Tracker
    replies: ReplyPoller
    canceller: Canceller
    planned: PlannedMessages
    number_checker: NumberChecker
    legs: LegTaker
    carrier: AccountCarrier


def assemble(
    gateway: Gateway,
    store: MessageStore,
    journal: Journal,
    clock: Clock,
    guard: Guard,
    observer: MessageObserver,
    balance: BalanceSource,
    address_book: AddressBook,
    writing: Writing,
    *,
    account_id: str,
    is_alone: bool,
) -> MessagingParts:
    """Return the parts that send through `gateway` what is kept in `store`.

    `account_id` is the config entry's; `is_alone` says that only Home Assistant uses the
    account. They listen to the store in this order: who keeps the books, who sends, who
    finds out, who follows; then `observer`.
    """
    waiters = Waiters[MessageRecord]()
    ledger = Ledger(store, journal, clock, is_alone=is_alone)
    ledger.on_unexplained = observer.on_unexplained_fall
    runner = GatewayRunner(gateway, store, journal, clock, ledger)
    dispatcher = Dispatcher(
        runner, gateway, store, clock, observer, balance, ledger, waiters
    )
    joining = Joining(store, dispatcher, observer, clock, waiters)
    outbox = Outbox(store, dispatcher, clock, waiters, joining)
    planned = PlannedMessages(store, guard, clock)
    reconciler = Reconciler(
        store,
        ledger,
        clock,
        balance,
        SentListEvidence(gateway, journal),
        is_under_way=dispatcher.is_in_request,
    )
    tracker = Tracker(
        gateway,
        store,
        journal,
        clock,
        observer,
        is_under_way=dispatcher.holds,
        knows_all_sent=lambda: ledger.knows_all_sent,
    )
    replies = ReplyPoller(gateway, store, journal, clock, observer)

    def follow(record: MessageRecord, changed: Sequence[SubmissionRecord]) -> None:
        tracker.follow(record, changed)
        replies.follow(record, changed)

    store.listen(follow)
    legs = LegTaker(
        account_id,
        gateway,
        store,
        journal,
        guard,
        ledger,
        dispatcher,
        outbox,
        tracker,
        replies,
        clock,
    )
    store.listen(observer.on_message_changed)
    return MessagingParts(
        ledger=ledger,
        dispatcher=dispatcher,
        reconciler=reconciler,
        outbox=outbox,
        messenger=Messenger(
            GatewayRules(gateway),
            address_book,
            guard,
            outbox,
            planned,
            MessageTester(gateway, guard, store, ledger, clock, observer),
            clock,
            writing=writing,
        ),
        tracker=tracker,
        replies=replies,
        canceller=GatewayCanceller(
            gateway,
            dispatcher,
            joining,
            planned,
            store,
            ledger,
            clock,
            observer,
            follow,
        ),
        planned=planned,
        number_checker=NumberChecker(
            address_book, guard, journal, ledger, clock, tracker, observer
        ),
        legs=legs,
        carrier=AccountCarrier(
            account_id, gateway, ledger, clock, observer.invalidate_balance
        ),
    )
