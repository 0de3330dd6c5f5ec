"""Asks how an account does that its gateway has refused, and tells when that changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from ...gateways.errors import GatewayError, NoAnswerError
from ..message_store import MessageStore
from ..model.submission import RowKey
from ..observers import AccountRefusal, BalanceSource, MessageObserver
from ..runtime.tasks import Tasks
from .pace import Pace
from .queue import RequestQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class RestStatus:
    """That an account rests, as it can be told."""

    reason: str
    """The key of the error."""
    lasts: timedelta
    """For how long it has rested."""
    next_probe_in: timedelta


class AccountWatch:
    """Watches over the rests of one account."""

    def __init__(
        self,
        pace: Pace,
        queue: RequestQueue,
        store: MessageStore,
        balance: BalanceSource,
        observer: MessageObserver,
        go_on: Callable[[], None],
    ) -> None:
        """Ask `balance`, tell `observer`, and call `go_on` when something may begin."""
        self._pace = pace
        self._rest = pace.rest
        self._queue = queue
        self._store = store
        self._balance = balance
        self._observer = observer
        self._go_on = go_on
        self._tasks = Tasks()
        self._shown: str | None = None
        """The key of the refusal that the observer knows of."""

    @property
    def status(self) -> RestStatus | None:
        """That the account rests; `None` while it doesn't."""
        refusal = self._rest.refusal
        if refusal is None:
            return None
        return RestStatus(
            reason=refusal.key,
            lasts=self._rest.lasts,
            next_probe_in=self._rest.pauses.left,
        )

    async def join(self) -> None:
        """Wait until nothing is being asked."""
        await self._tasks.join()

    def ask_if_due(self) -> None:
        """Ask for the balance, if it is time for a probe and the balance can tell."""
        if self._pace.is_balance_due:
            self._begin_asking()

    def ask_for_others(self) -> None:
        """Ask for it in the same pauses, as something waits that may go by this account."""
        if self._rest.is_probe_due and self._rest.asks_balance:
            self._begin_asking()

    def note_balance(self, credits_told: Decimal) -> None:
        """Note what the account holds."""
        self._rest.note_balance(credits_told)
        self.tell()
        self._go_on()

    def note_change(self) -> None:
        """Note that credentials or options of the account were changed."""
        self._rest.note_change()
        self.tell()
        self._go_on()

    def tell(self, message_id: str | None = None, keys: Sequence[RowKey] = ()) -> None:
        """Tell the observer where the account stands, if that is another place.

        The message is the one that was refused; the first that waits if there is none.
        """
        refusal = self._rest.refusal
        key = None if refusal is None else refusal.key
        if key == self._shown:
            return
        self._shown = key
        if refusal is None:
            self._observer.on_account_works()
            return
        if message_id is None:
            message_id, keys = self._first_waiting()
        record = None if message_id is None else self._store.get_open(message_id)
        if record is not None and record.is_leg:
            # The relay sends it elsewhere: it is none that waits here.
            record = message_id = None
        self._observer.on_account_refused(
            AccountRefusal(
                error=refusal,
                message_id=message_id,
                recipients=()
                if record is None
                else tuple(record.find(key).recipient for key in keys),
                is_news=self._rest.tell(refusal.key),
            )
        )

    def recall(self, key: str) -> None:
        """Note that an earlier run has told of a refusal."""
        self._rest.tell(key)

    def _first_waiting(self) -> tuple[str | None, Sequence[RowKey]]:
        first = next(iter(self._queue.waiting), None)
        return (None, ()) if first is None else (first.message_id, first.keys)

    def _begin_asking(self) -> None:
        self._rest.begin_asking()
        self._tasks.spawn(self._ask())

    async def _ask(self) -> None:
        told: Decimal | None = None
        # Should nothing come back, not even an error.
        error: GatewayError | None = NoAnswerError()
        try:
            told = await self._balance.refresh_balance()
            error = self._balance.balance_error if told is None else None
        finally:
            self._rest.end_asking(told, error)
            self.tell()
            self._go_on()
