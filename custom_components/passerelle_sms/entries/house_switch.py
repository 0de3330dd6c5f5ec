"""A dead man's switch of a house: who hears of it, and what is shown of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..messaging.dead_man_switch.carrier import Carriers
from ..messaging.dead_man_switch.observer import Reason, SwitchObserver, SwitchStatus
from ..messaging.dead_man_switch.plan import SwitchPlan
from ..messaging.dead_man_switch.rows import SwitchRows
from ..messaging.dead_man_switch.standing import Fired, FollowUp, Standing, SwitchState
from ..messaging.dead_man_switch.switch import DeadManSwitch
from ..messaging.recipients.address_book import Recipient
from ..messaging.runtime.clock import Clock
from ..presentation import switch_events
from ..presentation.gateway_facts import GatewayFacts
from .switch_follow_up import SendOnce, SwitchFollowUp
from .switch_notices import SwitchNotices
from .switch_requests import SwitchRequests
from .switch_settings import SwitchSettings
from .switch_teller import SwitchTeller

_LOGGER = logging.getLogger(__name__)

END_LIMIT: Final = 30.0
"""How long a gateway may take to give everything back when the switch ends, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the switches of one account or relay have in common."""

    hass: HomeAssistant
    entry: ConfigEntry
    carriers: Carriers
    rows: SwitchRows
    clock: Clock
    facts: Callable[[], GatewayFacts]
    send_once: SendOnce

    def plan(self, settings: SwitchSettings) -> SwitchPlan:
        """Return what a switch is to do in this house."""
        config = self.hass.config
        zone = dt_util.get_default_time_zone()
        return settings.plan(config.location_name, config.language, zone)


class HouseSwitch(SwitchObserver):
    """One switch, with who hears of it."""

    def __init__(self, around: Surroundings, settings: SwitchSettings) -> None:
        """Build the switch that `settings` describe; nothing has begun yet."""
        self._around = around
        self.settings = settings
        hass, entry, switch_id = around.hass, around.entry, settings.subentry_id
        self.teller: Final = SwitchTeller(hass, entry, switch_id)
        self._requests = SwitchRequests(switch_id, around.carriers)
        self._notices = SwitchNotices(hass, entry, switch_id, around.facts)
        self._switch = DeadManSwitch(
            switch_id,
            around.plan(settings),
            around.carriers,
            around.rows,
            around.clock,
            self,
        )
        self._follow_up = SwitchFollowUp(
            around.clock, around.send_once, self._switch.end_follow_up
        )
        self._taking_back = 0
        """How many ask just now that something is taken back: what is left, is not yet."""
        self._is_ended = False
        self.on_over: Callable[[], None] | None = None
        """Hears that it is disarmed and nothing stands any more."""

    @property
    def switch_id(self) -> str:
        """The id of its subentry."""
        return self.settings.subentry_id

    @property
    def status(self) -> SwitchStatus:
        """How it stands."""
        return self._switch.status

    @property
    def state(self) -> SwitchState:
        """All that is kept of it."""
        return self._switch.state

    @property
    def is_over(self) -> bool:
        """Whether it is disarmed, nothing stands any more, and nobody is to be told."""
        return self._switch.is_over

    async def load(self, *, may_be_lost: bool = False) -> None:
        """Take up what its row tells, if that is not lost; raises `NotStoredError`."""
        await self._switch.load(may_be_lost=may_be_lost)

    @callback
    def async_start(self) -> None:
        """Begin to renew."""
        self._switch.start()

    @callback
    def async_open(self) -> None:
        """Tell what has happened by now, and all else from now on."""
        self.teller.async_open(self.settings.name)
        self._switch.review()

    @callback
    def async_apply(self, settings: SwitchSettings) -> None:
        """Go by what the user says now, and by what the house is called."""
        self.settings = settings
        self._switch.apply(self._around.plan(settings))

    @callback
    def async_review(self) -> None:
        """See anew which accounts are there, and how they do."""
        self._switch.review()

    @callback
    def async_retry(self) -> None:
        """Try at once what waits, as an account works again."""
        self._switch.retry()

    async def prove(self) -> None:
        """Let the gateway keep a message and give it back; raises `GatewayError`."""
        with self._while_taking_back():
            await self._switch.prove()

    async def arm(self) -> None:
        """Arm it; raises `GatewayError`: it stays disarmed."""
        with self._while_taking_back():
            await self._switch.arm()

    async def disarm(self) -> None:
        """Disarm it; raises `GatewayError` where something could not be taken back yet."""
        with self._while_taking_back():
            await self._switch.disarm()

    async def leave(self, account: str) -> None:
        """Take back what stands at an account that goes."""
        with self._while_taking_back():
            await self._within_limit(self._switch.leave(account))

    async def renew_before_stop(self) -> None:
        """Let the whole delay be left when Home Assistant stops."""
        await self._switch.renew_before_stop()

    async def take_back(self) -> None:
        """Take back everything, and try that on: it is no more."""
        self._is_ended = True
        with self._while_taking_back():
            await self._switch.end()

    async def end(self) -> None:
        """Take back everything now: its account or relay is disabled or removed.

        An armed one is armed anew once that is enabled.
        """
        self._is_ended = True
        with self._while_taking_back():
            await self._within_limit(self._end())

    @callback
    def async_tell_unread(self) -> None:
        """Tell what may stand, and until when, where no disk tells what does."""
        plan, now = self._switch.plan, self._around.clock.now()
        may_stand = Standing(
            number=0,
            account=self._around.entry.entry_id,
            recipients=plan.recipients,
            text="",
            since=now,
            fires_at=now + plan.delay,
        )
        state = SwitchState(standing=(may_stand,))
        self._notices.async_follow_left(self.settings.name, state, is_ended=True)

    async def stop(self, *, forget: bool = False) -> None:
        """Let go of it without touching what stands; `forget` its problems."""
        await self._switch.stop()
        await self._follow_up.stop()
        await self._notices.finish(forget=forget)

    async def _end(self) -> None:
        await self._switch.withdraw()
        await self.stop(forget=True)

    # --- what it hears ----------------------------------------------------------------

    @property
    @override
    def is_listening(self) -> bool:
        return self.teller.is_open

    @override
    def on_changed(self) -> None:
        self.teller.async_tell_status()
        is_renewed = self.status.is_armed and not self._is_ended
        plan, standing = self._switch.plan, self.state.standing
        self._requests.follow(plan, standing, is_armed=is_renewed)
        if not self._is_ended:
            self._notices.async_follow(self.settings.name, self.status)
        self._show_what_is_left()
        if self.on_over is not None and self.is_over:
            self.on_over()

    @override
    def on_armed(self) -> None:
        self._tell(switch_events.ARMED)

    @override
    def on_disarmed(self) -> None:
        self._tell(switch_events.DISARMED)

    @override
    def on_renewed_late(self, silent_since: datetime | None) -> None:
        self._tell(switch_events.renewed_late(silent_since))

    @override
    def on_false_alarm_possible(
        self, reason: Reason, at: datetime, recipients: Sequence[Recipient]
    ) -> None:
        self._tell(switch_events.false_alarm_possible(reason, at, recipients))

    @override
    def on_fired(self, fired: Fired) -> None:
        self._notices.async_tell_fired(self.settings.name, fired)
        self._tell(switch_events.fired(fired))

    @override
    def on_back(self, follow_up: FollowUp) -> None:
        self._follow_up.async_tell(self.settings.message_back, follow_up)

    def _tell(self, news: switch_events.SwitchNews) -> None:
        self.teller.async_tell(self.settings.name, news)

    # --- what may still be sent -------------------------------------------------------

    @contextmanager
    def _while_taking_back(self) -> Iterator[None]:
        """Show what may still be sent only once it is known what is left."""
        self._taking_back += 1
        try:
            yield
        finally:
            self._taking_back -= 1
            self._show_what_is_left()

    def _show_what_is_left(self) -> None:
        if not self._taking_back:
            self._notices.async_follow_left(
                self.settings.name, self.state, is_ended=self._is_ended
            )

    async def _within_limit(self, work: Awaitable[object]) -> None:
        try:
            async with asyncio.timeout(END_LIMIT):
                await work
        except TimeoutError:
            _LOGGER.warning("A gateway has not answered: what it keeps may be sent")
