"""A relay over some of the accounts, added as a user would: through the config flow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.e2e.client import HomeAssistantClient
from tests.e2e.waiting import until

from .accounts import DOMAIN, Account, entities_of, expect, expect_end

_COUNTRY: Final = "CM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A relay that Home Assistant now has."""

    title: str
    entry_id: str
    entities: Mapping[str, str]
    """The entity ids of what it shows, by name."""
    accounts: tuple[Account, ...]
    """In the order in which they are chosen."""


async def add_relay(
    house: HomeAssistantClient, title: str, *accounts: Account
) -> Relay:
    """Add a relay with the recipients of its accounts, and wait until it is ready.

    Raises:
        UnexpectedStepError: a form was refused, or another one came.

    """
    flow = await house.config_flow(DOMAIN)
    await flow.submit({"next_step_id": "relay"})
    await flow.submit(
        {
            "name": title,
            "accounts": [account.entry_id for account in accounts],
            "country": _COUNTRY,
        }
    )
    expect(flow, "relay_recipients")
    # As the form shows it: everybody.
    await flow.submit({})
    expect_end(flow)
    entry_id: str = flow.step["result"]["entry_id"]

    async def look() -> dict[str, str] | None:
        entries = await house.config_entries(DOMAIN)
        states = {entry["entry_id"]: entry["state"] for entry in entries}
        if states[entry_id] != "loaded":
            return None
        return await entities_of(house, entry_id)

    entities = await until("the relay was ready", look)
    return Relay(title=title, entry_id=entry_id, entities=entities, accounts=accounts)
