"""An account that is enabled: it takes messages in, whatever becomes of its entry."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers.start import async_at_started
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..coordinator import BalanceCoordinator
from ..gateways.abilities.delivery import TellsDeliveryOnce
from ..gateways.errors import NewerJournalError, NotStoredError
from ..messaging.assembly import assemble
from ..messaging.guard.guard import Guard
from ..messaging.journal.replies import StoredReply
from ..messaging.message_store import MessageStore
from ..messaging.model.message import Message
from ..messaging.model.record import MessageRecord
from ..messaging.model.report import Report
from ..messaging.outbox.account_watch import RestStatus
from ..messaging.recipients.address_book import Recipient, UnusableTarget
from ..messaging.runtime.clock import Alarm
from ..messaging.runtime.tasks import Tasks
from ..presentation.bus_events import async_tell_reply
from ..presentation.exceptions import account_gone, placeholders
from ..presentation.issues import async_forget_same_account, async_tell_same_account
from .announcer import Announcer
from .credit_monitor import CreditMonitor
from .factory import async_get_clock, make_gateway, make_journal
from .journal_keeper import JournalKeeper
from .observer import AccountObserver
from .rest_teller import RestTeller
from .same_account import async_learn, async_same_account
from .settings import AccountSettings

_LOGGER = logging.getLogger(__name__)

type AccountConfigEntry = ConfigEntry[Account]

ACCOUNTS: HassKey[dict[str, Account]] = HassKey(f"{DOMAIN}_accounts")

FOLLOW_INTERVAL: Final = timedelta(seconds=30)
"""How often following is tried again while the journal can't be read."""
STOP_LIMIT: Final = 30.0
"""How long a stop waits for the requests under way, in seconds."""


class Account:
    """The parts of an account, from its first set-up until it is disabled or removed.

    They outlive a reload of the config entry: what comes meanwhile is taken in.
    """

    def __init__(self, hass: HomeAssistant, entry: AccountConfigEntry) -> None:
        """Build the account that `entry` describes; nothing has begun yet."""
        self._hass = hass
        self.entry: Final = entry
        self.settings = AccountSettings.of(entry)
        clock = self.clock = async_get_clock(hass)
        gateway = self.gateway = make_gateway(hass, self.settings.gateway)
        self.journal: Final = make_journal(hass, entry.entry_id)
        self.store: Final = MessageStore(self.journal, clock)
        self.guard: Final = Guard(self.settings.guard_limits, clock)
        self.coordinator: Final = BalanceCoordinator(
            hass, entry, gateway, self.settings.poll_interval
        )
        self.announcer: Final = Announcer(hass, entry, self.store, self.journal)
        self._rest_teller = RestTeller(hass, self.coordinator)
        self.observer: Final = AccountObserver(
            hass, self.coordinator, self.guard, self.announcer, self._rest_teller
        )
        self.credit: Final = CreditMonitor(
            hass, self.coordinator, self.journal, self.observer
        )
        parts = assemble(
            gateway,
            self.store,
            self.journal,
            clock,
            self.guard,
            self.observer,
            self.coordinator,
            self.settings.address_book,
            self.settings.writing,
            is_alone=self.settings.is_alone,
        )
        self.ledger: Final = parts.ledger
        self.outbox: Final = parts.outbox
        self.messenger: Final = parts.messenger
        self.tracker: Final = parts.tracker
        self.replies: Final = parts.replies
        self.canceller: Final = parts.canceller
        self.planned: Final = parts.planned
        self.number_checker: Final = parts.number_checker
        self._dispatcher = parts.dispatcher
        self._reconciler = parts.reconciler
        self.coordinator.look = self.ledger.look
        self._keeper = JournalKeeper(hass, entry, self.journal, clock, self._take_up)
        self.store.listen(self._keeper.on_change)
        self._follow_alarm = Alarm(
            clock, lambda: self._tasks.spawn(self._follow_again())
        )
        self._tasks = Tasks()
        self._is_shared = False
        """Whether another entry is the same account."""
        self._endings: list[Callable[[], None]] = []
        self._has_begun = asyncio.Event()
        self._is_stopped = False

    @property
    def rest(self) -> RestStatus | None:
        """That the account rests, as its gateway has refused it."""
        return self._dispatcher.rest

    async def start(self) -> None:
        """Go on where the last run, or a crash, has left off.

        A disk that fails keeps nobody out: it is tried again, and meanwhile what can't
        be written down is refused aloud.

        Raises:
            ConfigEntryError: a newer version wrote the journal.

        """
        try:
            await self._keeper.open()
        except NewerJournalError as error:
            raise ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key=error.key,
                translation_placeholders=placeholders(
                    error, self.gateway, for_everybody=True
                ),
            ) from error
        self._dispatcher.start()
        self.planned.start()
        self._has_begun.set()
        self._endings += (
            self.coordinator.async_add_listener(self._on_balance),
            self.credit.async_start(),
            self.observer.async_listen_to_replies(self._on_reply),
        )

    async def send(self, message: Message) -> Report:
        """Send a message and tell what became of it.

        Whoever comes while the journal is being opened waits for that.

        Raises:
            RejectedError: nothing was taken in for anybody.
            ServiceValidationError: the account takes nothing any more.

        """
        await self._has_begun.wait()
        if self._is_stopped:
            raise account_gone()
        # To its end: what is refused is told even if the caller is cancelled.
        return await self._tasks.complete(self._send(message))

    @callback
    def async_apply(self, settings: AccountSettings) -> None:
        """Go by other settings from now on, also with what is on its way."""
        is_changed = settings != self.settings
        if settings.gateway != self.settings.gateway:
            self.gateway.become(make_gateway(self._hass, settings.gateway))
            # Perhaps another account's.
            self.ledger.disturb()
            self.coordinator.async_refresh_soon()
        self.settings = settings
        book = settings.address_book
        self.messenger.address_book = self.number_checker.address_book = book
        self.messenger.writing = settings.writing
        self.guard.limits = settings.guard_limits
        self.coordinator.name = settings.title
        self.coordinator.update_interval = settings.poll_interval
        if is_changed:
            self._dispatcher.note_account_changed()
        async_review_accounts(self._hass)

    @callback
    def async_review(self) -> None:
        """Go by which other entries are the same account now.

        Two entries are not alone with it, whatever their options say; and one reads for
        both what is told only once.
        """
        entries = async_same_account(self._hass, self.entry)
        is_shared = len(entries) > 1
        if self._is_shared and not is_shared:
            # What the other one has sent may still be charged.
            self.ledger.disturb()
        self._is_shared = is_shared
        self.ledger.is_alone = self.settings.is_alone and not is_shared
        if isinstance(self.gateway, TellsDeliveryOnce):
            self._share_reading(entries)
        if entries[0] is self.entry:
            async_forget_same_account(self._hass, self.entry)
        else:
            async_tell_same_account(self._hass, self.entry, entries[0], self.gateway)

    @callback
    def _share_reading(self, entries: Iterable[ConfigEntry]) -> None:
        """Read for all entries of the account, or leave it to the first that is there."""
        accounts = [async_get_account(self._hass, entry.entry_id) for entry in entries]
        reader, *others = [account for account in accounts if account] or [self]
        sharing = self.tracker.sharing
        if reader is self:
            sharing.read_for([other.tracker.sharing for other in others])
        else:
            sharing.leave_to(reader.tracker.sharing)

    def who_replied(
        self, reply: StoredReply, record: MessageRecord | None
    ) -> Recipient | UnusableTarget:
        """Return who has answered a message."""
        sent_to = [] if record is None else [s.recipient for s in record.submissions]
        return self.settings.address_book.sender(reply.number, sent_to)

    async def start_following(self) -> None:
        """Follow what becomes of accepted messages, once there is who listens."""
        try:
            await self.tracker.start()
            await self.replies.start()
        except NotStoredError as error:
            _LOGGER.warning("Deliveries can't be followed for now: %s", error)
            self._follow_alarm.set(self.clock.elapsed() + FOLLOW_INTERVAL)

    async def pause_following(self) -> None:
        """Follow nothing for a while, while there still is who listens.

        What is heard meanwhile is kept, and announced when following goes on.
        """
        self._follow_alarm.set(None)
        await self.tracker.pause()
        await self.replies.stop()

    def on_stop(self, ending: Callable[[], None]) -> None:
        """Call `ending` when the account stops."""
        self._endings.append(ending)

    async def drain(self) -> None:
        """Wait for the requests under way, and begin none of those that wait."""
        try:
            async with asyncio.timeout(STOP_LIMIT):
                await self.planned.stop()
                await self._dispatcher.drain()
                # Nobody is kept waiting for a delivery: Home Assistant would wait too.
                await self.tracker.stop()
        except TimeoutError:
            _LOGGER.warning("A gateway has not answered: what it was sent is in doubt")

    async def stop(self) -> None:
        """Let go of everything, once what is under way has been answered."""
        if self._is_stopped:
            return
        self._is_stopped = True
        # Whoever waits for the beginning is refused.
        self._has_begun.set()
        for end in self._endings:
            end()
        self._follow_alarm.set(None)
        try:
            async with asyncio.timeout(STOP_LIMIT):
                await self._finish()
        except TimeoutError:
            _LOGGER.warning("A gateway has not answered: what it was sent is in doubt")
        await self.store.close()
        await self.ledger.finish_run()
        self.guard.close()
        await self.coordinator.async_shutdown()
        await self.journal.close()

    async def _finish(self) -> None:
        await self.tracker.stop()
        await self.replies.stop()
        await self.planned.stop()
        await self._dispatcher.stop()
        await self._reconciler.stop()
        await self.ledger.finish()
        await self.canceller.finish()
        await self.number_checker.finish()
        await self.messenger.finish()
        await self.announcer.finish()
        await self._rest_teller.finish()
        await self._keeper.stop()
        await self._tasks.join()

    async def _send(self, message: Message) -> Report:
        report = await self.messenger.send(message)
        self.announcer.async_tell_refused(report)
        return report

    async def _take_up(self) -> None:
        """Take up what the journal holds; raises `NotStoredError`."""
        since = self.clock.now() - timedelta(days=1)
        # Before the journal dates anew what an earlier run has dated in the future.
        self.guard.load(await self.journal.created_since(since))
        await self.ledger.load()
        await self.store.load()
        self.announcer.async_start()

    async def _follow_again(self) -> None:
        await self.pause_following()
        await self.start_following()

    @callback
    def _on_reply(self, reply: StoredReply, record: MessageRecord | None) -> None:
        """Tell automations, once they can listen."""
        sender = self.who_replied(reply, record)

        @callback
        def tell(hass: HomeAssistant) -> None:
            async_tell_reply(hass, self.entry, reply, sender)

        async_at_started(self._hass, tell)

    @callback
    def _on_balance(self) -> None:
        """Try at once what waits: the gateway can be reached, and takes the account."""
        balance = self.coordinator.last_balance
        if self.coordinator.last_update_success and balance is not None:
            if async_learn(self._hass, self.entry, balance.account_id):
                async_review_accounts(self._hass)
            self._dispatcher.retry_now()
            self._dispatcher.note_balance(balance.credits)


@callback
def async_get_account(hass: HomeAssistant, entry_id: str) -> Account | None:
    """Return an account that is enabled, whether its entry is loaded now or not."""
    return hass.data.get(ACCOUNTS, {}).get(entry_id)


@callback
def async_review_accounts(hass: HomeAssistant) -> None:
    """See anew which accounts are the same one, as one came, went or became known."""
    for account in hass.data.get(ACCOUNTS, {}).values():
        account.async_review()
