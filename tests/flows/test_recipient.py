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
from tests.messages import send
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
    assert result["description_placeholders"] == {"number": number}
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
        ("Tel 699128531", "699128531", {"name": "invalid_name"}),
        ("☎ 699128531", "699128531", {"name": "invalid_name"}),
        ("Máman\u200b", "699128531", {"name": "name_taken"}),
        ("Tante", "299221234", {"phone": "ambiguous_number"}),
        ("MAMAN", "699128531", {"name": "name_taken"}),
        ("Tante", "695688207", {"phone": "already_configured"}),
        ("T" * 201, "9" * 201, {"name": "too_long", "phone": "too_long"}),
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
    told = result["description_placeholders"]
    assert told is not None
    assert told["typed"] == phone[:40]
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
    assert result["description_placeholders"] == {"number": MAMAN}
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


LANDLINE = "+33142685300"


@pytest.mark.parametrize(
    ("gateway", "country", "phone", "number", "step"),
    [
        ("etech_keys", "CM", "2 22 23 40 00", "+237222234000", "fixed_line"),
        ("etech_keys", "CM", "+33 1 42 68 53 00", LANDLINE, "fixed_line"),
        ("envoyer_sms_pro", "FR", "01 42 68 53 00", LANDLINE, "fixed_line"),
        ("sms123", "FR", "01 42 68 53 00", LANDLINE, "voice_only"),
    ],
)
async def test_a_fixed_line_is_taken_once_that_was_read(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    gateway: str,
    country: str,
    phone: str,
    number: str,
    step: str,
) -> None:
    """No SMS arrives there; where messages can be read out, the form says that."""
    simulated = simulator.gateways[gateway]
    entry = await add_account(simulated, recipients={}, country=country)

    question = await fill_in(hass, await open_flow(hass, entry), "Bureau", phone)

    assert question["type"] is FlowResultType.FORM
    assert question["step_id"] == step
    assert question["description_placeholders"] == {"number": number}
    assert not entry.subentries
    flow_id = question["flow_id"]
    result = await hass.config_entries.subentries.async_configure(flow_id, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert [one.data["phone"] for one in entry.subentries.values()] == [number]


async def test_changing_to_a_fixed_line_asks_once(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What is known of a number is not asked again when only the name changes."""
    entry = await add_account(simulator.etech_keys)
    subentry_id = next(iter(entry.subentries))
    form = await open_flow(hass, entry, subentry_id)

    question = await fill_in(hass, form, "Bureau", LANDLINE)
    assert question["step_id"] == "fixed_line"
    assert entry.subentries[subentry_id].data["phone"] == MAMAN
    flow_id = question["flow_id"]
    await hass.config_entries.subentries.async_configure(flow_id, {})
    form = await open_flow(hass, entry, subentry_id)
    result = await fill_in(hass, form, "Le bureau", LANDLINE)

    assert result["type"] is FlowResultType.ABORT
    assert entry.subentries[subentry_id].title == "Le bureau"
    assert entry.subentries[subentry_id].data["phone"] == LANDLINE


async def test_a_picture_is_a_name(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Each has a service of its own, and is a target by itself."""
    entry = await add_account(simulator.etech_keys, recipients={})
    for name, phone in (("🥶", "699128531"), ("🎉", "699128532")):
        result = await fill_in(hass, await open_flow(hass, entry), name, phone)
        assert result["type"] is FlowResultType.CREATE_ENTRY

    sent = await send(hass, entry, target=["🎉"])

    assert [row["recipient"] for row in sent["results"]] == ["🎉"]
    [accepted] = simulator.etech_keys.accepted
    assert accepted.recipient.endswith("699128532")
    assert hass.services.has_service("notify", "etech_keys_3")


async def test_a_recipient_renamed_elsewhere_is_a_target_by_its_new_name(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """In all its writings, and no more by the old one."""
    entry = await add_account(simulator.etech_keys)
    maman = next(iter(entry.subentries.values()))
    hass.config_entries.async_update_subentry(entry, maman, title=" L’école\u200b ")
    await hass.async_block_till_done()

    sent = await send(hass, entry, target="L'ECOLE, Maman")

    assert [(row["recipient"], row["outcome"]) for row in sent["results"]] == [
        ("L’école", "accepted"),
        ("Maman", "rejected"),
    ]
    assert hass.services.has_service("notify", "etech_keys_lecole")
