"""One hand-over to one account, and what has become of it for each recipient."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ...gateways.errors import GatewayError, NoAccountAvailableError, RejectedError
from ..model.failure import Failure
from ..model.leg import Leg
from ..model.record import MessageRecord
from ..model.submission import RowKey
from ..runtime.turns import Steps, in_turns
from .hand_over import NewLegs, order_for
from .legs import leg_after
from .relay_accounts import RelayAccounts


async def attempt(
    record: MessageRecord,
    keys: Sequence[RowKey],
    accounts: RelayAccounts,
    relay_id: str,
    now: datetime,
) -> dict[RowKey, Leg]:
    """Let the account of a leg send, once, and return what became of it for each.

    These recipients share the message that has their last leg, and that is on disk.
    """
    legs = {key: record.find(key).legs[-1] for key in keys}
    account = accounts.find(legs[keys[0]].account)
    if account is None:
        return _ended(legs, NoAccountAvailableError())
    try:
        told = await account.take(order_for(record, keys, relay_id, now))
    except RejectedError as error:
        return _ended(legs, error)
    return await in_turns(_ended_as(legs, record, told))


def _ended_as(
    legs: NewLegs, record: MessageRecord, told: MessageRecord
) -> Steps[dict[RowKey, Leg]]:
    """Return legs of a message as their account has them."""
    ended: dict[RowKey, Leg] = {}
    for key, leg in legs.items():
        ended[key] = leg_after(leg, told, record.find(key).recipient.number)
        yield
    return ended


def _ended(legs: NewLegs, error: GatewayError) -> dict[RowKey, Leg]:
    """Return legs that an account has not taken in."""
    return {
        key: replace(
            leg, outcome=error.outcome, is_open=False, failure=Failure.of(error)
        )
        for key, leg in legs.items()
    }
