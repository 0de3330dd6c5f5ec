"""Alerts as a house sends them, and what became of them."""

from collections import Counter
from typing import Any, Final, Protocol

from scripts.demonstration.accounts import DOMAIN, RECIPIENT, Account

from .client import HomeAssistantClient, JsonObject
from .waiting import until

_WORKED_ON: Final = {"queued", "unknown"}
_PAGE: Final = 500


class Sender(Protocol):
    """An account or a relay, which messages are sent through."""

    @property
    def entry_id(self) -> str:
        """The id of its config entry."""


async def send(
    house: HomeAssistantClient, account: Sender, text: str, **fields: Any
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


async def outcomes(house: HomeAssistantClient, account: Sender) -> dict[str, str]:
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


async def get_messages(
    house: HomeAssistantClient, account: Sender, **query: str
) -> list[JsonObject]:
    """Return one page of the journal, the newest first."""
    answer = await house.call_service(
        DOMAIN,
        "get_messages",
        {"config_entry_id": account.entry_id, "limit": _PAGE, **query},
        return_response=True,
    )
    messages: list[JsonObject] = answer["messages"]
    return messages


async def journal(house: HomeAssistantClient, account: Sender) -> list[JsonObject]:
    """Return the whole journal of an account or a relay, page by page."""
    messages = await get_messages(house, account)
    page = messages
    while len(page) == _PAGE:
        page = await get_messages(house, account, until=messages[-1]["created"])
        messages += page
    return messages


async def sent_all(house: HomeAssistantClient, account: Sender) -> None:
    """Wait until nothing waits any more to be sent.

    The last of it may still be under way. Then it is `unknown`, as what is in doubt is:
    whoever is to read how it ended waits until it is `settled`.

    Raises:
        TimeoutError: something still does after 90 seconds.

    """

    async def look() -> bool | None:
        waiting = await get_messages(house, account, outcome="queued")
        return None if waiting else True

    await until("all was sent", look, limit=90)


async def settled_all(house: HomeAssistantClient, account: Sender) -> dict[str, str]:
    """Wait until the house works on nothing any more, and return each text's outcome.

    Raises:
        TimeoutError: it still does after 30 seconds.

    """

    async def look() -> dict[str, str] | None:
        told = await outcomes(house, account)
        return None if _WORKED_ON & {*told.values()} else told

    return await until("all outcomes were known", look)


async def settled(
    house: HomeAssistantClient, account: Sender, text: str, *, limit: float = 30
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
