"""Measuring inside a running Home Assistant."""

import pytest

from homeassistant.components.clicksend import notify as clicksend
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from scripts.benchmarking.accounts import NotAcceptedError
from scripts.benchmarking.measuring import measure
from scripts.benchmarking.plan import Plan
from scripts.benchmarking.servers import Addresses, serving
from tests.simulator import Fault, Simulator

SMALLEST = Plan(
    rounds=2, runs=2, seconds_per_case=60, recipients=(1, 3), journal=5, awaited=3
)


async def set_up_clicksend(
    hass: HomeAssistant, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set up the service that an alert is compared with."""
    monkeypatch.setattr(clicksend, "BASE_API_URL", addresses.clicksend)
    platform = {
        "platform": "clicksend",
        "name": "clicksend",
        "username": "maison",
        "api_key": "cle",
        "recipient": "+237650000000",
    }
    assert await async_setup_component(hass, "notify", {"notify": [platform]})
    await hass.async_block_till_done()


async def test_measures_each_case_as_often_as_planned(
    hass: HomeAssistant, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alerts in turns, the others one case after the other; no account is left."""
    async with serving(simulator) as addresses:
        await set_up_clicksend(hass, addresses, monkeypatch)
        samples = await measure(hass, SMALLEST, addresses)

    alerts = SMALLEST.alert_cases() * SMALLEST.rounds
    others = [case for case in SMALLEST.recipient_cases() for _ in range(SMALLEST.runs)]
    relayed = [SMALLEST.relay_case()] * SMALLEST.runs
    assert [sample.case for sample in samples] == [*alerts, *others, *relayed]
    assert all(sample.seconds > 0 for sample in samples)
    assert hass.config_entries.async_entries("passerelle_sms") == []


async def test_fails_when_a_message_is_not_accepted(
    hass: HomeAssistant, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that the gateway has not said yes to is no figure."""
    simulator.envoyer_sms_pro.fail(Fault.ERROR_500_AFTER, operation="send")
    async with serving(simulator) as addresses:
        await set_up_clicksend(hass, addresses, monkeypatch)
        with pytest.raises(NotAcceptedError):
            await measure(hass, SMALLEST, addresses)


async def test_fails_when_the_gateway_has_accepted_less(
    hass: HomeAssistant, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An alert that is still under way when the service returns is none that was sent."""
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    async with serving(simulator) as addresses:
        await set_up_clicksend(hass, addresses, monkeypatch)
        with pytest.raises(NotAcceptedError, match="etech_keys accepted 0"):
            await measure(hass, SMALLEST, addresses)
