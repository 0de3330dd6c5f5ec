"""Everything ends when Home Assistant stops, relays first."""

import asyncio

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.entries.channel import Channel
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import HomeAssistant
from tests.conftest import AccountMaker, RelayMaker, warnings_logged
from tests.messages import send
from tests.messaging.idle import let_run
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def relay(
    simulator: Simulator, add_account: AccountMaker, add_relay: RelayMaker
) -> MockConfigEntry:
    """Return a relay of two accounts."""
    return await add_relay(
        await add_account(simulator.etech_keys), await add_account(simulator.smseco)
    )


class Calls:
    """When a method of each channel begins and ends."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """Note the calls of the method `name`."""
        self.all: list[tuple[str, str]] = []
        method = getattr(Channel, name)

        async def noted(channel: Channel) -> None:
            self.all.append(("begins", channel.entry.title))
            await method(channel)
            self.all.append(("ends", channel.entry.title))

        monkeypatch.setattr(Channel, name, noted)

    def of(self, step: str) -> list[str]:
        """Return whose begin, or end, in their order."""
        return [title for known, title in self.all if known == step]


async def test_relays_are_closed_before_their_accounts(
    hass: HomeAssistant, relay: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has become of an attempt must be on the relay's disk."""
    calls = Calls(monkeypatch, "stop")

    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()

    assert calls.all[:2] == [("begins", "Relais"), ("ends", "Relais")]
    assert sorted(calls.of("ends")) == ["ETECH KEYS", "Relais", "SMSECO"]


async def test_accounts_are_closed_where_there_is_no_relay(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They wait for nobody."""
    await add_account(simulator.etech_keys)
    calls = Calls(monkeypatch, "stop")

    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()

    assert calls.of("ends") == ["ETECH KEYS"]


async def test_all_are_drained_when_the_stop_begins(
    hass: HomeAssistant, relay: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Together: what a relay waits for, an account still carries to its end."""
    calls = Calls(monkeypatch, "drain")

    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()

    assert sorted(calls.of("ends")) == ["ETECH KEYS", "Relais", "SMSECO"]


async def test_an_attempt_that_is_under_way_at_the_stop(
    hass: HomeAssistant,
    simulator: Simulator,
    relay: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is waited for, and what became of it is what the relay's caller is told."""
    calls = Calls(monkeypatch, "stop")
    simulated = simulator.etech_keys
    simulated.fail(Fault.STALL_BEFORE, operation="send", times=1)
    sending = asyncio.create_task(send(hass, relay))
    await simulated.until_asked("send")

    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await let_run()
    assert calls.of("ends") == []
    simulated.release()
    answer = await sending
    await hass.async_block_till_done()

    assert answer["results"][0]["outcome"] == "unknown"
    assert calls.of("ends")[0] == "Relais"
    assert simulator.smseco.accepted == []
    assert warnings_logged(caplog) == []
