"""Dead man's switches of a house that is restarted, killed, cleaned up, and dead.

The simulated gateways live on in the test's own process: what they have sent at its hour
is the judge.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from scripts.demonstration.accounts import DOMAIN, RECIPIENT, Account, add_account
from scripts.demonstration.switches import (
    KEEPERS,
    SHORTEST_DELAY,
    Keeps,
    Switch,
    add_switch,
    begin_switch,
    keeps,
    stands,
    subentries,
)
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro
from tests.simulator.sms123 import PARIS

from .client import HomeAssistantClient, JsonObject
from .home_assistant import HomeAssistantProcess
from .test_notices import FIX
from .waiting import until

DELAY: Final = timedelta(minutes=SHORTEST_DELAY)
BEYOND: Final = DELAY + timedelta(minutes=2)
"""Past the hour of all that stands, in whole minutes of the gateways."""
BACK: Final = "La maison répond de nouveau."
# What Home Assistant says of everything that doesn't come with it.
UNTESTED: Final = "has not been tested by Home Assistant"


@pytest.fixture
async def accounts(house: HomeAssistantProcess, simulator: Simulator) -> list[Account]:
    """Return an account at each gateway that keeps messages, with one recipient."""
    return [await add_account(house, simulator, key) for key in KEEPERS]


@pytest.fixture
async def switches(
    house: HomeAssistantProcess, accounts: Sequence[Account]
) -> list[Switch]:
    """Return a switch at each of them."""
    return [
        await add_switch(
            house, account, f"Maison muette {account.title}", message_back=BACK
        )
        for account in accounts
    ]


async def test_whatever_brings_a_house_back_in_time_fires_nothing(
    house: HomeAssistantProcess, switches: Sequence[Switch]
) -> None:
    """One message stands at each gateway all the time, and is put off by every run."""
    await are_well(house, switches)
    stood = standing_texts(switches)

    for switch in switches:
        await reload(house, switch.account)
    await are_well(house, switches)
    assert standing_texts(switches) == stood

    await house.settle()
    await house.stop()
    stopped = standing_texts(switches)
    assert are_others(stopped, stood)
    await house.start()
    await renewed(switches, stopped)

    started = standing_texts(switches)
    await house.kill()
    assert standing_texts(switches) == started
    await house.start()
    await renewed(switches, started)

    await are_well(house, switches)
    assert [switch.simulated.sent_later() for switch in switches] == [[], []]
    assert await issues(house) == []
    assert_told_nothing_of_ours(house, switches)


async def test_a_dead_house_is_told_of_once(
    house: HomeAssistantProcess, switches: Sequence[Switch]
) -> None:
    """Its gateways tell of it at the hour, and it tells of that when it is back."""
    await house.settle()
    await house.kill()
    tick(switches, BEYOND)
    for switch in switches:
        assert switch.simulated.standing() == []
        [sent] = switch.simulated.sent_later()
        assert "Maison ne répond plus depuis" in sent.text
        assert BACK not in texts(switch)

    house.set_clock(BEYOND)
    await house.start()
    for switch in switches:
        await told_back(switch)
        await stands(switch)
        event = await attributes(house, switch, "dead_man_switch")
        assert event["event_type"] == "fired"
        assert event["recipients"] == [RECIPIENT]
        silent = moment(event["silent_until"]) - moment(event["silent_since"])
        assert DELAY < silent < 2 * DELAY
    await are_well(house, switches)
    assert_told_nothing_of_ours(house, switches)

    # It stays until somebody has read it, and is told but once.
    await house.stop()
    await house.start()
    found = await issues(house)
    assert sorted(issue["translation_key"] for issue in found) == (
        ["dead_man_switch_fired"] * 2
    )
    for issue in found:
        step = await house.post(FIX, {"handler": DOMAIN, "issue_id": issue["issue_id"]})
        assert step["description_placeholders"]["recipients"] == RECIPIENT
        await house.post(f"{FIX}/{step['flow_id']}")
    assert await issues(house) == []
    for switch in switches:
        await stands(switch)
        assert len(switch.simulated.sent_later()) == 1
        assert texts(switch).count(BACK) == 1


async def test_what_is_switched_off_anyhow_leaves_nothing_standing(
    house: HomeAssistantProcess, switches: Sequence[Switch]
) -> None:
    """Disabled, enabled, switched off and on, deleted, removed: also after a restart."""
    pro, sms123 = switches
    for switch in switches:
        await disable(house, switch.account)
        await stands(switch, 0)
    await house.settle()
    await house.stop()
    await house.start()
    for switch in switches:
        assert switch.simulated.standing() == []
        await enable(house, switch.account)
        await stands(switch)

    await turn(house, pro, "off")
    await stands(pro, 0)
    await house.settle()
    await house.stop()
    await house.start()
    assert await state(house, pro, "armed") == "off"
    assert pro.simulated.standing() == []
    await turn(house, pro, "on")
    await stands(pro)

    await house.command(
        "config_entries/subentries/delete",
        entry_id=pro.account.entry_id,
        subentry_id=pro.switch_id,
    )
    await stands(pro, 0)
    await remove(house, sms123.account)
    await stands(sms123, 0)
    await house.settle()
    await house.stop()
    await house.start()

    for switch in switches:
        assert switch.simulated.standing() == []
        assert switch.simulated.sent_later() == []
        assert texts(switch).count(BACK) == 0
    assert await issues(house) == []
    assert_told_nothing_of_ours(house, switches)


async def test_what_a_removed_account_leaves_behind_is_told_until_its_hour(
    house: HomeAssistantProcess, switches: Sequence[Switch], simulator: Simulator
) -> None:
    """The account is gone, and nobody but its owner can take the message back.

    Another account is there: without any, Home Assistant loads nothing of ours.
    """
    await add_account(house, simulator, "etech_keys")
    for switch in switches:
        taking_back_fails(switch.simulated)
        await remove(house, switch.account)
    for restart in (False, True):
        if restart:
            await house.settle()
            await house.stop()
            await house.start()
        found = await issues(house)
        assert [issue["translation_key"] for issue in found] == (
            ["dead_man_switch_not_cancelled"] * 2
        )
        for switch in switches:
            [issue] = [one for one in found if switch.switch_id in one["issue_id"]]
            told = issue["translation_placeholders"]
            assert told["switch"] == switch.name
            [left] = switch.simulated.standing()
            assert RECIPIENT in told["messages"]
            assert f"{left.at.astimezone(PARIS):%H:%M}" in told["messages"]

    await house.stop()
    house.set_clock(BEYOND)
    await house.start()
    assert await issues(house) == []


async def test_a_gateway_that_takes_nothing_back_guards_no_house(
    house: HomeAssistantProcess, accounts: Sequence[Account]
) -> None:
    """The flow says what may be sent, when and to whom; nothing is added."""
    for account in accounts:
        simulated = keeps(account)
        mistakes_taking_back(simulated)
        flow = await begin_switch(house, account, "Maison muette")
        step = await flow.submit({})
        assert (step["step_id"], step["errors"]) == ("user", {"base": "not_cancelled"})
        told = step["description_placeholders"]
        left = simulated.standing()[0]
        assert RECIPIENT in told["recipients"]
        assert f"{left.at.astimezone(PARIS):%H:%M}" in told["at"]
        kinds = [one["subentry_type"] for one in await subentries(house, account)]
        assert kinds == ["recipient"]
        await flow.close()


# --- what is done ---------------------------------------------------------------------


def tick(switches: Sequence[Switch], offset: timedelta) -> None:
    """Let the gateways' clocks be so much ahead of the machine's."""
    for switch in switches:
        switch.simulated.now = lambda: datetime.now(UTC) + offset


def taking_back_fails(simulated: Keeps) -> None:
    """Let a gateway fail whenever something is to be taken back."""
    is_pro = isinstance(simulated, SimulatedEnvoyerSmsPro)
    # 123-SMS.net is asked for that as for a message.
    simulated.fail(Fault.ERROR_500, operation="cancel" if is_pro else "send")


def mistakes_taking_back(simulated: Keeps) -> None:
    """Let a gateway keep messages, and take none back."""
    if isinstance(simulated, SimulatedEnvoyerSmsPro):
        taking_back_fails(simulated)
    else:
        simulated.misreads_cancel = True


async def reload(house: HomeAssistantClient, account: Account) -> None:
    """Load an account anew."""
    await house.post(f"/api/config/config_entries/entry/{account.entry_id}/reload")


async def disable(house: HomeAssistantClient, account: Account) -> None:
    """Disable an account."""
    await _set_disabled_by(house, account, "user")


async def enable(house: HomeAssistantClient, account: Account) -> None:
    """Enable an account again."""
    await _set_disabled_by(house, account, None)


async def _set_disabled_by(
    house: HomeAssistantClient, account: Account, who: str | None
) -> None:
    await house.command(
        "config_entries/disable", entry_id=account.entry_id, disabled_by=who
    )


async def remove(house: HomeAssistantClient, account: Account) -> None:
    """Remove an account."""
    await house.delete(f"/api/config/config_entries/entry/{account.entry_id}")


async def turn(house: HomeAssistantClient, switch: Switch, way: str) -> None:
    """Arm or disarm a switch."""
    entity_id = switch.entities["armed"]
    await house.call_service("switch", f"turn_{way}", {"entity_id": entity_id})


# --- what is seen -----------------------------------------------------------------------


async def state(house: HomeAssistantClient, switch: Switch, name: str) -> str:
    """Return the state of an entity of a switch."""
    found: str = (await house.state(switch.entities[name]))["state"]
    return found


async def attributes(
    house: HomeAssistantClient, switch: Switch, name: str
) -> JsonObject:
    """Return the attributes of an entity of a switch."""
    found: JsonObject = (await house.state(switch.entities[name]))["attributes"]
    return found


async def issues(house: HomeAssistantClient) -> list[JsonObject]:
    """Return our issues that nobody has read or mended."""
    listed = (await house.command("repairs/list_issues"))["issues"]
    return [issue for issue in listed if issue["domain"] == DOMAIN]


async def are_well(house: HomeAssistantClient, switches: Sequence[Switch]) -> None:
    """Make sure that each switch is armed, and has no problem."""
    for switch in switches:
        assert await state(house, switch, "armed") == "on"
        assert await state(house, switch, "problem") == "off"


async def renewed(switches: Sequence[Switch], before: Sequence[str]) -> None:
    """Wait until one message stands at each gateway, and another one than before."""

    async def look() -> bool | None:
        is_one = all(len(switch.simulated.standing()) == 1 for switch in switches)
        return (is_one and are_others(standing_texts(switches), before)) or None

    await until("all was renewed", look)


async def told_back(switch: Switch) -> None:
    """Wait until those who were told that the house is silent know that it is back."""

    async def look() -> bool | None:
        return BACK in texts(switch) or None

    await until("it was told that the house is back", look)


def standing_texts(switches: Sequence[Switch]) -> list[str]:
    """Return the text of the only message of each switch: no two have the same."""
    found = []
    for switch in switches:
        [standing] = switch.simulated.standing()
        found.append(standing.text)
    return found


def are_others(some: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether none of some texts is among the others."""
    return not {*some} & {*others}


def texts(switch: Switch) -> list[str]:
    """Return all texts that the gateway of a switch has ever taken."""
    return [taken.text for taken in switch.simulated.accepted]


def moment(written: str) -> datetime:
    """Return a moment in ISO 8601."""
    return datetime.fromisoformat(written)


def assert_told_nothing_of_ours(
    house: HomeAssistantProcess, switches: Sequence[Switch]
) -> None:
    """Make sure that the log complains of nothing, and tells nobody's number."""
    lines = house.log().splitlines()
    complaints = [
        line
        for line in lines
        if (" WARNING " in line and DOMAIN in line and UNTESTED not in line)
        or any(f" {level} " in line for level in ("ERROR", "CRITICAL"))
    ]
    assert complaints == []
    assert "Traceback" not in house.log()
    for switch in switches:
        simulated = switch.simulated
        numbers = {taken.recipient[-8:] for taken in simulated.accepted}
        secrets = {simulated.username, simulated.password, simulated.api_key}
        for kept in secrets | numbers:
            assert kept not in house.log()
