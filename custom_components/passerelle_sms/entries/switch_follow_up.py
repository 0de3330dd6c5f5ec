"""Tells those whom a dead man's switch has alarmed that the house is back."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import logging
from typing import Final

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError

from ..gateways.errors import (
    DailyCapError,
    GatewayError,
    HourlyCapError,
    IdenticalMessageError,
    NotStoredError,
    OutboxFullError,
)
from ..messaging.dead_man_switch.standing import FollowUp
from ..messaging.model.message import DEFAULT_TIME_TO_LIVE, Message
from ..messaging.runtime.clock import Alarm, Clock
from ..messaging.runtime.tasks import Tasks

_LOGGER = logging.getLogger(__name__)

# What keeps a message out for a while only.
_PASSING: Final = (
    DailyCapError,
    HourlyCapError,
    IdenticalMessageError,
    NotStoredError,
    OutboxFullError,
)
_RETRY_INTERVAL: Final = timedelta(minutes=1)

type SendOnce = Callable[[str, Message], Awaitable[None]]


class SwitchFollowUp:
    """Hands the message to the outbox, tried for as long as it is worth sending.

    It is in the row of the switch until then, and in the outbox under an id that the row
    has told before: after a crash in between it is handed over again, and known there.
    """

    def __init__(
        self,
        clock: Clock,
        send_once: SendOnce,
        on_end: Callable[[FollowUp], Awaitable[None]],
    ) -> None:
        """Tell nobody yet; `on_end` hears when nothing more is to be told."""
        self._clock = clock
        self._send_once = send_once
        self._on_end = on_end
        self._alarm = Alarm(clock, self._begin)
        self._follow_up: FollowUp | None = None
        self._text: str | None = None
        self._until = timedelta()
        self._is_stopped = False
        self._tasks = Tasks()

    @callback
    def async_tell(self, text: str | None, follow_up: FollowUp) -> None:
        """Begin to tell, unless that has begun; there may be no text to be told."""
        self._text = text
        if follow_up != self._follow_up and not self._is_stopped:
            self._follow_up = follow_up
            self._until = self._clock.elapsed() + DEFAULT_TIME_TO_LIVE
            self._begin()

    async def stop(self) -> None:
        """Hand over what is being handed over, and begin nothing more."""
        self._is_stopped = True
        self._alarm.set(None)
        await self._tasks.join()

    def _begin(self) -> None:
        assert self._follow_up is not None
        self._tasks.spawn(self._tell(self._follow_up, self._text))

    async def _tell(self, follow_up: FollowUp, text: str | None) -> None:
        try:
            if text is not None:
                message = Message(text=text, targets=follow_up.recipients)
                await self._send_once(follow_up.message_id, message)
        except HomeAssistantError:
            # The account goes just now: the next run tells it.
            return
        except GatewayError as error:
            now = self._clock.elapsed()
            if isinstance(error, _PASSING) and now < self._until:
                if not self._is_stopped:
                    self._alarm.set(now + _RETRY_INTERVAL)
                return
            _LOGGER.warning("Nobody was told that the house is back: %s", error)
        await self._on_end(follow_up)
