"""Who hears what of the messages of an account or a relay."""

from dataclasses import replace
from decimal import Decimal

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    InsufficientCreditError,
    IpNotAllowedError,
)
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import SendResult
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.messaging.observers import AccountRefusal
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.conftest import MAMAN, AccountMaker, RelayMaker
from tests.messages import Heard
from tests.messaging.journal_records import message, submission
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

HELD = submission(outcome=Outcome.UNKNOWN, stage=Stage.HELD)
ARRIVED = submission(delivery=DeliveryState(status=DeliveryStatus.DELIVERED))


@pytest.fixture
async def account(simulator: Simulator, add_account: AccountMaker) -> MockConfigEntry:
    """Return an account."""
    return await add_account(simulator.etech_keys)


@pytest.fixture
async def relay(account: MockConfigEntry, add_relay: RelayMaker) -> MockConfigEntry:
    """Return a relay of it."""
    return await add_relay(account)


def leg_of(record: MessageRecord) -> MessageRecord:
    """Return a message as a relay's one attempt."""
    return replace(record, relay="01M7RELAY")


def issues(hass: HomeAssistant) -> list[str]:
    """Return what the user is asked or told."""
    return [issue.translation_key or "" for issue in ir.async_get(hass).issues.values()]


@pytest.mark.parametrize("is_leg", [False, True])
async def test_nobody_is_asked_at_an_account_about_a_relays_message(
    hass: HomeAssistant, account: MockConfigEntry, is_leg: bool
) -> None:
    """The relay asks; whoever counts hears of it all the same."""
    record = message(0, HELD)
    record = leg_of(record) if is_leg else record
    heard: list[MessageRecord] = []
    observer = account.runtime_data.observer
    end = observer.async_listen(lambda record, _changed: heard.append(record))

    observer.on_message_changed(record, record.submissions)
    await hass.async_block_till_done()
    end()

    assert issues(hass) == ([] if is_leg else ["unknown_outcome"])
    assert heard == [record]


@pytest.mark.parametrize("is_leg", [False, True])
async def test_no_account_tells_how_a_relays_delivery_has_ended(
    hass: HomeAssistant, account: MockConfigEntry, is_leg: bool
) -> None:
    """The relay tells: an automation must not hear of it twice."""
    record = message(0, ARRIVED)
    record = leg_of(record) if is_leg else record

    account.runtime_data.observer.on_delivery_final(record, ARRIVED)
    await hass.async_block_till_done()

    state = hass.states.get("event.etech_keys_delivery")
    assert state is not None
    assert state.state == "unknown" if is_leg else state.state != "unknown"


async def test_a_relay_tells_of_its_messages(
    hass: HomeAssistant, relay: MockConfigEntry
) -> None:
    """As an account does, by its own name."""
    observer, heard = relay.runtime_data.observer, Heard(hass)
    held = message(0, HELD)

    observer.on_message_changed(held, held.submissions)
    observer.on_delivery_final(message(1, ARRIVED), ARRIVED)
    await hass.async_block_till_done()

    [issue] = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["account"] == "Relais"
    state = hass.states.get("event.relais_delivery")
    assert state is not None
    assert state.attributes["event_type"] == "delivered"
    assert heard.all == []


async def test_a_relay_leaves_to_its_accounts_what_is_theirs(
    hass: HomeAssistant, account: MockConfigEntry, relay: MockConfigEntry
) -> None:
    """Credits, rests, credentials and addresses: nothing is told of the relay."""
    observer, heard = relay.runtime_data.observer, Heard(hass)
    refusal = AccountRefusal(
        error=InsufficientCreditError(), message_id=None, recipients=(), is_news=True
    )

    observer.on_account_refused(refusal)
    observer.on_account_works()
    observer.on_send_result(SendResult.failed((MAMAN,), AuthenticationError()))
    observer.on_unexplained_fall(Decimal(3))
    observer.invalidate_balance()
    observer.on_poll_failed(IpNotAllowedError())
    await hass.async_block_till_done(wait_background_tasks=True)

    assert issues(hass) == []
    assert heard.all == []
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
