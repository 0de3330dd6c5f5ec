"""Alerts as a house sends them, and what became of them."""

from collections import Counter
from typing import Any

from scripts.demonstration.accounts import DOMAIN, RECIPIENT, Account

from .client import HomeAssistantClient, JsonObject
from .waiting import until

_WORKED_ON = {"queued", "unknown"}


async def send(
    house: HomeAssistantClient, account: Account, text: str, **fields: Any
) -> JsonObject:
    """Send a text to the recipient through `send_sms`, and return the answer's row."""
    answer = await house.call_service(
        DOMAIN,
        "send_sms",
        {
            "config_entry_id": account.entry_id,
            "message": text,
            "target": [RECIPIENT],
            **fields,
        },
        return_response=True,
    )
    (row,) = answer["results"]
    result: JsonObject = row
    return result


async def outcomes(house: HomeAssistantClient, account: Account) -> dict[str, str]:
    """Return the outcome of each message to one recipient in the journal, by its text."""
    answer = await house.call_service(
        DOMAIN,
        "get_messages",
        {"config_entry_id": account.entry_id, "limit": 500},
        return_response=True,
    )
    return {
        message["text"]: message["results"][0]["outcome"]
        for message in answer["messages"]
    }


async def settled(
    house: HomeAssistantClient, account: Account, text: str, *, limit: float = 30
) -> str:
    """Wait until the house works on a message no more, and return its outcome.

    Raises:
        TimeoutError: it still does after `limit` seconds.

    """

    async def look() -> str | None:
        outcome = (await outcomes(house, account))[text]
        return None if outcome in _WORKED_ON else outcome

    return await until(f"the outcome of {text!r} was known", look, limit=limit)


def taken(*accounts: Account) -> Counter[str]:
    """Return how often the gateways took each text."""
    return Counter(
        acceptance.text
        for account in accounts
        for acceptance in account.simulated.accepted
    )


def recipients(account: Account, text: str) -> list[str]:
    """Return the numbers for which the gateway took a text, as they were written."""
    return sorted(
        acceptance.recipient
        for acceptance in account.simulated.accepted
        if acceptance.text == text
    )


async def notify_services(house: HomeAssistantClient) -> set[str]:
    """Return the names of the services `notify.…`."""
    services = await house.command("get_services")
    return set(services.get("notify", ()))
