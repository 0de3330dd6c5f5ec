"""A guest who guesses a number does not learn whose it is."""

from datetime import timedelta
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.actions.calls import call
from tests.conftest import PAPA, AccountMaker
from tests.messages import Heard, send
from tests.passing_time import pass_time
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

# It ends as Papa's does, and nobody has it.
NOBODY: Final = "+2250757123556"
DELIVERY: Final = "event.etech_keys_delivery"


@pytest.fixture
def guest(hass_read_only_user: MockUser) -> Context:
    """Return who asks: a user who is no administrator."""
    return Context(user_id=hass_read_only_user.id)


@pytest.fixture
async def entry(simulator: Simulator, add_account: AccountMaker) -> MockConfigEntry:
    """Return an account with the recipients Maman and Papa."""
    return await add_account(simulator.etech_keys)


async def refusal(
    hass: HomeAssistant, entry: MockConfigEntry, action: str, **fields: Any
) -> tuple[str | None, str]:
    """Return with what an action is refused."""
    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, entry, action, **fields)
    return raised.value.translation_key, str(raised.value)


async def recipients(
    hass: HomeAssistant, entry: MockConfigEntry, **fields: Any
) -> list[str]:
    """Return whom an answer to `get_delivery` speaks of."""
    answer = await call(hass, entry, "get_delivery", **fields)
    return [row["recipient"] for row in answer["deliveries"]]


async def test_he_asks_by_name(
    hass: HomeAssistant, entry: MockConfigEntry, guest: Context
) -> None:
    """However he writes it; who was sent nothing is in no answer."""
    sent = await send(hass, entry, target=["Papa", NOBODY])
    asked = {"context": guest, "message_id": sent["message_id"]}

    assert await recipients(hass, entry, recipient=" PAPA ", **asked) == ["Papa"]
    assert await recipients(hass, entry, recipient="Maman", **asked) == []
    assert await recipients(hass, entry, **asked) == ["Papa", "***56"]


@pytest.mark.parametrize("recipient", [PAPA, PAPA[1:], NOBODY, "12", "Zoé", ""])
async def test_he_cannot_ask_by_number(
    hass: HomeAssistant, entry: MockConfigEntry, guest: Context, recipient: str
) -> None:
    """A number is refused like any text that is no name, whether it is somebody's."""
    sent = await send(hass, entry, target=["Papa"])

    told = await refusal(
        hass,
        entry,
        "get_delivery",
        context=guest,
        message_id=sent["message_id"],
        recipient=recipient,
    )

    assert told == (
        "not_a_name",
        (
            "Ask by the name of a recipient or a group. By number only "
            "administrators and automations may ask"
        ),
    )


async def test_automations_ask_by_number(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """They are told the name, as ever."""
    sent = await send(hass, entry, target=[PAPA])
    asked = {"message_id": sent["message_id"], "recipient": PAPA}

    assert await recipients(hass, entry, **asked) == ["Papa"]


async def test_what_he_sends_to_a_number_is_told_by_number(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    guest: Context,
    freezer: FrozenDateTimeFactory,
) -> None:
    """In the answer, in the event and afterwards, the same for everybody's number."""
    told = {}
    for number in (PAPA, NOBODY):
        sent = await send(hass, entry, context=guest, target=[number])
        simulator.etech_keys.label = "DELIVERED"
        await pass_time(hass, freezer, timedelta(seconds=61))
        state = hass.states.get(DELIVERY)
        assert state is not None
        asked = {"context": guest, "message_id": sent["message_id"]}
        told[number] = (
            [row["recipient"] for row in sent["results"]],
            state.attributes["recipient"],
            await recipients(hass, entry, **asked),
            await recipients(hass, entry, recipient="Papa", **asked),
        )

    assert told[PAPA] == told[NOBODY] == (["***56"], "***56", ["***56"], [])


async def test_what_he_sends_by_name_is_told_by_name(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    guest: Context,
    freezer: FrozenDateTimeFactory,
) -> None:
    """By the service of a recipient, too."""
    simulator.etech_keys.label = "DELIVERED"
    message = {"message": "Je rentre tard"}
    notify = hass.services.async_call
    await notify("notify", "etech_keys_papa", message, blocking=True, context=guest)
    await pass_time(hass, freezer, timedelta(seconds=61))

    state = hass.states.get(DELIVERY)
    assert state is not None
    assert state.attributes["recipient"] == "Papa"


async def test_the_name_and_the_number_of_one_recipient(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, guest: Context
) -> None:
    """He is told of both, as if they were two; it is sent once."""
    sent = await send(hass, entry, context=guest, target=["Papa", PAPA, PAPA])

    assert [row["recipient"] for row in sent["results"]] == ["Papa", "***56"]
    assert {row["outcome"] for row in sent["results"]} == {"accepted"}
    assert len(simulator.etech_keys.accepted) == 1


@pytest.mark.parametrize("number", [PAPA, NOBODY])
async def test_what_a_number_reads_is_not_what_a_name_reads(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    guest: Context,
    number: str,
) -> None:
    """A mail merge that fits only if the number is his would tell that it is."""
    entry = await add_account(simulator.smseco)
    values = {"x": "1"}

    by_number = await refusal(
        hass,
        entry,
        "send_sms",
        context=guest,
        message="{x}",
        target=["Papa"],
        personalisation={number: values},
    )
    by_name = await refusal(
        hass,
        entry,
        "send_sms",
        context=guest,
        message="{x}",
        target=[number],
        personalisation={"Papa": values},
    )

    assert by_number == by_name
    assert by_number[0] == "missing_field"
    for target in ("Papa", number):
        told = {"target": [target], "personalisation": {target: values}}
        sent = await send(hass, entry, context=guest, message=f"{{x}} {target}", **told)
        assert sent["results"][0]["outcome"] == "accepted"


async def test_who_answers_what_he_sent_to_a_number(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    guest: Context,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Papa does, and the guest doesn't learn that it is him."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    heard = Heard(hass)
    await send(hass, entry, context=guest, target=[PAPA], allow_replies=True)
    [message_id] = gateway.messages
    gateway.reply(message_id, PAPA[1:], "Qui est-ce ?")

    await pass_time(hass, freezer, timedelta(seconds=61))

    state = hass.states.get("event.envoyer_sms_pro_reply")
    assert state is not None
    assert (state.attributes["recipient"], state.attributes["known"]) == (
        "***56",
        False,
    )
    [reply] = heard.all
    assert (reply["recipient"], reply["text"]) == ("***56", "Qui est-ce ?")


async def test_his_message_to_a_number_joins_none_to_a_name(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, guest: Context
) -> None:
    """What he is told of his would be told of the other, and the reverse."""
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    await send(hass, entry, target=["Papa"])
    hass.config_entries.async_update_entry(entry, options={"identical_minutes": 0})

    his = await send(hass, entry, context=guest, target=[PAPA])
    again = await send(hass, entry, context=guest, target=[PAPA])
    named = await send(hass, entry, target=[PAPA])

    assert "joined" not in his
    assert len(again["joined"]) == len(named["joined"]) == 1


async def test_an_error_names_whom_he_has_named(
    hass: HomeAssistant, entry: MockConfigEntry, guest: Context
) -> None:
    """The same text again: by name or by number, and never one for the other."""
    for target in ("Papa", PAPA):
        text = f"Bonsoir à {target[-4:]}"
        fields: dict[str, Any] = {"message": text, "target": [target]}
        await send(hass, entry, context=guest, **fields)
        with pytest.raises(ServiceValidationError) as raised:
            await send(hass, entry, context=guest, **fields)
        shown = "Papa" if target == "Papa" else "***56"
        assert raised.value.translation_key == "identical_message"
        assert raised.value.translation_placeholders is not None
        assert raised.value.translation_placeholders["number"] == shown
