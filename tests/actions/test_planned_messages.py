"""`send_at` where the gateway sends nothing later: the house keeps the message."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.diagnostics import (
    async_get_config_entry_diagnostics,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from tests.actions.calls import call
from tests.conftest import AccountMaker, state_of
from tests.messages import Heard, send
from tests.passing_time import pass_time, quiet
from tests.restarts import restart_account, start_account, stop_account
from tests.simulator import SimulatedGateway, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TONIGHT = "2026-11-20 18:30:00+00:00"
HOUR = timedelta(hours=1)
UNTIL_TONIGHT = timedelta(hours=6, minutes=30)


@pytest.fixture(autouse=True)
def noon(freezer: FrozenDateTimeFactory) -> None:
    """Stand still at noon."""
    freezer.move_to(NOON)


@pytest.fixture(params=["etech_keys", "devcodesms"])
def gateway(request: pytest.FixtureRequest, simulator: Simulator) -> SimulatedGateway:
    """Return each gateway that sends nothing later."""
    return simulator.gateways[request.param]


async def listed(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Return the only message in the journal."""
    [message] = (await call(hass, entry, "get_messages"))["messages"]
    return dict(message)


async def test_leaves_at_its_hour(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It is queued until then, through a restart too, and no problem in between."""
    entry = await add_account(gateway)
    sent = await send(
        hass, entry, send_at=TONIGHT, wait_for_delivery="00:05:00", target=["Maman"]
    )
    [row] = sent["results"]
    assert (row["outcome"], row["error"]) == ("queued", None)
    before = await listed(hass, entry)
    assert before["results"][0]["outcome"] == "queued"
    assert before["send_at"] == "2026-11-20T10:30:00-08:00"
    assert before["expires"] == "2026-11-20T11:30:00-08:00"

    await pass_time(hass, freezer, UNTIL_TONIGHT / 2)
    async with quiet(hass):
        await restart_account(hass, entry)
    await pass_time(hass, freezer, UNTIL_TONIGHT / 2 - timedelta(seconds=1))
    assert gateway.accepted == []
    await pass_time(hass, freezer, timedelta(seconds=1))

    assert [one.text for one in gateway.accepted] == ["Citerne vide"]
    after = await listed(hass, entry)
    assert after["message_id"] == sent["message_id"]
    assert after["results"][0]["outcome"] == "accepted"
    assert after["send_at"] == before["send_at"]
    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "cancel_sms", message_id=sent["message_id"])
    assert raised.value.translation_key == "not_cancellable"


async def test_nothing_is_pending(
    hass: HomeAssistant, add_account: AccountMaker, gateway: SimulatedGateway
) -> None:
    """What waits for its hour is as it should be; the diagnostics tell of it."""
    entry = await add_account(gateway)

    await send(hass, entry, send_at=TONIGHT)
    await hass.async_block_till_done()

    assert state_of(hass, f"sensor.{gateway.key}_pending_messages") == "0"
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert (told["pending_messages"], told["planned_messages"]) == (0, 1)


async def test_taken_back(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It never leaves, and the same may be planned again at once."""
    entry = await add_account(gateway)
    sent = await send(hass, entry, send_at=TONIGHT)

    answer = await call(hass, entry, "cancel_sms", message_id=sent["message_id"])
    assert answer["credits_back"] is None
    assert answer["results"][0]["outcome"] == "not_sent"
    assert answer["results"][0]["error"]["key"] == "cancelled"
    again = await send(hass, entry, send_at=TONIGHT)
    assert again["results"][0]["outcome"] == "queued"
    await call(hass, entry, "cancel_sms", message_id=again["message_id"])
    await pass_time(hass, freezer, 2 * UNTIL_TONIGHT)

    assert gateway.accepted == []


async def test_the_same_for_the_same_hour(
    hass: HomeAssistant, add_account: AccountMaker, gateway: SimulatedGateway
) -> None:
    """It is refused as anywhere; for another hour, or for now, it is another message."""
    entry = await add_account(gateway)
    await send(hass, entry, send_at=TONIGHT)

    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry, send_at=TONIGHT)
    other = await send(hass, entry, send_at="2026-11-20 19:30:00+00:00")
    now = await send(hass, entry)

    assert raised.value.translation_key == "identical_message"
    assert other["results"][0]["outcome"] == "queued"
    assert now["results"][0]["outcome"] == "accepted"


async def test_the_cap_at_the_hour(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It counts when it leaves, also after a restart; who is refused then hears of it."""
    entry = await add_account(gateway, options={"segments_per_hour": 2})
    heard = Heard(hass)
    for text in ("Un", "Deux", "Trois"):
        sent = await send(hass, entry, message=text, send_at=TONIGHT)
        assert sent["results"][0]["outcome"] == "queued"
    async with quiet(hass):
        await restart_account(hass, entry)
    assert entry.runtime_data.guard.segments_last_day == 0

    await pass_time(hass, freezer, UNTIL_TONIGHT)

    told = await heard.until(1)
    assert (told["type"], told["outcome"]) == ("refused", "rejected")
    assert told["key"] == "hourly_cap"
    assert len(gateway.accepted) == 2
    assert entry.runtime_data.guard.segments_last_hour == 2
    async with quiet(hass):
        await restart_account(hass, entry)
    assert entry.runtime_data.guard.segments_last_hour == 2
    assert len(heard.all) == 1


@pytest.mark.parametrize(("late", "is_sent"), [(HOUR / 2, True), (2 * HOUR, False)])
async def test_down_over_the_hour(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
    late: timedelta,
    is_sent: bool,
) -> None:
    """Within its life it is sent at once, after that it is told and listed, once."""
    entry = await add_account(gateway)
    heard = Heard(hass)
    sent = await send(hass, entry, send_at=TONIGHT)
    await stop_account(hass, entry)
    freezer.tick(UNTIL_TONIGHT + late)

    async with quiet(hass):
        await start_account(hass, entry)
    await pass_time(hass, freezer, timedelta(seconds=1))

    assert len(gateway.accepted) == is_sent
    message = await listed(hass, entry)
    assert message["results"][0]["outcome"] == ("accepted" if is_sent else "expired")
    if is_sent:
        assert heard.all == []
        return
    told = await heard.until(1)
    assert (told["type"], told["message_id"]) == ("expired", sent["message_id"])
    issue_id = f"not_left_{entry.entry_id}"
    while not ir.async_get(hass).async_get_issue(DOMAIN, issue_id):
        await asyncio.sleep(0)
    async with quiet(hass):
        await restart_account(hass, entry)
    assert len(heard.all) == 1


async def test_a_reload_leaves_it_where_it_is(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It leaves at its hour all the same."""
    entry = await add_account(gateway)
    await send(hass, entry, send_at=TONIGHT)
    async with quiet(hass):
        await hass.config_entries.async_reload(entry.entry_id)
    assert len(entry.runtime_data.planned) == 1

    await pass_time(hass, freezer, UNTIL_TONIGHT)

    assert len(gateway.accepted) == 1


async def test_everybody_reads_his_own_text(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The values are kept with it."""
    entry = await add_account(gateway)
    await send(
        hass,
        entry,
        message="Bonsoir {nom}",
        target=["Maman", "Papa"],
        personalisation={"Maman": {"nom": "maman"}, "Papa": {"nom": "papa"}},
        send_at=TONIGHT,
    )
    async with quiet(hass):
        await restart_account(hass, entry)

    await pass_time(hass, freezer, UNTIL_TONIGHT)

    assert sorted(one.text for one in gateway.accepted) == [
        "Bonsoir maman",
        "Bonsoir papa",
    ]


async def test_a_notify_service_plans_too(
    hass: HomeAssistant,
    add_account: AccountMaker,
    gateway: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It has the same way."""
    await add_account(gateway)
    await hass.services.async_call(
        "notify",
        gateway.key,
        {
            "message": "Citerne vide",
            "target": ["Maman"],
            "data": {"send_at": TONIGHT},
        },
        blocking=True,
    )
    assert gateway.accepted == []

    await pass_time(hass, freezer, UNTIL_TONIGHT)

    assert len(gateway.accepted) == 1
