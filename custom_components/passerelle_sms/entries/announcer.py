"""Tells automations and people what became of messages, each turn once.

What is refused while whoever sent it waits is told at once. What fails later, or while
nothing ran, is told once Home Assistant has started, when there is who listens; until
then, and until somebody has read it, that is kept in the journal.
"""

import asyncio
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import suppress
from functools import partial
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from ..gateways.errors import NotStoredError
from ..gateways.outcome import Outcome
from ..messaging.journal.journal import Journal
from ..messaging.message_store import MessageStore
from ..messaging.model.announcements import acknowledge, mark_notice_announced
from ..messaging.model.record import MessageRecord
from ..messaging.model.report import Report
from ..messaging.model.submission import Notice, RowKey, Stage, SubmissionRecord
from ..messaging.runtime.tasks import Tasks
from ..presentation.bus_events import async_tell_message
from ..presentation.issues import NOT_LEFT, async_forget_issue, async_tell_not_left

_LOGGER = logging.getLogger(__name__)


class Announcer:
    """Announces what became of the messages of one account."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        store: MessageStore,
        journal: Journal,
    ) -> None:
        """Announce for the account `entry`, and note that in `store`."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self._journal = journal
        self._unannounced: dict[str, tuple[MessageRecord, set[RowKey]]] = {}
        """By message: the submissions of which no event has told yet."""
        self._is_open = False
        self._turn = asyncio.Lock()
        self._tasks = Tasks()
        self._cancel_start: Callable[[], None] | None = None

    @callback
    def async_start(self) -> None:
        """Announce what is left, once Home Assistant has started."""
        self._cancel_start = async_at_started(self._hass, self._async_on_started)

    async def not_left(self) -> list[MessageRecord]:
        """Return the messages of which something did not leave, and nobody has read it.

        Raises:
            NotStoredError: the journal can't be read.

        """
        return [
            record
            for record in await self._journal.with_notice()
            if any(map(_is_unacknowledged, record.submissions))
        ]

    async def acknowledge(self, read: Iterable[MessageRecord]) -> None:
        """Note that somebody has read which messages did not leave.

        Raises:
            NotStoredError: that can't be written down.

        """
        for record in read:
            await self._store.change(record.message_id, acknowledge)
        await self._update_issue()

    @callback
    def async_tell_refused(self, report: Report) -> None:
        """Tell what of a message was refused while its caller waited."""
        record = report.record
        # A test sends nothing that anybody could wait for; and of what has joined
        # another message, that one tells.
        if record.options.test or record.leader is not None:
            return
        refused = [s for s in record.submissions if _is_refused_at_once(s)]
        async_tell_message(self._hass, self._entry, record, refused)

    @callback
    def async_follow(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        """Announce what has failed since its caller was answered, if that may be told."""
        if self._collect(record, changed) and self._is_open:
            self._tasks.spawn(self._announce())

    async def finish(self) -> None:
        """Begin nothing more, and wait for what is being announced."""
        self._is_open = False
        if self._cancel_start is not None:
            self._cancel_start()
        await self._tasks.join()

    @callback
    def _async_on_started(self, _hass: HomeAssistant) -> None:
        self._cancel_start = None
        self._tasks.spawn(self._open())

    async def _open(self) -> None:
        try:
            for record in await self._journal.with_notice():
                self._collect(record, record.submissions)
        except NotStoredError as error:
            # What it holds is told after the next start: later is better than never.
            _LOGGER.warning("What did not leave can't be told for now: %s", error)
        self._is_open = True
        await self._announce()
        await self._update_issue()

    def _collect(
        self, record: MessageRecord, submissions: Iterable[SubmissionRecord]
    ) -> bool:
        """Note what is to be announced; return whether anything is."""
        new = {s.key for s in submissions if _is_unannounced(s)}
        if new:
            _, known = self._unannounced.get(record.message_id, (record, set()))
            self._unannounced[record.message_id] = record, known | new
        return bool(new)

    async def _announce(self) -> None:
        """Tell what nobody was told, and note that; a crash in between tells it again."""
        async with self._turn:
            # Who came before may have told it all.
            if not self._unannounced:
                return
            while self._unannounced:
                message_id = next(iter(self._unannounced))
                await self._announce_message(*self._unannounced.pop(message_id))
            await self._update_issue()

    async def _announce_message(
        self, collected: MessageRecord, keys: Container[RowKey]
    ) -> None:
        message_id = collected.message_id
        record = self._store.get_open(message_id) or collected
        unannounced = [
            row
            for row in record.submissions
            if row.key in keys and _is_unannounced(row)
        ]
        async_tell_message(self._hass, self._entry, record, unannounced)
        told = [submission.key for submission in unannounced]
        with suppress(NotStoredError):
            await self._store.change(
                message_id, partial(mark_notice_announced, keys=told)
            )

    async def _update_issue(self) -> None:
        """Show how many messages did not leave, until somebody has read that."""
        messages = await self.not_left()
        if not self._is_open:
            # Home Assistant stops, and writes no issue down any more.
            return
        if messages:
            async_tell_not_left(self._hass, self._entry, len(messages))
        else:
            async_forget_issue(self._hass, self._entry, NOT_LEFT)


def _is_refused_at_once(submission: SubmissionRecord) -> bool:
    return (
        submission.outcome is Outcome.REJECTED
        and submission.stage is Stage.CLOSED
        and submission.notice is None
    )


def _is_unannounced(submission: SubmissionRecord) -> bool:
    return submission.notice is Notice.UNANNOUNCED


def _is_unacknowledged(submission: SubmissionRecord) -> bool:
    return submission.notice is Notice.UNACKNOWLEDGED
