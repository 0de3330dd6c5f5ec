"""The dead man's switches of an account or a relay, as its subentries come and go."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.helpers.start import async_at_started
from homeassistant.util.ulid import ulid_now

from ..const import DOMAIN
from ..gateways.errors import GatewayError, NotStoredError
from ..messaging.dead_man_switch.carrier import Carriers
from ..messaging.dead_man_switch.cost import SwitchCost
from ..messaging.dead_man_switch.journal_rows import JournalRows
from ..messaging.dead_man_switch.plan import SHORTEST_DELAY, SwitchPlan
from ..messaging.dead_man_switch.proof import NotTakenBackError
from ..messaging.journal.journal import Journal
from ..messaging.runtime.clock import Clock
from ..messaging.runtime.tasks import Tasks
from ..presentation.gateway_facts import GatewayFacts
from .house_switch import HouseSwitch, Surroundings
from .relay_review import async_listen_to_accounts, async_listen_to_working_accounts
from .switch_follow_up import SendOnce
from .switch_settings import SwitchSettings, switches_of

_LOGGER = logging.getLogger(__name__)

# In the place of the name of a switch whose subentry is gone.
_NO_NAME: Final = "—"


class DeadManSwitches:
    """One switch for each subentry, and those that are being taken back."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        journal: Journal,
        clock: Clock,
        carriers: Carriers,
        *,
        facts: Callable[[], GatewayFacts],
        send_once: SendOnce,
        cost: Callable[[SwitchPlan, str], SwitchCost],
    ) -> None:
        """Know none yet; `facts`, `send_once` and `cost` are those of the account or relay."""
        self._hass = hass
        self._entry = entry
        self._cost = cost
        self._journal = journal
        self._around = Surroundings(
            hass=hass,
            entry=entry,
            carriers=carriers,
            rows=JournalRows(journal),
            clock=clock,
            facts=facts,
            send_once=send_once,
        )
        self._switches: dict[str, HouseSwitch] = {}
        self._going: dict[str, HouseSwitch] = {}
        """Those without a subentry: what they have left standing is taken back."""
        self._turn = asyncio.Lock()
        self._tasks = Tasks()
        self._endings: list[Callable[[], None]] = []
        self._cancel_opening: Callable[[], None] | None = None
        self._is_readable = False
        """Whether the journal has been opened."""
        self._is_started = False
        self._is_open = False
        """Whether there is who listens to what happens."""
        self._is_stopped = False

    def __iter__(self) -> Iterator[HouseSwitch]:
        """Yield those that are loaded and have a subentry."""
        return iter(tuple(self._switches.values()))

    @callback
    def async_listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever there is a new one."""
        return async_dispatcher_connect(self._hass, self._signal, listener)

    # --- its life -----------------------------------------------------------------------

    async def load(self) -> None:
        """Take up what the rows in the journal tell; raises `NotStoredError`."""
        self._is_readable = True
        await self._load_missing(may_be_lost=self._journal.has_lost)
        known = {subentry.subentry_id for subentry in switches_of(self._entry)}
        for switch_id in await self._around.rows.known():
            if switch_id not in known and switch_id not in self._going:
                orphan = HouseSwitch(self._around, _nobodys(switch_id))
                await orphan.load()
                self._take_out(orphan)

    @callback
    def async_start(self) -> None:
        """Begin to renew, and tell what happens, once there is who listens."""
        if not self._is_started:
            self._is_started = True
            self._endings += (
                async_listen_to_accounts(self._hass, self.async_review),
                async_listen_to_working_accounts(self._hass, self._async_retry),
                self._hass.bus.async_listen(
                    EVENT_CORE_CONFIG_UPDATE, self._on_core_config
                ),
            )
            for switch in self:
                switch.async_start()
            for switch in self._going.values():
                self._let_go(switch)
        self._cancel_opening = async_at_started(self._hass, self._async_open)

    @callback
    def async_pause(self) -> None:
        """Keep what happens until the next start: nobody listens meanwhile."""
        if self._cancel_opening is not None:
            self._cancel_opening()
            self._cancel_opening = None
        self._is_open = False
        for switch in self._all:
            switch.teller.async_close()

    @callback
    def async_apply(self) -> None:
        """Go by which switches there are now, and by what each is to do."""
        wanted = self._settings()
        for switch_id in self._switches.keys() - wanted.keys():
            self._take_out(self._switches.pop(switch_id))
        for switch_id, switch in self._switches.items():
            switch.async_apply(wanted[switch_id])
        # The accounts of a relay may be others now.
        self.async_review()

    @callback
    def async_review(self) -> None:
        """See anew which accounts are there, and how they do."""
        for switch in self._all:
            switch.async_review()
        self._load_soon()

    async def renew_before_stop(self) -> None:
        """Let the whole delay of each be left when Home Assistant stops."""
        await _together(switch.renew_before_stop() for switch in self)

    async def leave(self, account: str) -> None:
        """Take back what stands at an account that goes."""
        await _together(switch.leave(account) for switch in self._all)

    async def end(self) -> None:
        """Take back everything: the entry is disabled, or removed."""
        self._is_stopped = True
        async with self._turn:
            await self._load_unread()
            await _together(switch.end() for switch in self._all)

    async def stop(self) -> None:
        """Let go of them without touching what stands."""
        self._is_stopped = True
        self.async_pause()
        for end in self._endings:
            end()
        async with self._turn:
            await _together(switch.stop() for switch in self._all)
        await self._tasks.join()

    # --- before there is one ------------------------------------------------------------

    @callback
    def cost(self, plan: SwitchPlan, switch_id: str = "") -> SwitchCost:
        """Return what a switch costs; `switch_id` is its own, if it is there already.

        Raises:
            NoAccountAvailableError: no account is there that could keep its message.

        """
        return self._cost(plan, switch_id)

    async def prove(self, plan: SwitchPlan, name: str = _NO_NAME) -> None:
        """Let a gateway keep a message as `plan` says, and give it back.

        What it does not give back is taken back as that of any other switch, by `name`.

        Raises:
            NotTakenBackError: what it was given may still be sent.
            GatewayError: it does not keep it.

        """
        trial = HouseSwitch(self._around, _trial(plan, name))
        try:
            await trial.prove()
        except GatewayError as error:
            if left := trial.state.standing:
                raise NotTakenBackError(left) from error
            raise
        finally:
            self._take_out(trial)

    # --- one by one ---------------------------------------------------------------------

    @property
    def _all(self) -> tuple[HouseSwitch, ...]:
        return *self._switches.values(), *self._going.values()

    @property
    def _signal(self) -> str:
        return f"{DOMAIN}_{self._entry.entry_id}_switches"

    def _settings(self) -> dict[str, SwitchSettings]:
        return {
            subentry.subentry_id: SwitchSettings.of(self._entry, subentry)
            for subentry in switches_of(self._entry)
        }

    def _load_soon(self) -> None:
        is_missing = self._settings().keys() - self._switches.keys()
        if is_missing and self._is_readable and not self._is_stopped:
            self._tasks.spawn(self._load_or_log())

    async def _load_or_log(self) -> None:
        try:
            await self._load_missing()
        except NotStoredError as error:
            # It is tried again as soon as anything is heard of an account.
            _LOGGER.warning("A dead man's switch can't be armed for now: %s", error)

    async def _load_missing(self, *, may_be_lost: bool = False) -> None:
        async with self._turn:
            for switch_id, settings in self._settings().items():
                if switch_id not in self._switches and not self._is_stopped:
                    switch = HouseSwitch(self._around, settings)
                    await switch.load(may_be_lost=may_be_lost)
                    self._take_in(switch)

    async def _load_unread(self) -> None:
        """Take up those that have a row which could not be read before, or tell of them."""
        for switch_id, settings in self._settings().items():
            if switch_id in self._switches:
                continue
            switch = HouseSwitch(self._around, settings)
            try:
                if await self._around.rows.read(switch_id) is not None:
                    await switch.load()
                    self._switches[switch_id] = switch
            except NotStoredError:
                switch.async_tell_unread()

    def _take_in(self, switch: HouseSwitch) -> None:
        if switch.switch_id not in self._settings():
            # Removed meanwhile.
            self._take_out(switch)
            return
        self._switches[switch.switch_id] = switch
        async_dispatcher_send(self._hass, self._signal)
        self._let_begin(switch)

    def _let_begin(self, switch: HouseSwitch) -> None:
        if self._is_started:
            switch.async_start()
        if self._is_open:
            switch.async_open()

    def _take_out(self, switch: HouseSwitch) -> None:
        """Take back what stands of a switch that is no more; that is tried on."""
        self._going[switch.switch_id] = switch
        if self._is_open:
            switch.async_open()
        if self._is_started:
            self._let_go(switch)

    def _let_go(self, switch: HouseSwitch) -> None:
        switch.async_start()
        self._tasks.spawn(self._take_back(switch))

    async def _take_back(self, switch: HouseSwitch) -> None:
        await switch.take_back()
        if switch.is_over:
            await self._forget(switch)
        else:
            switch.on_over = lambda: self._on_over(switch)

    def _on_over(self, switch: HouseSwitch) -> None:
        switch.on_over = None
        self._tasks.spawn(self._forget(switch))

    async def _forget(self, switch: HouseSwitch) -> None:
        await switch.stop(forget=True)
        del self._going[switch.switch_id]

    # --- what it hears ------------------------------------------------------------------

    @callback
    def _async_open(self, _hass: HomeAssistant) -> None:
        self._cancel_opening = None
        self._is_open = True
        for switch in self._all:
            switch.async_open()

    @callback
    def _async_retry(self) -> None:
        for switch in self._all:
            switch.async_retry()

    @callback
    def _on_core_config(self, _event: Event) -> None:
        self.async_apply()


def _nobodys(switch_id: str) -> SwitchSettings:
    """Return the settings of a switch that nothing is known of any more."""
    return SwitchSettings(
        subentry_id=switch_id,
        name=_NO_NAME,
        template="",
        recipients=(),
        delay=SHORTEST_DELAY,
        message_back=None,
    )


def _trial(plan: SwitchPlan, name: str) -> SwitchSettings:
    """Return the settings of a switch that is only tried: a crash lets it be found."""
    return SwitchSettings(
        subentry_id=ulid_now(),
        name=name,
        template=plan.template,
        recipients=plan.recipients,
        delay=plan.delay,
        message_back=None,
    )


async def _together(work: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*work)
