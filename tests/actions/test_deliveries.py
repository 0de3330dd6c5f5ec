"""`get_delivery`, and `send_sms` that waits for it."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from tests.actions.calls import call
from tests.conftest import MAMAN, AccountMaker, RelayMaker
from tests.messages import confirm_refusal, send
from tests.passing_time import pass_time
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def status(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return whom an answer speaks of, and how it says that it is."""
    rows = answer.get("deliveries", answer.get("results"))
    assert rows is not None
    return [(row["recipient"], row["delivery"]["status"]) for row in rows]


async def test_asks_about_one_message(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It tells where it is now, with the gateway's own code."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    sent = await send(hass, entry, target=["Maman", "Papa"])
    assert status(sent) == [("Maman", "pending"), ("Papa", "pending")]
    [taken, _] = gateway.accepted
    gateway.deliver(taken.submission_id, taken.recipient, 2)

    answer = await call(hass, entry, "get_delivery", message_id=sent["message_id"])

    assert status(answer) == [("Maman", "undelivered"), ("Papa", "pending")]
    assert answer["deliveries"][0]["delivery"]["gateway_code"] == "2"
    assert answer["error"] is None
    assert gateway.asked("delivery") == 1


async def test_tells_one_recipient(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """And asks about nobody else, where the gateway is asked one by one."""
    entry = await add_account(simulator.etech_keys)
    sent = await send(hass, entry, target=["Maman", "Papa"])
    simulator.etech_keys.label = "DELIVERED"

    answer = await call(
        hass, entry, "get_delivery", message_id=sent["message_id"], recipient="Papa"
    )

    assert status(answer) == [("Papa", "delivered")]
    assert simulator.etech_keys.asked("delivery") == 1


async def test_what_was_told_once_is_kept(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The gateway has forgotten it; of what this house didn't send too."""
    gateway = simulator.smseco
    entry = await add_account(gateway)
    sent = await send(hass, entry)
    [taken] = gateway.accepted
    gateway.report(taken, 56)

    first = await call(hass, entry, "get_delivery")
    again = await call(hass, entry, "get_delivery", message_id=sent["message_id"])

    assert gateway.unread == []
    assert status(first) == status(again) == [("Maman", "delivered")]
    assert first["others"] == []
    assert first["deliveries"][0]["delivery"]["billed"] is True


async def test_a_gateway_that_does_not_answer(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What it told before still stands, and the answer says why it is no newer."""
    entry = await add_account(simulator.etech_keys)
    sent = await send(hass, entry)
    simulator.etech_keys.fail(Fault.CUT_BEFORE, operation="delivery")

    answer = await call(hass, entry, "get_delivery", message_id=sent["message_id"])

    assert status(answer) == [("Maman", "pending")]
    assert "ETECH KEYS" in answer["error"]


async def test_a_message_that_nobody_knows(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """That is said, and nobody is asked."""
    entry = await add_account(simulator.etech_keys)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "get_delivery", message_id="01M7W4EX1X")

    assert raised.value.translation_key == "unknown_message"


async def test_a_gateway_that_was_not_asked_to_tell(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It is no error: what is known is told, and nothing is awaited."""
    entry = await add_account(simulator.sms123)
    sent = await send(hass, entry)

    answer = await call(hass, entry, "get_delivery", message_id=sent["message_id"])

    assert [row["outcome"] for row in answer["deliveries"]] == ["accepted"]
    assert [row["delivery"] for row in answer["deliveries"]] == [None]
    assert answer["error"] is None


async def test_the_whole_account_is_for_administrators(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    hass_read_only_user: MockUser,
) -> None:
    """A guest may follow a message of which he has the id."""
    entry = await add_account(simulator.etech_keys)
    sent = await send(hass, entry)
    guest = Context(user_id=hass_read_only_user.id)

    with pytest.raises(Unauthorized):
        await call(hass, entry, "get_delivery", context=guest)
    answer = await call(
        hass, entry, "get_delivery", context=guest, message_id=sent["message_id"]
    )

    assert status(answer) == [("Maman", "pending")]


async def test_waits_for_the_delivery(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The gateway is asked soon, and the answer comes when it is final."""
    freezer.move_to(NOON)
    simulator.etech_keys.label = "DELIVERED"
    entry = await add_account(simulator.etech_keys)

    answer = await at_the_end(
        hass, freezer, send(hass, entry, wait_for_delivery="00:02:00")
    )

    assert status(answer) == [("Maman", "delivered")]
    assert datetime.now(UTC) < NOON + timedelta(minutes=1)


async def test_waits_no_longer_than_asked(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Then it tells what is known."""
    freezer.move_to(NOON)
    entry = await add_account(simulator.etech_keys)

    answer = await at_the_end(hass, freezer, send(hass, entry, wait_for_delivery=True))

    assert status(answer) == [("Maman", "pending")]
    waited = datetime.now(UTC) - NOON
    assert timedelta(minutes=2) <= waited < timedelta(minutes=3)


async def test_waits_for_the_delivery_of_a_relay_s_message(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Its account is asked as soon, and no longer than the caller waits."""
    freezer.move_to(NOON)
    first, second = simulator.etech_keys, simulator.smseco
    relay = await add_relay(await add_account(first), await add_account(second))
    first.label = "DELIVERED"
    answer = await at_the_end(
        hass, freezer, send(hass, relay, wait_for_delivery="00:02:00")
    )
    assert status(answer) == [("Maman", "delivered")]
    assert datetime.now(UTC) < NOON + timedelta(minutes=1)

    first.label = "PENDING"
    begun = datetime.now(UTC)
    answer = await at_the_end(
        hass, freezer, send(hass, relay, message="Encore", wait_for_delivery=True)
    )
    assert status(answer) == [("Maman", "pending")]
    waited = datetime.now(UTC) - begun
    assert timedelta(minutes=2) <= waited < timedelta(minutes=3)
    asked = first.asked("delivery")
    for _ in range(10):
        await pass_time(hass, freezer, timedelta(seconds=5))
    assert first.asked("delivery") <= asked + 1


async def test_who_wants_no_answer_hears_that_it_did_not_arrive(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """By name, as an error."""
    freezer.move_to(NOON)
    simulator.etech_keys.label = "UNDELIVERED"
    entry = await add_account(simulator.etech_keys)

    with pytest.raises(HomeAssistantError, match="Maman") as raised:
        await at_the_end(
            hass,
            freezer,
            call(
                hass,
                entry,
                "send_sms",
                answer=False,
                message="Citerne vide",
                target=["Maman"],
                wait_for_delivery={"minutes": 1},
            ),
        )

    assert raised.value.translation_key == "not_delivered"


async def at_the_end(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    work: Coroutine[None, None, dict[str, Any]],
) -> dict[str, Any]:
    """Let time pass until some work has ended, and return what it returns."""
    task = asyncio.create_task(work)
    while not task.done():
        await pass_time(hass, freezer, timedelta(seconds=5))
    return task.result()


async def test_a_guest_learns_no_number(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    hass_read_only_user: MockUser,
) -> None:
    """He may have the id from the event entity, which everybody can read."""
    entry = await add_account(simulator.etech_keys)
    sent = await send(hass, entry, target=["Maman", "+237699128531"])
    guest = Context(user_id=hass_read_only_user.id)

    answer = await call(
        hass, entry, "get_delivery", context=guest, message_id=sent["message_id"]
    )
    whole = await call(hass, entry, "get_delivery", message_id=sent["message_id"])

    assert [row["recipient"] for row in answer["deliveries"]] == ["Maman", "***31"]
    assert whole["deliveries"][1]["recipient"] == "+237699128531"


async def test_a_message_that_waits(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """There is no delivery to ask about, and the answer says so."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    sent = await send(hass, entry)

    answer = await call(hass, entry, "get_delivery", message_id=sent["message_id"])

    assert answer["deliveries"] == [
        {
            "message_id": sent["message_id"],
            "kind": "message",
            "recipient": "Maman",
            "outcome": "queued",
            "submission_id": None,
            "delivery": None,
        }
    ]
    assert simulator.etech_keys.asked("delivery") == 0


async def test_a_message_of_another_account(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Is no message of this one."""
    entry = await add_account(simulator.etech_keys)
    other = await add_account(simulator.smseco)
    sent = await send(hass, other)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "get_delivery", message_id=sent["message_id"])

    assert raised.value.translation_key == "unknown_message"


async def test_a_message_that_was_forgotten(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It is known no more, and nothing breaks."""
    simulator.etech_keys.label = "DELIVERED"
    entry = await add_account(simulator.etech_keys)
    sent = await send(hass, entry)
    await call(hass, entry, "get_delivery", message_id=sent["message_id"])
    await entry.runtime_data.journal.prune(before=datetime.now(UTC), keep=0)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "get_delivery", message_id=sent["message_id"])

    assert raised.value.translation_key == "unknown_message"
    everything = await call(hass, entry, "get_delivery")
    assert everything["deliveries"] == []


async def test_nobody_by_that_name(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Bad input costs no request, and no news that are told only once."""
    entry = await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "get_delivery", recipient="ma soeur")

    assert raised.value.translation_key == "not_a_number"
    assert simulator.smseco.asked("delivery") == 0


@pytest.mark.parametrize("about", ["one", "all"])
async def test_dead_credentials_ask_the_user(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, about: str
) -> None:
    """Though the action answers: what was told before still stands."""
    entry = await add_account(simulator.smseco)
    sent = await send(hass, entry)
    simulator.smseco.password = "chang3d"
    fields = {"message_id": sent["message_id"]} if about == "one" else {}

    answer = await call(hass, entry, "get_delivery", **fields)
    flow = await confirm_refusal(hass, entry)

    assert status(answer) == [("Maman", "pending")]
    assert "SMSECO" in answer["error"]
    assert flow["context"]["source"] == "reauth"


async def test_who_no_longer_waits(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """An automation that is stopped makes nobody ask more often any more."""
    entry = await add_account(simulator.etech_keys)
    waiting = asyncio.create_task(send(hass, entry, wait_for_delivery=True))
    while not simulator.etech_keys.asked("delivery"):
        await pass_time(hass, freezer, timedelta(seconds=5))

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    asked = simulator.etech_keys.asked("delivery")
    for _ in range(10):
        await pass_time(hass, freezer, timedelta(seconds=5))

    assert simulator.etech_keys.asked("delivery") <= asked + 1
    [message] = (await call(hass, entry, "get_messages"))["messages"]
    assert message["results"][0]["outcome"] == "accepted"


async def test_a_notify_service_waits_too(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """And fails when it is known not to have arrived."""
    freezer.move_to(NOON)
    simulator.etech_keys.label = "UNDELIVERED"
    entry = await add_account(simulator.etech_keys)

    async def notify() -> dict[str, Any]:
        await hass.services.async_call(
            "notify",
            "etech_keys_maman",
            {"message": "Citerne vide", "data": {"wait_for_delivery": True}},
            blocking=True,
        )
        return {}

    with pytest.raises(HomeAssistantError, match="Maman") as raised:
        await at_the_end(hass, freezer, notify())

    assert raised.value.translation_key == "not_delivered"
    assert len(entry.runtime_data.tracker) == 0


async def test_what_this_house_did_not_send(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It is told once by the gateway, so it is kept and told apart."""
    gateway = simulator.smseco
    earlier = await add_account(gateway)
    await send(hass, earlier)
    [taken] = gateway.accepted
    # Its journal goes too, so nobody here knows the message any more.
    await hass.config_entries.async_remove(earlier.entry_id)
    entry = await add_account(gateway)
    gateway.report(taken, 59)
    await call(hass, entry, "get_delivery")
    # It might still belong to a message whose answer is on its way.
    await pass_time(hass, freezer, timedelta(minutes=11))

    answer = await call(hass, entry, "get_delivery")
    papas = await call(hass, entry, "get_delivery", recipient="Papa")

    [other] = answer["others"]
    assert other["submission_id"] == taken.submission_id
    assert other["recipient"] == MAMAN[1:]
    assert other["status"] == "undelivered"
    assert other["gateway_code"] == "59"
    assert answer["deliveries"] == []
    assert papas["deliveries"] == papas["others"] == []


async def test_a_poll_finds_dead_credentials(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Nobody called an action, and the user is asked all the same."""
    entry = await add_account(simulator.smseco)
    await send(hass, entry)
    simulator.smseco.password = "chang3d"

    await pass_time(hass, freezer, timedelta(seconds=61))

    assert simulator.smseco.asked("delivery") == 1
    flow = await confirm_refusal(hass, entry)
    assert flow["context"]["source"] == "reauth"


async def test_of_a_relay_it_tells_by_which_account(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
) -> None:
    """A delivery belongs to a leg, and a message may be on two ways."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    relay = await add_relay(first, second)
    simulator.etech_keys.fail(Fault.ERROR_500_AFTER, operation="send", times=1)
    sent = await send(hass, relay, on_unknown="next")
    [taken] = simulator.smseco.accepted
    simulator.smseco.report(taken, 56)

    about = await call(hass, relay, "get_delivery", message_id=sent["message_id"])
    everything = await call(hass, relay, "get_delivery")

    [row] = about["deliveries"]
    assert [
        (leg["account"], leg["outcome"], (leg["delivery"] or {}).get("status"))
        for leg in row["legs"]
    ] == [(first.title, "unknown", None), (second.title, "accepted", "delivered")]
    assert row["may_come_twice"] is True
    assert everything["deliveries"] == [row]


async def test_of_an_account_there_are_no_legs(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Its messages are handed to nobody else."""
    entry = await add_account(simulator.smseco)
    sent = await send(hass, entry)

    answer = await call(hass, entry, "get_delivery", message_id=sent["message_id"])

    [row] = answer["deliveries"]
    assert "legs" not in row


async def test_a_guest_reads_no_id_and_no_words_in_legs(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    hass_read_only_user: MockUser,
) -> None:
    """He learns by which account, as from his own message's answer."""
    entry = await add_account(simulator.smseco)
    relay = await add_relay(entry)
    sent = await send(hass, relay)
    [kept] = sent["results"][0]["legs"]
    assert kept["submission_id"] is not None

    answer = await call(
        hass,
        relay,
        "get_delivery",
        context=Context(user_id=hass_read_only_user.id),
        message_id=sent["message_id"],
    )

    [row] = answer["deliveries"]
    assert row["legs"] == [{**kept, "submission_id": None}]
