"""Whether numbers can be reached, where a gateway sells that."""

from datetime import timedelta
from typing import Final

import probatio

from homeassistant.core import ServiceCall, ServiceResponse

from ..const import ATTR_TARGET, ATTR_WAIT_FOR_DELIVERY
from ..gateways.abilities.account import ChecksNumbers
from .common import Action, able, account_of, translated
from .message_fields import WAIT_FIELD, targets
from .responses import async_rows
from .sending import async_awaited


async def _async_check_numbers(call: ServiceCall) -> ServiceResponse:
    """Have numbers checked, which costs credits; tell what is found so far."""
    account = account_of(call)
    gateway = able(account, ChecksNumbers)
    with translated(account, changes=True):
        report = await account.number_checker.check(
            gateway, account.gateway.key, call.data[ATTR_TARGET]
        )
    if wait := call.data.get(ATTR_WAIT_FOR_DELIVERY, timedelta()):
        report = await async_awaited(account, report, wait)
    return {
        "message_id": report.message_id,
        "results": await async_rows(
            call.hass, report.record, report.results, account.gateway
        ),
    }


ACTIONS: Final = (
    Action(
        name="check_numbers",
        handler=_async_check_numbers,
        fields={
            probatio.Required(ATTR_TARGET): targets,
            **WAIT_FIELD,
        },
    ),
)
