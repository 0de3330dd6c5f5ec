"""The guard against runaway automations: so much an hour, so much a day, nothing twice."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from ...gateways.errors import (
    DailyCapError,
    HourlyCapError,
    IdenticalMessageError,
    RejectedError,
)
from ...gateways.outcome import Outcome
from ...gateways.wire.sliding_window import SlidingWindow
from ..model.planning import mark_planned
from ..model.record import MessageRecord
from ..model.submission import RowKey, SubmissionRecord
from ..runtime.clock import Clock
from .counted import Counted, count_of, said_of, segments_of, waiting
from .recent_texts import RecentTexts

type _Key = tuple[str, RowKey]

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_NEVER: Final = "∞"

# What comes each minute comes some moments early or late, and passes a window of one.
TOLERANCE: Final = timedelta(seconds=5)
_LARGEST_PART: Final = 10
# A run that begins so soon after the machine started is the first one since then.
SOON_AFTER_BOOT: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardLimits:
    """What an account may send before it is taken for a runaway automation."""

    segments_per_hour: int = 100
    """0 stops everything but what is urgent."""
    segments_per_day: int = 300
    """0 stops everything."""
    identical_window: timedelta = timedelta(minutes=1)
    """How long the same text stays at home for a number; zero lets it go at once.

    It is `TOLERANCE` less, or a tenth where that is shorter, so that what comes at this
    interval passes. More than a day is a day: nothing is remembered for longer.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class _Earlier:
    """One submission of an earlier run."""

    counted: Counted
    created: datetime
    said: datetime
    """When somebody has asked for it last."""
    loaded: timedelta


class Guard:
    """Counts what an account sends, and refuses what is too much.

    The windows slide: an hour is any 60 minutes. A message counts from the moment it
    is admitted, however long it waits in the outbox, so that a queue can't save up more
    than the caps allow. Only one that is kept here until its hour takes no room before it
    leaves.

    All is counted by elapsed time: a clock that is set makes nothing older or younger.
    Only what earlier runs sent is as old as its date says, by the clock as it is now.
    """

    def __init__(self, limits: GuardLimits, clock: Clock) -> None:
        """Know nothing yet: `load` tells what was sent before. `close` ends it."""
        self._limits = limits
        self._clock = clock
        self._hour: SlidingWindow[_Key] = SlidingWindow(_HOUR)
        self._day: SlidingWindow[_Key] = SlidingWindow(_DAY)
        self._texts: RecentTexts[_Key] = RecentTexts(_identical_window(limits))
        self._windows = (self._hour, self._day, self._texts)
        self._earlier: dict[_Key, _Earlier] = {}
        self._end_following = clock.on_shift(lambda _by: self._count_earlier())

    @property
    def limits(self) -> GuardLimits:
        """What may be sent; others count at once, also for what was sent before."""
        return self._limits

    @limits.setter
    def limits(self, limits: GuardLimits) -> None:
        self._limits = limits
        self._texts.length = _identical_window(limits)

    @property
    def segments_last_hour(self) -> int:
        """Segments counted in the last 60 minutes."""
        self._pass_time()
        return self._hour.total

    @property
    def segments_last_day(self) -> int:
        """Segments counted in the last 24 hours."""
        self._pass_time()
        return self._day.total

    def close(self) -> None:
        """Hear no longer of the clock."""
        self._end_following()

    def load(self, records: Iterable[MessageRecord]) -> None:
        """Count what the journal holds of the last day, in any order.

        What `counts` says. Nothing was sent in the future: the latest that
        is dated so counts as sent now, what came before it as so much older, and its
        text may be sent again. To tell that, the records must come before the journal
        dates them anew (`Journal.begin_run`).
        """
        now, elapsed = self._clock.now(), self._clock.elapsed()
        for record in records:
            is_of_this_run = timedelta() <= now - record.created <= elapsed
            for submission in record.submissions:
                if not counts(submission):
                    continue
                key = record.message_id, submission.key
                counted = count_of(record, submission)
                said = max([record.created, *(one.created for one in record.joined)])
                if is_of_this_run:
                    self._count(key, counted, elapsed - (now - record.created))
                    self._say(key, counted, elapsed - (now - said))
                else:
                    self._earlier[key] = _Earlier(
                        counted=counted,
                        created=record.created,
                        said=said,
                        loaded=elapsed,
                    )
        self._count_earlier()

    def admit(self, record: MessageRecord) -> dict[str, RejectedError]:
        """Count a new message in, and tell whom it must not be sent to.

        Returns the numbers that had the same text within the window, each with an
        `IdenticalMessageError` (`number`, the public label; `minutes`, the window). An urgent
        message passes the hourly cap, neither the window nor the daily cap; its segments
        count in both.

        The caps take all the other recipients or none: half an alert is a trap. What is
        refused here doesn't count. The errors tell `cap`, `used` and `segments` (what
        this message takes), and in `minutes` when there will be room, `∞` if it alone
        is more than the cap.

        Raises:
            HourlyCapError: it doesn't fit into this hour.
            DailyCapError: it doesn't fit into this day.

        """
        for row in waiting(record):
            # What was planned has said so itself.
            self.uncount(record.message_id, row.key)
        refused = self.check(record)
        now = self._clock.elapsed()
        for row in waiting(record):
            if row.recipient.number not in refused:
                self._count((record.message_id, row.key), count_of(record, row), now)
        return refused

    def check(self, record: MessageRecord) -> dict[str, RejectedError]:
        """Return and raise what `admit` does, but count nothing."""
        refused = self.check_identical(record)
        segments = [
            segments_of(record, row)
            for row in waiting(record)
            if row.recipient.number not in refused
        ]
        if segments:
            now = self._clock.elapsed()
            self._check_caps(sum(segments), now, urgent=record.urgent)
        return refused

    def cap_reached(self, segments: int, *, urgent: bool) -> RejectedError | None:
        """Return the cap that has no room now for so much more; `None` if there is room."""
        try:
            self._check_caps(segments, self._pass_time(), urgent=urgent)
        except RejectedError as error:
            return error
        return None

    def plan(self, record: MessageRecord) -> dict[str, RejectedError]:
        """Take for said what is kept here until its hour, and tell whom it must not reach.

        As `admit` does, but no cap refuses it and it counts in none: that is for when it
        leaves, when it is to be admitted.
        """
        refused = self.check_identical(record)
        now = self._clock.elapsed()
        kept = mark_planned(record)
        for row in waiting(record):
            if row.recipient.number not in refused:
                counted = count_of(kept, kept.find(row.key))
                self._count((record.message_id, row.key), counted, now)
        return refused

    def note_planned(self, record: MessageRecord) -> None:
        """Count in no cap what is kept here until its hour, though it has counted before."""
        for row in record.submissions:
            # The first of what is sent again may have arrived.
            if not row.is_planned or row.resent:
                continue
            key = record.message_id, row.key
            if (earlier := self._earlier.get(key)) is not None:
                self._earlier[key] = replace(earlier, counted=count_of(record, row))
            for window in (self._hour, self._day):
                window.discard(key)

    def check_identical(self, record: MessageRecord) -> dict[str, RejectedError]:
        """Return the numbers that had the same text within the window; count nothing.

        Each has an `IdenticalMessageError`, as `admit` returns it. What a relay sends is
        none: the relay has looked itself, and may pass on what another account had.
        """
        self._pass_time()
        if record.is_leg:
            return {}
        minutes = _in_minutes(min(self._limits.identical_window, _DAY))
        return {
            row.recipient.number: IdenticalMessageError(
                number=row.recipient.public_label, minutes=minutes
            )
            for row in waiting(record)
            if (said := said_of(record, row)) is not None and self._texts.holds(said)
        }

    def say_again(self, record: MessageRecord, counted_as: str) -> None:
        """Take for said now what has joined a message that is counted, which costs nothing."""
        now = self._pass_time()
        for row in waiting(record):
            key = counted_as, row.key
            if key in self._day:
                self._say(key, count_of(record, row), now)

    def hand_on(self, before: MessageRecord, after: MessageRecord) -> None:
        """Count a message under another id, as it counts now."""
        for submission in before.submissions:
            row = submission.key
            key, to = (before.message_id, row), (after.message_id, row)
            for window in self._windows:
                window.rename(key, to)
            if (earlier := self._earlier.pop(key, None)) is not None:
                self._earlier[to] = earlier

    def uncount(self, message_id: str, row: RowKey) -> None:
        """Count a submission out: it never left, so the same text may be tried again.

        What isn't counted, or no longer, stays so.
        """
        key = message_id, row
        self._earlier.pop(key, None)
        for window in self._windows:
            window.discard(key)

    def _pass_time(self) -> timedelta:
        """Forget what has left the windows, and return the elapsed time."""
        now = self._clock.elapsed()
        for window in self._windows:
            window.prune(now)
        return now

    def _check_caps(self, segments: int, now: timedelta, *, urgent: bool) -> None:
        limits = self._limits
        # The day first: who waits for the hour only to meet the day has waited in vain.
        caps: list[tuple[type[RejectedError], SlidingWindow[_Key], int]]
        caps = [(DailyCapError, self._day, limits.segments_per_day)]
        if not urgent:
            caps.append((HourlyCapError, self._hour, limits.segments_per_hour))
        for error, window, cap in caps:
            excess = window.total + segments - cap
            if excess > 0:
                room_at = window.frees(excess)
                raise error(
                    cap=str(cap),
                    used=str(window.total),
                    segments=str(segments),
                    minutes=_NEVER if room_at is None else _in_minutes(room_at - now),
                )

    def _count_earlier(self) -> None:
        """Count what earlier runs sent, as old as its date says now."""
        now, elapsed = self._clock.now(), self._clock.elapsed()
        booted = self._clock.booted()
        # What was dated before the machine started, or by another clock than this one,
        # may be much older than it seems: its text must not hold up an alert.
        is_first_run = now - elapsed - booted < SOON_AFTER_BOOT
        # Where the clock is behind, at least as old as it was before the latest of them.
        latest = max((earlier.said for earlier in self._earlier.values()), default=now)
        for key, earlier in self._earlier.items():
            # And at least as old as it has been known here.
            counted, said = (
                min(earlier.loaded, elapsed - (max(now, latest) - when))
                for when in (earlier.created, earlier.said)
            )
            self._count(key, earlier.counted, counted)
            self._say(key, earlier.counted, said)
            if is_first_run or not booted <= earlier.said <= now:
                self._texts.discard(key)

    def _count(self, key: _Key, counted: Counted, at: timedelta) -> None:
        self._hour.add(key, at, counted.segments)
        self._day.add(key, at, counted.segments)
        self._say(key, counted, at)

    def _say(self, key: _Key, counted: Counted, at: timedelta) -> None:
        if counted.said is not None:
            self._texts.add_text(key, at, counted.said)


def counts(submission: SubmissionRecord) -> bool:
    """Return whether a submission counts: also what the gateway has refused does.

    What was taken back or expired doesn't, nor what this house itself refused.
    """
    if submission.outcome is Outcome.REJECTED:
        return submission.attempts > 0
    return not submission.outcome.is_free


def _identical_window(limits: GuardLimits) -> timedelta:
    window = min(limits.identical_window, _DAY)
    return window - min(TOLERANCE, window / _LARGEST_PART)


def _in_minutes(time: timedelta) -> str:
    """Return a time in whole minutes, rounded up."""
    return str(ceil(time / _MINUTE))
