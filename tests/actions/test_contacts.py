"""The actions about groups and contacts."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.actions.calls import call
from tests.conftest import MAMAN, PAPA, AccountMaker
from tests.simulator import Simulator
from tests.simulator.sms123 import SimulatedSms123

pytestmark = pytest.mark.usefixtures("socket_enabled")

# As the gateway takes numbers.
MAMAN_THERE = MAMAN.removeprefix("+")
PAPA_THERE = PAPA.removeprefix("+")
ALINE: dict[str, Any] = {
    "name": "Mballa",
    "first_name": "Aline",
    "company": "Boulangerie du Centre",
    "birthday": "1968-02-12",
    "variable_1": "un",
    "variable_2": "deux",
    "variable_3": "trois",
}
ALINE_THERE = {
    "nom": "Mballa",
    "prenom": "Aline",
    "societe": "Boulangerie du Centre",
    "datea": "120268",
    "v1": "un",
    "v2": "deux",
    "v3": "trois",
}


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSms123:
    """Return the gateway, with two groups in its address book."""
    simulator.sms123.address_book.groups = {"Famille": {}, "Voisins": {}}
    return simulator.sms123


@pytest.fixture
async def entry(
    simulated: SimulatedSms123, add_account: AccountMaker
) -> MockConfigEntry:
    """Return an account there."""
    return await add_account(simulated)


async def test_groups_come_and_go(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedSms123
) -> None:
    """Each answer has the group's name as it is, or was."""
    groups = simulated.address_book.groups

    assert await call(hass, entry, "add_group", name="Amis") == {"group": "Amis"}
    assert groups.keys() == {"Famille", "Voisins", "Amis"}
    answer = await call(hass, entry, "rename_group", name="Amis", new_name="Équipe")
    assert answer == {"group": "Équipe"}
    assert groups.keys() == {"Famille", "Voisins", "Équipe"}
    assert await call(hass, entry, "delete_group", name="Équipe") == {"group": "Équipe"}
    assert groups.keys() == {"Famille", "Voisins"}


async def test_no_answer_need_be_wanted(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedSms123
) -> None:
    """An automation does without."""
    await call(hass, entry, "add_group", answer=False, name="Amis")

    assert "Amis" in simulated.address_book.groups


async def test_adds_a_contact_to_groups(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedSms123
) -> None:
    """By the name of a recipient, with all that may be told."""
    answer = await call(
        hass,
        entry,
        "add_contact",
        phone="Maman",
        groups=["Famille", "Voisins"],
        **ALINE,
    )

    assert answer == {"phone": MAMAN, "groups": ["Famille", "Voisins"]}
    assert simulated.address_book.groups == {
        "Famille": {MAMAN_THERE: ALINE_THERE},
        "Voisins": {MAMAN_THERE: ALINE_THERE},
    }


async def test_reads_a_number_as_the_account_does(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedSms123
) -> None:
    """It is one of the account's country; one group needs no list."""
    answer = await call(
        hass, entry, "add_contact", phone="6 95 68 82 07", groups="Famille"
    )

    assert answer == {"phone": MAMAN, "groups": ["Famille"]}
    assert simulated.address_book.groups["Famille"] == {MAMAN_THERE: {}}


@pytest.mark.parametrize(
    ("fields", "number"), [({}, MAMAN), ({"new_phone": "Papa"}, PAPA)]
)
async def test_changes_a_contact(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedSms123,
    fields: dict[str, Any],
    number: str,
) -> None:
    """The number stays unless another is given."""
    simulated.address_book.groups["Famille"] = {MAMAN_THERE: {"nom": "Mballa"}}

    answer = await call(
        hass,
        entry,
        "update_contact",
        phone="Maman",
        group="Famille",
        first_name="Aline",
        **fields,
    )

    assert answer == {"phone": number, "groups": ["Famille"]}
    assert simulated.address_book.groups["Famille"] == {
        number.removeprefix("+"): {"nom": "Mballa", "prenom": "Aline"}
    }


@pytest.mark.parametrize(
    ("fields", "left"), [({"group": "Famille"}, {"Voisins"}), ({}, set())]
)
async def test_deletes_a_contact(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedSms123,
    fields: dict[str, Any],
    left: set[str],
) -> None:
    """From one group, or from all."""
    groups = simulated.address_book.groups
    groups.update({"Famille": {MAMAN_THERE: {}}, "Voisins": {MAMAN_THERE: {}}})

    answer = await call(hass, entry, "delete_contact", phone=MAMAN, **fields)

    assert answer == {"phone": MAMAN, "group": fields.get("group")}
    assert {name for name, held in groups.items() if held} == left


@pytest.mark.parametrize(
    ("action", "fields", "error"),
    [
        ("add_group", {"name": "Famille"}, "group_exists"),
        ("add_group", {"name": " "}, "invalid_name"),
        ("rename_group", {"name": "Famille", "new_name": "Voisins"}, "group_exists"),
        ("rename_group", {"name": "Famille", "new_name": "a--b"}, "invalid_name"),
        ("delete_group", {"name": "Famille"}, "group_not_empty"),
        ("delete_group", {"name": "Amis"}, "unknown_group"),
        ("add_contact", {"phone": "Papa", "groups": ["Famille"]}, "contact_exists"),
        ("add_contact", {"phone": "Zoé", "groups": ["Famille"]}, "not_a_number"),
        (
            "update_contact",
            {"phone": "Papa", "new_phone": "12", "group": "Famille"},
            "not_a_number",
        ),
        ("delete_contact", {"phone": "Maman"}, "unknown_contact"),
        ("delete_contact", {"phone": "Papa", "group": "Voisins"}, "unknown_contact"),
    ],
)
async def test_what_the_caller_can_mend(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedSms123,
    action: str,
    fields: dict[str, Any],
    error: str,
) -> None:
    """A sentence for each, and nothing has changed."""
    simulated.address_book.groups["Famille"] = {PAPA_THERE: {}}

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, action, **fields)

    assert raised.value.translation_key == error
    assert "{" not in str(raised.value)
    assert PAPA_THERE not in str(raised.value)
    assert simulated.address_book.groups == {
        "Famille": {PAPA_THERE: {}},
        "Voisins": {},
    }


async def test_a_name_without_a_known_limit(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Where the document sets none, none is made up."""
    with pytest.raises(ServiceValidationError, match="at most ∞ characters"):
        await call(hass, entry, "add_group", name="a--b")


@pytest.mark.parametrize(
    "fields",
    [
        {"phone": "Maman", "groups": []},
        {"phone": "Maman", "groups": ["Famille"], "birthday": "hier"},
        {"groups": ["Famille"]},
    ],
)
async def test_fields_that_no_contact_has(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedSms123,
    fields: dict[str, Any],
) -> None:
    """Nothing is asked."""
    with pytest.raises(ServiceValidationError, match="“"):
        await call(hass, entry, "add_contact", **fields)

    assert simulated.asked("add_contact") == 0
