"""What else gateways do: pass on a reply, take a message back, check a number."""

from datetime import UTC, datetime, timedelta
from typing import Final

from tests.e2e.client import HomeAssistantClient
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro
from tests.simulator.smseco import SimulatedSmsEco

from .accounts import RECIPIENT, Account
from .arrivals import RECEIVED
from .asking import (
    DELIVERED,
    ask,
    get_delivery,
    last_event,
    other_balance,
    settled_balance,
)
from .rows import Row, What, found
from .sending import check_price, refusal_in, send

_QUESTION: Final = "Citerne vide. Je commande le camion ? Répondez OUI ou NON."
_ANSWER: Final = "Oui, ce soir."
_REMINDER: Final = "Le camion de la citerne vient ce matin à 8 h."


async def receive_reply(
    house: HomeAssistantClient, account: Account, simulated: SimulatedEnvoyerSmsPro
) -> Row:
    """Send a question, let the recipient reply, and see who wrote what."""
    sent = await send(house, account, _QUESTION, allow_replies=True)
    if sent.mistakes:
        return sent.row(What.REPLY)
    simulated.reply(sent.submission_id, sent.taken[0].recipient, _ANSWER)
    answer = await ask(house, account, "get_replies", message_id=sent.message_id)
    replies = [(row["recipient"], row["text"]) for row in answer["replies"]]
    event = await last_event(house, account, "reply")
    told = event.get("message_id"), event.get("recipient"), event.get("known")
    return sent.row(
        What.REPLY,
        came_of_it=", ".join(f"{recipient}: {text}" for recipient, text in replies),
        mistakes=found(
            (replies == [(RECIPIENT, _ANSWER)], "get_replies tells something else"),
            (
                told == (sent.message_id, RECIPIENT, True),
                "the event entity tells something else",
            ),
        ),
    )


async def cancel_message(
    house: HomeAssistantClient, account: Account, simulated: SimulatedEnvoyerSmsPro
) -> Row:
    """Send a message for tomorrow, take it back, and get its credits back."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    sent = await send(house, account, _REMINDER, send_at=tomorrow.isoformat())
    if sent.mistakes:
        return sent.row(What.CANCELLATION)
    answer = await ask(house, account, "cancel_sms", message_id=sent.message_id)
    [result] = answer["results"]
    reason = result["error"]["key"] if result["error"] else ""
    cost, back = sent.before - sent.after, answer["credits_back"]
    balance = await other_balance(house, account, sent.after)
    return Row(
        what=What.CANCELLATION,
        gateway=account.title,
        outcome=result["outcome"],
        submission_id=sent.submission_id,
        segments=result["segments"],
        balances=(sent.before, sent.after, balance),
        came_of_it=f"{reason}, {back or 'no'} credit back",
        mistakes=found(
            (result["outcome"] == "not_sent", "it is not told that it wasn't sent"),
            (reason == "cancelled", "it is not told that it was cancelled"),
            (
                simulated.messages[sent.submission_id].is_cancelled,
                "the gateway will send it all the same",
            ),
            (back == cost, f"it had cost {cost}, and {back} came back"),
            (balance == sent.before, "the balance is not what it was before"),
        ),
    )


async def check_number(
    house: HomeAssistantClient, account: Account, simulated: SimulatedSmsEco
) -> Row:
    """Have the recipient's number checked, and see whether it can be reached."""
    before = await settled_balance(house, account)
    answer = await ask(house, account, "check_numbers", target=[RECIPIENT])
    [result] = answer["results"]
    if refusal := refusal_in(result):
        return Row(
            what=What.NUMBER_CHECK,
            gateway=account.title,
            outcome=result["outcome"],
            balances=(before,),
            mistakes=(refusal,),
        )
    after = await other_balance(house, account, before)
    for checked in simulated.checked:
        simulated.report(checked, RECEIVED)
    status, error = await get_delivery(house, account, answer["message_id"])
    is_reachable = status == DELIVERED
    return Row(
        what=What.NUMBER_CHECK,
        gateway=account.title,
        outcome=result["outcome"],
        submission_id=result["submission_id"] or "",
        segments=result["segments"],
        balances=(before, after),
        came_of_it=f"{RECIPIENT}: reachable" if is_reachable else status,
        mistakes=found(
            check_price(before - after, len(simulated.checked)),
            (
                is_reachable,
                error or "it can be reached, and get_delivery doesn't say so",
            ),
        ),
    )
