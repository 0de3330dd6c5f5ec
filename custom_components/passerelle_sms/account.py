"""An account, as its config entry holds it and as it lives while that is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
import hashlib
import logging
from pathlib import Path
from typing import Any

from yarl import URL

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    CONF_API_KEY,
    CONF_COUNTRY,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .books import AccountBooks
from .const import (
    CONF_ACCOUNT_ID,
    CONF_ENCODING,
    CONF_GATEWAY,
    CONF_IDENTICAL_MINUTES,
    CONF_LONG_MESSAGES,
    CONF_PHONE,
    CONF_POLL_MINUTES,
    CONF_SEGMENTS_PER_DAY,
    CONF_SEGMENTS_PER_HOUR,
    CONF_SENDER,
    DEFAULT_POLL,
    DOMAIN,
    JOURNAL_AGE,
    JOURNAL_LENGTH,
    SUBENTRY_RECIPIENT,
)
from .coordinator import BalanceCoordinator
from .gateways.budget import RequestBudget
from .gateways.catalogue import GATEWAYS
from .gateways.errors import NotStoredError
from .gateways.gateway import Gateway
from .gateways.message_abilities import SellsLongMessages
from .gateways.models import Credentials
from .issues import async_tell_journal_damaged
from .messaging.cancelling import Canceller
from .messaging.clock import HomeAssistantClock
from .messaging.encoding import EncodingChoice
from .messaging.guard import Guard, GuardLimits
from .messaging.journal.journal import Journal
from .messaging.messenger import Messenger
from .messaging.number_checks import NumberChecker
from .messaging.outbox import Outbox
from .messaging.recipients import AddressBook, Recipient
from .messaging.records import Records
from .messaging.tracking.reply_watch import ReplyWatch
from .messaging.tracking.tracker import Tracker

_LOGGER = logging.getLogger(__name__)

type AccountConfigEntry = ConfigEntry[Account]

BUDGETS: HassKey[dict[str, RequestBudget]] = HassKey(f"{DOMAIN}_budgets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A loaded account: its gateway, its one door to send, and its balance."""

    gateway: Gateway
    coordinator: BalanceCoordinator
    books: AccountBooks
    journal: Journal
    guard: Guard
    outbox: Outbox
    messenger: Messenger
    records: Records
    tracker: Tracker
    replies: ReplyWatch
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
        books = AccountBooks(hass, coordinator, guard)
        journal = make_journal(hass, entry)
        outbox = Outbox(gateway, journal, clock, books)
        coordinator.activity = outbox.activity
        records = Records(outbox.messages, journal)
        tracker = Tracker(
            gateway, records, journal, clock, books, is_under_way=outbox.holds
        )
        replies = ReplyWatch(gateway, records, journal, clock, books)
        books.followers = (tracker.follow, replies.follow)
        known = address_book(entry)
        return cls(
            gateway=gateway,
            coordinator=coordinator,
            books=books,
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
            canceller=Canceller(gateway, outbox, records, journal, clock, books),
            number_checker=NumberChecker(known, guard, journal, clock, tracker, books),
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


def gateway_class(data: Mapping[str, Any]) -> type[Gateway]:
    """Return the gateway that an account's data name."""
    return GATEWAYS[data[CONF_GATEWAY]]


def request_budget(hass: HomeAssistant, entry: ConfigEntry) -> RequestBudget | None:
    """Return what counts an account's requests, where its gateway counts them.

    It outlives a reload: the gateway goes on counting.
    """
    limit = gateway_class(entry.data).limits.requests_per_hour
    if limit is None:
        return None
    budgets = hass.data.setdefault(BUDGETS, {})
    if entry.entry_id not in budgets:
        budgets[entry.entry_id] = RequestBudget(limit, dt_util.utcnow)
    return budgets[entry.entry_id]


def make_gateway(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    budget: RequestBudget | None = None,
) -> Gateway:
    """Return a client for an account's data and options."""
    gateway = gateway_class(data)(
        async_get_clientsession(hass, data[CONF_VERIFY_SSL]),
        credentials(data),
        url=URL(data[CONF_URL]),
        sender=data.get(CONF_SENDER),
        budget=budget,
    )
    if isinstance(gateway, SellsLongMessages):
        gateway.long_messages = options.get(CONF_LONG_MESSAGES, False)
    return gateway


def credentials(data: Mapping[str, Any]) -> Credentials:
    """Return the credentials in an account's data."""
    return Credentials(
        username=data.get(CONF_USERNAME, ""),
        password=data.get(CONF_PASSWORD, ""),
        api_key=data.get(CONF_API_KEY, ""),
        account_id=data.get(CONF_ACCOUNT_ID, ""),
    )


def unique_id(data: Mapping[str, Any]) -> str:
    """Return what tells an account from all others.

    A digest: what identifies an account may be its secret, or somebody's number.
    """
    gateway, proof = gateway_class(data), credentials(data)
    identity = [getattr(proof, field).strip() for field in gateway.identity_fields]
    digest = hashlib.sha256("\n".join((gateway.key, *identity)).encode())
    return digest.hexdigest()[:32]


def recipients(entry: ConfigEntry) -> tuple[Recipient, ...]:
    """Return the recipients of an account, in the order in which they were added."""
    return tuple(
        Recipient(number=subentry.data[CONF_PHONE], name=subentry.data[CONF_NAME])
        for subentry in entry.get_subentries_of_type(SUBENTRY_RECIPIENT)
    )


def address_book(entry: ConfigEntry) -> AddressBook:
    """Return whom an account knows, and how it reads the numbers of others."""
    return AddressBook(recipients(entry), entry.data[CONF_COUNTRY])


def poll_interval(entry: ConfigEntry) -> timedelta:
    """Return how often to ask for the balance: never under what the gateway allows."""
    minutes = entry.options.get(CONF_POLL_MINUTES)
    chosen = DEFAULT_POLL if minutes is None else timedelta(minutes=minutes)
    return max(chosen, gateway_class(entry.data).limits.minimum_poll)


def default_encoding(entry: ConfigEntry) -> EncodingChoice:
    """Return the encoding of messages that name none."""
    return EncodingChoice(entry.options.get(CONF_ENCODING, EncodingChoice.AUTOMATIC))


def guard_limits(entry: ConfigEntry) -> GuardLimits:
    """Return what the stop for runaway automations lets pass."""
    usual = GuardLimits()
    minutes = entry.options.get(CONF_IDENTICAL_MINUTES)
    return GuardLimits(
        segments_per_hour=entry.options.get(
            CONF_SEGMENTS_PER_HOUR, usual.segments_per_hour
        ),
        segments_per_day=entry.options.get(
            CONF_SEGMENTS_PER_DAY, usual.segments_per_day
        ),
        identical_window=usual.identical_window
        if minutes is None
        else timedelta(minutes=minutes),
    )


def make_journal(hass: HomeAssistant, entry: ConfigEntry) -> Journal:
    """Return the journal of an account; it has not been opened yet."""
    name = f"{DOMAIN}.{entry.entry_id}.journal"
    return Journal(
        Path(hass.config.path(STORAGE_DIR, name)), hass.async_add_executor_job
    )


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
    account.guard.remember(await journal.since(now - timedelta(days=1)))
    entry.async_on_unload(
        async_track_time_interval(hass, prune_daily, timedelta(days=1))
    )

    @callback
    def wake() -> None:
        if account.coordinator.last_update_success:
            account.outbox.wake()

    entry.async_on_unload(account.coordinator.async_add_listener(wake))
