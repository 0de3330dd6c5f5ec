"""One alert through each account, followed until it is on the phone."""

from typing import Final

from tests.e2e.client import HomeAssistantClient

from .accounts import RECIPIENT, Account
from .arrivals import arrive, declare
from .asking import DELIVERED, get_delivery, last_event
from .rows import Row, What, found
from .sending import send

_MESSAGE: Final = "Citerne presque vide : il reste 8 %. Appelez le camion dès ce soir."


async def send_alert(house: HomeAssistantClient, account: Account) -> Row:
    """Send the alert, let it arrive, and see whether Home Assistant knows."""
    await declare(house, account)
    sent = await send(house, account, _MESSAGE)
    if sent.mistakes:
        return sent.row(What.ALERT)
    await arrive(house, account, sent.taken[0])
    status, error = await get_delivery(house, account, sent.message_id)
    event = await last_event(house, account, "delivery")
    told = event.get("event_type"), event.get("message_id"), event.get("recipient")
    return sent.row(
        What.ALERT,
        came_of_it=status,
        mistakes=found(
            (
                status == DELIVERED,
                error or "it has arrived, and get_delivery doesn't say so",
            ),
            (
                told == (DELIVERED, sent.message_id, RECIPIENT),
                "it has arrived, and the event entity doesn't say so",
            ),
        ),
    )
