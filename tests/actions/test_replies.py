"""`get_replies`."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.actions.calls import call
from tests.conftest import MAMAN, AccountMaker, RelayMaker
from tests.messages import Heard, send
from tests.restarts import restart_account, start_account, stop_account
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_who_answered_what(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The newest first, by name where it is a recipient's; each once."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    sent = await send(hass, entry, target=["Maman", "+33612345678"], allow_replies=True)
    [message_id] = gateway.messages
    gateway.reply(message_id, "237695688207", "J'appelle le camion")
    gateway.reply(message_id, "33612345678", "Qui est-ce ?")

    answer = await call(hass, entry, "get_replies", message_id=sent["message_id"])
    again = await call(hass, entry, "get_replies", message_id=sent["message_id"])
    everything = await call(hass, entry, "get_replies")

    assert answer == again == everything
    assert answer["error"] is None
    told = {(row["recipient"], row["known"], row["text"]) for row in answer["replies"]}
    assert told == {
        ("Maman", True, "J'appelle le camion"),
        ("+33612345678", False, "Qui est-ce ?"),
    }
    assert {row["message_id"] for row in answer["replies"]} == {sent["message_id"]}


async def test_a_name_proves_nothing_about_who_answered(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Only a number is a recipient's; what has none is told all the same."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    sent = await send(hass, entry, target=["Maman"], allow_replies=True)
    [message_id] = gateway.messages
    gateway.reply(message_id, "Maman", "Ouvre le portail")
    gateway.reply(message_id, "", "Qui suis-je ?")

    answer = await call(hass, entry, "get_replies", message_id=sent["message_id"])

    assert {
        (row["recipient"], row["known"], row["text"]) for row in answer["replies"]
    } == {
        ("Maman", False, "Ouvre le portail"),
        ("", False, "Qui suis-je ?"),
    }


async def test_page_after_page(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Fifty at a time, until there are no more."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    sent = await send(hass, entry, allow_replies=True)
    [message_id] = gateway.messages
    for number in range(120):
        gateway.reply(message_id, "237695688207", f"Réponse {number}")

    answer = await call(
        hass, entry, "get_replies", message_id=sent["message_id"], limit=500
    )

    assert len({row["text"] for row in answer["replies"]}) == 120
    assert gateway.asked("replies") == 3


async def test_a_message_that_cannot_be_answered(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """There is nothing to ask for, and nobody is asked."""
    entry = await add_account(simulator.envoyer_sms_pro)
    sent = await send(hass, entry)

    answer = await call(hass, entry, "get_replies", message_id=sent["message_id"])

    assert answer["replies"] == []
    assert simulator.envoyer_sms_pro.asked("replies") == 0


async def test_a_message_that_nobody_knows(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """That is said."""
    entry = await add_account(simulator.envoyer_sms_pro)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "get_replies", message_id="01M7W4EX1X")

    assert raised.value.translation_key == "unknown_message"


async def test_a_gateway_that_does_not_answer(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What was told before still stands."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    sent = await send(hass, entry, allow_replies=True)
    gateway.fail(Fault.CUT_BEFORE, operation="replies")

    answer = await call(hass, entry, "get_replies", message_id=sent["message_id"])

    assert answer["replies"] == []
    assert "Envoyer SMS Pro" in answer["error"]


async def test_a_gateway_that_takes_no_replies(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The error names the one that does."""
    entry = await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError, match="Envoyer SMS Pro"):
        await call(hass, entry, "get_replies")


async def test_what_the_gateway_refuses(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """That is an error, and its sentence says why."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    sent = await send(hass, entry, allow_replies=True)
    gateway.messages.clear()

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "get_replies", message_id=sent["message_id"])

    assert raised.value.translation_key == "unknown_message"


async def test_a_gateway_that_has_had_enough(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The answer says when to ask again."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    sent = await send(hass, entry, allow_replies=True)
    gateway.fail(Fault.RATE_LIMITED, operation="replies")

    answer = await call(hass, entry, "get_replies", message_id=sent["message_id"])

    assert answer["replies"] == []
    assert "in an hour" in answer["error"]


async def test_an_answer_to_a_relay_s_message_waits_for_the_relay(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
) -> None:
    """The account hears it first as a house starts: the relay tells it, and once."""
    gateway = simulator.envoyer_sms_pro
    account = await add_account(gateway)
    relay = await add_relay(account, await add_account(simulator.smseco))
    sent = await send(hass, relay, target=["Maman"], allow_replies=True)
    leg_id = await _leg_id(hass, account)
    heard = Heard(hass)
    await stop_account(hass, relay)
    gateway.reply(next(iter(gateway.messages)), MAMAN[1:], "Oui")

    await call(hass, account, "get_replies", message_id=leg_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert heard.all == []

    await start_account(hass, relay)
    answer = await call(hass, relay, "get_replies", message_id=sent["message_id"])
    await restart_account(hass, account)

    told = [(row["recipient"], row["text"]) for row in answer["replies"]]
    assert told == [("Maman", "Oui")]
    [reply] = heard.all
    assert reply["config_entry_id"] == relay.entry_id
    assert reply["message_id"] == sent["message_id"]


@pytest.mark.parametrize("is_disabled", [True, False])
async def test_an_account_tells_an_answer_that_its_relay_will_not_hear(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    *,
    is_disabled: bool,
) -> None:
    """The relay is disabled, or does without the account since."""
    gateway = simulator.envoyer_sms_pro
    account = await add_account(gateway)
    others = [
        await add_account(one) for one in (simulator.smseco, simulator.devcodesms)
    ]
    relay = await add_relay(account, *others)
    await send(hass, relay, target=["Maman"], allow_replies=True)
    leg_id = await _leg_id(hass, account)
    heard = Heard(hass)
    if is_disabled:
        user = ConfigEntryDisabler.USER
        await hass.config_entries.async_set_disabled_by(relay.entry_id, user)
    else:
        accounts = [one.entry_id for one in others]
        data = {**relay.data, "accounts": accounts}
        hass.config_entries.async_update_entry(relay, data=data)
    await hass.async_block_till_done(wait_background_tasks=True)
    gateway.reply(next(iter(gateway.messages)), MAMAN[1:], "Oui")

    await call(hass, account, "get_replies", message_id=leg_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    [reply] = heard.all
    assert (reply["config_entry_id"], reply["text"]) == (account.entry_id, "Oui")


async def _leg_id(hass: HomeAssistant, account: MockConfigEntry) -> str:
    """Return the id of the only message that an account has had."""
    [message] = (await call(hass, account, "get_messages"))["messages"]
    return str(message["message_id"])
