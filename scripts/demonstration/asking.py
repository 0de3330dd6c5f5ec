"""What is asked of Home Assistant about an account or a relay: by its actions and its entities."""

from decimal import Decimal
from typing import Final

from tests.e2e.client import HomeAssistantClient, JsonObject
from tests.e2e.waiting import until

from .accounts import DOMAIN, Entry

DELIVERED: Final = "delivered"

_UNREAD: Final = frozenset({"unknown", "unavailable"})


async def ask(
    house: HomeAssistantClient, account: Entry, action: str, **fields: object
) -> JsonObject:
    """Call one of our actions for an account or a relay, and return its answer."""
    return await house.call_service(
        DOMAIN,
        action,
        {"config_entry_id": account.entry_id, **fields},
        return_response=True,
    )


async def get_delivery(
    house: HomeAssistantClient, account: Entry, message_id: str
) -> tuple[str, str]:
    """Ask where a message to one recipient is; return that, and what went wrong."""
    answer = await ask(house, account, "get_delivery", message_id=message_id)
    [row] = answer["deliveries"]
    delivery = row["delivery"] or {"status": ""}
    return delivery["status"], answer["error"] or ""


async def last_event(
    house: HomeAssistantClient, account: Entry, name: str
) -> JsonObject:
    """Return what an event entity has told last; nothing if there is none."""
    entity_id = account.entities.get(name)
    if entity_id is None:
        return {}
    attributes: JsonObject = (await house.state(entity_id))["attributes"]
    return attributes


async def settled_balance(house: HomeAssistantClient, account: Entry) -> Decimal:
    """Return the balance as soon as there is one."""

    async def look() -> Decimal | None:
        return await _balance(house, account)

    return await until(f"{account.title} had a balance", look)


async def other_balance(
    house: HomeAssistantClient, account: Entry, known: Decimal
) -> Decimal:
    """Return the balance once it is another one, or the known one if it stays."""

    async def look() -> Decimal | None:
        balance = await _balance(house, account)
        return None if balance == known else balance

    try:
        return await until(f"the balance of {account.title} changed", look)
    except TimeoutError:
        return known


async def _balance(house: HomeAssistantClient, account: Entry) -> Decimal | None:
    state = (await house.state(account.entities["balance"]))["state"]
    return None if state in _UNREAD else Decimal(state)
