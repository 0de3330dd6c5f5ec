"""Shows what only the user can mend about one dead man's switch, as long as it is so."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..messaging.dead_man_switch.observer import Problem, Reason, SwitchStatus
from ..messaging.dead_man_switch.standing import Fired, Standing, SwitchState
from ..messaging.runtime.tasks import Tasks
from ..presentation.gateway_facts import GatewayFacts, KnownGateway
from ..presentation.issues import (
    SWITCH_NOT_CANCELLED,
    SWITCH_REFUSED,
    SWITCH_SENT_EARLY,
    async_forget_issue,
)
from ..presentation.switch_issues import (
    async_forget_what_is_over,
    async_tell_not_cancelled,
    async_tell_switch_fired,
    async_tell_switch_refused,
    async_tell_switch_sent_early,
)
from .kinds import is_relay
from .settings import gateway_class

_LOOK_INTERVAL: Final = timedelta(minutes=5)
"""How often is looked whether what may be sent is over."""


@callback
def async_forget_what_passes(hass: HomeAssistant) -> None:
    """Forget, from now on, what could not be taken back once its hour is over.

    Whatever it belonged to may be gone by then.
    """

    @callback
    def look(_now: datetime) -> None:
        async_forget_what_is_over(hass, dt_util.utcnow())

    look(dt_util.utcnow())
    async_track_time_interval(
        hass,
        look,
        _LOOK_INTERVAL,
        name=f"{DOMAIN} what may be sent",
        cancel_on_shutdown=True,
    )


class SwitchNotices:
    """The issues of one switch."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        switch_id: str,
        facts: Callable[[], GatewayFacts],
    ) -> None:
        """Show nothing yet; `facts` are those of its account or relay."""
        self._hass = hass
        self._entry = entry
        self._switch_id = switch_id
        self._facts = facts
        self._refused: tuple[str, Problem] | None = None
        self._turn = asyncio.Lock()
        self._tasks = Tasks()

    @callback
    def async_tell_fired(self, name: str, fired: Fired) -> None:
        """Tell how long the house was silent, and who was told."""
        async_tell_switch_fired(self._hass, self._entry, self._switch_id, name, fired)

    @callback
    def async_follow(self, name: str, status: SwitchStatus) -> None:
        """Show what is wrong with the switch now that only the user can mend."""
        problems = {problem.reason: problem for problem in status.problems}
        if Reason.SENT_EARLY in problems:
            async_tell_switch_sent_early(
                self._hass, self._entry, self._switch_id, name, self._facts()
            )
        else:
            self._forget(SWITCH_SENT_EARLY)
        refused = problems.get(Reason.REFUSED)
        before, self._refused = self._refused, _named(name, refused)
        if self._refused != before:
            self._tasks.spawn(self._update_refused())

    @callback
    def async_follow_left(
        self, name: str, state: SwitchState, *, is_ended: bool
    ) -> None:
        """Show what may still be sent although it is to stand no more.

        That is all, once the switch is disarmed or ended, and else what stands at an
        account that is gone.
        """
        all_of_it = is_ended or not state.is_armed
        left = [
            message
            for message in state.standing
            if all_of_it or not self._is_enabled(message.account)
        ]
        if left:
            async_tell_not_cancelled(
                self._hass, self._entry, self._switch_id, name, self._with_facts(left)
            )
        else:
            self._forget(SWITCH_NOT_CANCELLED)

    async def finish(self, *, forget: bool = False) -> None:
        """Wait for what is being shown, and show no problem any more with `forget`."""
        await self._tasks.join()
        if forget:
            for kind in (SWITCH_REFUSED, SWITCH_SENT_EARLY):
                self._forget(kind)

    def _forget(self, kind: str) -> None:
        async_forget_issue(self._hass, self._entry, kind, self._switch_id)

    def _is_enabled(self, account: str) -> bool:
        entry = self._hass.config_entries.async_get_entry(account)
        return entry is not None and entry.disabled_by is None

    def _with_facts(
        self, messages: Sequence[Standing]
    ) -> list[tuple[Standing, GatewayFacts]]:
        """Return each message with its gateway, as far as that is known."""
        return [(message, self._facts_of(message.account)) for message in messages]

    def _facts_of(self, account: str) -> GatewayFacts:
        entry = self._hass.config_entries.async_get_entry(account)
        if entry is None or is_relay(entry.data):
            return self._facts()
        return KnownGateway.of(gateway_class(entry.data))

    async def _update_refused(self) -> None:
        """Show what is so by now: words are read first, and meanwhile it may change."""
        async with self._turn:
            if (refused := self._refused) is None:
                self._forget(SWITCH_REFUSED)
                return
            name, problem = refused
            await async_tell_switch_refused(
                self._hass,
                self._entry,
                self._switch_id,
                name,
                self._facts(),
                problem.failure,
            )


def _named(name: str, problem: Problem | None) -> tuple[str, Problem] | None:
    return None if problem is None else (name, problem)
