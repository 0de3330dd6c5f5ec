"""Builds the parts of an account from its settings."""

from pathlib import Path

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..gateways.abilities.delivery import PushesDeliveryOnRequest
from ..gateways.abilities.options import SellsLongMessages
from ..gateways.gateway import Gateway
from ..gateways.wire.request_budget import RequestBudget
from ..messaging.journal.journal import Journal
from ..messaging.runtime.clock import SteadyClock
from .settings import GatewaySettings

BUDGETS: HassKey[dict[str, RequestBudget]] = HassKey(f"{DOMAIN}_request_budgets")
CLOCK: HassKey[SteadyClock] = HassKey(f"{DOMAIN}_clock")


@callback
def async_get_clock(hass: HomeAssistant) -> SteadyClock:
    """Return the one clock of a house; whoever asks first starts it."""
    if CLOCK not in hass.data:
        hass.data[CLOCK] = SteadyClock(hass)
        hass.data[CLOCK].start()
    return hass.data[CLOCK]


@callback
def make_gateway(hass: HomeAssistant, settings: GatewaySettings) -> Gateway:
    """Return a client; its requests count with those of all others of its account."""
    gateway = settings.gateway(
        async_get_clientsession(hass, settings.verify_ssl),
        settings.credentials,
        url=settings.url,
        sender=settings.sender,
        budget=async_get_budget(hass, settings),
    )
    if isinstance(gateway, SellsLongMessages):
        gateway.long_messages = settings.long_messages
    if isinstance(gateway, PushesDeliveryOnRequest):
        gateway.delivery_reports = settings.delivery_reports
    return gateway


@callback
def async_get_budget(
    hass: HomeAssistant, settings: GatewaySettings
) -> RequestBudget | None:
    """Return what counts the requests to an account, where its gateway counts them.

    There is one for each account, whoever asks: the account itself, a flow, an action.
    It outlives them all, as the gateway goes on counting. A flow in which none of the
    accounts behind a login has been chosen yet counts for the login alone: nobody knows
    for which of them the gateway counts that.
    """
    limit = settings.gateway.limits.requests_per_hour
    if limit is None:
        return None
    budgets = hass.data.setdefault(BUDGETS, {})
    if settings.identity not in budgets:
        elapsed = async_get_clock(hass).elapsed
        budgets[settings.identity] = RequestBudget(limit, elapsed)
    return budgets[settings.identity]


@callback
def async_rename_budget(hass: HomeAssistant, old_id: str, new_id: str) -> None:
    """Go on counting for an account that is told from others in another way now."""
    budgets = hass.data.get(BUDGETS, {})
    if old_id in budgets:
        budgets[new_id] = budgets.pop(old_id)


@callback
def async_share_budget(
    hass: HomeAssistant, known: GatewaySettings, named: GatewaySettings
) -> None:
    """Count for an account also under the name that it has once its id is known."""
    budgets = hass.data.get(BUDGETS, {})
    if known.identity in budgets:
        budgets.setdefault(named.identity, budgets[known.identity])


def make_journal(hass: HomeAssistant, entry_id: str) -> Journal:
    """Return the journal of an account; it has not been opened yet."""
    name = f"{DOMAIN}.{entry_id}.journal"
    return Journal(
        Path(hass.config.path(STORAGE_DIR, name)), hass.async_add_executor_job
    )
