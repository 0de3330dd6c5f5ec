"""A house whose wall clock jumps: an alert ages by elapsed time, whatever it shows.

It is the house after a power cut, on a machine without a battery for its clock: hours
behind at the start, and set right when its line is back.
"""

import asyncio
from datetime import timedelta
from typing import Final

from scripts.demonstration.accounts import Account
from tests.simulator import Fault, Simulator

from .alerts import outcomes, send, settled, taken
from .home_assistant import HomeAssistantProcess
from .waiting import until

ALERT: Final = "Coupure de courant à la maison"
JUMP: Final = timedelta(hours=6)
RIGHT: Final = timedelta()


async def test_queued_while_the_clock_was_behind_it_is_sent_once_the_clock_is_right(
    house: HomeAssistantProcess, account: Account, simulator: Simulator
) -> None:
    """The jump of six hours forward makes the alert no older."""
    await house.stop()
    await simulator.close()
    house.set_clock(-JUMP)
    await house.start()
    assert (await send(house, account, ALERT))["outcome"] == "queued"

    house.set_clock(RIGHT)
    await simulator.open()

    assert await settled(house, account, ALERT) == "accepted"
    assert taken(account) == {ALERT: 1}


async def test_queued_before_the_clock_is_set_back_it_is_sent_when_the_gateway_is_back(
    house: HomeAssistantProcess, account: Account, simulator: Simulator
) -> None:
    """The jump of six hours back makes it wait no longer."""
    await simulator.close()
    assert (await send(house, account, ALERT))["outcome"] == "queued"

    house.set_clock(-JUMP)
    await simulator.open()

    assert await settled(house, account, ALERT) == "accepted"
    assert taken(account) == {ALERT: 1}


async def test_after_a_start_with_the_clock_behind_an_earlier_text_is_sent_again(
    house: HomeAssistantProcess, account: Account
) -> None:
    """What an earlier run sent at a later hour is not taken for the same alert."""
    await send(house, account, ALERT)
    await house.stop()
    house.set_clock(-JUMP)
    await house.start()

    assert (await send(house, account, ALERT))["outcome"] == "accepted"
    assert taken(account) == {ALERT: 2}


async def test_a_delivery_is_heard_of_though_the_clock_was_set_back_meanwhile(
    house: HomeAssistantProcess, account: Account, simulator: Simulator
) -> None:
    """Who waits for the delivery is told, so no automation falls back to something else."""
    sending = asyncio.create_task(
        send(house, account, ALERT, wait_for_delivery={"seconds": 20})
    )

    async def accepted() -> bool | None:
        return (await outcomes(house, account)).get(ALERT) == "accepted" or None

    await until("the alert was accepted", accepted)
    house.set_clock(-JUMP)
    simulator.etech_keys.label = "DELIVERED"

    assert (await sending)["delivery"]["status"] == "delivered"


async def test_in_doubt_before_a_start_with_the_clock_behind_it_is_not_sent_twice(
    house: HomeAssistantProcess, account: Account
) -> None:
    """To be sent again if it did not leave, it is asked about first: the balance fell."""
    # So that the ledger adds up: one that is charged, and seen to be.
    await send(house, account, "Citerne vide")
    await until_told(house, account, 999)
    account.simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    row = await send(house, account, ALERT, on_unknown="resend")
    assert row["outcome"] == "unknown"
    await house.settle()
    await house.kill()
    house.set_clock(-JUMP)
    await house.start()

    assert await settled(house, account, ALERT, limit=120) == "accepted"
    assert taken(account)[ALERT] == 1


async def until_told(
    house: HomeAssistantProcess, account: Account, credits_left: int
) -> None:
    """Wait until the house knows how much credit there is."""

    async def told() -> bool | None:
        balance = await house.state(account.entities["balance"])
        return float(balance["state"]) == credits_left or None

    await until(f"the balance was {credits_left}", told)
