"""An account, as its config entry holds it and as it lives while that is loaded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
import logging

from custom_components.passerelle_sms.entries.factory import (
    make_gateway,
    make_journal,
    request_budget,
)
from custom_components.passerelle_sms.entries.settings import (
    address_book,
    default_encoding,
    guard_limits,
    poll_interval,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import JOURNAL_AGE, JOURNAL_LENGTH
from ..coordinator import BalanceCoordinator
from ..gateways.errors import NotStoredError
from ..gateways.gateway import Gateway
from ..messaging.guard.guard import Guard
from ..messaging.journal.journal import Journal
from ..messaging.message_store import Records
from ..messaging.operations.canceller import Canceller
from ..messaging.operations.messenger import Messenger
from ..messaging.operations.number_checker import NumberChecker
from ..messaging.outbox.outbox import Outbox
from ..messaging.runtime.clock import HomeAssistantClock
from ..messaging.tracking.reply_poller import ReplyPoller
from ..messaging.tracking.tracker import Tracker
from ..presentation.issues import async_tell_journal_damaged
from .observer import AccountObserver

_LOGGER = logging.getLogger(__name__)

type AccountConfigEntry = ConfigEntry[Account]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A loaded account: its gateway, its one door to send, and its balance."""

    gateway: Gateway
    coordinator: BalanceCoordinator
    observer: AccountObserver
    journal: Journal
    guard: Guard
    outbox: Outbox
    messenger: Messenger
    records: Records
    tracker: Tracker
    replies: ReplyPoller
    canceller: Canceller
    number_checker: NumberChecker

    @classmethod
    def of(cls, hass: HomeAssistant, entry: AccountConfigEntry) -> Account:
        """Return the account that a config entry describes; nothing has begun yet."""
        clock = HomeAssistantClock(hass)
        gateway = make_gateway(
            hass, entry.data, entry.options, budget=request_budget(hass, entry)
        )
        coordinator = BalanceCoordinator(hass, entry, gateway, poll_interval(entry))
        guard = Guard(guard_limits(entry), clock)
        observer = AccountObserver(hass, coordinator, guard)
        journal = make_journal(hass, entry)
        outbox = Outbox(gateway, journal, clock, observer)
        coordinator.request_count_if_idle = outbox.request_count_if_idle
        records = Records(outbox.messages, journal)
        tracker = Tracker(
            gateway, records, journal, clock, observer, is_under_way=outbox.holds
        )
        replies = ReplyPoller(gateway, records, journal, clock, observer)
        observer.followers = (tracker.follow, replies.follow)
        known = address_book(entry)
        return cls(
            gateway=gateway,
            coordinator=coordinator,
            observer=observer,
            journal=journal,
            guard=guard,
            outbox=outbox,
            messenger=Messenger(
                gateway,
                known,
                guard,
                outbox,
                clock,
                encoding=default_encoding(entry),
            ),
            records=records,
            tracker=tracker,
            replies=replies,
            canceller=Canceller(gateway, outbox, records, journal, clock, observer),
            number_checker=NumberChecker(
                known, guard, journal, clock, tracker, observer
            ),
        )

    async def start_following(self) -> None:
        """Follow what becomes of accepted messages, once there is who listens.

        Raises:
            NotStoredError: the journal can't be read.

        """
        await self.tracker.start()
        await self.replies.start()

    async def stop_following(self) -> None:
        """Follow nothing more, while there still is who listens.

        What is heard later is kept, and told when the account is loaded again.
        """
        await self.tracker.stop()
        await self.replies.stop()

    async def stop(self) -> None:
        """Let go of everything, once what is under way has been answered."""
        await self.canceller.finish()
        await self.number_checker.finish()
        await self.messenger.finish()
        await self.journal.close()


async def async_open_journal(
    hass: HomeAssistant, entry: AccountConfigEntry, account: Account
) -> None:
    """Open an account's journal, and let the guard and the outbox live with it.

    Raises:
        NotStoredError: there can be no journal, so nothing could be promised.

    """
    journal = account.journal
    if (damaged := await journal.open()) is not None:
        async_tell_journal_damaged(hass, entry, damaged.name)

    async def prune(now: datetime) -> None:
        await journal.prune(before=now - JOURNAL_AGE, keep=JOURNAL_LENGTH)

    async def prune_daily(now: datetime) -> None:
        try:
            await prune(now)
        except NotStoredError as error:
            # There is another day.
            _LOGGER.warning("The journal can't be pruned for now: %s", error)

    now = dt_util.utcnow()
    await prune(now)
    account.guard.load(await journal.created_since(now - timedelta(days=1)))
    entry.async_on_unload(
        async_track_time_interval(hass, prune_daily, timedelta(days=1))
    )

    @callback
    def wake() -> None:
        if account.coordinator.last_update_success:
            account.outbox.wake()

    entry.async_on_unload(account.coordinator.async_add_listener(wake))
