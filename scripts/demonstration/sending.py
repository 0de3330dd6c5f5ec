"""Sends one message through one account, and sees what it has cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tests.e2e.client import HomeAssistantClient, JsonObject
from tests.simulator import Acceptance

from .accounts import RECIPIENT, Account
from .asking import ask, other_balance, settled_balance
from .rows import Row, What, found

_ACCEPTED: Final = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message to one recipient, as Home Assistant tells it, and as the gateway does."""

    account: Account
    message_id: str
    outcome: str
    submission_id: str
    segments: int | None
    refusal: str
    """Why it was not accepted; empty if it was."""
    before: Decimal
    after: Decimal
    taken: tuple[Acceptance, ...]
    """What the simulated gateway took for it."""

    @property
    def mistakes(self) -> tuple[str, ...]:
        """What is wrong, unless it was accepted and cost exactly what was taken."""
        if self.refusal:
            return (self.refusal,)
        return found(
            (len(self.taken) == 1, f"the gateway took {len(self.taken)} messages"),
            check_price(
                self.before - self.after, sum(one.segments for one in self.taken)
            ),
        )

    def row(
        self, what: What, *, came_of_it: str = "", mistakes: tuple[str, ...] = ()
    ) -> Row:
        """Return its row, with what came of it afterwards."""
        return Row(
            what=what,
            gateway=self.account.title,
            outcome=self.outcome,
            submission_id=self.submission_id,
            segments=self.segments,
            balances=(self.before, self.after),
            came_of_it=came_of_it,
            mistakes=self.mistakes + mistakes,
        )


async def send(
    house: HomeAssistantClient, account: Account, message: str, **options: object
) -> SentMessage:
    """Send a message; `options` are further fields of `send_sms`."""
    before = await settled_balance(house, account)
    taken_before = len(account.simulated.accepted)
    answer = await ask(
        house, account, "send_sms", message=message, target=[RECIPIENT], **options
    )
    [result] = answer["results"]
    refusal = refusal_in(result)
    return SentMessage(
        account=account,
        message_id=answer["message_id"],
        outcome=result["outcome"],
        submission_id=result["submission_id"] or "",
        segments=result["segments"],
        refusal=refusal,
        before=before,
        after=before if refusal else await other_balance(house, account, before),
        taken=tuple(account.simulated.accepted[taken_before:]),
    )


def refusal_in(result: JsonObject) -> str:
    """Return why something was not accepted, in Home Assistant's words if it has any."""
    if result["outcome"] == _ACCEPTED:
        return ""
    error = result["error"]
    return error["message"] if error else f"its outcome is {result['outcome']}"


def check_price(paid: Decimal, taken: int) -> tuple[bool, str]:
    """Check that the balance has fallen by what the gateway took."""
    return paid == taken, f"{taken} credits were taken, and the balance fell by {paid}"
