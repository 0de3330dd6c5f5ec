"""The phones' side: lets a message arrive, and its gateway tell of that."""

from http import HTTPStatus
from typing import Final

import aiohttp

from tests.e2e.client import HomeAssistantClient
from tests.simulator import Acceptance
from tests.simulator.devcodesms import SimulatedDevCodeSms
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro
from tests.simulator.etech_keys import SimulatedEtechKeys
from tests.simulator.sms123 import SimulatedSms123
from tests.simulator.sms123_receipts import PROOF
from tests.simulator.smseco import SimulatedSmsEco

from .accounts import Account

# SMSECO's "Accusé de Réception".
RECEIVED: Final = 56


class ReportRefusedError(Exception):
    """Home Assistant did not take a delivery report that it was sent."""


async def declare(house: HomeAssistantClient, account: Account) -> None:
    """Have a gateway told where to call, and messages ask for it, where that is needed.

    Raises:
        ReceiptRefusedError: the address doesn't answer as the gateway wants.

    """
    if not isinstance(account.simulated, SimulatedSms123):
        return
    options = await house.options_flow(account.entry_id)
    await account.simulated.receipts.declare(options.suggested("webhook_url"))
    names = [field["name"] for field in options.step["data_schema"]]
    chosen = {name: options.suggested(name) for name in names}
    await options.submit({**chosen, "delivery_reports": True})
    if options.step.get("errors"):
        # This house has no address on the internet, and says so once.
        await options.submit({**chosen, "delivery_reports": True})


async def arrive(
    house: HomeAssistantClient, account: Account, taken: Acceptance
) -> None:
    """Let a message arrive, and its gateway tell of that.

    Raises:
        ReportRefusedError: Home Assistant doesn't want to hear of it.

    """
    match account.simulated:
        case SimulatedEtechKeys() as gateway:
            gateway.labels[taken.submission_id] = "DELIVERED"
        case SimulatedSmsEco() as gateway:
            gateway.report(taken, RECEIVED)
        case SimulatedEnvoyerSmsPro() as gateway:
            gateway.deliver(taken.submission_id, taken.recipient)
        case SimulatedSms123() as gateway:
            answer = await gateway.receipts.push(taken.submission_id)
            if answer != PROOF:
                raise ReportRefusedError(f"the receipt was answered with {answer[0]}")
        case SimulatedDevCodeSms() as gateway:
            await _push(house, account, gateway.delivery_report([taken]))


async def _push(house: HomeAssistantClient, account: Account, report: str) -> None:
    """Call Home Assistant as the gateway does, at the address that its owner was told."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            await _address(house, account),
            data=report,
            headers={"Content-Type": "application/json"},
        ) as answer,
    ):
        if answer.status != HTTPStatus.OK:
            raise ReportRefusedError(f"the report was answered with {answer.status}")
        [row] = (await answer.json())["dlrlist"]
    # DevCodeSMS is to be told 1 for what was taken, and 0 for what was not (2.3).
    if row["reponsecode"] != 1:
        raise ReportRefusedError("the report was not taken")


async def _address(house: HomeAssistantClient, account: Account) -> str:
    """Return what a user copies from the options to the gateway's site."""
    options = await house.options_flow(account.entry_id)
    address: str = options.suggested("webhook_url")
    await options.close()
    return address
