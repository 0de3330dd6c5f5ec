"""A house that is asked to stop while requests are under way."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Final

from scripts.demonstration.accounts import Account, add_account
from tests.simulator import Fault, Simulator

from .alerts import Sender, outcomes, send, taken
from .home_assistant import HomeAssistantProcess
from .waiting import until

BOUND: Final = 30.0
"""How long the stop may wait for what is under way, in seconds."""
# Home Assistant's own work at the end, on a machine that is busy.
REST: Final = 10.0
TEXTS: Final = tuple(f"Citerne vide, alerte {number}" for number in range(5))


async def test_what_is_under_way_at_the_stop_is_answered_before_the_end(
    house: HomeAssistantProcess, account: Account, simulator: Simulator
) -> None:
    """Five requests that the gateways take seconds to answer end accepted."""
    # One gateway is asked no five at once.
    other = await add_account(house, simulator, "devcodesms")
    accounts = account, other
    for each in accounts:
        each.simulated.seconds_to_answer["send"] = 5
    calls = dict(zip(TEXTS, cycle(accounts), strict=False))
    async with under_way(house, calls, accounts):
        assert await seconds_to_stop(house) < BOUND

    for each in accounts:
        # After the stop there is no evidence to be had.
        each.simulated.fail(Fault.ERROR_500)
    await house.start()
    told = {**await outcomes(house, account), **await outcomes(house, other)}
    assert told == dict.fromkeys(TEXTS, "accepted")
    assert taken(*accounts) == dict.fromkeys(TEXTS, 1)


# It takes as long as the stop may.
async def test_a_gateway_that_never_answers_holds_the_stop_for_thirty_seconds_at_most(
    house: HomeAssistantProcess, account: Account
) -> None:
    """The house stops, and what had begun is in doubt, not sent again."""
    (text, *_) = TEXTS
    account.simulated.fail(Fault.STALL_AFTER, operation="send")
    async with under_way(house, {text: account}, [account]):
        assert await seconds_to_stop(house) < BOUND + REST

    account.simulated.fail(Fault.ERROR_500, operation="balance")
    await house.start()
    assert await outcomes(house, account) == {text: "unknown"}
    assert taken(account) == {text: 1}


@asynccontextmanager
async def under_way(
    house: HomeAssistantProcess,
    calls: Mapping[str, Sender],
    accounts: Sequence[Account],
) -> AsyncIterator[None]:
    """Send texts, each through an account or a relay, until the gateways have taken them.

    In the end nobody listens to the answers.
    """
    sending = [
        asyncio.create_task(send(house, sender, text)) for text, sender in calls.items()
    ]

    async def taken_all() -> bool | None:
        return taken(*accounts).keys() == calls.keys() or None

    try:
        await until("the gateways had taken all", taken_all)
        yield
    finally:
        for call in sending:
            call.cancel()
        await asyncio.gather(*sending, return_exceptions=True)


async def seconds_to_stop(house: HomeAssistantProcess) -> float:
    """Stop the house, and return how long that took."""
    clock = asyncio.get_running_loop()
    asked = clock.time()
    await house.stop()
    return clock.time() - asked
