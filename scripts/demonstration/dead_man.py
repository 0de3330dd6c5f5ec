"""A dead man's switch: Home Assistant is killed, and its gateways tell of it at the hour.

The shortest delay is a quarter of an hour, and nobody waits for that: while the house is
dead, the gateways' clocks are set ahead, and it comes back with its own set likewise.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.e2e.client import HomeAssistantClient, JsonObject
from tests.e2e.home_assistant import HomeAssistantProcess
from tests.e2e.waiting import until
from tests.simulator import Simulator

from .accounts import DOMAIN, RECIPIENT, add_account
from .moments import Moment
from .progress import step
from .rows import found
from .switches import (
    KEEPERS,
    SHORTEST_DELAY,
    Switch,
    begin_switch,
    finish_switch,
    stands,
)

HOUSE: Final = "Home Assistant"

_AHEAD: Final = timedelta(minutes=SHORTEST_DELAY + 2)
"""Past the hour of all that stands: gateways know whole minutes."""
_BACK: Final = "La maison répond de nouveau."
_ARMED: Final = {"armed": "on", "problem": "off", "dead_man_switch": "armed"}
"""What those of its entities tell that are enabled from the beginning."""
_FIRED: Final = {"dead_man_switch": "fired"}


async def show_dead_man(
    house: HomeAssistantProcess, simulator: Simulator
) -> list[Moment]:
    """Arm a switch at each gateway that can keep it, kill the house, and bring it back.

    The house is one whose clock can be set.

    Raises:
        UnexpectedStepError: a form was refused, or another one came.
        TimeoutError: something did not happen that should.

    """
    switches, moments = [], []
    for key in KEEPERS:
        with step(f"Adding an account and a dead man's switch at {key}"):
            switch, told = await _arm(house, simulator, key)
        switches.append(switch)
        moments += told
    with step("Killing Home Assistant (kill -9)"):
        await house.settle()
        await house.kill()
    moments.append(_now(HOUSE, "killed (kill -9): from here on nobody puts that off"))
    with step(
        f"Setting the gateways' clocks {_AHEAD // timedelta(minutes=1)} min ahead"
    ):
        for switch in switches:
            switch.simulated.now = _ahead
        moments += [moment for switch in switches for moment in _fired(switch)]
    with step("Starting Home Assistant again, with its clock set like that"):
        house.set_clock(_AHEAD)
        await house.start()
    for switch in switches:
        with step(f"Looking what came of it at {switch.account.title}"):
            moments += await _come_back(house, switch)
    return moments


async def _arm(
    house: HomeAssistantClient, simulator: Simulator, key: str
) -> tuple[Switch, list[Moment]]:
    """Add an account with a switch, and see what stands."""
    account = await add_account(house, simulator, key)
    name = f"Maison muette {account.title}"
    flow = await begin_switch(house, account, name, message_back=_BACK)
    cost = flow.step["description_placeholders"]
    switch = await finish_switch(house, account, name, flow)
    asked = len(switch.simulated.accepted)
    [standing] = switch.simulated.standing()
    where = account.title
    shown = await _settled(house, switch, _ARMED)
    return switch, [
        _now(
            where,
            f"has kept a message and given it back; {cost['requests']} requests an hour"
            f" from now on",
            found((asked == 2, f"it has taken {asked} messages, not two")),
        ),
        _now(
            where,
            f"keeps, until {standing.at:%H:%M}: {standing.text}",
            found((switch.simulated.sent_later() == [], "it has sent something")),
        ),
        *[
            _now(
                HOUSE,
                f"{switch.entities[name]}: {state}",
                found((state == _ARMED[name], f"it isn't {_ARMED[name]}")),
            )
            for name, state in shown.items()
        ],
    ]


def _fired(switch: Switch) -> list[Moment]:
    """See what has left the gateway at its hour."""
    sent = switch.simulated.sent_later()
    left = len(switch.simulated.standing())
    mistakes = found(
        (len(sent) == 1, f"it has sent {len(sent)} messages"),
        (left == 0, f"{left} messages stand yet"),
    )
    return [
        Moment(
            at=message.at,
            where=switch.account.title,
            what=f"sends to +{message.recipient.lstrip('+')}: {message.text}",
            mistakes=mistakes,
        )
        for message in sent
    ] or [Moment(at=_ahead(), where=switch.account.title, what="", mistakes=mistakes)]


async def _come_back(house: HomeAssistantClient, switch: Switch) -> list[Moment]:
    """See what the house tells once it is back, and whom."""
    simulated = switch.simulated
    issue = await _issue(house, switch)
    told = issue["translation_placeholders"]
    event = (await _settled(house, switch, _FIRED))["dead_man_switch"]

    async def look() -> bool | None:
        return _BACK in (taken.text for taken in simulated.accepted) or None

    await until("it was told that the house is back", look)
    await stands(switch)
    [standing] = simulated.standing()
    backs = [taken for taken in simulated.accepted if taken.text == _BACK]
    return [
        Moment(
            at=_ahead(),
            where=HOUSE,
            what=f"event {event}, and a repair: silent from {told['since'][-5:]}"
            f" to {told['until'][-5:]}, told ({told['count']}): {told['recipients']}",
            mistakes=found(
                (event == "fired", "the event entity doesn't say fired"),
                (told["recipients"] == RECIPIENT, "the repair names somebody else"),
            ),
        ),
        Moment(
            at=backs[0].at,
            where=switch.account.title,
            what=f"sends to {RECIPIENT}: {backs[0].text}",
            mistakes=found((len(backs) == 1, f"it was sent {len(backs)} times")),
        ),
        Moment(
            at=_ahead(),
            where=switch.account.title,
            what=f"keeps the next one, until {standing.at:%H:%M}",
            mistakes=found(
                (len(simulated.sent_later()) == 1, "another one was sent meanwhile"),
                (
                    await _shown(house, switch, "armed") == "on",
                    "the switch isn't on",
                ),
            ),
        ),
    ]


async def _issue(house: HomeAssistantClient, switch: Switch) -> JsonObject:
    """Wait for the repair that says that a switch has fired."""

    async def look() -> JsonObject | None:
        for issue in (await house.command("repairs/list_issues"))["issues"]:
            if issue["domain"] == DOMAIN and switch.switch_id in issue["issue_id"]:
                return dict(issue)
        return None

    return await until(f"a repair about {switch.name} was there", look)


async def _settled(
    house: HomeAssistantClient, switch: Switch, expected: Mapping[str, str]
) -> dict[str, str]:
    """Return what entities show: what is expected, as soon as they do, or else at last."""
    shown: dict[str, str] = {}

    async def look() -> bool | None:
        shown.update({name: await _shown(house, switch, name) for name in expected})
        return shown == expected or None

    with suppress(TimeoutError):
        await until("the entities of a switch knew", look, limit=10)
    return shown


async def _shown(house: HomeAssistantClient, switch: Switch, name: str) -> str:
    """Return what an entity of a switch shows: its state, or its last event."""
    state = await house.state(switch.entities[name])
    shown: str = state["attributes"].get("event_type", state["state"])
    return shown


def _ahead() -> datetime:
    """Return the gateways' time while the house is dead, and afterwards."""
    return datetime.now(UTC) + _AHEAD


def _now(where: str, what: str, mistakes: Sequence[str] = ()) -> Moment:
    return Moment(at=datetime.now(UTC), where=where, what=what, mistakes=(*mistakes,))
