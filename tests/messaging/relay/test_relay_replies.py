"""Answers to a relay's messages: kept, told once, and lost by nobody."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    NoAnswerError,
    NoRepliesError,
    UnknownMessageError,
)
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.runtime.tasks import Tasks
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_disk import nothing
from tests.messaging.idle import until_idle
from tests.messaging.relay_harness import RELAY, RelayHarness
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro

from .conftest import RelayMaker

QUESTION = Message(
    text="Fermer le portail ?",
    targets=(MAMAN,),
    options=SmsOptions(allow_replies=True),
)


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedEnvoyerSmsPro:
    """Return the gateway whose messages may be answered."""
    return simulator.envoyer_sms_pro


@pytest.fixture
async def relay(
    simulator: Simulator, simulated: SimulatedEnvoyerSmsPro, make_relay: RelayMaker
) -> RelayHarness:
    """Return a relay whose second account receives answers, and asks for them."""
    relay = await make_relay(simulator.smseco, simulated)
    await listening(relay)
    return relay


async def listening(relay: RelayHarness) -> None:
    """Let the account ask for answers, as it does in a running house."""
    await relay.accounts[1].replies.start()


async def asked(relay: RelayHarness) -> str:
    """Ask somebody something through the relay, and return the message's id."""
    return (await relay.sent(QUESTION)).message_id


def answer(simulated: SimulatedEnvoyerSmsPro, text: str, number: str = MAMAN) -> None:
    """Let somebody answer what was sent last."""
    simulated.reply([*simulated.messages][-1], number.removeprefix("+"), text)


def told(relay: RelayHarness) -> list[tuple[str, str]]:
    """Return what the relay has told of answers, and to which messages."""
    return [(reply.text, reply.message_id) for reply in relay.observer.replies]


def told_by_account(relay: RelayHarness) -> list[str]:
    """Return what the account itself has told of answers."""
    return [reply.text for reply in relay.accounts[1].observer.replies]


async def kept(relay: RelayHarness, message_id: str) -> list[str]:
    """Return which answers the relay's journal holds, oldest first."""
    replies = await relay.journal.replies(message_id, limit=100)
    return [reply.text for reply in reversed(replies)]


async def test_an_answer_is_told_once_and_by_the_relay(
    relay: RelayHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """It comes by itself, and under the id of the relay's message."""
    message_id = await asked(relay)
    answer(simulated, "Oui")

    await relay.clock.advance(120)
    answer(simulated, "Non", PAPA)
    await relay.parts.replies.ask_about(message_id)
    await relay.parts.replies.ask_about(message_id)

    assert told(relay) == [("Oui", message_id), ("Non", message_id)]
    assert await kept(relay, message_id) == ["Oui", "Non"]
    assert told_by_account(relay) == []


async def test_what_the_account_itself_has_asked_is_not_the_relay_s(
    relay: RelayHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Nor is what another relay has asked through it."""
    account = relay.accounts[1]
    record = replace(account.message(MAMAN), options=QUESTION.options)
    await account.outbox.send(record)
    answer(simulated, "À l'account")
    await account.replies.ask_about(record.message_id)

    relay.parts.replies.close()
    record = replace(
        account.message(MAMAN),
        options=QUESTION.options,
        relay="other",
        relay_message="01M7W4EX1X0000000000000009",
    )
    relay.set_accounts()
    await account.outbox.send(record)
    answer(simulated, "À l'autre")
    await account.replies.ask_about(record.message_id)

    assert told(relay) == []
    assert told_by_account(relay) == ["À l'account", "À l'autre"]


async def test_what_is_heard_while_the_relay_pauses_is_told_by_its_next_start(
    relay: RelayHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Kept meanwhile."""
    message_id = await asked(relay)
    answer(simulated, "Oui")
    await relay.parts.replies.stop()

    await relay.parts.replies.ask_about(message_id)
    assert (told(relay), await kept(relay, message_id)) == ([], ["Oui"])

    await relay.parts.replies.start()
    await relay.parts.replies.stop()
    await relay.parts.replies.start()
    assert told(relay) == [("Oui", message_id)]


async def test_a_start_while_an_answer_is_being_kept_tells_it_once(
    relay: RelayHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """It is on disk by then, and not told."""
    message_id = await asked(relay)
    answer(simulated, "Oui")
    await relay.parts.replies.stop()
    starting = Tasks()

    def start() -> None:
        relay.disk.on_written = nothing
        starting.spawn(relay.parts.replies.start())

    relay.disk.on_written = start
    await relay.parts.replies.ask_about(message_id)
    await starting.join()

    assert told(relay) == [("Oui", message_id)]


@pytest.mark.parametrize("first", ["relay", "account", "account, heard by the relay"])
async def test_a_crash_once_the_account_has_it_on_disk_loses_nothing(
    relay: RelayHarness, simulated: SimulatedEnvoyerSmsPro, first: str
) -> None:
    """Whoever is there first after that, the relay tells it, and once."""
    message_id = await asked(relay)
    answer(simulated, "Oui")
    relay.disk.room = 0
    await relay.parts.replies.ask_about(message_id)
    assert (told(relay), told_by_account(relay)) == ([], [])

    await relay.crash()
    relay.disk.room = None
    account = relay.accounts[1]
    account.replies.is_relay_due = RELAY.__eq__
    for one in relay.accounts:
        await one.start()
    if first == "account, heard by the relay":
        # Whose journal is not open yet.
        relay.set_accounts()
    if first == "relay":
        await relay.start_relay()
    await listening(relay)
    if first != "relay":
        await relay.start_relay()
    await until_idle()

    assert told(relay) == [("Oui", message_id)]
    assert await kept(relay, message_id) == ["Oui"]
    assert told_by_account(relay) == []


@pytest.mark.parametrize("is_relay_loaded_anew", [True, False])
async def test_an_answer_that_the_relay_cannot_keep_is_told_once_it_can(
    relay: RelayHarness,
    simulated: SimulatedEnvoyerSmsPro,
    *,
    is_relay_loaded_anew: bool,
) -> None:
    """The account has it, and tries again: by itself, and when the relay begins anew."""
    message_id = await asked(relay)
    answer(simulated, "Oui")
    relay.disk.room = 0
    await relay.clock.advance(120)
    assert told(relay) == []

    relay.disk.room = None
    if is_relay_loaded_anew:
        await relay.parts.replies.stop()
        await relay.parts.replies.start()
        await until_idle()
    else:
        await relay.clock.advance(600)

    assert told(relay) == [("Oui", message_id)]
    assert told_by_account(relay) == []


async def test_the_account_tells_what_no_relay_will(
    relay: RelayHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The relay is disabled or removed: somebody must tell."""
    message_id = await asked(relay)
    answer(simulated, "Oui")

    relay.parts.replies.close()
    await relay.clock.advance(120)

    assert told_by_account(relay) == ["Oui"]
    assert await kept(relay, message_id) == []


@pytest.mark.parametrize("is_missed", [True, False])
async def test_an_account_that_comes_back_is_heard_again(
    relay: RelayHarness, simulated: SimulatedEnvoyerSmsPro, *, is_missed: bool
) -> None:
    """Whether the relay has missed it meanwhile or not; and nobody asks who is away."""
    message_id = await asked(relay)
    answer(simulated, "Oui")
    await relay.parts.replies.ask_about(message_id)
    requests = simulated.asked("replies")
    if is_missed:
        await relay.remove(1)
        await relay.parts.replies.ask_about(message_id)
        assert simulated.asked("replies") == requests
        await relay.bring_back(1)
    else:
        await relay.accounts[1].stop()
        relay.accounts[1].build()
        await relay.accounts[1].start()
        relay.set_accounts()
    await listening(relay)
    answer(simulated, "Pardon : non")
    await relay.parts.replies.ask_about(message_id)

    assert told(relay) == [("Oui", message_id), ("Pardon : non", message_id)]


async def test_a_leg_that_was_passed_on_may_be_answered_too(
    simulator: Simulator, simulated: SimulatedEnvoyerSmsPro, make_relay: RelayMaker
) -> None:
    """It has left twice: both answers are to the one message."""
    relay = await make_relay(simulated, simulated, deliver_within=timedelta(minutes=5))
    for account in relay.accounts:
        await account.replies.start()
    message_id = await asked(relay)
    await relay.clock.advance(400)
    first, second = simulated.messages

    simulated.reply(first, MAMAN[1:], "Oui")
    simulated.reply(second, MAMAN[1:], "Deux fois ?")
    await relay.parts.replies.ask_about(message_id)

    assert sorted(told(relay)) == [("Deux fois ?", message_id), ("Oui", message_id)]


async def test_who_cannot_be_asked_is_told_with_what_the_others_know(
    relay: RelayHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The gateway is away, there can be none, or nothing is known of it."""
    message_id = await asked(relay)
    silent = await relay.sent(Message(text="Bonne nuit", targets=(MAMAN,)))
    simulated.fail(Fault.CUT_BEFORE, operation="replies")

    with pytest.raises(NoAnswerError):
        await relay.parts.replies.ask_about(message_id)
    with pytest.raises(NoRepliesError):
        await relay.parts.replies.ask_about(silent.message_id)
    with pytest.raises(UnknownMessageError):
        await relay.parts.replies.ask_about("01M7W4EX1X0000000000000000")
