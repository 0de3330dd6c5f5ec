"""What a user can hand on without a second thought."""

import json
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.conftest import MAMAN, PAPA, AccountMaker
from tests.messages import send
from tests.simulator import Fault, Simulator

STRANGER = "+237699128531"


@pytest.mark.parametrize("key", GATEWAYS)
async def test_no_secret_and_no_number(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
    key: str,
) -> None:
    """Even when the gateway's last answer was nothing but secrets and numbers."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    answer = await send(hass, entry, message="Texte intime", target=["Maman", STRANGER])
    await hass.async_block_till_done(wait_background_tasks=True)
    secrets = [simulated.username, simulated.password, simulated.api_key, MAMAN, PAPA]
    for _ in range(6):
        simulated.answer_next("<p>Bonjour " + " ; ".join(secrets) + "</p>")
    await entry.runtime_data.coordinator.async_refresh()
    assert await async_setup_component(hass, "diagnostics", {})

    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    text = json.dumps(told)
    for secret in [*secrets, MAMAN[4:], PAPA[4:], STRANGER[4:], "intime"]:
        if secret in secrets[:3] and secret not in json.dumps(dict(entry.data)):
            continue
        assert secret not in text
    whole: dict[str, Any] = json.loads(text)
    assert "Maman" not in text
    for row in answer["results"]:
        # Where a gateway tells an id, it may hold the number. A short one is also found
        # within a moment's microseconds.
        told_id = row["submission_id"]
        assert told_id is None or not re.search(
            rf"(?<!\w){re.escape(told_id)}(?!\w)", text
        )
    assert whole["guard"] == {"segments_last_hour": 2, "segments_last_day": 2}
    assert whole["ledger"]["is_alone"] is True
    assert whole["ledger"]["muted_since"] is None
    assert whole["pending_messages"] == 0
    [message] = whole["last_messages"]
    assert message["segments"] == 1
    first, second = message["submissions"]
    assert first == second | {"attempted": first["attempted"]}
    assert first["outcome"] == "accepted"
    assert first["stage"] == "closed"
    assert first["failure"] is None
    assert first["attempts"] == 1
    assert whole["account"]["gateway"] == key
    assert whole["account"]["recipients"] == 2
    assert "Bonjour" in whole["last_unreadable_answer"]
    assert whole["last_poll"]["successful"] is False
    assert whole["last_poll"]["error"]


async def test_an_account_s_own_id_is_not_told(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """It may be what one logs in with."""
    simulator.smseco.account_id = "CI-31827"
    entry = await add_account(simulator.smseco)
    assert entry.data["told_account_id"] == "CI-31827"
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["balance"]["credits"] == "1000"
    assert "31827" not in json.dumps(told)


async def test_what_the_balance_proves(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """And why it may prove nothing; by tariff, and neither by number nor by message."""
    entry = await add_account(simulator.etech_keys, options={"alone": False})
    before = simulator.etech_keys.credits
    await send(hass, entry, target=["Maman"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["ledger"] == {
        "credits": str(before - 1),
        "period": entry.runtime_data.ledger.books.period,
        "is_disturbed": False,
        "muted_since": None,
        "is_alone": False,
        "prices": {"237": {"credits": "1", "confirmed": True}},
    }


async def test_a_balance_that_proves_nothing(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Somebody else has spent what was to be proof."""
    entry = await add_account(simulator.etech_keys)
    await send(hass, entry, target=["Maman"])
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.etech_keys.credits -= 3
    await entry.runtime_data.coordinator.async_refresh()
    entry.runtime_data.ledger.disturb()
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["ledger"]["muted_since"] == dt_util.utcnow().isoformat()
    assert told["ledger"]["is_disturbed"] is True


async def test_before_a_balance_was_told(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """Nothing is known, and nothing is learnt."""
    simulator.etech_keys.fail(Fault.CUT_BEFORE, operation="balance")
    entry = await add_account(simulator.etech_keys)
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["ledger"]["credits"] is None
    assert told["ledger"]["prices"] == {}


async def test_a_gateway_that_is_there_again(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """What was wrong before is wrong no more."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.fail(Fault.CUT_BEFORE, times=1)
    await entry.runtime_data.coordinator.async_refresh()
    await entry.runtime_data.coordinator.async_refresh()
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["last_poll"] == {"successful": True, "error": None}


async def test_only_the_last_messages(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """Twenty of them, the newest first, with what is still open."""
    entry = await add_account(simulator.etech_keys)
    for number in range(21):
        await send(hass, entry, message=f"Message {number}")
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    await send(hass, entry, message="Le dernier", urgent=True)
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert len(told["last_messages"]) == 20
    assert told["last_messages"][0]["urgent"] is True
    assert told["last_messages"][0]["submissions"][0]["outcome"] == "queued"
    assert told["last_messages"][0]["submissions"][0]["failure"] == "rate_limited"
    assert told["pending_messages"] == 1


async def test_a_journal_that_cannot_be_read(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """That is worth telling too."""
    entry = await add_account(simulator.etech_keys)
    await entry.runtime_data.journal.close()
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["last_messages"] == "not stored: the journal is closed"
