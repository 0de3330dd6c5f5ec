"""Long texts together with all else that a message may be, through the real services."""

import asyncio
from datetime import timedelta
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.passerelle_sms.backup import async_post_backup, async_pre_backup
from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.passerelle_sms.messaging.journal.private_file import (
    backup_token_of,
    log_of,
)
from custom_components.passerelle_sms.messaging.model.record import Choice
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.actions.calls import call
from tests.conftest import MAMAN, AccountMaker, journal_of, state_of
from tests.messages import Heard, send, until_settled
from tests.passing_time import pass_time
from tests.restarts import start_account, stop_account
from tests.simulator import Fault, SimulatedGateway, Simulator

from .long_texts import before_part, joined, letters, outcomes, read

pytestmark = pytest.mark.usefixtures("socket_enabled")

THREE_PARTS = letters(4_000)


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return the gateway that is sent through."""
    return simulator.etech_keys


@pytest.fixture
async def entry(
    simulated: SimulatedGateway, add_account: AccountMaker
) -> MockConfigEntry:
    """Return an account that lets the same text go at once."""
    return await add_account(simulated, options={"identical_minutes": 0})


async def message(
    hass: HomeAssistant, entry: MockConfigEntry, message_id: str
) -> dict[str, Any]:
    """Return what is listed of a message."""
    listed = (await call(hass, entry, "get_messages"))["messages"]
    [found] = [one for one in listed if one["message_id"] == message_id]
    return dict(found)


async def parts(
    hass: HomeAssistant, entry: MockConfigEntry, message_id: str
) -> list[str]:
    """Return what became of the parts of a message to one recipient."""
    [row] = (await message(hass, entry, message_id))["results"]
    return outcomes(row)


def asked_about(
    hass: HomeAssistant, entry: MockConfigEntry, message_id: str
) -> ir.IssueEntry | None:
    """Return the question about a message."""
    issue_id = f"unknown_outcome_{entry.entry_id}_{message_id}"
    return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)


async def hold_second_part(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> str:
    """Send a text whose second part is taken unheard; return its id once it is held."""
    heard = Heard(hass)

    def lose_answer() -> None:
        simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
        simulated.fail(Fault.CUT_BEFORE, operation="transactions")

    with before_part(entry, 2, lose_answer):
        sent = await send(hass, entry, message=THREE_PARTS)
    # A top-up in between: the balance proves nothing any more.
    simulated.credits += 500
    freezer.tick(timedelta(minutes=11))
    async_fire_time_changed(hass)
    told = await heard.until(1)
    await hass.async_block_till_done()
    simulated.heal()
    assert (told["type"], told["recipients"]) == ("unknown", ["Maman"])
    return str(sent["message_id"])


@pytest.mark.parametrize(
    ("choice", "became", "sent"),
    [
        (Choice.SENT, ["accepted"] * 3, "123"),
        (Choice.RESEND, ["accepted"] * 3, "1223"),
        (Choice.DROP, ["accepted", "unknown", "not_sent"], "12"),
    ],
)
async def test_what_is_chosen_for_a_part(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
    choice: Choice,
    became: list[str],
    sent: str,
) -> None:
    """It is asked for once, and the rest goes on or stays at home by it."""
    message_id = await hold_second_part(hass, entry, simulated, freezer)
    issue = asked_about(hass, entry, message_id)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["recipients"] == "Maman"
    assert await parts(hass, entry, message_id) == ["accepted", "unknown", "queued"]

    await entry.runtime_data.outbox.resolve(message_id, choice)
    await until_settled(entry)

    assert await parts(hass, entry, message_id) == became
    assert "".join(one.text[0] for one in simulated.accepted) == sent
    assert asked_about(hass, entry, message_id) is None


async def test_a_restored_copy_holds_all_parts_that_wait(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedGateway,
    tmp_path: Path,
) -> None:
    """None leaves, and one question is asked; sent again, they leave in their order."""

    def stumble() -> None:
        simulated.fail(Fault.RATE_LIMITED, operation="send")

    with before_part(entry, 2, stumble):
        sent = await send(hass, entry, message=THREE_PARTS)
    message_id, path, copy = (
        sent["message_id"],
        journal_of(hass, entry),
        tmp_path / "copy",
    )
    await async_pre_backup(hass)
    shutil.copy(path, copy)
    await async_post_backup(hass)
    await stop_account(hass, entry)
    simulated.heal()
    heard = Heard(hass)

    log_of(path).unlink(missing_ok=True)
    backup_token_of(path).unlink(missing_ok=True)
    shutil.copy(copy, path)
    await start_account(hass, entry)

    assert (await heard.until(1))["type"] == "unknown"
    assert await parts(hass, entry, message_id) == ["accepted", "unknown", "unknown"]
    assert len(simulated.accepted) == 1
    while not asked_about(hass, entry, message_id):
        await asyncio.sleep(0)
    await entry.runtime_data.outbox.resolve(message_id, Choice.RESEND)
    await until_settled(entry)
    [texts] = read(simulated).values()
    assert joined(texts) == THREE_PARTS
    assert len(heard.all) == 1


@pytest.mark.parametrize("cancelled", [0, 1])
async def test_equal_long_texts_wait_as_one(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedGateway,
    cancelled: int,
) -> None:
    """Each of them may be taken back, and the other is sent, once."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    sent = [await send(hass, entry, message=THREE_PARTS) for _ in range(2)]
    ids = [one["message_id"] for one in sent]
    assert sent[1]["joined"] == [ids[0]]
    await hass.async_block_till_done()
    assert state_of(hass, "sensor.etech_keys_pending_messages") == "1"

    answer = await call(hass, entry, "cancel_sms", message_id=ids[cancelled])
    assert outcomes(answer["results"][0]) == ["not_sent"] * 3
    simulated.heal()
    await entry.runtime_data.coordinator.async_refresh()
    await until_settled(entry)

    assert await parts(hass, entry, ids[not cancelled]) == ["accepted"] * 3
    assert await parts(hass, entry, ids[cancelled]) == ["not_sent"] * 3
    [texts] = read(simulated).values()
    assert joined(texts) == THREE_PARTS


async def test_all_parts_of_what_is_urgent_go_first(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedGateway,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What is ordinary waits until the last of them has left."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    for text in ("Un", "Deux"):
        await send(hass, entry, message=text)
    await send(hass, entry, message=THREE_PARTS, urgent=True)
    simulated.heal()
    for _ in range(3):
        await pass_time(hass, freezer, timedelta(seconds=31))

    begins = [one.text[:4] for one in simulated.accepted]
    assert [text[:2] for text in begins[:3]] == ["1/", "2/", "3/"]
    assert sorted(begins[3:]) == ["Deux", "Un"]


async def test_what_waits_is_one_message(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedGateway
) -> None:
    """For the sensor, for the diagnostics, which hold no text, and by its number."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await send(hass, entry, message=THREE_PARTS, target=["Maman", "Papa"])
    await hass.async_block_till_done()

    assert state_of(hass, "sensor.etech_keys_pending_messages") == "1"
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["pending_messages"] == 1
    [last] = told["last_messages"]
    assert [row["part"] for row in last["submissions"]] == [1, 2, 3] * 2
    assert "citerne" not in str(told)
    assert MAMAN[-8:] not in str(told)
    for who in ("Papa", MAMAN):
        found = await call(hass, entry, "get_delivery", recipient=who)
        [row] = found["deliveries"]
        assert outcomes(row) == ["queued"] * 3


async def test_a_test_at_the_gateway_keeps_and_counts_nothing(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Of no part, and the same may be sent at once."""
    entry = await add_account(simulator.sms123)

    await send(hass, entry, message=letters(460), test=True)

    assert entry.runtime_data.guard.segments_last_day == 0
    assert (await call(hass, entry, "get_messages"))["messages"] == []
    sent = await send(hass, entry, message=letters(460))
    assert sent["results"][0]["outcome"] == "accepted"
    assert len(simulator.sms123.accepted) == 3


@pytest.mark.parametrize("part", [0, 1])
async def test_an_answer_to_any_part_belongs_to_the_message(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    part: int,
) -> None:
    """Whichever of them the phone shows last."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    heard = Heard(hass)
    sent = await send(hass, entry, message=letters(900), allow_replies=True)
    taken = gateway.accepted[part]
    gateway.reply(taken.submission_id, taken.recipient, "Bien reçu")

    answer = await call(hass, entry, "get_replies", message_id=sent["message_id"])

    [reply] = answer["replies"]
    assert (reply["message_id"], reply["text"]) == (sent["message_id"], "Bien reçu")
    told = await heard.until(1)
    assert (told["type"], told["message_id"]) == ("reply", sent["message_id"])
