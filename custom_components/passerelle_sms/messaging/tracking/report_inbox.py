"""Delivery reports that have been heard, and belong to no message yet.

A report may come before the answer that the message was accepted. One that its gateway
never tells again is on disk before anything else is done with it.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
import logging
from typing import Final

from ...gateways.errors import NotStoredError
from ...gateways.model.delivery import DeliveryReport
from ..journal.journal import Journal
from ..runtime.clock import Clock
from .age import Ages, Since

_LOGGER = logging.getLogger(__name__)

# How long a report waits for its message; after that it is somebody else's.
PATIENCE: Final = timedelta(minutes=10)
# How many that were only told wait: nobody can fill the memory with them.
MOST_TOLD: Final = 100
# What can't be written down is tried again.
STORE_AGAIN: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedReport:
    """A report that waits for its message."""

    report: DeliveryReport
    heard: Since
    report_id: int | None = None
    """Its number on disk, where it is kept for ever; `None` of one that was only told."""


class ReportInbox:
    """The reports that wait."""

    def __init__(self, journal: Journal, clock: Clock, ages: Ages) -> None:
        """Keep in `journal` what is never told again."""
        self._journal = journal
        self._clock = clock
        self._ages = ages
        self._persisted: dict[int, UnmatchedReport] = {}
        self._in_memory: dict[DeliveryReport, UnmatchedReport] = {}
        self._unwritten: list[DeliveryReport] = []
        self._wake = asyncio.Event()
        self._is_stopping = False

    def __bool__(self) -> bool:
        """Return whether any wait."""
        return bool(self._persisted or self._in_memory)

    def __iter__(self) -> Iterator[UnmatchedReport]:
        """Yield those that wait, as they came."""
        return iter((*self._persisted.values(), *self._in_memory.values()))

    async def load(self) -> None:
        """Take up those that an earlier run has kept; raises `NotStoredError`."""
        self._is_stopping = False
        now = self._clock.now()
        for stored in await self._journal.unapplied_reports():
            one = UnmatchedReport(
                report=stored.report,
                # A clock that was ahead must not let it wait for ever.
                heard=min(stored.heard, now),
                report_id=stored.report_id,
            )
            self._persisted.setdefault(stored.report_id, one)

    async def keep(self, reports: Sequence[DeliveryReport]) -> None:
        """Write reports down, however long that takes: they are never told again.

        With them goes what there was no room for before a stop.

        Raises:
            NotStoredError: the house stops, and there is still no room for them.

        """
        reports = (*self._unwritten, *reports)
        if not reports:
            return
        self._unwritten.clear()
        heard, now = self._clock.elapsed(), self._clock.now()
        while True:
            try:
                kept = await self._journal.keep_reports(reports, now)
            except NotStoredError as error:
                if self._is_stopping:
                    self._unwritten.extend(reports)
                    raise
                _LOGGER.warning(
                    "%d delivery reports can't be written for now: %s",
                    len(reports),
                    error,
                )
                await self._pause()
            else:
                break
        for stored in kept:
            self._persisted[stored.report_id] = UnmatchedReport(
                report=stored.report, heard=heard, report_id=stored.report_id
            )

    def remember(self, report: DeliveryReport) -> None:
        """Let a report wait that was only told: in memory, and not for long."""
        self._in_memory.pop(report, None)
        self._in_memory[report] = UnmatchedReport(
            report=report, heard=self._clock.elapsed()
        )
        if len(self._in_memory) > MOST_TOLD:
            del self._in_memory[next(iter(self._in_memory))]

    async def applied(self, messages: Mapping[UnmatchedReport, str]) -> None:
        """Let no more wait: what belongs to a message, by its id, and what is too old.

        Raises:
            NotStoredError: that could not be written down, so they wait on.

        """
        old = [one for one in self if self._ages.age(one.heard) >= PATIENCE]
        over: dict[UnmatchedReport, str | None] = {**dict.fromkeys(old), **messages}
        ids = {
            one.report_id: message_id
            for one, message_id in over.items()
            if one.report_id is not None
        }
        if ids:
            await self._journal.apply_reports(ids)
        for one in over:
            if one.report_id is None:
                self._in_memory.pop(one.report, None)
            else:
                self._persisted.pop(one.report_id, None)

    def stop(self) -> None:
        """Wait no longer for room on the disk."""
        self._is_stopping = True
        self._wake.set()

    async def _pause(self) -> None:
        self._wake.clear()
        cancel = self._clock.call_later(STORE_AGAIN.total_seconds(), self._wake.set)
        await self._wake.wait()
        cancel()
