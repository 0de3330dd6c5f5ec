"""What an account and a relay have in common, and all that the face asks of either.

It takes messages in as long as it is enabled, whatever becomes of its config entry: a
reload cuts nothing off.
"""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers.start import async_at_started

from ..const import DOMAIN
from ..gateways.errors import GatewayError, NewerJournalError, NotStoredError
from ..messaging.guard.guard import Guard
from ..messaging.journal.replies import StoredReply
from ..messaging.message_store import MessageStore
from ..messaging.model.message import Message
from ..messaging.model.record import MessageRecord
from ..messaging.model.report import RecipientResult, Report
from ..messaging.model.submission import SubmissionRecord
from ..messaging.operations.canceller import Canceller
from ..messaging.operations.messenger import Messenger
from ..messaging.operations.planned_messages import PlannedMessages
from ..messaging.outbox.outbox import Outbox
from ..messaging.recipients.address_book import Recipient, UnusableTarget
from ..messaging.runtime.clock import Alarm
from ..messaging.runtime.tasks import Tasks
from ..presentation.bus_events import async_tell_reply
from ..presentation.exceptions import account_gone, placeholders
from ..presentation.gateway_facts import GatewayFacts
from .announcer import Announcer
from .dead_man_switches import DeadManSwitches
from .factory import async_get_clock, make_journal
from .journal_keeper import JournalKeeper
from .observer import ChannelObserver
from .parts import DeliveryTracker, ReplyWatch, SharedParts
from .settings import EntrySettings

_LOGGER = logging.getLogger(__name__)

FOLLOW_INTERVAL: Final = timedelta(seconds=30)
"""How often following is tried again while the journal can't be read."""
STOP_LIMIT: Final = 30.0
"""How long a stop waits for the requests under way, in seconds."""


class Channel(ABC):
    """The parts of an account or a relay, until it is disabled or removed."""

    entry: ConfigEntry
    settings: EntrySettings
    observer: ChannelObserver
    switches: DeadManSwitches
    _parts: SharedParts

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, settings: EntrySettings
    ) -> None:
        """Build what `entry` describes, but for `_parts`, `observer` and `switches`."""
        self._hass = hass
        self.entry = entry
        self.settings = settings
        self.clock: Final = async_get_clock(hass)
        self.journal: Final = make_journal(hass, entry.entry_id)
        self.store: Final = MessageStore(self.journal, self.clock)
        self.guard: Final = Guard(settings.guard_limits, self.clock)
        self.announcer: Final = Announcer(hass, entry, self.store, self.journal)
        self._keeper = JournalKeeper(
            hass, entry, self.journal, self.clock, self._take_up
        )
        self.store.listen(self._keeper.on_change)
        self._follow_alarm = Alarm(
            self.clock, lambda: self._tasks.spawn(self._follow_again())
        )
        self._tasks = Tasks()
        self._endings: list[Callable[[], None]] = []
        self._has_begun = asyncio.Event()
        self._is_stopped = False

    # --- what it is -----------------------------------------------------------------

    @property
    @abstractmethod
    def facts(self) -> GatewayFacts:
        """What sentences say of it: of its gateway, or of the relay by its title."""

    @abstractmethod
    def facts_for(self, told: RecipientResult | SubmissionRecord) -> GatewayFacts:
        """Return what sentences say of who has told what became of a message."""

    @property
    @abstractmethod
    def manufacturer(self) -> str:
        """Who is behind it, as its device shows."""

    @abstractmethod
    def can(self, *abilities: type) -> bool:
        """Return whether it, or one of its accounts, has one of the abilities."""

    @abstractmethod
    def check_tag(self, tag: str) -> None:
        """Raise `InvalidOptionError` for a tag that no message of it can have."""

    @abstractmethod
    def note_failure(self, error: GatewayError) -> None:
        """See to what only the user can mend."""

    # --- its parts ------------------------------------------------------------------

    @property
    def messenger(self) -> Messenger:
        """Who takes messages in."""
        return self._parts.messenger

    @property
    def outbox(self) -> Outbox:
        """Its messages that are not settled."""
        return self._parts.outbox

    @property
    def planned(self) -> PlannedMessages:
        """Its messages that wait for their hour."""
        return self._parts.planned

    @property
    def pending_messages(self) -> int:
        """How many messages wait, are in doubt, or are the user's to judge.

        What is kept until its hour is as it should be.
        """
        return len(self.store) - len(self.planned)

    @property
    def canceller(self) -> Canceller:
        """Who takes messages back."""
        return self._parts.canceller

    @property
    @abstractmethod
    def tracker(self) -> DeliveryTracker:
        """Who follows deliveries."""

    @property
    def replies(self) -> ReplyWatch:
        """Who asks for replies."""
        return self._parts.replies

    # --- its life -------------------------------------------------------------------

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
                    error, self.facts, for_everybody=True
                ),
            ) from error
        self._parts.dispatcher.start()
        self.planned.start()
        self._has_begun.set()
        self._endings.append(self.observer.async_listen_to_replies(self._on_reply))

    async def send(self, message: Message) -> Report:
        """Send a message and tell what became of it.

        Whoever comes while the journal is being opened waits for that.

        Raises:
            RejectedError: nothing was taken in for anybody.
            ServiceValidationError: nothing is taken in any more.

        """
        await self._has_begun.wait()
        if self._is_stopped:
            raise account_gone()
        # To its end: what is refused is told even if the caller is cancelled.
        return await self._tasks.complete(self._send(message))

    async def send_once(self, message_id: str, message: Message) -> None:
        """Send a message, unless it was taken in under this id before.

        Raises:
            RejectedError: nothing was taken in for anybody.
            ServiceValidationError: nothing is taken in any more.

        """
        if await self.store.get(message_id) is None:
            await self.send(replace(message, message_id=message_id))

    def who_replied(
        self, reply: StoredReply, record: MessageRecord | None
    ) -> Recipient | UnusableTarget:
        """Return who has answered a message."""
        sent_to = [] if record is None else [s.recipient for s in record.submissions]
        return self.settings.address_book.sender(reply.number, sent_to)

    async def start_following(self) -> None:
        """Follow what becomes of accepted messages, once there is who listens."""
        self.switches.async_start()
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
        self.switches.async_pause()
        await self.tracker.pause()
        await self.replies.stop()

    @callback
    @abstractmethod
    def async_apply(self) -> None:
        """Go by what the config entry says now, also with what is on its way."""

    def on_stop(self, ending: Callable[[], None]) -> None:
        """Call `ending` at the stop."""
        self._endings.append(ending)

    async def drain(self) -> None:
        """Wait for the requests under way, and begin none of those that wait.

        What stands for dead man's switches is put off once more meanwhile.
        """
        try:
            async with asyncio.timeout(STOP_LIMIT):
                await asyncio.gather(
                    self._drain_messages(), self.switches.renew_before_stop()
                )
        except TimeoutError:
            _LOGGER.warning("A gateway has not answered: what it was sent is in doubt")

    async def _drain_messages(self) -> None:
        await self.planned.stop()
        await self._parts.dispatcher.drain()
        # Nobody is kept waiting for a delivery: Home Assistant would wait too.
        await self.tracker.stop()

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
                await asyncio.gather(self.switches.stop(), self._finish())
        except TimeoutError:
            _LOGGER.warning("A gateway has not answered: what it was sent is in doubt")
        await self._close()

    async def _finish(self) -> None:
        """Wait for what is under way, and begin nothing more."""
        await self.tracker.stop()
        await self.replies.stop()
        await self.planned.stop()
        await self._parts.dispatcher.stop()
        await self._finish_own()
        await self._parts.ledger.finish()
        await self.canceller.finish()
        await self.messenger.finish()
        await self.announcer.finish()
        await self._keeper.stop()
        await self._tasks.join()

    @abstractmethod
    async def _finish_own(self) -> None:
        """Do so with what only an account or only a relay has."""

    async def _close(self) -> None:
        await self.store.close()
        await self._parts.ledger.finish_run()
        self.guard.close()
        await self.journal.close()

    async def _send(self, message: Message) -> Report:
        report = await self.messenger.send(message)
        self.announcer.async_tell_refused(report)
        return report

    async def _take_up(self) -> None:
        """Take up what the journal holds; raises `NotStoredError`."""
        since = self.clock.now() - timedelta(days=1)
        # Before the journal dates anew what an earlier run has dated in the future.
        self.guard.load(await self.journal.created_since(since))
        await self._parts.ledger.load()
        await self.store.load()
        await self.switches.load()
        self._on_taken_up()
        self.announcer.async_start()

    @abstractmethod
    def _on_taken_up(self) -> None:
        """Hear that all that the journal holds is known now."""

    async def _follow_again(self) -> None:
        await self.pause_following()
        await self.start_following()

    @callback
    def _apply_shared(self, settings: EntrySettings) -> None:
        """Go by what an account and a relay share."""
        self.settings = settings
        self.messenger.address_book = settings.address_book
        self.messenger.writing = settings.writing
        self.guard.limits = settings.guard_limits

    @callback
    def _on_reply(self, reply: StoredReply, record: MessageRecord | None) -> None:
        """Tell automations, once they can listen."""
        sender = self.who_replied(reply, record)

        @callback
        def tell(hass: HomeAssistant) -> None:
            async_tell_reply(hass, self.entry, reply, sender)

        async_at_started(self._hass, tell)
