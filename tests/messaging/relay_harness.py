"""A house with a relay over several accounts, without Home Assistant around it."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.messaging.guard.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.message_store import MessageStore
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.report import Report
from custom_components.passerelle_sms.messaging.model.submission import SubmissionRecord
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    AddressBook,
)
from custom_components.passerelle_sms.messaging.relay.assembly import assemble_relay
from custom_components.passerelle_sms.messaging.runtime.tasks import Tasks
from custom_components.passerelle_sms.messaging.text.writing import Writing

from .fake_clock import FakeClock
from .fake_disk import FakeDisk
from .harness import MessagingHarness, RecordingObserver
from .idle import until_idle

RELAY = "relay"


class RelayHarness:
    """A relay with its journal on disk and its accounts, through stops and crashes."""

    def __init__(
        self, gateways: Sequence[Gateway], folder: Path, country: str = "CM"
    ) -> None:
        """Prepare them; `start` lets them live. The accounts are in this order."""
        self.clock = FakeClock()
        self.country = country
        self.accounts = [
            MessagingHarness(
                gateway,
                folder / f"account-{position}.journal",
                self.clock,
                account_id=f"account-{position}",
            )
            for position, gateway in enumerate(gateways)
        ]
        self.disk = FakeDisk()
        self.observer = RecordingObserver(gateways[0])
        self.limits = GuardLimits(
            segments_per_hour=10_000,
            segments_per_day=10_000,
            identical_window=timedelta(),
        )
        self.deliver_within = timedelta()
        self.there = [*range(len(self.accounts))]
        """Which accounts are there."""
        self._path = folder / "relay.journal"
        self._senders = Tasks()
        self._build()

    def _build(self) -> None:
        """Begin a new run of the relay: nothing of the last one is in memory."""
        self.journal = Journal(self._path, self.disk.run)
        self.store = MessageStore(self.journal, self.clock)
        self.guard = Guard(self.limits, self.clock)
        parts = assemble_relay(
            RELAY,
            self.store,
            self.journal,
            self.clock,
            self.guard,
            self.observer,
            AddressBook((), self.country),
            Writing(),
            deliver_within=self.deliver_within,
        )
        self.parts = parts
        # Also of what is passed on although it was accepted.
        self.store.closed_listeners.add(self.observer.on_message_changed)
        self._senders = Tasks()

    def set_accounts(self) -> None:
        """Let the relay know which accounts are there."""
        self.parts.accounts.set([self.accounts[one].legs for one in self.there])

    async def start(self) -> None:
        """Go on where the last run has left off, first the accounts that are there."""
        for position in self.there:
            await self.accounts[position].start()
        await self.start_relay()

    async def start_relay(self) -> None:
        """Go on where the relay's last run has left off."""
        await self.journal.open()
        await self.parts.ledger.load()
        await self.store.load()
        self.set_accounts()
        self.parts.follower.start()
        self.parts.dispatcher.start()
        self.parts.planned.start()
        await self.parts.tracker.start()
        await self.parts.replies.start()

    async def stop(self) -> None:
        """Stop as Home Assistant does, first the relay."""
        parts = self.parts
        await parts.tracker.stop()
        await parts.replies.stop()
        await parts.planned.stop()
        await parts.dispatcher.drain()
        await parts.dispatcher.stop()
        await parts.follower.stop()
        parts.replies.close()
        await parts.messenger.finish()
        await parts.ledger.finish()
        await self._senders.join()
        await self.store.close()
        await parts.ledger.finish_run()
        self.guard.close()
        await self.journal.close()
        for position in self.there:
            await self.accounts[position].stop()

    async def remove(self, position: int, *, is_told_first: bool = True) -> None:
        """Stop one account, of which the relay hears before or after that."""
        self.there.remove(position)
        if is_told_first:
            self.set_accounts()
        await self.accounts[position].stop()
        if not is_told_first:
            self.set_accounts()

    async def bring_back(self, position: int) -> None:
        """Start an account that was stopped."""
        self.accounts[position].build()
        await self.accounts[position].start()
        self.there = sorted([*self.there, position])
        self.set_accounts()

    def build(self) -> None:
        """Begin a new run of all: nothing of the last one is in memory."""
        for account in self.accounts:
            account.build()
        self._build()

    async def leave(self) -> None:
        """Stop for good: nothing waits for its time any more."""
        for disk in (self.disk, *(account.disk for account in self.accounts)):
            disk.room, disk.is_readable = None, True
        await self.stop()
        assert self.clock.timers == 0

    async def crash(self) -> None:
        """Stop in the middle of everything, and begin a new run, which has not begun."""
        await self.accounts[0].cut_power()
        self.clock.forget()
        for account in self.accounts:
            await account.journal.close()
        await self.journal.close()
        self.build()

    async def send(self, message: Message) -> Report:
        """Send a message as a caller does, and return his answer."""
        return await self._senders.complete(self.parts.messenger.send(message))

    async def sent(self, message: Message) -> MessageRecord:
        """Send a message, let all come to rest, and return it as it is then."""
        report = await self.send(message)
        await until_idle()
        return await self.kept(report.message_id)

    async def kept(self, message_id: str) -> MessageRecord:
        """Return a message as it is now."""
        record = await self.store.get(message_id)
        assert record is not None
        return record

    async def row(self, message_id: str) -> SubmissionRecord:
        """Return what has become of a message to a single recipient."""
        [row] = (await self.kept(message_id)).submissions
        return row
