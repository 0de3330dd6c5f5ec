"""Everything that is shown, one after the other; what goes wrong spoils its own row."""

from collections.abc import Awaitable, Mapping
from typing import Final

import aiohttp

from tests.e2e.client import ApiError, HomeAssistantClient
from tests.simulator import Simulator
from tests.simulator.sms123_receipts import ReceiptRefusedError

from .accounts import Account, UnexpectedStepError
from .alerts import send_alert
from .arrivals import ReportRefusedError
from .operations import cancel_message, check_number, receive_reply
from .progress import step
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
}


async def play(
    house: HomeAssistantClient, simulator: Simulator, accounts: Mapping[str, Account]
) -> list[Row]:
    """Send an alert through each account, then show what else gateways do."""
    rows = [
        await _attempt(What.ALERT, account, send_alert(house, account))
        for account in accounts.values()
    ]
    pro = simulator.envoyer_sms_pro
    account = accounts[pro.key]
    rows.append(await _attempt(What.REPLY, account, receive_reply(house, account, pro)))
    rows.append(
        await _attempt(What.CANCELLATION, account, cancel_message(house, account, pro))
    )
    smseco = simulator.smseco
    account = accounts[smseco.key]
    rows.append(
        await _attempt(What.NUMBER_CHECK, account, check_number(house, account, smseco))
    )
    return rows


async def _attempt(what: What, account: Account, making: Awaitable[Row]) -> Row:
    """Return the row, or one that says why there is no better one."""
    with step(f"{_DOING[what]} {account.title}"):
        try:
            return await making
        except FAILURES as error:
            return Row(what=what, gateway=account.title, mistakes=(words_of(error),))


def words_of(error: Exception) -> str:
    """Return what a failure says, which may be no more than its name."""
    words = error.words if isinstance(error, ApiError) else str(error)
    return words or type(error).__name__
