"""A house that is asked to stop while a relay's message is under way at an account."""

from typing import Final

import pytest

from scripts.demonstration.accounts import Account, add_account
from scripts.demonstration.relays import Relay, add_relay
from tests.simulator import Fault, Simulator

from .alerts import journal, send, settled, taken
from .client import JsonObject
from .home_assistant import HomeAssistantProcess
from .test_stop import BOUND, REST, TEXTS, seconds_to_stop, under_way

TEXT: Final = TEXTS[0]


@pytest.fixture
async def relay(
    house: HomeAssistantProcess, account: Account, simulator: Simulator
) -> Relay:
    """Return a relay of two accounts, the first at ETECH KEYS."""
    return await add_relay(
        house, "Alertes", account, await add_account(house, simulator, "smseco")
    )


async def row_of(house: HomeAssistantProcess, relay: Relay) -> JsonObject:
    """Return what the relay tells of the only message that it has had."""
    [message] = await journal(house, relay)
    [row] = message["results"]
    told: JsonObject = row
    return told


async def test_what_is_under_way_at_the_stop_is_answered_before_the_end(
    house: HomeAssistantProcess, relay: Relay
) -> None:
    """The account's answer is on the relay's disk as well."""
    first, second = relay.accounts
    first.simulated.seconds_to_answer["send"] = 5
    async with under_way(house, {TEXT: relay}, relay.accounts):
        assert await seconds_to_stop(house) < BOUND

    for account in relay.accounts:
        # After the stop there is no evidence to be had.
        account.simulated.fail(Fault.ERROR_500)
    await house.start()
    row = await row_of(house, relay)
    assert (row["outcome"], row["gateway"]) == ("accepted", "etech_keys")
    assert [leg["outcome"] for leg in row["legs"]] == ["accepted"]
    assert (taken(first), taken(second)) == ({TEXT: 1}, {})


# It takes as long as the stop may.
async def test_a_gateway_that_never_answers_holds_the_stop_for_thirty_seconds_at_most(
    house: HomeAssistantProcess, relay: Relay
) -> None:
    """What had begun is in doubt, and no other account sends it."""
    first, second = relay.accounts
    first.simulated.fail(Fault.STALL_AFTER, operation="send")
    async with under_way(house, {TEXT: relay}, relay.accounts):
        assert await seconds_to_stop(house) < BOUND + REST

    first.simulated.fail(Fault.ERROR_500, operation="balance")
    await house.start()
    row = await row_of(house, relay)
    assert row["outcome"] == "unknown"
    assert [(leg["gateway"], leg["outcome"]) for leg in row["legs"]] == [
        ("etech_keys", "unknown")
    ]
    assert (taken(first), taken(second)) == ({TEXT: 1}, {})


async def test_what_waits_at_the_stop_leaves_after_it_once(
    house: HomeAssistantProcess, relay: Relay
) -> None:
    """By whichever account works again; what each has refused is told."""
    first, second = relay.accounts
    for account in relay.accounts:
        account.simulated.fail(Fault.RATE_LIMITED, operation="send")
    assert (await send(house, relay, TEXT))["outcome"] == "queued"
    await house.stop()

    second.simulated.heal()
    await house.start()
    assert await settled(house, relay, TEXT, limit=90) == "accepted"
    row = await row_of(house, relay)
    assert row["gateway"] == "smseco"
    assert [leg["outcome"] for leg in row["legs"]] == ["not_sent", "accepted"]
    assert (taken(first), taken(second)) == ({}, {TEXT: 1})
