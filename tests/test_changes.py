"""Options, recipients and titles are applied without unloading anything."""

from types import MappingProxyType

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from tests.conftest import MAMAN, AccountMaker, state_of, warnings_logged
from tests.messages import Heard, send
from tests.simulator import Fault, Simulator
from tests.test_init import notify_services

pytestmark = pytest.mark.usefixtures("socket_enabled")

MAMIE = "+237699123456"


def add_mamie(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Add a recipient, as the user interface does."""
    subentry = ConfigSubentry(
        data=MappingProxyType({"name": "Mamie", "phone": MAMIE}),
        subentry_type="recipient",
        title="Mamie",
        unique_id=MAMIE,
    )
    hass.config_entries.async_add_subentry(entry, subentry)


def device_names(hass: HomeAssistant, entry: MockConfigEntry) -> set[str | None]:
    """Return what the devices of an account are called."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {device.name for device in devices}


async def say(hass: HomeAssistant, service: str, text: str, **fields: str) -> None:
    """Call a notify service."""
    await hass.services.async_call(
        "notify", service, {"message": text, **fields}, blocking=True
    )


async def test_a_new_recipient(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """He can be sent to in each of three ways, and nothing else has changed."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated, recipients={"Maman": MAMAN})
    account, asked = entry.runtime_data, simulated.asked("balance")

    add_mamie(hass, entry)
    await hass.async_block_till_done()

    await send(hass, entry, message="Un", target=["Mamie"])
    await say(hass, "etech_keys_mamie", "Deux")
    await say(hass, "send_message", "Trois", entity_id="notify.mamie")
    assert [accepted.text for accepted in simulated.accepted] == ["Un", "Deux", "Trois"]
    assert {accepted.recipient[-8:] for accepted in simulated.accepted} == {MAMIE[-8:]}
    assert entry.runtime_data is account
    await hass.async_block_till_done(wait_background_tasks=True)
    # One for each message, and none for a start.
    assert simulated.asked("balance") <= asked + 3
    assert warnings_logged(caplog) == []


async def test_a_recipient_who_comes_while_the_account_is_unloaded(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """He is there once it is loaded again."""
    entry = await add_account(simulator.etech_keys, recipients={"Maman": MAMAN})
    await hass.config_entries.async_unload(entry.entry_id)
    add_mamie(hass, entry)
    await hass.async_block_till_done()

    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    await say(hass, "etech_keys_mamie", "Un")
    await say(hass, "send_message", "Deux", entity_id="notify.mamie")
    await send(hass, entry, message="Trois", target=["Mamie"])
    assert len(simulator.etech_keys.accepted) == 3


async def test_a_recipient_who_goes(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """With his service, his entity and his device; the others stay."""
    entry = await add_account(simulator.etech_keys)
    [papa] = [one for one in entry.subentries.values() if one.title == "Papa"]

    hass.config_entries.async_remove_subentry(entry, papa.subentry_id)
    await hass.async_block_till_done()

    assert notify_services(hass) == {"etech_keys", "etech_keys_maman"}
    assert hass.states.get("notify.papa") is None
    assert device_names(hass, entry) == {"ETECH KEYS", "Maman"}
    await say(hass, "send_message", "Un", entity_id="notify.maman")
    assert len(simulator.etech_keys.accepted) == 1


async def test_another_title(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Devices, services and events follow it; what it is based on stays."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    account, heard = entry.runtime_data, Heard(hass)
    [papa] = [one for one in entry.subentries.values() if one.title == "Papa"]

    hass.config_entries.async_update_entry(entry, title="Maison")
    hass.config_entries.async_update_subentry(entry, papa, title="Grand-père")
    await hass.async_block_till_done()

    assert entry.runtime_data is account
    assert device_names(hass, entry) == {"Maison", "Maman", "Grand-père"}
    await say(hass, "maison_grand_pere", "Un")
    await say(hass, "etech_keys_papa", "Deux")
    simulated.answer_next("destinataire incorrect")
    await send(hass, entry, message="Trois")
    await hass.async_block_till_done()
    assert heard.all[0]["account"] == "Maison"
    assert len(simulated.accepted) == 2


async def test_other_options_while_a_message_waits(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """They count from now on, and what waits is not touched."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await send(hass, entry)

    hass.config_entries.async_update_entry(
        entry, options={"low_balance": 5000, "encoding": "economical"}
    )
    await hass.async_block_till_done()

    assert state_of(hass, "sensor.etech_keys_pending_messages") == "1"
    simulated.heal()
    await entry.runtime_data.coordinator.async_refresh()
    answer = await send(
        hass, entry, message="Été fini à Yaoundé, ça ira", target="Papa"
    )
    assert answer["encoding"] == "gsm7"
    assert state_of(hass, "binary_sensor.etech_keys_low_balance") == "on"


async def test_other_credentials_while_a_message_waits(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It leaves with these, and the device still says where to go."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    assert (await send(hass, entry))["results"][0]["outcome"] == "queued"
    simulated.heal()
    simulated.password = "chang3d"

    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "password": simulated.password}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )

    assert isinstance(device, dr.DeviceEntry)
    assert device.configuration_url == entry.runtime_data.gateway.site
    answer = await send(hass, entry, message="Courant coupé")
    assert answer["results"][0]["outcome"] == "accepted"
    assert [accepted.text for accepted in simulated.accepted] == [
        "Citerne vide",
        "Courant coupé",
    ]
