"""What is told on Home Assistant's bus: once each, and without a number."""

from contextlib import suppress
from datetime import timedelta
import json

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from tests.conftest import MAMAN, AccountMaker
from tests.messages import Heard, hold, send
from tests.passing_time import quiet
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_a_refusal_by_the_gateway(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """With the error's key and the message; a number shows its last two digits."""
    entry = await add_account(simulator.etech_keys, title="Alarme")
    heard = Heard(hass)
    simulator.etech_keys.answer_next("destinataire incorrect")

    answer = await send(hass, entry, target=["+237 6 99 12 85 31"])
    await hass.async_block_till_done()

    [told] = heard.all
    [recipient] = told.pop("recipients")
    assert recipient.endswith("***31")
    assert "128" not in recipient
    assert told == {
        "type": "refused",
        "config_entry_id": entry.entry_id,
        "account": "Alarme",
        "message_id": answer["message_id"],
        "outcome": "rejected",
        "key": "invalid_recipient",
    }


async def test_what_goes_well_is_no_event(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Neither accepted nor queued."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)

    await send(hass, entry)
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    await send(hass, entry, message="Citerne pleine")
    await hass.async_block_till_done()

    assert heard.all == []


@pytest.mark.parametrize("message", ["Citerne vide", " "])
async def test_a_tag_is_told_with_what_was_refused(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, message: str
) -> None:
    """By the gateway or here; an automation knows its own by it."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    simulator.etech_keys.answer_next("destinataire incorrect")

    with suppress(ServiceValidationError):
        await send(hass, entry, message=message, tag="citerne")
    await hass.async_block_till_done()

    assert [told["tag"] for told in heard.all] == ["citerne"]


async def test_a_refusal_of_the_whole_message_by_the_guard(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It never came into the outbox, so it has no id."""
    entry = await add_account(simulator.etech_keys, options={"segments_per_hour": 1})
    await send(hass, entry)
    heard = Heard(hass)

    with pytest.raises(ServiceValidationError, match="runaway"):
        await send(hass, entry, message="Citerne pleine", target=["Papa", MAMAN])
    await hass.async_block_till_done()

    [told] = heard.all
    assert told["type"] == "refused"
    assert told["key"] == "hourly_cap"
    assert told["message_id"] is None
    assert told["outcome"] == "rejected"
    assert told["recipients"] == ["Papa", "Maman"]


async def test_a_refusal_with_nobody_to_send_to(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """There is no one to name."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)

    with pytest.raises(ServiceValidationError):
        await send(hass, entry, target=[])
    await hass.async_block_till_done()

    assert [(told["key"], told["recipients"]) for told in heard.all] == [
        ("empty_target", [])
    ]


async def test_a_refusal_for_some(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Who had the text a moment ago, and who can't be sent to; each once."""
    entry = await add_account(simulator.etech_keys)
    await send(hass, entry)
    heard = Heard(hass)

    answer = await send(hass, entry, target=["Maman", "Papa", "+225 57 12 34 56"])
    await hass.async_block_till_done()

    assert [row["outcome"] for row in answer["results"]] == [
        "rejected",
        "accepted",
        "rejected",
    ]
    told = {event["key"]: event for event in heard.all}
    assert len(heard.all) == 2
    assert told["identical_message"]["recipients"] == ["Maman"]
    [old] = told["old_ivorian_number"]["recipients"]
    assert old.endswith("***56")
    assert {event["message_id"] for event in heard.all} == {answer["message_id"]}


async def test_an_unknown_outcome_is_told_when_the_user_has_to_choose(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Once, not again after a restart, where only the issue comes back."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)

    message_id = await hold(hass, simulator.etech_keys, entry, freezer)

    [told] = heard.all
    assert told["recipients"] == ["Maman"]
    assert told["key"] == "no_answer"
    assert told["outcome"] == "unknown"
    issue_id = f"unknown_outcome_{entry.entry_id}_{message_id}"
    ir.async_delete_issue(hass, "passerelle_sms", issue_id)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert heard.all == [told]
    assert ir.async_get(hass).async_get_issue("passerelle_sms", issue_id) is not None


async def test_a_turn_after_a_restart_is_told(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What waited then, and expires now."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    answer = await send(hass, entry, target=["Maman", "Papa"], time_to_live="00:10:00")
    freezer.tick(1)
    heard = Heard(hass)
    # What is tried again at once must not be cut off by the time that passes.
    async with quiet(hass):
        assert await hass.config_entries.async_reload(entry.entry_id)
    assert heard.all == []

    freezer.tick(timedelta(minutes=11))
    async_fire_time_changed(hass)
    told = await heard.until(1)
    # Both together or one after the other, as they come to be written down.
    while sum(len(event["recipients"]) for event in heard.all) < 2:
        await heard.until(len(heard.all) + 1)
    await hass.async_block_till_done()

    assert told["type"] == "expired"
    assert told["message_id"] == answer["message_id"]
    assert told["key"] == "rate_limited"
    assert told["outcome"] == "expired"
    expired = [name for event in heard.all for name in event["recipients"]]
    assert sorted(expired) == ["Maman", "Papa"]
    assert MAMAN not in json.dumps(heard.all)
