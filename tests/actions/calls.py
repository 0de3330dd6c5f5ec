"""How tests call an action, and a call of each that may be made."""

from typing import Any, Final

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.actions import (
    contacts,
    senders,
    stop_list,
    sub_accounts as accounts,
    transactions,
)
from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.core import Context, HomeAssistant, SupportsResponse

ACTIONS: Final = {
    action.name: action
    for module in (accounts, contacts, senders, stop_list, transactions)
    for action in module.ACTIONS
}
FIELDS: Final[dict[str, dict[str, Any]]] = {
    "get_accounts": {},
    "create_account": {"name": "Atelier"},
    "delete_account": {"account_id": "536", "name": "SOCIETE3"},
    "transfer_credits": {
        "from_account_id": "504",
        "to_account_id": "536",
        "credits": 1000,
    },
    "add_group": {"name": "Famille"},
    "rename_group": {"name": "Famille", "new_name": "Voisins"},
    "delete_group": {"name": "Famille"},
    "add_contact": {"phone": "Maman", "groups": ["Famille"]},
    "update_contact": {"phone": "Maman", "group": "Famille"},
    "delete_contact": {"phone": "Maman"},
    "get_senders": {},
    "get_stop_status": {"recipient": "Maman"},
    "activate_stop": {"recipient": "Maman"},
    "deactivate_stop": {"recipient": "Maman"},
    "get_transactions": {},
}
"""By action, what it can be called with."""


async def call(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    action: str,
    *,
    context: Context | None = None,
    answer: bool = True,
    **fields: Any,
) -> dict[str, Any]:
    """Call an action, and return its answer if one is wanted."""
    response = await hass.services.async_call(
        DOMAIN,
        action,
        {"config_entry_id": entry.entry_id, **fields},
        blocking=True,
        return_response=answer,
        context=context,
    )
    return response or {}


def answers(hass: HomeAssistant, action: str) -> SupportsResponse:
    """Return whether an action answers."""
    return hass.services.supports_response(DOMAIN, action)
