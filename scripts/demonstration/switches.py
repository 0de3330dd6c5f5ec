"""Dead man's switches, added as a user would: through the flow of an account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.e2e.client import Flow, HomeAssistantClient, JsonObject
from tests.e2e.waiting import until
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro
from tests.simulator.sms123 import SimulatedSms123

from .accounts import Account, entities_of, expect, expect_end

type Keeps = SimulatedEnvoyerSmsPro | SimulatedSms123
"""A simulated gateway that keeps the messages of switches."""

KEEPERS: Final = (SimulatedEnvoyerSmsPro.key, SimulatedSms123.key)
SHORTEST_DELAY: Final = 15
"""In minutes."""
TEXT: Final = "{house} ne répond plus depuis {since}."

_KIND: Final = "dead_man_switch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A dead man's switch that Home Assistant now has."""

    name: str
    account: Account
    switch_id: str
    """The id of its subentry."""
    entities: Mapping[str, str]
    """The entity ids of what it shows, by name: `armed`, `problem` …"""

    @property
    def simulated(self) -> Keeps:
        """The gateway that keeps its message."""
        return keeps(self.account)


def keeps(account: Account) -> Keeps:
    """Return the gateway of an account that keeps the messages of switches."""
    assert isinstance(account.simulated, SimulatedEnvoyerSmsPro | SimulatedSms123)
    return account.simulated


async def begin_switch(
    house: HomeAssistantClient,
    account: Account,
    name: str,
    *,
    delay: int = SHORTEST_DELAY,
    message_back: str = "",
) -> Flow:
    """Fill in the form of a switch that tells every recipient of an account.

    Return the flow at its next page, which says what it costs. `delay` is in minutes.

    Raises:
        UnexpectedStepError: the form was refused, or another one came.

    """
    recipients = [
        subentry["subentry_id"]
        for subentry in await subentries(house, account)
        if subentry["subentry_type"] == "recipient"
    ]
    flow = await house.subentry_flow(account.entry_id, _KIND)
    fields: dict[str, Any] = {
        "name": name,
        "message": TEXT,
        "recipients": recipients,
        "delay": delay,
    }
    if message_back:
        fields["message_back"] = message_back
    await flow.submit(fields)
    expect(flow, "cost")
    return flow


async def finish_switch(
    house: HomeAssistantClient, account: Account, name: str, flow: Flow
) -> Switch:
    """Agree to what a switch costs, and wait until it is armed.

    Raises:
        UnexpectedStepError: the gateway did not prove that it can be relied on.

    """
    await flow.submit({})
    expect_end(flow)
    [switch_id] = [
        subentry["subentry_id"]
        for subentry in await subentries(house, account)
        if (subentry["subentry_type"], subentry["title"]) == (_KIND, name)
    ]

    async def look() -> dict[str, str] | None:
        prefix = f"{switch_id}_"
        found = {
            key.removeprefix(prefix): entity_id
            for key, entity_id in (await entities_of(house, account.entry_id)).items()
            if key.startswith(prefix)
        }
        return found if "armed" in found else None

    entities = await until("the switch was there", look)
    switch = Switch(name=name, account=account, switch_id=switch_id, entities=entities)
    await stands(switch)
    return switch


async def add_switch(
    house: HomeAssistantClient,
    account: Account,
    name: str,
    *,
    delay: int = SHORTEST_DELAY,
    message_back: str = "",
) -> Switch:
    """Add a switch that tells every recipient of an account; raises as its steps do."""
    flow = await begin_switch(
        house, account, name, delay=delay, message_back=message_back
    )
    return await finish_switch(house, account, name, flow)


async def subentries(house: HomeAssistantClient, account: Account) -> list[JsonObject]:
    """Return the recipients, groups and switches of an account."""
    listed: list[JsonObject] = await house.command(
        "config_entries/subentries/list", entry_id=account.entry_id
    )
    return listed


async def stands(switch: Switch, count: int = 1) -> None:
    """Wait until so many messages stand at the gateway.

    Raises:
        TimeoutError: there are more, or fewer.

    """

    async def look() -> bool | None:
        return len(switch.simulated.standing()) == count or None

    await until(f"{count} stood for {switch.name}", look)
