"""The actions."""

from typing import Final

from homeassistant.core import HomeAssistant, callback

from .actions import (
    contacts,
    deliveries,
    messages,
    number_checks,
    replies,
    senders,
    stop_list,
    sub_accounts as accounts,
    transactions,
)

MODULES: Final = (
    accounts,
    contacts,
    deliveries,
    messages,
    number_checks,
    replies,
    senders,
    stop_list,
    transactions,
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for module in MODULES:
        for action in module.ACTIONS:
            action.async_register(hass)
