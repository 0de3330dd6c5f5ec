"""What an account holds: how it is charged, at once or late, and what others do to it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from .refusals import AccountRefusal

type Amount = Decimal | int

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _LateCharge:
    account_id: str
    cost: Amount
    delay: timedelta
    """How long after it is sent its message is charged."""
    due: timedelta | None
    """By elapsed time; `None` until its message is sent."""
    message_id: str
    send_at: datetime | None
    """When its message is sent, by the gateway's time; `None` for at once."""


class SimulatedCredit:
    """The credits of an account, its prices, and why the gateway may refuse it."""

    refusals: ClassVar[frozenset[AccountRefusal]]
    """Those that the gateway's document has an answer for."""

    def __init__(self) -> None:
        """Hold a thousand credits; a segment costs one, and is charged at once."""
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        """The gateway's time, with a zone."""
        self.elapsed: Callable[[], timedelta] = lambda: self.now() - _EPOCH
        """How much time has passed, also where `now` is set."""
        self.seconds_to_charge: float = 0
        """How long after a message is taken the balance tells of its charge.

        Until then the credits are kept for it: nothing else is paid with them.
        """
        self.charges_when_sent = False
        """Whether what is scheduled is charged at its hour, not when it is taken: the
        documents don't say. Then cancelling gives nothing back. Until then the credits
        are kept for it, too."""
        self.prices: dict[str, int] = {}
        """Credits for a segment, by the first digits of an E.164 number, with the plus.
        The longest that fits counts; where none does, it is one."""
        self.refuses_balance = True
        """Whether the balance is refused as well for an address that is not allowed and
        for an inactive account: the documents have those codes for sending."""
        self._refusal: AccountRefusal | None = None
        self._credits = Decimal(1000)
        self._consumption = Decimal(0)
        self._late: list[_LateCharge] = []

    @property
    def credits(self) -> Decimal:
        """What the balance tells: without the charges that have not landed."""
        self._land()
        return self._credits

    @credits.setter
    def credits(self, amount: Decimal) -> None:
        self._land()
        self._credits = amount

    @property
    def consumption(self) -> Decimal:
        """All that the balance tells to be used, and was not given back."""
        self._land()
        return self._consumption

    @property
    def refusal(self) -> AccountRefusal | None:
        """What the gateway holds against the account; `None` mends it."""
        return self._refusal

    @refusal.setter
    def refusal(self, refusal: AccountRefusal | None) -> None:
        if refusal is not None and refusal not in self.refusals:
            raise ValueError(f"{type(self).__name__} has no answer for {refusal}")
        self._refusal = refusal

    def credits_of(self, account_id: str) -> Decimal:
        """Return what the balance of an account tells; here there is only one."""
        return self.credits

    def cost_of(self, recipient: str, segments: int) -> int:
        """Return the credits for a message to one recipient, as the client wrote it."""
        number = self.international(recipient)
        fitting = [prefix for prefix in self.prices if number.startswith(prefix)]
        return segments * (self.prices[max(fitting, key=len)] if fitting else 1)

    def international(self, recipient: str) -> str:
        """Return a number in E.164, as this gateway understands it."""
        return f"+{recipient.removeprefix('+')}"

    def can_pay(self, cost: Amount, account_id: str = "") -> bool:
        """Return whether an account is let pay for something."""
        outstanding = sum(
            charge.cost for charge in self._late if charge.account_id == account_id
        )
        return (
            self.refusal is not AccountRefusal.NO_CREDIT
            and cost <= self.credits_of(account_id) - outstanding
        )

    def charge(
        self,
        cost: Amount,
        account_id: str = "",
        *,
        message_id: str = "",
        send_at: datetime | None = None,
    ) -> None:
        """Charge an account that can pay, at once or in `seconds_to_charge`.

        `send_at` is when the message is to be sent that it pays for, if not at once.
        """
        delay = timedelta(seconds=self.seconds_to_charge)
        is_for_later = send_at is not None and send_at > self.now()
        is_due_later = self.charges_when_sent and is_for_later
        self._late.append(
            _LateCharge(
                account_id=account_id,
                cost=cost,
                delay=delay,
                due=None if is_due_later else self.elapsed() + delay,
                message_id=message_id,
                send_at=send_at,
            )
        )
        self._land()

    def take_back(self, message_id: str, cost: Amount, account_id: str = "") -> Amount:
        """Give back what a scheduled message cost; return how much that is.

        It is nothing if it was to be charged only at its hour.
        """
        self._land()
        waiting = [
            charge
            for charge in self._late
            if charge.message_id == message_id and charge.due is None
        ]
        if waiting:
            self._late = [charge for charge in self._late if charge not in waiting]
            return 0
        self.refund(cost, account_id)
        return cost

    def refund(self, amount: Amount, account_id: str = "") -> None:
        """Give credits back that were charged for something."""
        self._land()
        self._move(account_id, Decimal(amount))
        self._consumption -= amount

    def top_up(self, amount: Amount) -> None:
        """Buy credits."""
        self.credits += amount

    def spend_elsewhere(self, amount: Amount) -> None:
        """Let somebody else use credits of the account, at once.

        Raises:
            ValueError: there are not so many.

        """
        if amount > self.credits:
            raise ValueError("More credits than there are")
        self._credits -= amount
        self._consumption += amount

    def _land(self) -> None:
        """Take the charges whose time has come off the balance."""
        if not self._late:
            return
        now = self.elapsed()
        late, self._late = map(self._with_its_time, self._late), []
        for charge in late:
            if charge.due is None or charge.due > now:
                self._late.append(charge)
                continue
            self._move(charge.account_id, -Decimal(charge.cost))
            self._consumption += charge.cost

    def _with_its_time(self, charge: _LateCharge) -> _LateCharge:
        """Return a charge that is known to be due, if its message has been sent."""
        now = self.now()
        if charge.due is not None or charge.send_at is None or charge.send_at > now:
            return charge
        sent = self.elapsed() - (now - charge.send_at)
        return replace(charge, due=sent + charge.delay)

    def _move(self, account_id: str, amount: Decimal) -> None:
        """Change what an account holds; here there is only one."""
        self._credits += amount
