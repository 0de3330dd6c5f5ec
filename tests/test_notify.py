"""The notify entity of a recipient."""

import pytest

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.conftest import AccountMaker, state_of
from tests.messages import until_settled
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def send_message(hass: HomeAssistant) -> None:
    """Send a message with a title to Maman's entity."""
    await hass.services.async_call(
        "notify",
        "send_message",
        {"entity_id": "notify.maman", "message": "Citerne vide", "title": "Maison"},
        blocking=True,
    )


@pytest.mark.parametrize("key", GATEWAYS)
async def test_sends_to_the_recipient(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """Once, with the title before the text."""
    simulated = simulator.gateways[key]
    await add_account(simulated)

    await send_message(hass)

    [accepted] = simulated.accepted
    assert accepted.text == "Maison\nCiterne vide"


async def test_raises_when_it_is_not_accepted(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """And says for whom and why."""
    await add_account(simulator.etech_keys)
    simulator.etech_keys.answer_next("destinataire incorrect")

    with pytest.raises(HomeAssistantError, match="Maman: .*cannot send to this number"):
        await send_message(hass)

    assert simulator.etech_keys.accepted == []


async def test_returns_when_it_is_queued(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It is on its way: once the gateway is back it leaves, and once."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.fail(Fault.RATE_LIMITED)

    await send_message(hass)
    assert simulator.etech_keys.accepted == []
    assert state_of(hass, "sensor.etech_keys_pending_messages") == "1"

    simulator.etech_keys.heal()
    await entry.runtime_data.coordinator.async_refresh()
    await until_settled(entry)
    assert len(simulator.etech_keys.accepted) == 1


async def test_a_recipient_is_a_device_of_the_account(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It belongs to its subentry, is named after it, and is reached via the account."""
    entry = await add_account(simulator.etech_keys)
    devices, entities = dr.async_get(hass), er.async_get(hass)

    entity = entities.async_get("notify.maman")
    subentry = next(iter(entry.subentries.values()))
    assert entity is not None
    assert entity.unique_id == f"{entry.entry_id}_{subentry.subentry_id}_sms"
    assert entity.config_subentry_id == subentry.subentry_id
    device = devices.async_get(entity.device_id or "")
    account = devices.async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )
    assert isinstance(device, dr.DeviceEntry)
    assert account is not None
    assert device.name == "Maman"
    assert device.via_device_id == account.id


async def test_a_text_that_is_too_long_is_refused_in_words(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Before anything is done with it; a title that is blank is none."""
    await add_account(simulator.smseco)
    call = {"entity_id": "notify.maman", "title": " "}

    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call(
            "notify", "send_message", {**call, "message": "a" * 10_001}, blocking=True
        )
    await hass.services.async_call(
        "notify", "send_message", {**call, "message": "Vide"}, blocking=True
    )

    assert raised.value.translation_key == "field_too_long"
    assert [one.text for one in simulator.smseco.accepted] == ["Vide"]
