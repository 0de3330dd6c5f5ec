"""Long texts that the house keeps until their hour, through the real services."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.messaging.operations import planned_messages
from custom_components.passerelle_sms.repairs import NotLeftFlow
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from tests.actions.calls import call
from tests.conftest import AccountMaker
from tests.messages import Heard, send
from tests.passing_time import pass_time, quiet
from tests.restarts import restart_account, start_account, stop_account
from tests.simulator import Fault, SimulatedGateway, Simulator

from .long_texts import before_part, joined, letters, outcomes, read

pytestmark = pytest.mark.usefixtures("socket_enabled")

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TONIGHT = "2026-11-20 18:30:00+00:00"
UNTIL_TONIGHT = timedelta(hours=6, minutes=30)
SECOND = timedelta(seconds=1)
TEXT = letters(3_000)
BOTH = ["Maman", "Papa"]


@pytest.fixture(autouse=True)
def noon(freezer: FrozenDateTimeFactory) -> None:
    """Stand still at noon."""
    freezer.move_to(NOON)


@pytest.fixture(params=["etech_keys", "devcodesms"])
def gateway(request: pytest.FixtureRequest, simulator: Simulator) -> SimulatedGateway:
    """Return each gateway that sends nothing later."""
    return simulator.gateways[request.param]


async def rows(
    hass: HomeAssistant, entry: MockConfigEntry, **fields: Any
) -> list[dict[str, Any]]:
    """Return what became of the only message, or the only such one."""
    [message] = (await call(hass, entry, "get_messages", **fields))["messages"]
    return list(message["results"])


async def reasons(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return what is to be read of what did not leave."""
    flow = NotLeftFlow(entry.entry_id)
    flow.hass, flow.handler = hass, DOMAIN
    shown = (await flow.async_step_confirm())["description_placeholders"]
    assert shown is not None
    return str(shown["messages"])


async def test_leaves_part_by_part_at_its_hour(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Through a restart; until then it counts nowhere, and then as all of its parts."""
    entry = await add_account(gateway)
    sent = await send(hass, entry, message=TEXT, target=BOTH, send_at=TONIGHT)
    assert [outcomes(row) for row in sent["results"]] == [["queued"] * 2] * 2
    assert entry.runtime_data.guard.segments_last_day == 0
    async with quiet(hass):
        await restart_account(hass, entry)
    assert entry.runtime_data.guard.segments_last_day == 0

    await pass_time(hass, freezer, UNTIL_TONIGHT - SECOND)
    assert gateway.accepted == []
    await pass_time(hass, freezer, SECOND)

    assert [joined(texts) for texts in read(gateway).values()] == [TEXT] * 2
    assert [outcomes(row) for row in await rows(hass, entry)] == [["accepted"] * 2] * 2
    taken = sum(one.segments for one in gateway.accepted)
    assert entry.runtime_data.guard.segments_last_hour == taken == 2 * sent["segments"]


async def test_a_restart_between_two_parts(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The rest leaves after it, and nothing twice."""
    entry = await add_account(gateway)
    await send(hass, entry, message=TEXT, send_at=TONIGHT)

    def stumble() -> None:
        gateway.fail(Fault.RATE_LIMITED, operation="send")

    with before_part(entry, 2, stumble):
        await pass_time(hass, freezer, UNTIL_TONIGHT)
    [row] = await rows(hass, entry)
    assert outcomes(row) == ["accepted", "queued"]
    await stop_account(hass, entry)
    gateway.heal()
    async with quiet(hass):
        await start_account(hass, entry)
    await pass_time(hass, freezer, timedelta(seconds=31))

    [texts] = read(gateway).values()
    assert joined(texts) == TEXT
    [row] = await rows(hass, entry)
    assert outcomes(row) == ["accepted"] * 2


async def test_taken_back_before(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """All of it, and the same may be planned again."""
    entry = await add_account(gateway)
    sent = await send(hass, entry, message=TEXT, target=BOTH, send_at=TONIGHT)

    answer = await call(hass, entry, "cancel_sms", message_id=sent["message_id"])

    for row in answer["results"]:
        assert outcomes(row) == ["not_sent"] * 2
        assert {part["error"]["key"] for part in row["parts"]} == {"cancelled"}
    again = await send(hass, entry, message=TEXT, send_at=TONIGHT)
    assert again["results"][0]["outcome"] == "queued"
    await call(hass, entry, "cancel_sms", message_id=again["message_id"])
    await pass_time(hass, freezer, 2 * UNTIL_TONIGHT)
    assert gateway.accepted == []


async def test_down_over_its_hour(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """That it is too late is told once for all parts, to automations and people."""
    entry = await add_account(gateway)
    heard = Heard(hass)
    await send(hass, entry, message=TEXT, target=BOTH, send_at=TONIGHT)
    await stop_account(hass, entry)
    freezer.tick(2 * UNTIL_TONIGHT)

    async with quiet(hass):
        await start_account(hass, entry)
    await pass_time(hass, freezer, SECOND)

    told = await heard.until(1)
    assert (told["type"], told["recipients"]) == ("expired", BOTH)
    for row in await rows(hass, entry):
        assert (row["outcome"], outcomes(row)) == ("expired", ["expired", "not_sent"])
    shown = await reasons(hass, entry)
    assert [shown.count(f"{name}: ") for name in BOTH] == [1, 1]
    async with quiet(hass):
        await restart_account(hass, entry)
    assert len(heard.all) == 1
    assert gateway.accepted == []


async def test_the_guard_refuses_all_parts_at_the_hour(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Half of it would be a trap; that is told once for all parts."""
    entry = await add_account(gateway, options={"segments_per_hour": 41})
    heard = Heard(hass)
    await send(hass, entry, message="Un", send_at=TONIGHT)
    await send(hass, entry, message=TEXT, target=BOTH, send_at=TONIGHT)
    await send(hass, entry, message=f"{TEXT}!", target=BOTH, send_at=TONIGHT)

    await pass_time(hass, freezer, UNTIL_TONIGHT)

    told = await heard.until(1)
    assert (told["type"], told["key"]) == ("refused", "hourly_cap")
    assert told["recipients"] == BOTH
    assert len(gateway.accepted) == 5
    for row in await rows(hass, entry, outcome="rejected"):
        assert (row["outcome"], row["error"]["key"]) == ("rejected", "hourly_cap")
        assert outcomes(row) == ["rejected"] * 2
    shown = await reasons(hass, entry)
    assert [shown.count(f"{name}: ") for name in BOTH] == [1, 1]
    assert entry.runtime_data.guard.segments_last_hour == 41
    async with quiet(hass):
        await restart_account(hass, entry)
    assert entry.runtime_data.guard.segments_last_hour == 41
    assert len(heard.all) == 1


async def test_each_counts_as_one_of_those_that_are_planned(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many parts it has."""
    monkeypatch.setattr(planned_messages, "MOST_PLANNED", 2)
    entry = await add_account(gateway)
    for text in (TEXT, f"{TEXT}!"):
        await send(hass, entry, message=text, target=BOTH, send_at=TONIGHT)

    with pytest.raises(HomeAssistantError) as raised:
        await send(hass, entry, message="Un", send_at=TONIGHT)

    assert raised.value.translation_key == "outbox_full"
    assert len(entry.runtime_data.planned) == 2


async def test_what_is_only_tested_is_not_planned(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Of each part is told that it would pass; nothing is kept, or counted."""
    entry = await add_account(gateway)

    for text in ("Un", TEXT):
        answer = await send(hass, entry, message=text, send_at=TONIGHT, test=True)
        [row] = answer["results"]
        assert (row["outcome"], row["error"]) == ("not_sent", None)
        assert {part["outcome"] for part in row.get("parts", [])} <= {"not_sent"}
        assert answer["tested_by"] == "here"
    await pass_time(hass, freezer, 2 * UNTIL_TONIGHT)

    assert gateway.asked("send") == 0
    assert len(entry.runtime_data.planned) == 0
    assert entry.runtime_data.guard.segments_last_day == 0
    assert (await call(hass, entry, "get_messages"))["messages"] == []
    again = await send(hass, entry, message=TEXT)
    assert again["results"][0]["outcome"] == "accepted"
