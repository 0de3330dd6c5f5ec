"""The names of notify services: nobody else's is taken over, hidden or removed."""

from collections.abc import Sequence
from typing import Final

import pytest

from scripts.demonstration.accounts import DOMAIN, Account, add_account
from tests.simulator import Simulator

from .alerts import notify_services, recipients, taken
from .client import HomeAssistantClient
from .home_assistant import HomeAssistantProcess
from .waiting import until

GROUP: Final = "etech_keys_famille"
# As ETECH KEYS is given them: without the country.
MAMAN: Final = "650123456"
PAPA: Final = "695688207"
FAMILLE: Final = "677123456"

CONFIGURATION: Final = f"""\
notify:
  - platform: group
    name: {GROUP}
    services:
      - action: etech_keys_maman
      - action: etech_keys_papa
"""


@pytest.fixture
def extra_configuration() -> str:
    """Return a group that has the name which a recipient "Famille" would get."""
    return CONFIGURATION


@pytest.fixture
async def famille(house: HomeAssistantProcess, account: Account) -> str:
    """Return the id of the recipient "Famille", added after "Papa"."""
    await add_recipient(house, account, "Papa", PAPA)
    subentry_id = await add_recipient(house, account, "Famille", FAMILLE)

    async def group_is_whole() -> bool | None:
        members = {"etech_keys_maman", "etech_keys_papa"}
        return members <= await notify_services(house) or None

    await until("the group was whole", group_is_whole)
    return subentry_id


async def test_a_group_in_yaml_keeps_its_name_when_a_recipient_would_have_it(
    house: HomeAssistantProcess, account: Account, famille: str
) -> None:
    """The group's alert goes to the group, before and after a restart."""
    await notify(house, GROUP, "Citerne vide")
    assert recipients(account, "Citerne vide") == [MAMAN, PAPA]

    await house.stop()
    await house.start()

    await notify(house, GROUP, "Citerne pleine")
    assert recipients(account, "Citerne pleine") == [MAMAN, PAPA]


async def test_a_recipient_whose_name_a_group_has_is_reached_under_another_one(
    house: HomeAssistantProcess, account: Account, famille: str
) -> None:
    """The recipient's own service has one name, before and after a restart."""

    async def found() -> set[str] | None:
        return await names_beside_the_group(house) or None

    (name,) = await until("the recipient had a service", found, limit=5)
    await notify(house, name, "Citerne vide")
    assert recipients(account, "Citerne vide") == [FAMILLE]

    await house.stop()
    await house.start()

    assert await names_beside_the_group(house) == {name}
    await notify(house, name, "Citerne pleine")
    assert recipients(account, "Citerne pleine") == [FAMILLE]


async def test_the_group_stays_when_the_recipient_of_its_name_is_removed(
    house: HomeAssistantProcess, account: Account, famille: str
) -> None:
    """With the recipient goes his own service and no other."""
    await house.command(
        "config_entries/subentries/delete",
        entry_id=account.entry_id,
        subentry_id=famille,
    )

    async def removed() -> bool | None:
        return not await names_beside_the_group(house) or None

    await until("the recipient's service was gone", removed)
    await notify(house, GROUP, "Citerne vide")
    assert recipients(account, "Citerne vide") == [MAMAN, PAPA]


async def test_two_accounts_of_one_title_keep_their_names(
    house: HomeAssistantProcess, account: Account, simulator: Simulator
) -> None:
    """It makes no difference at a start which gateway answers first."""
    other = await add_account(house, simulator, "devcodesms")
    accounts = account, other
    for each in accounts:
        await house.command(
            "config_entries/update", entry_id=each.entry_id, title="Maison"
        )
    owners = []
    for slow in accounts:
        await house.stop()
        for each in accounts:
            each.simulated.seconds_to_answer["balance"] = 2 if each is slow else 0
        await house.start()
        owners.append(await owners_of_maison(house, accounts, f"Lent: {slow.title}"))

    assert owners[0] == owners[1]
    assert set(owners[0].values()) == {account.title, other.title}


async def owners_of_maison(
    house: HomeAssistantClient, accounts: Sequence[Account], text: str
) -> dict[str, str]:
    """Send a text through each service of that title; return whose it is, by its name."""

    async def found() -> list[str] | None:
        every = await notify_services(house)
        names = [
            name
            for name in every
            if name.startswith("maison") and f"{name}_maman" in every
        ]
        return names if len(names) == len(accounts) else None

    owners = {}
    for name in await until("each account had a service", found, limit=10):
        await notify(house, name, f"{text}, {name}")
        (owner,) = (each for each in accounts if taken(each)[f"{text}, {name}"])
        owners[name] = owner.title
    return owners


async def add_recipient(
    house: HomeAssistantClient, account: Account, name: str, phone: str
) -> str:
    """Add a recipient, wait until he can be sent to, and return the subentry's id."""
    flow = await house.subentry_flow(account.entry_id, "recipient")
    step = await flow.submit({"name": name, "phone": phone})
    assert step["type"] == "create_entry"
    subentries = await house.command(
        "config_entries/subentries/list", entry_id=account.entry_id
    )
    (subentry_id,) = (one["subentry_id"] for one in subentries if one["title"] == name)

    async def is_there() -> bool | None:
        ids = await house.entities()
        (entry,) = await house.config_entries(DOMAIN)
        return (
            entry["state"] == "loaded"
            and f"{account.entry_id}_{subentry_id}_sms" in ids
        ) or None

    await until(f"{name} was there", is_there)
    return str(subentry_id)


async def notify(house: HomeAssistantClient, service: str, text: str) -> None:
    """Send a text through a service `notify.…`."""
    await house.call_service("notify", service, {"message": text})


async def names_beside_the_group(house: HomeAssistantClient) -> set[str]:
    """Return the services of a name like the group's, but for the group's own."""
    return {
        name
        for name in await notify_services(house)
        if name.startswith(GROUP) and name != GROUP
    }
