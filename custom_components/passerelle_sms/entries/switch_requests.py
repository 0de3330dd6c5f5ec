"""Keeps from questions the requests that the renewals of a dead man's switch need."""

from collections.abc import Iterable, Sequence

from ..messaging.dead_man_switch import cost
from ..messaging.dead_man_switch.carrier import Carrier, Carriers
from ..messaging.dead_man_switch.plan import SwitchPlan
from ..messaging.dead_man_switch.standing import Standing
from ..messaging.dead_man_switch.text import longest


class SwitchRequests:
    """Those of one switch, at the accounts that it is renewed at."""

    def __init__(self, switch_id: str, carriers: Carriers) -> None:
        """Keep none yet."""
        self._switch_id = switch_id
        self._carriers = carriers
        self._plan: SwitchPlan | None = None
        self._accounts: tuple[str, ...] = ()
        """Where they are kept."""

    def follow(
        self, plan: SwitchPlan, standing: Iterable[Standing], *, is_armed: bool
    ) -> None:
        """Keep what `plan` needs while the switch is armed.

        That is at the first account, which is asked first each time, and where it stands.
        """
        chosen = self._used(standing) if is_armed and plan.recipients else []
        accounts = tuple(one.account for one in chosen)
        if (plan, accounts) == (self._plan, self._accounts):
            return
        for account in set(self._accounts).difference(accounts):
            if (gone := self._carriers.get(account)) is not None:
                gone.set_aside(self._switch_id, 0)
        self._plan, self._accounts = plan, accounts
        for one in chosen:
            lanes = one.lanes(plan.recipients, longest(plan))
            one.set_aside(self._switch_id, cost.requests_per_hour(plan, len(lanes)))

    def _used(self, standing: Iterable[Standing]) -> Sequence[Carrier]:
        available = self._carriers.available()
        used = {message.account for message in standing if message.is_sure}
        return [one for one in available if one is available[0] or one.account in used]
