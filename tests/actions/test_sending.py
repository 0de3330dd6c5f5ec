"""From a call to a message, and from what came of it to an answer."""

import asyncio

import pytest

from custom_components.passerelle_sms.actions.message_fields import to_message
from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.messaging.model.message import Message
from homeassistant.core import HomeAssistant
from tests.conftest import AccountMaker
from tests.messages import send
from tests.simulator import Simulator


def test_what_is_not_said_is_usual() -> None:
    """A text alone is a message to everybody known."""
    message = to_message({"message": "Citerne vide"}, by_guest=False)

    assert message == Message(text="Citerne vide")


@pytest.mark.usefixtures("socket_enabled")
async def test_who_waits_is_answered_although_the_journal_can_not_be_read(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With what was known when it was sent."""
    entry = await add_account(simulator.etech_keys)

    async def fail(_message_id: str) -> None:
        raise NotStoredError(words="unreadable")

    monkeypatch.setattr(entry.runtime_data.store, "get", fail)
    answer = await send(hass, entry, wait_for_delivery={"seconds": 1})

    assert [row["outcome"] for row in answer["results"]] == ["accepted"]
    assert len(simulator.etech_keys.accepted) == 1


@pytest.mark.usefixtures("socket_enabled")
async def test_nobody_waits_for_the_delivery_of_a_test(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It is kept nowhere, and nothing is delivered."""
    entry = await add_account(simulator.envoyer_sms_pro)

    async with asyncio.timeout(20):
        answer = await send(hass, entry, test=True, wait_for_delivery={"minutes": 5})

    assert [row["error"] for row in answer["results"]] == [None]
    assert simulator.envoyer_sms_pro.accepted == []
