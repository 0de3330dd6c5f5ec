"""A house that is killed again and again while it sends: the proof of the promise.

A hundred times a real Home Assistant is killed with SIGKILL while calls pour in on all
five accounts. The simulated gateways live on in the test's own process: their ledgers
are the judge of what the journals tell in the end.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
import logging
import random
from typing import Final

import pytest

from scripts.demonstration.accounts import RECIPIENT, Account, add_account
from tests.simulator import Fault, Simulator

from .alerts import journal, sent_all
from .client import JsonObject
from .home_assistant import HomeAssistantProcess
from .lives import (
    ENOUGH,
    KILLS,
    SEED,
    TAKEN,
    Call,
    assert_quiet,
    fate,
    lift_caps,
    live_and_die,
)

_LOGGER = logging.getLogger(__name__)

# For each account and life: a hundred lives leave less behind than an outbox holds.
CALLS: Final = 4
# For each account and life, the chance that its gateway shows a fault as well.
TROUBLE: Final = 0.5
# A second recipient in each account's country: two for one request, or two requests.
PAPA: Final = {
    "etech_keys": "+237695688207",
    "smseco": "+2250757123457",
    "envoyer_sms_pro": "+33612345679",
    "sms123": "+33612345679",
    "devcodesms": "+237695688207",
}


@pytest.fixture(autouse=True)
def _enough(simulator: Simulator) -> None:
    """Let no gateway have too little credit, or be asked too often."""
    simulator.envoyer_sms_pro.request_limit = ENOUGH
    for simulated in simulator.gateways.values():
        simulated.credits = Decimal(ENOUGH)


@pytest.fixture
async def accounts(
    house: HomeAssistantProcess, simulator: Simulator
) -> tuple[Account, ...]:
    """Return an account at each gateway, added as a user would, without caps."""
    accounts = [await add_account(house, simulator, key) for key in simulator.gateways]
    await lift_caps(house)
    return tuple(accounts)


# A hundred lives of half a second, and as many starts, on a machine that is busy.
@pytest.mark.timeout(900)
async def test_killed_a_hundred_times_it_sends_nothing_twice_and_loses_nothing(
    house: HomeAssistantProcess, accounts: tuple[Account, ...]
) -> None:
    """Nothing is accepted twice, nothing is lost, and the journal explains it all."""
    chance = random.Random(SEED)
    calls: list[Call] = []

    for life in range(KILLS):
        for account in accounts:
            trouble(account, chance)
        planned = [
            call for account in accounts for call in new_calls(account, chance, life)
        ]
        calls += await live_and_die(house, planned, chance)
        await house.start()
    for account in accounts:
        account.simulated.heal()
    await house.kill()
    await house.start()
    for account in accounts:
        await sent_all(house, account)

    seen: Counter[str] = Counter()
    for account in accounts:
        messages = await journal(house, account)
        submission = [call for call in calls if call.account is account]
        seen += judge(account, submission, messages)
    _LOGGER.info("%d kills, %d calls: %s", KILLS, len(calls), dict(seen))
    # The kills fell everywhere: none of this is proven by what never happened.
    assert {
        "answered",
        "killed before it was written",
        "killed after it was written",
        "unknown, taken",
        "unknown, not taken",
    } <= set(seen)
    assert_quiet(house, accounts)


def trouble(account: Account, chance: random.Random) -> None:
    """Let a gateway fail at some of its next messages, or at none."""
    account.simulated.heal()
    if chance.random() < TROUBLE:
        fault = chance.choice([*Fault])
        account.simulated.fail(fault, operation="send", times=chance.randint(1, 2))


def new_calls(account: Account, chance: random.Random, life: int) -> Iterator[Call]:
    """Yield calls with texts that no other call has."""
    for number in range(CALLS):
        papa = [PAPA[account.simulated.key]] if chance.random() < 0.3 else []
        yield Call(
            account=account,
            text=f"Citerne vide, alerte {life}.{number}",
            targets=[RECIPIENT, *papa],
        )


def judge(
    account: Account, calls: list[Call], messages: list[JsonObject]
) -> Counter[str]:
    """Hold the journal against the ledger and the answers; return what there was.

    Everything is told by text and recipient; no two calls have the same text.
    """
    taken = Counter(
        (acceptance.text, recipient(account, acceptance.recipient))
        for acceptance in account.simulated.accepted
    )
    assert set(taken.values()) == {1}, "accepted twice"
    told = {
        (message["text"], row["recipient"]): row["outcome"]
        for message in messages
        for row in message["results"]
    }
    assert len(told) == sum(len(message["results"]) for message in messages)
    assert set(taken) <= set(told), "sent, and not explained"
    seen: Counter[str] = Counter()
    for key, outcome in told.items():
        assert taken[key] in TAKEN[outcome], (key, outcome, taken[key])
        if outcome == "unknown":
            seen["unknown, taken" if taken[key] else "unknown, not taken"] += 1
    for call in calls:
        seen[fate(call, told)] += 1
    return seen


def recipient(account: Account, number: str) -> str:
    """Return a recipient in the words of the calls, from a number in the gateway's."""
    papa = PAPA[account.simulated.key]
    return papa if number.endswith(papa[-8:]) else RECIPIENT
