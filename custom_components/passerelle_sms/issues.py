"""What only the user can mend, told where Home Assistant tells such things."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .gateways.gateway import Gateway

IP_NOT_ALLOWED = "ip_not_allowed"


@callback
def async_tell_ip_not_allowed(
    hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway
) -> None:
    """Tell that the gateway takes nothing from this house's address."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        learn_more_url=gateway.site,
        translation_key=IP_NOT_ALLOWED,
        translation_placeholders={
            "account": entry.title,
            "gateway": gateway.name,
            "site": gateway.site,
        },
    )


@callback
def async_forget_ip_not_allowed(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget it: the gateway answers again, or the account is gone."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry))


def _issue_id(entry: ConfigEntry) -> str:
    return f"{IP_NOT_ALLOWED}_{entry.entry_id}"
