"""Adding and changing a group."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.config_flow import PasserelleSmsConfigFlow
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    SubentryFlowContext,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from tests.conftest import MAMAN, PAPA, suggested_values
from tests.flows.relays import add_account_entry, add_relay_entry, choices
from tests.groups import add_group, subentry_of

RECIPIENTS = {"Maman": MAMAN, "Papa": PAPA}


@pytest.fixture(params=["account", "relay"])
def entry(hass: HomeAssistant, request: pytest.FixtureRequest) -> MockConfigEntry:
    """Return an account or a relay with two recipients."""
    if request.param == "account":
        return add_account_entry(hass, "Un", recipients=RECIPIENTS)
    accounts = [add_account_entry(hass, title) for title in ("Un", "Deux")]
    return add_relay_entry(hass, "Relais", *accounts, recipients=RECIPIENTS)


async def open_flow(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    subentry_id: str | None = None,
    kind: str = "group",
) -> SubentryFlowResult:
    """Open the flow that adds a group, or changes one."""
    context = SubentryFlowContext(source=SOURCE_USER)
    if subentry_id is not None:
        context = SubentryFlowContext(
            source=SOURCE_RECONFIGURE, subentry_id=subentry_id
        )
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, kind), context=context
    )


async def fill_in(
    hass: HomeAssistant, form: SubentryFlowResult, **fields: Any
) -> SubentryFlowResult:
    """Submit a form."""
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], fields
    )
    await hass.async_block_till_done()
    return result


def ids(entry: MockConfigEntry, *titles: str) -> list[str]:
    """Return the ids of recipients."""
    return [subentry_of(entry, title).subentry_id for title in titles]


async def test_adds_a_group(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Of the recipients that were chosen, by their ids, in that order."""
    form = await open_flow(hass, entry)
    assert choices(form, "recipients") == [
        *zip(ids(entry, "Maman", "Papa"), ("Maman", "Papa"), strict=True)
    ]
    papa, maman = ids(entry, "Papa", "Maman")

    result = await fill_in(hass, form, name="  La   famille ", recipients=[papa, maman])

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["description_placeholders"] == {"recipients": "Papa, Maman"}
    group = subentry_of(entry, "La famille")
    assert group.subentry_type == "group"
    assert group.data == {"name": "La famille", "recipients": [papa, maman]}


async def test_without_recipients_there_is_no_group(hass: HomeAssistant) -> None:
    """The form says what to do first."""
    entry = add_account_entry(hass, "Un")

    result = await open_flow(hass, entry)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_recipients"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "invalid_name"),
        (" \u200b ", "invalid_name"),
        ("695688207", "invalid_name"),
        ("Tel 699128531", "invalid_name"),
        ("F" * 201, "too_long"),
        ("Máman", "name_taken"),
        ("voisins!", "name_taken"),
    ],
)
async def test_says_what_is_wrong_and_recovers(
    hass: HomeAssistant, entry: MockConfigEntry, name: str, error: str
) -> None:
    """Beside the field, and what was chosen stays; a name is one's own by its slug."""
    await add_group(hass, entry, "Voisins", "Papa")
    chosen = ids(entry, "Papa")
    form = await open_flow(hass, entry)

    form = await fill_in(hass, form, name=name, recipients=chosen)

    assert form["errors"] == {"name": error}
    assert suggested_values(form) == {"name": name, "recipients": chosen}
    result = await fill_in(hass, form, name="Famille", recipients=chosen)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("name", ["famille", "FÁMILLE"])
async def test_a_recipient_takes_no_groups_name(
    hass: HomeAssistant, entry: MockConfigEntry, name: str
) -> None:
    """Neither a new one nor one that is renamed."""
    await add_group(hass, entry, "Famille", "Papa")
    [papa] = ids(entry, "Papa")
    new = await open_flow(hass, entry, kind="recipient")
    known = await open_flow(hass, entry, papa, kind="recipient")

    for form, phone in ((new, "699128531"), (known, PAPA)):
        result = await fill_in(hass, form, name=name, phone=phone)
        assert result["errors"] == {"name": "name_taken"}


async def test_nobody_is_no_group(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Nor is somebody who is none of its recipients."""
    form = await open_flow(hass, entry)

    with pytest.raises(InvalidData):
        await fill_in(hass, form, name="Famille", recipients=["nobody"])
    form = await fill_in(hass, form, name="", recipients=[])

    assert form["errors"] == {"name": "invalid_name", "recipients": "nobody_chosen"}


async def test_changes_a_group(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The form shows what it is called, and who is left of it."""
    group = await add_group(hass, entry, "Famille", "Papa", "Maman")
    hass.config_entries.async_update_subentry(entry, group, title="Ma famille")
    papa, maman = ids(entry, "Papa", "Maman")
    hass.config_entries.async_remove_subentry(entry, papa)
    form = await open_flow(hass, entry, group.subentry_id)
    assert suggested_values(form) == {"name": "Ma famille", "recipients": [maman]}

    # Its own name is not taken.
    result = await fill_in(hass, form, name="Ma Famille", recipients=[maman])

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert result["description_placeholders"] == {"recipients": "Maman"}
    changed = entry.subentries[group.subentry_id]
    assert changed.title == "Ma Famille"
    assert changed.data == {"name": "Ma Famille", "recipients": [maman]}


async def test_who_goes_while_the_form_is_open_is_not_in_it(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """The form comes again without him; once nobody is left, it ends."""
    papa, maman = ids(entry, "Papa", "Maman")
    form = await open_flow(hass, entry)
    hass.config_entries.async_remove_subentry(entry, papa)

    form = await fill_in(hass, form, name="Famille", recipients=[papa])

    assert form["errors"] == {"recipients": "nobody_chosen"}
    assert suggested_values(form)["recipients"] == []
    assert choices(form, "recipients") == [(maman, "Maman")]
    hass.config_entries.async_remove_subentry(entry, maman)
    result = await fill_in(hass, form, name="Famille", recipients=[maman])
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_recipients"


def test_accounts_and_relays_hold_groups(entry: MockConfigEntry) -> None:
    """Beside recipients."""
    kinds = PasserelleSmsConfigFlow.async_get_supported_subentry_types(entry)

    assert [*kinds][:2] == ["recipient", "group"]
