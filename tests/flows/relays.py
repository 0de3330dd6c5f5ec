"""Accounts and relays as entries only: their forms ask no gateway anything."""

from collections.abc import Mapping
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryDisabler,
    ConfigFlowResult,
    ConfigSubentryData,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType


def _subentries(recipients: Mapping[str, str] | None) -> list[ConfigSubentryData]:
    return [
        ConfigSubentryData(
            data={"name": name, "phone": number},
            subentry_type="recipient",
            title=name,
            unique_id=number,
        )
        for name, number in (recipients or {}).items()
    ]


def add_account_entry(
    hass: HomeAssistant,
    title: str,
    gateway: str = "etech_keys",
    *,
    country: str = "CM",
    recipients: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    disabled: bool = False,
) -> MockConfigEntry:
    """Add an account's entry."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=title,
        data={
            "gateway": gateway,
            "username": title,
            "password": "secret",
            "api_key": "secret",
            "country": country,
            "url": "https://sms.example/",
            "verify_ssl": True,
        },
        options=dict(options or {}),
        unique_id=title,
        subentries_data=_subentries(recipients),
        disabled_by=ConfigEntryDisabler.USER if disabled else None,
    )
    entry.add_to_hass(hass)
    return entry


def add_relay_entry(
    hass: HomeAssistant,
    title: str,
    *accounts: MockConfigEntry,
    recipients: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> MockConfigEntry:
    """Add a relay's entry."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=title,
        data={
            "gateway": "relay",
            "name": title,
            "accounts": [account.entry_id for account in accounts],
            "country": "CM",
        },
        options=dict(options or {}),
        subentries_data=_subentries(recipients),
    )
    entry.add_to_hass(hass)
    return entry


async def open_menu(hass: HomeAssistant) -> ConfigFlowResult:
    """Open the flow that adds an account or a relay."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert menu["type"] is FlowResultType.MENU
    return menu


async def open_relay_form(hass: HomeAssistant) -> ConfigFlowResult:
    """Choose a relay from the menu."""
    menu = await open_menu(hass)
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": "relay"}
    )


async def open_reconfiguration(
    hass: HomeAssistant, relay: MockConfigEntry
) -> ConfigFlowResult:
    """Open the flow that changes a relay."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": relay.entry_id}
    )


async def fill_in(
    hass: HomeAssistant, form: ConfigFlowResult, **fields: Any
) -> ConfigFlowResult:
    """Submit a form, and let everything settle."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], fields)
    await hass.async_block_till_done()
    return result


def choices(
    form: ConfigFlowResult | SubentryFlowResult, field: str
) -> list[tuple[str, str]]:
    """Return what can be chosen in a field of a form: values and labels."""
    schema = form["data_schema"]
    assert schema is not None
    options = schema.schema[field].config["options"]
    return [(option["value"], option["label"]) for option in options]
