"""What a gateway wrote down about an account."""

from typing import Final

import probatio

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse

from ..bounds import MOST_TRANSACTIONS
from ..const import ATTR_QUANTITY
from ..gateways.abilities.account import ListsTransactions
from .common import Action, able, account_of, translated
from .values import whole_number

DEFAULT_QUANTITY: Final = 100


async def _async_get_transactions(call: ServiceCall) -> ServiceResponse:
    """Tell the last transactions, as rows where they can be told apart."""
    account = account_of(call)
    gateway = able(account, ListsTransactions)
    with translated(account):
        told = await gateway.transactions(call.data[ATTR_QUANTITY])
    return {"transactions": [dict(row) for row in told.rows], "text": told.text}


ACTIONS: Final = (
    Action(
        name="get_transactions",
        handler=_async_get_transactions,
        fields={
            probatio.Optional(ATTR_QUANTITY, default=DEFAULT_QUANTITY): whole_number(
                1, MOST_TRANSACTIONS
            )
        },
        answers=SupportsResponse.ONLY,
    ),
)
