"""Tells accounts from relays, and which accounts a relay holds."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import (
    CONF_ACCOUNTS,
    CONF_ENCODING,
    CONF_GATEWAY,
    CONF_IDENTICAL_MINUTES,
    CONF_SEGMENTS_PER_DAY,
    CONF_SEGMENTS_PER_HOUR,
    CONF_STRIP_TAGS,
    CONF_TOO_LONG,
    DOMAIN,
    GATEWAY_RELAY,
)
from ..gateways.gateway import Gateway
from .settings import gateway_class

# What a relay does as its first account, until its own options are kept.
_OF_FIRST_ACCOUNT: Final = (
    CONF_ENCODING,
    CONF_TOO_LONG,
    CONF_STRIP_TAGS,
    CONF_SEGMENTS_PER_HOUR,
    CONF_SEGMENTS_PER_DAY,
    CONF_IDENTICAL_MINUTES,
)


def is_relay(data: Mapping[str, Any]) -> bool:
    """Return whether an entry's data are those of a relay, not of an account."""
    return bool(data[CONF_GATEWAY] == GATEWAY_RELAY)


@callback
def account_entries(hass: HomeAssistant) -> list[ConfigEntry]:
    """Return the entries of all accounts, enabled or not, as they were added."""
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    return [entry for entry in entries if not is_relay(entry.data)]


@callback
def accounts_of(hass: HomeAssistant, data: Mapping[str, Any]) -> list[ConfigEntry]:
    """Return the accounts that a relay's data name and that are there, in its order."""
    known = {entry.entry_id: entry for entry in account_entries(hass)}
    return [known[one] for one in data[CONF_ACCOUNTS] if one in known]


@callback
def is_held_by(hass: HomeAssistant, account_id: str, relay_id: str) -> bool:
    """Return whether a relay is enabled, and holds an account."""
    relay = hass.config_entries.async_get_entry(relay_id)
    return (
        relay is not None
        and relay.disabled_by is None
        and account_id in relay.data[CONF_ACCOUNTS]
    )


@callback
def gateways_of(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> tuple[type[Gateway], ...]:
    """Return the gateways that an account or a relay sends through."""
    if not is_relay(data):
        return (gateway_class(data),)
    return tuple(gateway_class(account.data) for account in accounts_of(hass, data))


@callback
def relay_options(hass: HomeAssistant, relay: ConfigEntry) -> dict[str, Any]:
    """Return the options that a relay goes by: its own, and else its first account's."""
    first = next(iter(accounts_of(hass, relay.data)), None)
    known = {} if first is None else first.options
    inherited = {name: known[name] for name in _OF_FIRST_ACCOUNT if name in known}
    return {**inherited, **relay.options}
