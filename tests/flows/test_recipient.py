"""Adding and changing a recipient."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    SubentryFlowContext,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import MAMAN, AccountMaker, suggested_values
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def open_flow(
    hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str | None = None
) -> SubentryFlowResult:
    """Open the flow that adds a recipient, or changes one."""
    context = SubentryFlowContext(source=SOURCE_USER)
    if subentry_id is not None:
        context = SubentryFlowContext(
            source=SOURCE_RECONFIGURE, subentry_id=subentry_id
        )
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"), context=context
    )


async def fill_in(
    hass: HomeAssistant, form: SubentryFlowResult, name: str, phone: str
) -> SubentryFlowResult:
    """Submit the form."""
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {"name": name, "phone": phone}
    )
    await hass.async_block_till_done()
    return result


@pytest.mark.parametrize(
    ("country", "phone", "number"),
    [
        ("CM", "695 68 82 07", "+237695688207"),
        ("CI", "07 57 12 34 56", "+2250757123456"),
        ("FR", "07 57 12 34 56", "+33757123456"),
        ("FR", "0692 12 34 56", "+262692123456"),
        ("BF", "00226 70 12 34 56", "+22670123456"),
    ],
)
async def test_adds_a_recipient(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    country: str,
    phone: str,
    number: str,
) -> None:
    """Kept as E.164; the service, the entity and the device are there at once."""
    entry = await add_account(simulator.etech_keys, recipients={}, country=country)
    form = await open_flow(hass, entry)
    assert form["type"] is FlowResultType.FORM
    assert form["description_placeholders"] == {"country": country}

    result = await fill_in(hass, form, "  Ma   mère ", phone)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    [subentry] = entry.subentries.values()
    assert subentry.title == "Ma mère"
    assert subentry.data == {"name": "Ma mère", "phone": number}
    assert hass.services.has_service("notify", "etech_keys_ma_mere")
    assert hass.states.get("notify.ma_mere") is not None


@pytest.mark.parametrize(
    ("name", "phone", "errors"),
    [
        ("Tante", "abc", {"phone": "not_a_number"}),
        ("Tante", "+225 57 12 34 56", {"phone": "old_ivorian_number"}),
        ("Tante", "+237 12", {"phone": "not_a_number"}),
        ("Tante", "+33 1", {"phone": "not_a_number"}),
        ("Tante", "+237 1234567890123", {"phone": "invalid_recipient"}),
        ("695688207", "699128531", {"name": "invalid_name"}),
        ("!!!", "699128531", {"name": "invalid_name"}),
        ("MAMAN", "699128531", {"name": "name_taken"}),
        ("Tante", "695688207", {"phone": "already_configured"}),
    ],
)
async def test_says_what_is_wrong_and_recovers(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    name: str,
    phone: str,
    errors: dict[str, str],
) -> None:
    """Beside the field, and what was typed stays."""
    entry = await add_account(simulator.etech_keys)

    result = await fill_in(hass, await open_flow(hass, entry), name, phone)

    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    result = await fill_in(hass, result, "Tante", "699128531")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_changes_a_recipient(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A service of the new name comes; its own name and number are no clash."""
    entry = await add_account(simulator.etech_keys)
    subentry_id = next(iter(entry.subentries))
    form = await open_flow(hass, entry, subentry_id)

    wrong = await fill_in(hass, form, "Maman", "abc")
    assert wrong["errors"] == {"phone": "not_a_number"}
    result = await fill_in(hass, wrong, "Mamie", "695688207")

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert entry.subentries[subentry_id].title == "Mamie"
    assert hass.services.has_service("notify", "etech_keys_mamie")
    assert hass.services.has_service("notify", "etech_keys_maman")


async def test_a_recipient_renamed_elsewhere_is_known_by_its_new_name(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The user interface can change the title alone: the form and its checks follow."""
    entry = await add_account(simulator.etech_keys)
    maman = next(iter(entry.subentries.values()))
    hass.config_entries.async_update_subentry(entry, maman, title="Mamie")
    await hass.async_block_till_done()

    form = await open_flow(hass, entry, maman.subentry_id)
    taken = await fill_in(hass, await open_flow(hass, entry), "MAMIE", "699128531")
    free = await fill_in(hass, taken, "Maman", "699128531")

    assert suggested_values(form) == {"name": "Mamie", "phone": MAMAN}
    assert taken["errors"] == {"name": "name_taken"}
    assert free["type"] is FlowResultType.CREATE_ENTRY


async def test_removes_a_recipient(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Its service, entity and device go with it."""
    entry = await add_account(simulator.etech_keys)

    hass.config_entries.async_remove_subentry(entry, next(iter(entry.subentries)))
    await hass.async_block_till_done()

    assert not hass.services.has_service("notify", "etech_keys_maman")
    assert hass.states.get("notify.maman") is None
    assert hass.services.has_service("notify", "etech_keys_papa")
