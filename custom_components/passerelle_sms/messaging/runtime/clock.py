"""Time as Home Assistant has it."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, override

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util


class Clock(Protocol):
    """The time of day, and a way to be woken."""

    def now(self) -> datetime:
        """Return the time, in UTC."""

    def call_later(self, seconds: float, wake: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `wake` after `seconds`, and return what cancels that."""


class HomeAssistantClock(Clock):
    """The clock of a running Home Assistant."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Use the timers of `hass`."""
        self._hass = hass

    @override
    def now(self) -> datetime:
        return dt_util.utcnow()

    @override
    def call_later(self, seconds: float, wake: Callable[[], None]) -> CALLBACK_TYPE:
        @callback
        def fire(_now: datetime) -> None:
            wake()

        return async_call_later(
            self._hass,
            seconds,
            HassJob(fire, "passerelle_sms outbox", cancel_on_shutdown=True),
        )


class Alarm:
    """A single time to be woken at."""

    def __init__(self, clock: Clock, wake: Callable[[], None]) -> None:
        """Call `wake` when it is time."""
        self._clock = clock
        self._wake = wake
        self._cancel: CALLBACK_TYPE | None = None

    def set(self, when: datetime | None) -> None:
        """Wake at `when` and at no other time; never when `None`."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        if when is not None:
            seconds = max(0.0, (when - self._clock.now()).total_seconds())
            self._cancel = self._clock.call_later(seconds, self._on_time)

    def _on_time(self) -> None:
        self._cancel = None
        self._wake()
