"""Everything that is shown, one after the other; what goes wrong spoils its own row."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Final

import aiohttp

from tests.e2e.client import ApiError, HomeAssistantClient
from tests.simulator import Simulator
from tests.simulator.sms123_receipts import ReceiptRefusedError

from .accounts import Account, Entry, UnexpectedStepError
from .alerts import send_alert
from .arrivals import ReportRefusedError
from .failover import fail_over
from .operations import cancel_message, check_number, receive_reply
from .progress import step
from .relays import Relay
from .rows import Row, What

FAILURES: Final = (
    ApiError,
    ReceiptRefusedError,
    ReportRefusedError,
    UnexpectedStepError,
    TimeoutError,
    aiohttp.ClientError,
)
"""What a house does that isn't well; all else is a mistake of the demonstration."""

_DOING: Final = {
    What.ALERT: "Sending an alert through",
    What.REPLY: "Receiving a reply through",
    What.CANCELLATION: "Cancelling a message at",
    What.NUMBER_CHECK: "Checking a number at",
    What.FAILOVER: "Sending by the next account of",
}


async def play(
    house: HomeAssistantClient,
    simulator: Simulator,
    accounts: Mapping[str, Account],
    relay: Relay,
) -> list[Row]:
    """Send an alert through each account, then show what else gateways and relays do."""
    pro, smseco = simulator.envoyer_sms_pro, simulator.smseco
    by_pro, by_smseco = accounts[pro.key], accounts[smseco.key]
    return [
        *[
            row
            for account in accounts.values()
            for row in await _attempt(What.ALERT, account, send_alert(house, account))
        ],
        *await _attempt(What.REPLY, by_pro, receive_reply(house, by_pro, pro)),
        *await _attempt(What.CANCELLATION, by_pro, cancel_message(house, by_pro, pro)),
        *await _attempt(
            What.NUMBER_CHECK, by_smseco, check_number(house, by_smseco, smseco)
        ),
        *await _attempt(What.FAILOVER, relay, fail_over(house, relay)),
    ]


async def _attempt(
    what: What, entry: Entry, making: Awaitable[Row | Sequence[Row]]
) -> Sequence[Row]:
    """Return the rows, or one that says why there is no better one."""
    with step(f"{_DOING[what]} {entry.title}"):
        try:
            made = await making
        except FAILURES as error:
            return [Row(what=what, gateway=entry.title, mistakes=(words_of(error),))]
    return [made] if isinstance(made, Row) else made


def words_of(error: Exception) -> str:
    """Return what a failure says, which may be no more than its name."""
    words = error.words if isinstance(error, ApiError) else str(error)
    return words or type(error).__name__
