"""."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yarl import URL

from custom_components.passerelle_sms.entries.settings import credentials, gateway_class
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_LONG_MESSAGES, CONF_SENDER, DOMAIN
from ..gateways.abilities.options import SellsLongMessages
from ..gateways.gateway import Gateway
from ..gateways.wire.request_budget import RequestBudget
from ..messaging.journal.journal import Journal

BUDGETS: HassKey[dict[str, RequestBudget]] = HassKey(f"{DOMAIN}_budgets")


def request_budget(hass: HomeAssistant, entry: ConfigEntry) -> RequestBudget | None:
    """Return what counts an account's requests, where its gateway counts them.

    It outlives a reload: the gateway goes on counting.
    """
    limit = gateway_class(entry.data).limits.requests_per_hour
    if limit is None:
        return None
    budgets = hass.data.setdefault(BUDGETS, {})
    if entry.entry_id not in budgets:
        budgets[entry.entry_id] = RequestBudget(limit, dt_util.utcnow)
    return budgets[entry.entry_id]


def make_gateway(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    budget: RequestBudget | None = None,
) -> Gateway:
    """Return a client for an account's data and options."""
    gateway = gateway_class(data)(
        async_get_clientsession(hass, data[CONF_VERIFY_SSL]),
        credentials(data),
        url=URL(data[CONF_URL]),
        sender=data.get(CONF_SENDER),
        budget=budget,
    )
    if isinstance(gateway, SellsLongMessages):
        gateway.long_messages = options.get(CONF_LONG_MESSAGES, False)
    return gateway


def make_journal(hass: HomeAssistant, entry: ConfigEntry) -> Journal:
    """Return the journal of an account; it has not been opened yet."""
    name = f"{DOMAIN}.{entry.entry_id}.journal"
    return Journal(
        Path(hass.config.path(STORAGE_DIR, name)), hass.async_add_executor_job
    )
