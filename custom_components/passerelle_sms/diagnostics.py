"""What a user can hand on with a report: no secret and no number in it."""

from dataclasses import asdict
from typing import Any

from yarl import URL

from homeassistant.const import CONF_COUNTRY, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant

from .account import AccountConfigEntry, recipients
from .const import CONF_SENDER
from .gateways.gateway import Gateway
from .gateways.models import Balance


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: AccountConfigEntry
) -> dict[str, Any]:
    """Return the diagnostics of an account.

    What may be told is picked by name, so that nothing is told by oversight.
    """
    account = entry.runtime_data
    coordinator, gateway = account.coordinator, account.gateway
    return {
        "account": {
            "gateway": gateway.key,
            "address": _address(gateway, URL(entry.data[CONF_URL])),
            "verify_ssl": entry.data[CONF_VERIFY_SSL],
            "country": entry.data[CONF_COUNTRY],
            "sender_set": bool(entry.data.get(CONF_SENDER)),
            "sub_account_chosen": bool(gateway.credentials.account_id),
            "recipients": len(recipients(entry)),
            "options": dict(entry.options),
        },
        "balance": _balance(coordinator.data),
        "last_poll": {
            "successful": coordinator.last_update_success,
            "error": str(coordinator.last_exception)
            if coordinator.last_exception
            else None,
        },
        "last_unreadable_answer": gateway.last_unreadable,
    }


def _address(gateway: Gateway, url: URL) -> str:
    """Return the documented address, or only how another one is spoken to."""
    documented = {gateway.default_url, gateway.default_url.with_scheme("https")}
    return str(url) if url in documented else f"{url.scheme}://another"


def _balance(balance: Balance) -> dict[str, Any]:
    told = {name: value for name, value in asdict(balance).items() if value is not None}
    return {
        **{name: str(value) for name, value in told.items() if name != "sub_accounts"},
        "sub_accounts": len(balance.sub_accounts),
    }
