"""The senders that are registered at a gateway."""

from typing import Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse

from ..gateways.abilities.account import ListsSenders
from .common import Action, able, account_of, translated


async def _async_get_senders(call: ServiceCall) -> ServiceResponse:
    """Tell the senders that messages may carry."""
    account = account_of(call)
    gateway = able(account, ListsSenders)
    with translated(account):
        return {"senders": [*await gateway.senders()]}


ACTIONS: Final = (
    Action(
        name="get_senders",
        handler=_async_get_senders,
        answers=SupportsResponse.ONLY,
    ),
)
