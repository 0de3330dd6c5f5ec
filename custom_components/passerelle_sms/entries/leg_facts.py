"""What sentences say of the accounts of a relay."""

from collections.abc import Sequence

from homeassistant.core import HomeAssistant, callback

from ..gateways.catalogue import GATEWAYS
from ..messaging.model.failure import Failure
from ..messaging.model.leg import Leg
from ..presentation.gateway_facts import GatewayFacts, KnownGateway
from .account import async_get_account


@callback
def async_gateway_of(hass: HomeAssistant, leg: Leg) -> GatewayFacts:
    """Return the gateway of a leg: its account's, or what is known without an account."""
    return _gateway(hass, leg.account, leg.gateway)


@callback
def async_told_by(
    hass: HomeAssistant, legs: Sequence[Leg], failure: Failure | None
) -> GatewayFacts | None:
    """Return the gateway that a failure at a relay is about, with the account's title.

    That of the leg which failed so, or of the account that is waited for; `None` where
    the failure is the relay's own.
    """
    if failure is None:
        return None
    for leg in reversed(legs):
        if leg.failure == failure:
            return _named(hass, leg.account, leg.gateway)
    account, key = failure.details.get("account"), failure.details.get("gateway_key")
    if account is None or key not in GATEWAYS:
        return None
    return _named(hass, account, key)


def _gateway(hass: HomeAssistant, account_id: str, key: str) -> GatewayFacts:
    account = async_get_account(hass, account_id)
    return KnownGateway.of(GATEWAYS[key]) if account is None else account.gateway


def _named(hass: HomeAssistant, account_id: str, key: str) -> GatewayFacts:
    """Return an account's gateway by a name that tells it from another account's."""
    gateway = _gateway(hass, account_id, key)
    entry = hass.config_entries.async_get_entry(account_id)
    if entry is None or entry.title == gateway.name:
        return gateway
    is_in_title = gateway.name in entry.title
    return KnownGateway(
        key=gateway.key,
        name=entry.title if is_in_title else f"{entry.title} ({gateway.name})",
        site=gateway.site,
        sender_rule=gateway.sender_rule,
        limits=gateway.limits,
        sender=gateway.sender,
    )
