"""The events `delivery` and `reply`."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant
from tests.conftest import MAMAN, AccountMaker
from tests.messages import Heard, send
from tests.passing_time import pass_time
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

DELIVERIES = {
    "etech_keys": "event.etech_keys_delivery",
    "smseco": "event.smseco_delivery",
    "envoyer_sms_pro": "event.envoyer_sms_pro_delivery",
    "sms123": "event.123_sms_net_delivery",
    "devcodesms": "event.devcodesms_delivery",
}
REPLY = "event.envoyer_sms_pro_reply"


async def test_only_where_the_gateway_tells(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """All of them tell of deliveries, one receives replies."""
    for simulated in simulator.gateways.values():
        await add_account(simulated)

    assert set(hass.states.async_entity_ids("event")) == {*DELIVERIES.values(), REPLY}


@pytest.mark.parametrize("key", ["etech_keys", "smseco", "envoyer_sms_pro"])
async def test_a_delivery_comes_by_itself(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    key: str,
) -> None:
    """A minute after it was sent; by name, and never by number."""
    entry = await add_account(simulator.gateways[key])
    sent = await send(hass, entry)
    [taken] = simulator.gateways[key].accepted
    simulator.etech_keys.label = "DELIVERED"
    if key == "smseco":
        simulator.smseco.report(taken, 56)
    if key == "envoyer_sms_pro":
        simulator.envoyer_sms_pro.deliver(taken.submission_id, taken.recipient)

    await pass_time(hass, freezer, timedelta(seconds=61))

    state = hass.states.get(DELIVERIES[key])
    assert state is not None
    assert state.attributes["event_type"] == "delivered"
    assert state.attributes["recipient"] == "Maman"
    assert state.attributes["message_id"] == sent["message_id"]
    assert MAMAN[4:] not in str(state.attributes)


async def test_a_reply_comes_by_itself(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Marked as a recipient's, or not; each once, and its text on the bus alone."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    heard = Heard(hass)
    sent = await send(hass, entry, target=["Maman", "+33612345678"], allow_replies=True)
    [message_id] = gateway.messages
    gateway.reply(message_id, MAMAN[1:], "J'appelle le camion")

    await pass_time(hass, freezer, timedelta(seconds=61))
    first = hass.states.get(REPLY)
    gateway.reply(message_id, "33612345678", "Qui est-ce ?")
    await pass_time(hass, freezer, timedelta(minutes=3))
    second = hass.states.get(REPLY)
    await pass_time(hass, freezer, timedelta(hours=1))

    assert first is not None
    assert second is not None
    assert first.attributes["event_type"] == "received"
    assert first.attributes["recipient"] == "Maman"
    assert first.attributes["known"] is True
    assert "text" not in first.attributes
    assert first.attributes["message_id"] == sent["message_id"]
    assert second.attributes["known"] is False
    assert second.attributes["recipient"] == "***78"
    # Nothing was told again.
    assert hass.states.get(REPLY) == second
    told = [
        (reply["type"], reply["message_id"], reply["recipient"], reply["known"])
        for reply in heard.all
    ]
    assert told == [
        ("reply", sent["message_id"], "Maman", True),
        ("reply", sent["message_id"], "***78", False),
    ]
    assert [reply["text"] for reply in heard.all] == [
        "J'appelle le camion",
        "Qui est-ce ?",
    ]
    assert heard.all[0]["at"] == first.attributes["at"]
    assert heard.all[0]["config_entry_id"] == entry.entry_id


async def test_a_reply_under_a_recipient_s_name_is_not_his(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """An alphanumeric sender is chosen by whoever sends."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    await send(hass, entry, target=["Maman"], allow_replies=True)
    [message_id] = gateway.messages
    gateway.reply(message_id, "Maman", "Ouvre le portail")

    await pass_time(hass, freezer, timedelta(seconds=61))

    told = hass.states.get(REPLY)
    assert told is not None
    assert told.attributes["known"] is False


async def test_what_has_happened_stays_when_the_gateway_is_gone(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """An event is no measurement."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.answer_next("Maintenance")

    await entry.runtime_data.coordinator.async_refresh()

    state = hass.states.get(DELIVERIES["etech_keys"])
    assert state is not None
    assert state.state == "unknown"
