"""The list of those who want no messages, as a gateway keeps it."""

from typing import Final

import probatio

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse

from ..const import ATTR_RECIPIENT
from ..gateways.abilities.account import KeepsStopList
from .common import Action, able, account_of, recipient_of, translated
from .reading import Fields
from .values import name

_FIELDS: Final[Fields] = {probatio.Required(ATTR_RECIPIENT): name}


async def _async_get_stop_status(call: ServiceCall) -> ServiceResponse:
    """Tell whether a recipient is on the list."""
    account = account_of(call)
    gateway = able(account, KeepsStopList)
    with translated(account):
        recipient = recipient_of(account, call.data[ATTR_RECIPIENT])
        stopped = await gateway.is_stopped(recipient.number)
    return {"recipient": recipient.label, "stopped": stopped}


async def _async_activate_stop(call: ServiceCall) -> ServiceResponse:
    """Put a recipient on the list: no message arrives there any more."""
    account = account_of(call)
    gateway = able(account, KeepsStopList)
    with translated(account, changes=True):
        recipient = recipient_of(account, call.data[ATTR_RECIPIENT])
        await gateway.activate_stop(recipient.number)
    return {"recipient": recipient.label, "stopped": True}


async def _async_deactivate_stop(call: ServiceCall) -> ServiceResponse:
    """Take a recipient off the list."""
    account = account_of(call)
    gateway = able(account, KeepsStopList)
    with translated(account, changes=True):
        recipient = recipient_of(account, call.data[ATTR_RECIPIENT])
        await gateway.deactivate_stop(recipient.number)
    return {"recipient": recipient.label, "stopped": False}


ACTIONS: Final = (
    Action(
        name="get_stop_status",
        handler=_async_get_stop_status,
        fields=_FIELDS,
        answers=SupportsResponse.ONLY,
    ),
    Action(name="activate_stop", handler=_async_activate_stop, fields=_FIELDS),
    Action(name="deactivate_stop", handler=_async_deactivate_stop, fields=_FIELDS),
)
