"""A house that is killed again and again while a relay of three accounts sends.

The simulated gateways live on in the test's own process: their ledgers together are the
judge of what the relay's journal tells in the end, of each message and of each leg.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
import logging
import random
from typing import Final

import pytest

from scripts.demonstration.accounts import RECIPIENT, add_account
from scripts.demonstration.relays import Relay, add_relay
from tests.simulator import AccountRefusal, Fault, SimulatedGateway, Simulator

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

# All of them take numbers of Cameroon: one recipient a request, or many.
GATEWAYS: Final = ("etech_keys", "smseco", "devcodesms")
PAPA: Final = "+237695688207"
# For each life: a hundred lives leave less behind than an outbox holds.
CALLS: Final = 10
# The chance that a gateway fails in a life, and that the next account follows at once.
TROUBLE: Final = 0.7
REFUSAL: Final = 0.6

type Key = tuple[str, str]
"""A text and a recipient: no two calls have the same text."""
type Ledger = dict[Key, str]
"""What a gateway has taken, each with the id that it gave."""


@pytest.fixture
async def relay(house: HomeAssistantProcess, simulator: Simulator) -> Relay:
    """Return a relay of three accounts, added as a user would, without caps."""
    for key in GATEWAYS:
        simulator.gateways[key].credits = Decimal(ENOUGH)
    accounts = [await add_account(house, simulator, key) for key in GATEWAYS]
    relay = await add_relay(house, "Alertes", *accounts)
    await lift_caps(house)
    return relay


# A hundred lives of half a second, and as many starts, on a machine that is busy.
@pytest.mark.timeout(900)
async def test_killed_a_hundred_times_a_relay_sends_nothing_twice_and_loses_nothing(
    house: HomeAssistantProcess, relay: Relay
) -> None:
    """Through all accounts together; and the legs explain all that was taken."""
    chance = random.Random(SEED)
    calls: list[Call] = []

    for life in range(KILLS):
        for account in relay.accounts:
            trouble(account.simulated, chance)
        calls += await live_and_die(house, [*new_calls(relay, chance, life)], chance)
        await house.start()
    for account in relay.accounts:
        heal(account.simulated)
    await house.kill()
    await house.start()
    await sent_all(house, relay)
    await house.stop()
    # What a crash had cut off may have turned out not sent, and have left, until now. The
    # judge reads what no longer changes.
    for account in relay.accounts:
        account.simulated.fail(Fault.RATE_LIMITED, operation="send")
    await house.start()

    ledgers = {
        account.simulated.key: ledger_of(account.simulated)
        for account in relay.accounts
    }
    seen = judge(ledgers, calls, await journal(house, relay))
    _LOGGER.info("%d kills, %d calls: %s", KILLS, len(calls), dict(seen))
    # The kills fell everywhere: none of this is proven by what never happened.
    assert {
        "answered",
        "killed before it was written",
        "killed after it was written",
        "unknown, taken",
        "unknown, not taken",
        *(f"accepted by account {place} of those tried" for place in (1, 2, 3)),
        *(f"taken by {key}" for key in GATEWAYS),
    } <= set(seen)
    assert_quiet(house, relay.accounts)


def heal(simulated: SimulatedGateway) -> None:
    """Let a gateway be well again."""
    simulated.heal()
    simulated.refusal = None


def trouble(simulated: SimulatedGateway, chance: random.Random) -> None:
    """Let a gateway fail at some of its next messages, at all of them, or at none."""
    heal(simulated)
    if chance.random() >= TROUBLE:
        return
    if chance.random() >= REFUSAL:
        simulated.fail(
            chance.choice([*Fault]), operation="send", times=chance.randint(1, 2)
        )
    elif chance.random() < 0.5:
        simulated.refusal = AccountRefusal.NO_CREDIT
    else:
        simulated.fail(Fault.RATE_LIMITED, operation="send")


def new_calls(relay: Relay, chance: random.Random, life: int) -> Iterator[Call]:
    """Yield calls with texts that no other call has."""
    for number in range(CALLS):
        papa = [PAPA] if chance.random() < 0.3 else []
        yield Call(
            account=relay,
            text=f"Citerne vide, alerte {life}.{number}",
            targets=[RECIPIENT, *papa],
        )


def ledger_of(simulated: SimulatedGateway) -> Ledger:
    """Return what a gateway has taken; it has taken nothing twice."""
    ledger = {
        (taken.text, recipient(taken.recipient)): taken.submission_id
        for taken in simulated.accepted
    }
    assert len(ledger) == len(simulated.accepted), "accepted twice"
    return ledger


def judge(
    ledgers: dict[str, Ledger], calls: Iterable[Call], messages: list[JsonObject]
) -> Counter[str]:
    """Hold the relay's journal against the ledgers and the answers; return what there was."""
    taken = Counter(key for ledger in ledgers.values() for key in ledger)
    assert set(taken.values()) == {1}, "accepted twice, by two gateways"
    rows = {
        (message["text"], row["recipient"]): row
        for message in messages
        for row in message["results"]
    }
    assert len(rows) == sum(len(message["results"]) for message in messages)
    assert set(taken) <= set(rows), "sent, and not explained"
    seen: Counter[str] = Counter()
    for key, row in rows.items():
        outcome = row["outcome"]
        assert taken[key] in TAKEN[outcome], (key, outcome, taken[key], row["legs"])
        seen += explained(ledgers, key, row)
        if outcome == "unknown":
            seen["unknown, taken" if taken[key] else "unknown, not taken"] += 1
    told = {key: row["outcome"] for key, row in rows.items()}
    seen.update(fate(call, told) for call in calls)
    return seen


def explained(ledgers: dict[str, Ledger], key: Key, row: JsonObject) -> Counter[str]:
    """Hold each leg against its gateway's ledger; return what there was."""
    legs: list[JsonObject] = row["legs"]
    seen: Counter[str] = Counter()
    for leg in legs:
        submission_id = ledgers[leg["gateway"]].get(key)
        if leg["outcome"] == "accepted":
            assert leg["submission_id"] == submission_id, (key, legs)
            assert row["outcome"] == "accepted", (key, row)
            assert row["gateway"] == leg["gateway"], (key, row)
        elif leg["outcome"] != "unknown":
            assert leg["outcome"] in {"not_sent", "rejected"}, (key, legs)
            assert submission_id is None, (key, legs)
    for gateway, ledger in ledgers.items():
        if key in ledger:
            assert any(
                leg["gateway"] == gateway and leg["outcome"] in {"accepted", "unknown"}
                for leg in legs
            ), (key, gateway, legs)
            seen[f"taken by {gateway}"] += 1
    if row["outcome"] == "accepted":
        seen[f"accepted by account {len(legs)} of those tried"] += 1
    return seen


def recipient(number: str) -> str:
    """Return a recipient in the words of the calls, from a number in a gateway's."""
    return PAPA if number.endswith(PAPA[-8:]) else RECIPIENT
