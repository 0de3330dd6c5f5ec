"""The accounts of a relay that are there now, in their order."""

from collections.abc import Callable, Iterable

from ..operations.leg_taker import LegTaker


class RelayAccounts:
    """Those that may take legs; they come and go while the relay runs."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_id: dict[str, LegTaker] = {}
        self.missing: tuple[str, ...] = ()
        """Those that are on their way: they are enabled, and have not begun."""
        self._listeners: list[Callable[[], None]] = []

    @property
    def current(self) -> tuple[LegTaker, ...]:
        """Those that are there, in the order in which they are chosen."""
        return tuple(self._by_id.values())

    def find(self, account_id: str) -> LegTaker | None:
        """Return an account, if it is there."""
        return self._by_id.get(account_id)

    def set(self, accounts: Iterable[LegTaker], missing: Iterable[str] = ()) -> None:
        """Go by these from now on: one came, went, or has other settings.

        Nothing is refused as long as some are `missing`: they may take it.
        """
        self.missing = tuple(missing)
        self._by_id = {account.account_id: account for account in accounts}
        for listener in self._listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever one came, went, or has changed."""
        self._listeners.append(listener)
