"""Builds the parts of an account from its settings."""

from pathlib import Path

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..gateways.abilities.options import SellsLongMessages
from ..gateways.gateway import Gateway
from ..gateways.wire.request_budget import RequestBudget
from ..messaging.journal.journal import Journal
from ..messaging.runtime.clock import SteadyClock
from .settings import GatewaySettings

CLOCK: HassKey[SteadyClock] = HassKey(f"{DOMAIN}_clock")


@callback
def async_get_clock(hass: HomeAssistant) -> SteadyClock:
    """Return the one clock of a house; whoever asks first starts it."""
    if CLOCK not in hass.data:
        hass.data[CLOCK] = SteadyClock(hass)
        hass.data[CLOCK].start()
    return hass.data[CLOCK]


@callback
def make_gateway(
    hass: HomeAssistant, settings: GatewaySettings, budget: RequestBudget | None = None
) -> Gateway:
    """Return a client; `budget` goes on counting what another one has asked."""
    gateway = settings.gateway(
        async_get_clientsession(hass, settings.verify_ssl),
        settings.credentials,
        url=settings.url,
        sender=settings.sender,
        budget=budget,
    )
    if isinstance(gateway, SellsLongMessages):
        gateway.long_messages = settings.long_messages
    return gateway


@callback
def make_budget(hass: HomeAssistant, gateway: type[Gateway]) -> RequestBudget | None:
    """Return what counts an account's requests, where its gateway counts them."""
    limit = gateway.limits.requests_per_hour
    return (
        None if limit is None else RequestBudget(limit, async_get_clock(hass).elapsed)
    )


def make_journal(hass: HomeAssistant, entry_id: str) -> Journal:
    """Return the journal of an account; it has not been opened yet."""
    name = f"{DOMAIN}.{entry_id}.journal"
    return Journal(
        Path(hass.config.path(STORAGE_DIR, name)), hass.async_add_executor_job
    )
