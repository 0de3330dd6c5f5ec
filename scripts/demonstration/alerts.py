"""One alert through each account, and what became of it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tests.e2e.client import HomeAssistantClient
from tests.e2e.waiting import until

from .accounts import DOMAIN, RECIPIENT, Account

MESSAGE: Final = "Citerne presque vide : il reste 8 %. Appelez le camion dès ce soir."

ACCEPTED: Final = "accepted"

_UNREAD: Final = frozenset({"unknown", "unavailable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An alert, as Home Assistant tells it, and as the gateway knows it."""

    gateway: str
    outcome: str
    submission_id: str
    segments: int | None
    before: Decimal
    after: Decimal
    taken: int
    """The segments that the simulated gateway took for it."""
    error: str = ""
    """Why it was not accepted, in Home Assistant's words."""

    @property
    def is_right(self) -> bool:
        """Whether it was accepted, and cost exactly what the gateway took."""
        return (
            self.outcome == ACCEPTED
            and self.taken > 0
            and self.before - self.after == self.taken
        )


async def send_alert(house: HomeAssistantClient, account: Account) -> Row:
    """Send the alert through one account and wait for the balance to follow."""
    before = await _settled_balance(house, account)
    taken_before = _taken(account)
    answer = await house.call_service(
        DOMAIN,
        "send_sms",
        {
            "config_entry_id": account.entry_id,
            "message": MESSAGE,
            "target": [RECIPIENT],
        },
        return_response=True,
    )
    (result,) = answer["results"]
    accepted = result["outcome"] == ACCEPTED
    return Row(
        gateway=account.title,
        outcome=result["outcome"],
        submission_id=result["submission_id"] or "",
        segments=result["segments"],
        before=before,
        after=await _balance_after(house, account, before) if accepted else before,
        taken=_taken(account) - taken_before,
        error="" if accepted else result["error"]["message"],
    )


async def _settled_balance(house: HomeAssistantClient, account: Account) -> Decimal:
    async def look() -> Decimal | None:
        return await _balance(house, account)

    return await until(f"{account.title} had a balance", look)


async def _balance_after(
    house: HomeAssistantClient, account: Account, before: Decimal
) -> Decimal:
    """Return the balance once it has fallen, or the old one if it doesn't."""

    async def look() -> Decimal | None:
        balance = await _balance(house, account)
        return balance if balance is not None and balance < before else None

    try:
        return await until(f"the balance of {account.title} fell", look)
    except TimeoutError:
        return before


async def _balance(house: HomeAssistantClient, account: Account) -> Decimal | None:
    state = (await house.state(account.balance))["state"]
    return None if state in _UNREAD else Decimal(state)


def _taken(account: Account) -> int:
    return sum(acceptance.segments for acceptance in account.simulated.accepted)
