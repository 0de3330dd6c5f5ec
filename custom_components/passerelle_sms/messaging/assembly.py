"""Puts together all that an account does with messages."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..gateways.gateway import Gateway
from .guard.guard import Guard
from .journal.journal import Journal
from .message_store import MessageStore
from .model.record import MessageRecord
from .model.submission import SubmissionRecord
from .observers import BalanceSource, MessageObserver
from .operations.canceller import Canceller
from .operations.messenger import Messenger
from .operations.number_checker import NumberChecker
from .outbox.dispatcher import Dispatcher
from .outbox.outbox import Outbox
from .recipients.address_book import AddressBook
from .reconciliation.reconciler import Reconciler
from .runtime.clock import Clock
from .runtime.waiters import Waiters
from .text.encoding import EncodingChoice
from .tracking.reply_poller import ReplyPoller
from .tracking.tracker import Tracker


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagingParts:
    """The parts of one account; nothing of them has begun yet."""

    dispatcher: Dispatcher
    reconciler: Reconciler
    outbox: Outbox
    messenger: Messenger
    tracker: Tracker
    replies: ReplyPoller
    canceller: Canceller
    number_checker: NumberChecker


def assemble(
    gateway: Gateway,
    store: MessageStore,
    journal: Journal,
    clock: Clock,
    guard: Guard,
    observer: MessageObserver,
    balance: BalanceSource,
    address_book: AddressBook,
    encoding: EncodingChoice,
) -> MessagingParts:
    """Return the parts that send through `gateway` what is kept in `store`.

    They listen to the store in this order: who sends, who finds out, who follows; then
    `observer`.
    """
    waiters = Waiters[MessageRecord]()
    dispatcher = Dispatcher(gateway, store, journal, clock, observer, balance, waiters)
    outbox = Outbox(store, dispatcher, clock, waiters)
    reconciler = Reconciler(store, journal, clock, balance, dispatcher)
    tracker = Tracker(
        gateway, store, journal, clock, observer, is_under_way=dispatcher.holds
    )
    replies = ReplyPoller(gateway, store, journal, clock, observer)

    def follow(record: MessageRecord, changed: Sequence[SubmissionRecord]) -> None:
        tracker.follow(record, changed)
        replies.follow(record, changed)

    store.listen(follow)
    store.listen(observer.on_message_changed)
    return MessagingParts(
        dispatcher=dispatcher,
        reconciler=reconciler,
        outbox=outbox,
        messenger=Messenger(
            gateway, address_book, guard, outbox, clock, encoding=encoding
        ),
        tracker=tracker,
        replies=replies,
        canceller=Canceller(
            gateway, dispatcher, store, journal, clock, observer, follow
        ),
        number_checker=NumberChecker(
            address_book, guard, journal, clock, tracker, observer
        ),
    )
