"""Keeps the journal of an account open, short, and its log small."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, JOURNAL_AGE, JOURNAL_LENGTH
from ..gateways.errors import NewerJournalError, NotStoredError
from ..messaging.journal.journal import Journal, Opened
from ..messaging.runtime.clock import Alarm, Clock
from ..messaging.runtime.tasks import Tasks
from ..presentation.issues import (
    JOURNAL_UNAVAILABLE,
    async_forget_issue,
    async_tell_journal_damaged,
    async_tell_journal_unavailable,
)

_LOGGER = logging.getLogger(__name__)

IS_BACKING_UP: HassKey[bool] = HassKey(f"{DOMAIN}_is_backing_up")
"""Whether a backup is being made, so that journals must lie still."""

RETRY_INTERVAL: Final = timedelta(seconds=30)
"""How often a journal that can't be opened is tried again."""
REST: Final = timedelta(minutes=1)
"""How long nothing changes before the journal's log is written back."""
FIRST_PRUNE: Final = timedelta(minutes=10)
"""Not at the start: the clock may be wrong then, and what is old is told by it."""
PRUNE_INTERVAL: Final = timedelta(days=1)


class JournalKeeper:
    """Opens a journal, again and again if need be, and looks after it."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        journal: Journal,
        clock: Clock,
        take_up: Callable[[], Awaitable[None]],
    ) -> None:
        """Keep the journal of the account `entry`; `take_up` reads what it holds."""
        self._hass = hass
        self._entry = entry
        self._journal = journal
        self._clock = clock
        self._take_up = take_up
        self._retry = Alarm(clock, lambda: self._spawn(self.open()))
        self._rest = Alarm(clock, self._on_rest)
        self._prune = Alarm(clock, lambda: self._spawn(self._prune_now()))
        self._is_at_rest = True
        self._is_stopped = False
        self._tasks = Tasks()
        journal.on_reopened = self._on_opened

    async def open(self) -> None:
        """Open the journal and take up what it holds; a disk that fails is tried again.

        Raises:
            NewerJournalError: a newer version wrote it.

        """
        try:
            self._on_opened(await self._journal.open())
            if self._hass.data.get(IS_BACKING_UP):
                await self._journal.begin_backup()
            await self._take_up()
        except NewerJournalError:
            raise
        except NotStoredError as error:
            _LOGGER.warning("The journal can't be used for now: %s", error)
            async_tell_journal_unavailable(self._hass, self._entry, error)
            self._set(self._retry, RETRY_INTERVAL)
        else:
            async_forget_issue(self._hass, self._entry, JOURNAL_UNAVAILABLE)
            self._set(self._prune, FIRST_PRUNE)

    def on_change(self, *_: object) -> None:
        """Hear that something was written."""
        if self._is_at_rest:
            self._set(self._rest, REST)
        self._is_at_rest = False

    async def stop(self) -> None:
        """Look after it no longer; `Journal.close` is the owner's."""
        self._is_stopped = True
        for alarm in (self._retry, self._rest, self._prune):
            alarm.set(None)
        await self._tasks.join()

    def _set(self, alarm: Alarm, wait: timedelta) -> None:
        if not self._is_stopped:
            alarm.set(self._clock.elapsed() + wait)

    def _spawn(self, work: Awaitable[None]) -> None:
        self._tasks.spawn(_logged(work))

    def _on_opened(self, opened: Opened) -> None:
        if opened.kept_aside is not None:
            async_tell_journal_damaged(self._hass, self._entry, opened.kept_aside.name)

    def _on_rest(self) -> None:
        """Write the log back, unless something has changed lately."""
        if self._is_at_rest:
            self._spawn(self._journal.checkpoint())
        else:
            self._is_at_rest = True
            self._set(self._rest, REST)

    async def _prune_now(self) -> None:
        self._set(self._prune, PRUNE_INTERVAL)
        before = self._clock.now() - JOURNAL_AGE
        await self._journal.prune(before=before, keep=JOURNAL_LENGTH)


async def _logged(work: Awaitable[None]) -> None:
    """Do what can wait for another time if the disk fails."""
    try:
        await work
    except NotStoredError as error:
        _LOGGER.warning("The journal can't be looked after for now: %s", error)
