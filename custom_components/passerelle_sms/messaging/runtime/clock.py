"""The one clock: steady for what ages, and right for what happens at an hour.

The wall clock of a house jumps: a Raspberry Pi without a battery for its clock starts
hours behind, and is set right once its line is back. `elapsed` doesn't notice: windows,
pauses and ages are measured by it. `now` is the time of day as it was at the start, plus
the elapsed time, until the wall clock is found to have jumped; then it is set right, and
everybody who keeps moments of this run hears by how much.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol, override

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.util import dt as dt_util

from ...gateways.wire.elapsed_time import time_since_boot

type ShiftListener = Callable[[timedelta], None]

CHECK_INTERVAL: Final = timedelta(seconds=5)
"""How often the wall clock is compared."""
TOLERANCE: Final = timedelta(seconds=2)
"""How far the wall clock may be off before that counts as a jump."""


class Clock(Protocol):
    """The time of day, the time that has passed, and a way to be woken."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""

    def elapsed(self) -> timedelta:
        """Return how long this run has lasted; it never jumps."""

    def booted(self) -> datetime:
        """Return when the machine started: what is older was dated by another clock."""

    def call_later(self, seconds: float, wake: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `wake` after `seconds`, and return what cancels that."""

    def on_shift(self, listener: ShiftListener) -> CALLBACK_TYPE:
        """Call `listener(by)` whenever `now` is set by so much; return what ends that.

        What this run has dated is to be dated anew: `by` later.
        """


class SteadyClock(Clock):
    """The clock of a running Home Assistant."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with the wall clock's time; `start` lets it follow a jump."""
        self._hass = hass
        self._started = time_since_boot()
        self._time_at_start = dt_util.utcnow()
        self._listeners: dict[object, ShiftListener] = {}

    @override
    def now(self) -> datetime:
        return self._time_at_start + self.elapsed()

    @override
    def elapsed(self) -> timedelta:
        return time_since_boot() - self._started

    @override
    def booted(self) -> datetime:
        return self._time_at_start - self._started

    @override
    def call_later(self, seconds: float, wake: Callable[[], None]) -> CALLBACK_TYPE:
        @callback
        def fire(_now: datetime) -> None:
            wake()

        return async_call_later(
            self._hass,
            seconds,
            HassJob(fire, "passerelle_sms timer", cancel_on_shutdown=True),
        )

    @override
    def on_shift(self, listener: ShiftListener) -> CALLBACK_TYPE:
        key = object()
        self._listeners[key] = listener

        def end() -> None:
            self._listeners.pop(key, None)

        return end

    @callback
    def start(self) -> None:
        """Compare the wall clock from now on, until Home Assistant stops."""
        async_track_time_interval(
            self._hass,
            self.follow_wall_clock,
            CHECK_INTERVAL,
            name="passerelle_sms clock",
            cancel_on_shutdown=True,
        )
        self.follow_wall_clock()

    @callback
    def follow_wall_clock(self, _now: datetime | None = None) -> None:
        """Set the time right if the wall clock has jumped, and tell who listens."""
        by = dt_util.utcnow() - self.now()
        if abs(by) <= TOLERANCE:
            return
        self._time_at_start += by
        for listener in tuple(self._listeners.values()):
            listener(by)


class Alarm:
    """A single moment to be woken at, by elapsed time."""

    def __init__(self, clock: Clock, wake: Callable[[], object]) -> None:
        """Call `wake` when it is time."""
        self._clock = clock
        self._wake = wake
        self._cancel: CALLBACK_TYPE | None = None

    def set(self, when: timedelta | None) -> None:
        """Wake when so much has elapsed, and at no other time; never when `None`."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        if when is not None:
            seconds = max(0.0, (when - self._clock.elapsed()).total_seconds())
            self._cancel = self._clock.call_later(seconds, self._on_time)

    def _on_time(self) -> None:
        self._cancel = None
        self._wake()
