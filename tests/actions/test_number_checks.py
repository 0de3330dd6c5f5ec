"""`check_numbers`."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
from tests.actions.calls import call
from tests.conftest import AccountMaker
from tests.messaging.idle import until_idle
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

SOON = timedelta(seconds=5)


async def test_what_is_found_comes_later(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """As a delivery, which anybody can ask for; no event speaks of a message."""
    gateway = simulator.smseco
    entry = await add_account(gateway)

    checked = await call(hass, entry, "check_numbers", target=["Maman", "Papa", "x"])
    [maman, papa] = gateway.checked
    gateway.report(maman, 56)
    gateway.report(papa, 59)
    found = await call(hass, entry, "get_delivery", message_id=checked["message_id"])

    assert [row["outcome"] for row in checked["results"]] == [
        "accepted",
        "accepted",
        "rejected",
    ]
    assert checked["results"][2]["error"]["key"] == "not_a_number"
    assert [row["delivery"]["status"] for row in found["deliveries"]] == [
        "delivered",
        "undelivered",
    ]
    assert {row["kind"] for row in found["deliveries"]} == {"number_check"}
    event = hass.states.get("event.smseco_delivery")
    assert event is not None
    assert event.state == "unknown"
    assert gateway.accepted == []


async def test_waits_for_what_is_found(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The gateway is asked soon."""
    simulator.smseco.instant_delivery = True
    entry = await add_account(simulator.smseco)
    begun = dt_util.utcnow()

    checked = await at_the_end(
        hass,
        freezer,
        entry,
        call(hass, entry, "check_numbers", target=["Maman"], wait_for_delivery=True),
    )

    [row] = checked["results"]
    assert row["delivery"]["status"] == "delivered"
    assert simulator.smseco.asked("delivery") == 1
    assert dt_util.utcnow() - begun < timedelta(minutes=1)


async def test_waits_no_longer_than_asked(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Then it tells that nothing is found yet."""
    entry = await add_account(simulator.smseco)
    begun = dt_util.utcnow()

    checked = await at_the_end(
        hass,
        freezer,
        entry,
        call(hass, entry, "check_numbers", target=["Maman"], wait_for_delivery=60),
    )

    [row] = checked["results"]
    assert row["delivery"]["status"] == "pending"
    assert dt_util.utcnow() - begun >= timedelta(minutes=1)


async def at_the_end(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    work: Coroutine[None, None, dict[str, Any]],
) -> dict[str, Any]:
    """Let time pass until a check has ended, and return what it returns.

    Not before the gateway has answered, and not while it is asked where the check is:
    that would cut it off.
    """
    checking = asyncio.create_task(work)
    while not (entry.runtime_data.tracker or checking.done()):
        await asyncio.sleep(0)
    while not checking.done():
        await until_idle()
        if entry.runtime_data.tracker:
            freezer.tick(SOON)
            async_fire_time_changed(hass)
    return checking.result()


async def test_a_check_is_never_repeated(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It costs credits: one that may have been made stays unknown, and is kept."""
    gateway = simulator.smseco
    entry = await add_account(gateway)
    gateway.fail(Fault.CUT_AFTER, operation="check_numbers", times=1)

    checked = await call(hass, entry, "check_numbers", target=["Maman"])
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert checked["results"][0]["outcome"] == "unknown"
    assert gateway.asked("check_numbers") == 1
    listed = await call(hass, entry, "get_messages")
    assert [row["kind"] for row in listed["messages"]] == ["number_check"]
    state = hass.states.get("sensor.smseco_segments_sent")
    assert state is not None
    assert state.state == "0"


async def test_the_guard_counts_checks(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """An automation that runs away must not check for ever."""
    entry = await add_account(
        simulator.smseco, options={"segments_per_hour": 2, "identical_minutes": 0}
    )
    await call(hass, entry, "check_numbers", target=["Maman", "Papa"])

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "check_numbers", target=["Maman"])

    assert raised.value.translation_key == "hourly_cap"
    assert simulator.smseco.asked("check_numbers") == 1


async def test_refused_checks_count(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """No loop of them may reach the gateway."""
    simulator.smseco.is_company = False
    entry = await add_account(simulator.smseco)

    checked = await call(hass, entry, "check_numbers", target=["Maman"])

    assert checked["results"][0]["error"]["key"] == "not_allowed"
    assert entry.runtime_data.guard.segments_last_hour == 1


async def test_nothing_leaves_that_cannot_be_written_down(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Without a journal there is no check."""
    entry = await add_account(simulator.smseco)
    await entry.runtime_data.journal.close()

    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, entry, "check_numbers", target=["Maman"])

    assert raised.value.translation_key == "action_not_stored"
    assert simulator.smseco.asked("check_numbers") == 0
    assert entry.runtime_data.guard.segments_last_hour == 0


async def test_a_gateway_that_checks_nothing(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The error names the one that does."""
    entry = await add_account(simulator.etech_keys)

    with pytest.raises(ServiceValidationError, match="SMSECO"):
        await call(hass, entry, "check_numbers", target=["Maman"])


async def test_nobody_to_check(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What is no number is refused before anything is asked."""
    entry = await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "check_numbers", target=["personne"])

    assert raised.value.translation_key == "not_a_number"
