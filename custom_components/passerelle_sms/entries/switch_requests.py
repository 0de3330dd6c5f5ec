"""Keeps from questions the requests that the renewals of a dead man's switch need."""

from ..messaging.dead_man_switch import cost
from ..messaging.dead_man_switch.carrier import Carrier, Carriers
from ..messaging.dead_man_switch.plan import SwitchPlan
from ..messaging.dead_man_switch.text import longest


class SwitchRequests:
    """Those of one switch, at the account that it is renewed at."""

    def __init__(self, switch_id: str, carriers: Carriers) -> None:
        """Keep none yet."""
        self._switch_id = switch_id
        self._carriers = carriers
        self._kept: tuple[str, SwitchPlan] | None = None
        """At which account they are kept, and for what."""

    def follow(self, plan: SwitchPlan, *, is_armed: bool) -> None:
        """Keep what `plan` needs while the switch is armed, at the first account."""
        chosen = self._carriers.available() if is_armed and plan.recipients else ()
        wanted = (chosen[0].account, plan) if chosen else None
        if wanted == self._kept:
            return
        if self._kept is not None:
            self._set_aside(self._carriers.get(self._kept[0]), 0)
        self._kept = wanted
        if chosen:
            lanes = chosen[0].lanes(plan.recipients, longest(plan))
            self._set_aside(chosen[0], cost.requests_per_hour(plan, len(lanes)))

    def _set_aside(self, carrier: Carrier | None, requests: int) -> None:
        if carrier is not None:
            carrier.set_aside(self._switch_id, requests)
