"""The accounts that can keep the messages of dead man's switches, as they are there."""

from collections.abc import Callable, Sequence
from typing import override

from ..messaging.dead_man_switch.carrier import Carrier, Carriers


class FoundCarriers(Carriers):
    """Finds them anew each time: accounts come and go."""

    def __init__(
        self,
        chosen: Callable[[], Sequence[Carrier]],
        find: Callable[[str], Carrier | None],
    ) -> None:
        """Offer those of `chosen`; `find` one of any account by its entry."""
        self._chosen = chosen
        self._find = find

    @override
    def available(self) -> Sequence[Carrier]:
        return self._chosen()

    @override
    def get(self, account: str) -> Carrier | None:
        return self._find(account)
