"""A message through a relay: the next account sends what the first one can't."""

from typing import Final

from tests.e2e.client import HomeAssistantClient
from tests.simulator import Fault

from .accounts import RECIPIENT
from .arrivals import arrive
from .asking import (
    DELIVERED,
    ask,
    get_delivery,
    last_event,
    other_balance,
    settled_balance,
)
from .relays import Relay
from .rows import Row, What, found
from .sending import check_price

_MESSAGE: Final = "Coupure de courant : le congélateur est arrêté depuis une heure."
_NOT_SENT: Final = "not_sent"
_ACCEPTED: Final = "accepted"


async def fail_over(house: HomeAssistantClient, relay: Relay) -> list[Row]:
    """Let the first gateway take no more requests, and see whether the next one sends.

    There is a row for each account that was handed the message.
    """
    first, second = relay.accounts
    before = await settled_balance(house, first), await settled_balance(house, second)
    taken_before = len(second.simulated.accepted)
    first.simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    answer = await ask(house, relay, "send_sms", message=_MESSAGE, target=[RECIPIENT])
    [result] = answer["results"]
    if [leg["account"] for leg in result["legs"]] != [first.title, second.title]:
        wrong = "it was not handed to one account after the other"
        return [Row(what=What.FAILOVER, gateway=relay.title, mistakes=(wrong,))]
    failed, sent = result["legs"]
    after = await other_balance(house, second, before[1])
    taken = second.simulated.accepted[taken_before:]
    for one in taken:
        await arrive(house, second, one)
    status, error = await get_delivery(house, relay, answer["message_id"])
    event = await last_event(house, relay, "delivery")
    return [
        Row(
            what=What.FAILOVER,
            gateway=first.title,
            outcome=failed["outcome"],
            balances=(before[0],),
            came_of_it=failed["error"]["key"],
            mistakes=found(
                (failed["outcome"] == _NOT_SENT, "it is not told that it wasn't sent"),
                (
                    await settled_balance(house, first) == before[0],
                    "the balance is not what it was before",
                ),
            ),
        ),
        Row(
            what=What.FAILOVER,
            gateway=second.title,
            outcome=sent["outcome"],
            submission_id=sent["submission_id"] or "",
            segments=result["segments"],
            balances=(before[1], after),
            came_of_it=status,
            mistakes=found(
                (result["outcome"] == _ACCEPTED, "the message is not told as accepted"),
                (len(taken) == 1, f"the gateway took {len(taken)} messages"),
                check_price(before[1] - after, sum(one.segments for one in taken)),
                (
                    status == DELIVERED,
                    error or "it has arrived, and get_delivery doesn't say so",
                ),
                (
                    event.get("message_id") == answer["message_id"],
                    "it has arrived, and the event entity doesn't say so",
                ),
            ),
        ),
    ]
