"""`get_transactions`."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.actions.calls import call
from tests.conftest import MAMAN, AccountMaker
from tests.messages import send
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> MockConfigEntry:
    """Return an account that has sent two messages."""
    entry = await add_account(simulator.etech_keys)
    await send(hass, entry, message="Un")
    await send(hass, entry, message="Deux")
    return entry


async def test_tells_the_last_transactions(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """As rows, and as it came; the text without full numbers, both without secrets."""
    answer = await call(hass, entry, "get_transactions")

    assert [row["Message"] for row in answer["transactions"]] == ["Deux", "Un"]
    assert answer["text"].startswith("<table>")
    assert MAMAN[4:] not in answer["text"]
    assert simulator.etech_keys.password not in str(answer)
    assert simulator.etech_keys.requests[-1].query["qte"] == "100"


@pytest.mark.parametrize("quantity", [1, "1", 1.0])
async def test_tells_as_many_as_are_asked_for(
    hass: HomeAssistant, entry: MockConfigEntry, quantity: object
) -> None:
    """From a selector or a template."""
    answer = await call(hass, entry, "get_transactions", quantity=quantity)

    assert [row["Message"] for row in answer["transactions"]] == ["Deux"]


async def test_an_answer_that_cannot_be_taken_apart(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """The text is there all the same."""
    simulator.etech_keys.answer_next("Aucune transaction aujourd'hui")

    answer = await call(hass, entry, "get_transactions")

    assert answer == {"transactions": [], "text": "Aucune transaction aujourd'hui"}


@pytest.mark.parametrize("quantity", [0, 1001, 1.5, "tout"])
async def test_a_quantity_that_is_none(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, quantity: object
) -> None:
    """Nothing is asked."""
    with pytest.raises(ServiceValidationError, match="“"):
        await call(hass, entry, "get_transactions", quantity=quantity)

    assert simulator.etech_keys.asked("transactions") == 0
