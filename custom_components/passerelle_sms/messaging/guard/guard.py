"""The guard against runaway automations: so much an hour, so much a day, nothing twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from custom_components.passerelle_sms.messaging.guard.sliding_window import (
    _Counted,
    _Window,
)

from ...gateways.errors import (
    DailyCapError,
    HourlyCapError,
    IdenticalMessageError,
    RejectedError,
)
from ...gateways.model.mail_merge import fill_in
from ...gateways.outcome import Outcome
from ...gateways.wire.redaction import hide_number
from ..model.record import MessageRecord
from ..runtime.clock import Clock

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_NEVER: Final = "∞"

# What has cost nothing and, as far as anybody knows, never will.
_FREE: Final = frozenset({Outcome.REJECTED, Outcome.EXPIRED, Outcome.NOT_SENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardLimits:
    """What an account may send before it is taken for a runaway automation."""

    segments_per_hour: int = 100
    """0 stops everything but what is urgent."""
    segments_per_day: int = 300
    """0 stops everything."""
    identical_window: timedelta = timedelta(minutes=1)
    """How long the same text stays at home for a number; zero lets it go at once.

    More than a day is a day: nothing is remembered for longer.
    """


class Guard:
    """Counts what an account sends, and refuses what is too much.

    The windows slide: an hour is any 60 minutes. A message counts from the moment it
    is admitted, however long it waits in the outbox, so that a queue can't save up more
    than the caps allow.

    Its time never goes back. While the clock is set back no time passes, and it goes on
    from there: what was counted keeps its age, so the caps hold and nothing is locked
    for longer than its window. A clock set forward ages all that was counted.
    """

    def __init__(self, limits: GuardLimits, clock: Clock) -> None:
        """Know nothing yet: `remember` tells what was sent before."""
        self._limits = limits
        self._clock = clock
        self._read = self._time = clock.now()
        self._hour = _Window(_HOUR)
        self._day = _Window(_DAY)
        self._identical = _Window(min(limits.identical_window, _DAY))
        self._windows = (self._hour, self._day, self._identical)

    @property
    def segments_last_hour(self) -> int:
        """Segments counted in the last 60 minutes."""
        self._pass_time()
        return self._hour.segments

    @property
    def segments_last_day(self) -> int:
        """Segments counted in the last 24 hours."""
        self._pass_time()
        return self._day.segments

    def load(self, records: Iterable[MessageRecord]) -> None:
        """Count what the journal holds, in any order, as if it had been admitted here.

        To be called before the first `admit`. What cost nothing doesn't count: what was
        rejected, what expired and what never left.
        """
        now = self._pass_time()
        recent = [record for record in records if record.created > now - _DAY]
        for record in sorted(recent, key=lambda record: record.created):
            # Nothing was sent in the future: the clock was ahead then, or is behind now.
            at = min(record.created, now)
            for submission in record.submissions:
                if submission.outcome not in _FREE:
                    self._count(record, submission.recipient.number, at)
        self._pass_time()

    def admit(self, record: MessageRecord) -> dict[str, RejectedError]:
        """Count a new message in, and tell whom it must not be sent to.

        Returns the numbers that had the same text within the window, each with an
        `IdenticalMessageError` (`number`, hidden; `minutes`, the window). An urgent
        message passes the window and the hourly cap, never the daily one; its segments
        count in both.

        The caps take all the other recipients or none: half an alert is a trap. A
        refused message doesn't count. The errors tell `cap`, `used` and `segments` (what
        this message takes), and in `minutes` when there will be room, `∞` if it alone
        is more than the cap.

        Raises:
            HourlyCapError: it doesn't fit into this hour.
            DailyCapError: it doesn't fit into this day.

        """
        now = self._pass_time()
        numbers = [
            submission.recipient.number
            for submission in record.submissions
            if submission.is_waiting
        ]
        refused = {} if record.urgent else self._identical_errors(record, numbers)
        admitted = [number for number in numbers if number not in refused]
        if admitted:
            self._check_caps(len(admitted) * record.segments, urgent=record.urgent)
        for number in admitted:
            self._count(record, number, now)
        return refused

    def uncount(self, message_id: str, number: str) -> None:
        """Count a submission out: it cost nothing, so the same text may be tried again.

        What isn't counted, or no longer, stays so.
        """
        for window in self._windows:
            window.discard((message_id, number))

    def _pass_time(self) -> datetime:
        """Forget what has left the windows, and return the time as it counts here."""
        read = self._clock.now()
        self._time += max(read - self._read, timedelta())
        self._read = read
        for window in self._windows:
            window.prune(self._time)
        return self._time

    def _identical_errors(
        self, record: MessageRecord, numbers: Iterable[str]
    ) -> dict[str, RejectedError]:
        minutes = _in_minutes(self._identical.length)
        return {
            number: IdenticalMessageError(number=hide_number(number), minutes=minutes)
            for number in numbers
            if self._identical.holds(_content_key(record, number), number)
        }

    def _check_caps(self, segments: int, *, urgent: bool) -> None:
        # The day first: who waits for the hour only to meet the day has waited in vain.
        self._check_cap(
            DailyCapError, self._day, self._limits.segments_per_day, segments
        )
        if not urgent:
            self._check_cap(
                HourlyCapError, self._hour, self._limits.segments_per_hour, segments
            )

    def _check_cap(
        self, error: type[RejectedError], window: _Window, cap: int, segments: int
    ) -> None:
        excess = window.segments + segments - cap
        if excess <= 0:
            return
        raise error(
            cap=str(cap),
            used=str(window.segments),
            segments=str(segments),
            minutes=_NEVER
            if segments > cap
            else _in_minutes(window.frees(excess) - self._time),
        )

    def _count(self, record: MessageRecord, number: str, at: datetime) -> None:
        counted = _Counted(
            at=at,
            segments=record.segments,
            said=_content_key(record, number),
            number=number,
        )
        for window in self._windows:
            window.add((record.message_id, number), counted)


def _content_key(record: MessageRecord, number: str) -> str:
    """Return what one recipient reads, and when if that is later.

    One text with other values, or for another hour, is another message.
    """
    options = record.options
    text = fill_in(record.text, options.personalisation.get(number, {}))
    return text if options.send_at is None else f"{options.send_at.isoformat()} {text}"


def _in_minutes(time: timedelta) -> str:
    """Return a time in whole minutes, rounded up."""
    return str(ceil(time / _MINUTE))
