"""`get_stop_status`, `activate_stop` and `deactivate_stop`."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.actions.calls import call
from tests.conftest import MAMAN, PAPA, AccountMaker
from tests.messages import send
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

MAMAN_THERE = MAMAN.removeprefix("+")


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> MockConfigEntry:
    """Return an account that has written to Maman."""
    entry = await add_account(simulator.envoyer_sms_pro)
    await send(hass, entry)
    return entry


async def test_looks_a_recipient_up(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """By name or by number; the answer says it as the user does."""
    assert await call(hass, entry, "get_stop_status", recipient="maman") == {
        "recipient": "Maman",
        "stopped": False,
    }
    simulator.envoyer_sms_pro.stopped.add(MAMAN_THERE)
    assert await call(hass, entry, "get_stop_status", recipient=MAMAN) == {
        "recipient": "Maman",
        "stopped": True,
    }


async def test_puts_a_recipient_on_the_list_and_takes_it_off(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """The answer has the status as it is now."""
    stopped = simulator.envoyer_sms_pro.stopped

    answer = await call(hass, entry, "activate_stop", recipient="Maman")
    assert answer == {"recipient": "Maman", "stopped": True}
    assert stopped == {MAMAN_THERE}
    answer = await call(hass, entry, "deactivate_stop", recipient="Maman")
    assert answer == {"recipient": "Maman", "stopped": False}
    assert stopped == set()


@pytest.mark.parametrize(
    "action", ["get_stop_status", "activate_stop", "deactivate_stop"]
)
@pytest.mark.parametrize(
    ("recipient", "error"),
    [(PAPA, "never_sent_there"), ("Zoé", "not_a_number"), ("", "not_a_number")],
)
async def test_what_the_caller_can_mend(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    action: str,
    recipient: str,
    error: str,
) -> None:
    """The list is only about those whom the account has written to."""
    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, action, recipient=recipient)

    assert raised.value.translation_key == error
    assert PAPA.removeprefix("+") not in str(raised.value)
    assert simulator.envoyer_sms_pro.stopped == set()
