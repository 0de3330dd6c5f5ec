"""Doors that never close: an account takes messages in, whatever its gateway says."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from itertools import cycle
from typing import Any, Final

import pytest

from homeassistant.util import slugify
from scripts.demonstration.accounts import DOMAIN, RECIPIENT, Account, add_account
from tests.simulator import Simulator

from .alerts import notify_services, send, settled_all, taken
from .client import ApiError, HomeAssistantClient
from .home_assistant import HomeAssistantProcess
from .waiting import until

PAUSE: Final = 0.25
PAPA: Final = "+237695688207"

type Change = Callable[[HomeAssistantClient, Account], Coroutine[Any, Any, None]]
type Call = Callable[[str], Awaitable[object]]


async def test_one_false_401_at_the_start_closes_nothing(
    house: HomeAssistantProcess, simulator: Simulator
) -> None:
    """The account is there, takes an alert at once, and nobody has to type a key."""
    account = await add_account(house, simulator, "devcodesms")
    await house.stop()
    asked_before = account.simulated.asked("balance")
    account.simulated.answer_next(
        '{"success": false, "status": 401, "code": "error", "title": "Erreur",'
        ' "msg": "Accès refusé", "details": []}',
        status=401,
        content_type="application/json",
        operation="balance",
    )
    await house.start()

    (entry,) = await house.config_entries(DOMAIN)
    assert entry["state"] == "loaded"
    assert slugify(account.title) in await notify_services(house)
    assert (await send(house, account, "Citerne vide"))["outcome"] == "accepted"
    assert taken(account) == {"Citerne vide": 1}

    async def answered_falsely() -> bool | None:
        return account.simulated.asked("balance") > asked_before or None

    await until("the balance was asked for", answered_falsely)
    asked_before = account.simulated.asked("balance")
    await house.call_service(
        "homeassistant",
        "update_entity",
        {"entity_id": [account.entities["balance"]]},
    )

    async def nobody_is_asked() -> bool | None:
        is_answered = account.simulated.asked("balance") > asked_before
        return (is_answered and not await reauthentications(house)) or None

    await until("the balance was told, and nobody asked for a key", nobody_is_asked)


async def reauthentications(house: HomeAssistantClient) -> list[dict[str, Any]]:
    """Return the flows that ask for an account's key again."""
    return [
        flow
        for flow in await house.command("config_entries/flow/progress")
        if flow["handler"] == DOMAIN and flow["context"]["source"] == "reauth"
    ]


async def reload(house: HomeAssistantClient, account: Account) -> None:
    """Load the account anew."""
    await house.post(f"/api/config/config_entries/entry/{account.entry_id}/reload")


async def change_option(house: HomeAssistantClient, account: Account) -> None:
    """Be warned earlier of a low balance."""
    flow = await house.options_flow(account.entry_id)
    shown = {
        name: value
        for name in (field["name"] for field in flow.step["data_schema"])
        if (value := flow.suggested(name)) is not None
    }
    step = await flow.submit({**shown, "low_balance": 50})
    assert step["type"] == "create_entry"


async def add_recipient(house: HomeAssistantClient, account: Account) -> None:
    """Add a second recipient."""
    flow = await house.subentry_flow(account.entry_id, "recipient")
    step = await flow.submit({"name": "Papa", "phone": PAPA})
    assert step["type"] == "create_entry"


async def change_title(house: HomeAssistantClient, account: Account) -> None:
    """Write the title otherwise; its service has the same name."""
    await house.command(
        "config_entries/update", entry_id=account.entry_id, title="Etech keys"
    )


@pytest.mark.parametrize(
    ("change", "seconds"),
    [(reload, 15), (change_option, 3), (add_recipient, 3), (change_title, 3)],
    ids=["reload", "option", "recipient", "title"],
)
async def test_behind_a_slow_balance_every_call_is_taken_and_sent_once(
    house: HomeAssistantProcess, account: Account, change: Change, seconds: float
) -> None:
    """A call every quarter of a second, through each of the three ways in turn."""
    account.simulated.seconds_to_answer["balance"] = seconds
    changing = asyncio.create_task(change(house, account))
    refused = await call_for(seconds + 1, ways(house, account))
    await changing

    await settled_all(house, account)
    sent = taken(account)
    lost = {
        text: why or "dropped" for text, why in refused.items() if why or not sent[text]
    }
    assert lost == {}
    assert sent == Counter(refused.keys())


async def call_for(seconds: float, ways: Sequence[Call]) -> dict[str, str]:
    """Call regularly, each time another way with another text.

    Return why each was refused, by its text; nothing for those that were not.
    """
    calls = []
    for number, way in zip(range(int(seconds / PAUSE)), cycle(ways), strict=False):
        text = f"Citerne vide, alerte {number}"
        calls.append(asyncio.create_task(call(way, text)))
        await asyncio.sleep(PAUSE)
    return dict(await asyncio.gather(*calls))


async def call(way: Call, text: str) -> tuple[str, str]:
    """Return the text, and why it was refused if it was."""
    try:
        await way(text)
    except ApiError as error:
        return text, error.words
    return text, ""


def ways(house: HomeAssistantClient, account: Account) -> tuple[Call, ...]:
    """Return each way to send a text to the recipient."""
    recipient = {"target": [RECIPIENT]}
    (entity_id,) = (
        entity_id
        for entity_id in account.entities.values()
        if entity_id.startswith("notify.")
    )

    async def through_service(text: str) -> None:
        fields = {"message": text, **recipient}
        await house.call_service("notify", slugify(account.title), fields)

    async def through_action(text: str) -> None:
        await send(house, account, text)

    async def through_entity(text: str) -> None:
        fields = {"message": text, "entity_id": entity_id}
        await house.call_service("notify", "send_message", fields)

    return through_service, through_action, through_entity
