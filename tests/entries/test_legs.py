"""What people and automations hear at an account of what a relay sends through it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from tests.actions.calls import call
from tests.conftest import AccountMaker
from tests.messages import Heard
from tests.messaging.legs import RELAY, order
from tests.passing_time import pass_time, quiet
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

PENDING = "sensor.etech_keys_pending_messages"


async def take(
    hass: HomeAssistant, entry: MockConfigEntry, message_id: str = "leg-1"
) -> MessageRecord:
    """Hand a message over to an account, as a relay does."""
    async with quiet(hass):
        record: MessageRecord = await entry.runtime_data.legs.take(order(message_id))
    return record


def state_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


def issues(hass: HomeAssistant) -> list[str]:
    """Return the issues that there are, by what they are about."""
    return [
        str(issue.translation_key)
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN
    ]


async def listed(hass: HomeAssistant, entry: MockConfigEntry) -> list[dict[str, Any]]:
    """Return what the account has sent, the newest first."""
    answer = await call(hass, entry, "get_messages")
    messages: list[dict[str, Any]] = answer["messages"]
    return messages


async def test_what_nobody_can_settle_is_the_relays_to_ask_about(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """No event, no repair, and no message that is pending."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    simulator.etech_keys.fail(Fault.CUT_AFTER, operation="send", times=1)
    simulator.etech_keys.fail(Fault.CUT_BEFORE, operation="transactions")
    record = await take(hass, entry)
    assert record.submissions[0].outcome is Outcome.UNKNOWN
    assert state_of(hass, PENDING) == "1"
    simulator.etech_keys.credits += 500

    await pass_time(hass, freezer, timedelta(minutes=11))

    [kept] = entry.runtime_data.store
    assert kept.is_held
    assert heard.all == []
    assert issues(hass) == []
    assert state_of(hass, PENDING) == "0"


async def test_what_is_refused_or_given_back_is_told_by_nobody(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The relay tells what became of it in the end."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send", times=1)

    record = await take(hass, entry)

    assert record.submissions[0].outcome is Outcome.NOT_SENT
    assert heard.all == []
    assert issues(hass) == []
    assert entry.runtime_data.guard.segments_last_hour == 0


async def test_that_the_account_rests_is_told(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Of no message: that one goes elsewhere."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    simulator.etech_keys.credits = Decimal(0)

    await take(hass, entry)

    assert "account_refused" in issues(hass)
    [told] = [one for one in heard.all if one["type"] == "refused"]
    assert (told["key"], told["recipients"]) == ("insufficient_credit", [])
    assert told["message_id"] is None


async def test_the_journal_names_the_relay(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """By its title, or by its id if it is gone."""
    entry = await add_account(simulator.etech_keys)
    await take(hass, entry)

    [message] = await listed(hass, entry)
    assert message["relay"] == RELAY
    MockConfigEntry(
        domain="other", title="Alertes", entry_id=RELAY, source="ignore"
    ).add_to_hass(hass)
    [message] = await listed(hass, entry)

    assert message["relay"] == "Alertes"
    assert message["results"][0]["outcome"] == "accepted"


async def test_only_the_relay_takes_it_back(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The account says whose it is."""
    entry = await add_account(simulator.etech_keys)
    await take(hass, entry)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "cancel_sms", message_id="leg-1")

    assert raised.value.translation_key == "relayed_message"


async def test_how_its_delivery_ended_is_the_relays_to_tell(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The account's event is about its own messages."""
    entry = await add_account(simulator.envoyer_sms_pro)
    record = await take(hass, entry)
    heard: list[object] = []
    observer = entry.runtime_data.observer
    stop = observer.async_listen_to_deliveries(lambda *told: heard.append(told))

    observer.on_delivery_final(record, record.submissions[0])

    assert heard == []
    stop()
