"""The options of a relay, and its recipients."""

from collections.abc import Iterator
from typing import Any, Final
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigFlowResult,
    SubentryFlowContext,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from tests.conftest import MAMAN, suggested_values

from .relays import add_account_entry, add_relay_entry

USUAL: Final[dict[str, Any]] = {
    "encoding": "automatic",
    "too_long": "split",
    "strip_tags": False,
    "deliver_within": 0,
    "segments_per_hour": 100,
    "segments_per_day": 300,
    "identical_minutes": 1,
}
OTHERS: Final[dict[str, Any]] = {
    "encoding": "economical",
    "too_long": "cut",
    "strip_tags": True,
    "segments_per_hour": 10,
    "segments_per_day": 20,
    "identical_minutes": 0,
}


@pytest.fixture(autouse=True)
def _no_setup() -> Iterator[None]:
    """Let the entries be no more than entries."""
    integration = "custom_components.passerelle_sms"
    with (
        patch(f"{integration}.async_setup_entry", return_value=True),
        patch(f"{integration}.async_unload_entry", return_value=True),
    ):
        yield


async def open_options(hass: HomeAssistant, relay: MockConfigEntry) -> ConfigFlowResult:
    """Open the options of a relay."""
    form = await hass.config_entries.options.async_init(relay.entry_id)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "relay"
    return form


async def test_shows_the_first_accounts_options_until_others_are_kept(
    hass: HomeAssistant,
) -> None:
    """First in the relay's order; what only an account has is not asked for."""
    first = add_account_entry(
        hass, "Un", options={**OTHERS, "low_balance": 3, "alone": False}
    )
    second = add_account_entry(hass, "Deux")
    relay = add_relay_entry(hass, "Alertes", first, second)
    other = add_relay_entry(hass, "Autres", second, first)

    form = await open_options(hass, relay)

    assert suggested_values(form) == {**OTHERS, "deliver_within": 0}
    assert form["description_placeholders"] == {"account": "Un", "relay": "Alertes"}
    assert suggested_values(await open_options(hass, other)) == USUAL


async def test_keeps_the_options_whatever_becomes_of_the_first_account(
    hass: HomeAssistant,
) -> None:
    """They are the relay's own from then on; its data stay."""
    accounts = [
        add_account_entry(hass, name, options=OTHERS) for name in ("Un", "Deux")
    ]
    relay = add_relay_entry(hass, "Alertes", *accounts)
    data = dict(relay.data)
    chosen = {**USUAL, "deliver_within": 15, "segments_per_day": 50}
    form = await open_options(hass, relay)

    result = await hass.config_entries.options.async_configure(form["flow_id"], chosen)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert relay.options == chosen
    assert relay.data == data
    hass.config_entries.async_update_entry(
        accounts[0], options={**OTHERS, "segments_per_day": 9}
    )
    assert suggested_values(await open_options(hass, relay)) == chosen


async def test_options_of_a_relay_whose_first_account_has_gone(
    hass: HomeAssistant,
) -> None:
    """Those of the next one; without any, the usual ones."""
    first = add_account_entry(hass, "Un")
    second = add_account_entry(hass, "Deux", options={"segments_per_hour": 7})
    relay = add_relay_entry(hass, "Alertes", first, second)
    await hass.config_entries.async_remove(first.entry_id)

    form = await open_options(hass, relay)
    assert suggested_values(form) == {**USUAL, "segments_per_hour": 7}
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert placeholders["account"] == "Deux"

    await hass.config_entries.async_remove(second.entry_id)
    assert suggested_values(await open_options(hass, relay)) == USUAL


@pytest.mark.parametrize(
    "bad",
    [
        {"deliver_within": -1},
        {"deliver_within": 1441},
        {"segments_per_hour": 0},
        {"segments_per_day": 0},
        {"identical_minutes": 1441},
    ],
)
async def test_what_makes_no_sense_is_refused(
    hass: HomeAssistant, bad: dict[str, int]
) -> None:
    """Nothing is kept."""
    accounts = [add_account_entry(hass, name) for name in ("Un", "Deux")]
    relay = add_relay_entry(hass, "Alertes", *accounts)
    form = await open_options(hass, relay)

    with pytest.raises(InvalidData) as raised:
        await hass.config_entries.options.async_configure(
            form["flow_id"], {**USUAL, **bad}
        )

    assert next(iter(bad)) in raised.value.schema_errors
    assert relay.options == {}


async def _add_recipient(
    hass: HomeAssistant, entry: MockConfigEntry, name: str, phone: str
) -> SubentryFlowResult:
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"), context=SubentryFlowContext(source=SOURCE_USER)
    )
    return await hass.config_entries.subentries.async_configure(
        form["flow_id"], {"name": name, "phone": phone}
    )


async def test_adds_a_recipient_to_a_relay(hass: HomeAssistant) -> None:
    """As to an account, and beside the recipients that it has."""
    accounts = [
        add_account_entry(hass, "Un", recipients={"Papa": "+237699128531"}),
        add_account_entry(hass, "Deux"),
    ]
    relay = add_relay_entry(hass, "Alertes", *accounts, recipients={"Maman": MAMAN})

    taken = await _add_recipient(hass, relay, "MAMAN", "699 12 85 31")
    result = await _add_recipient(hass, relay, "Papa", "699 12 85 31")

    assert taken["errors"] == {"name": "name_taken"}
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert [one.unique_id for one in relay.subentries.values()] == [
        MAMAN,
        "+237699128531",
    ]


@pytest.mark.parametrize(
    ("gateways", "step"),
    [
        (("etech_keys", "devcodesms"), "fixed_line"),
        (("etech_keys", "smseco"), "fixed_line"),
        (("etech_keys", "sms123"), "voice_only"),
        (("sms123", "etech_keys"), "voice_only"),
    ],
)
async def test_a_fixed_line_is_spoken_to_if_any_account_can(
    hass: HomeAssistant, gateways: tuple[str, str], step: str
) -> None:
    """The one that can't leaves it to the other."""
    accounts = [add_account_entry(hass, name, name) for name in gateways]
    relay = add_relay_entry(hass, "Alertes", *accounts)

    result = await _add_recipient(hass, relay, "Bureau", "+33 1 42 68 53 00")

    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == step


async def test_an_accounts_last_page_tells_of_relays(hass: HomeAssistant) -> None:
    """It is that of its first recipient; later ones, and a relay's, need no more of it."""
    accounts = [add_account_entry(hass, name) for name in ("Un", "Deux")]
    relay = add_relay_entry(hass, "Alertes", *accounts)

    first = await _add_recipient(hass, accounts[0], "Maman", MAMAN)
    second = await _add_recipient(hass, accounts[0], "Papa", "699 12 85 31")
    of_relay = await _add_recipient(hass, relay, "Maman", MAMAN)

    assert first["description"] == "first"
    assert first["description_placeholders"] == {"number": MAMAN}
    assert second["description"] is None
    assert of_relay["description"] is None
