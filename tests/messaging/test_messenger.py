"""The one door: what goes through it, and what is carried to its end."""

import asyncio

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    EmptyMessageError,
    InvalidSenderError,
    NotANumberError,
)
from custom_components.passerelle_sms.gateways.models import SendResult
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.encoding import EncodingChoice
from custom_components.passerelle_sms.messaging.message import Message, Recipient
from custom_components.passerelle_sms.messaging.messenger import Messenger
from custom_components.passerelle_sms.messaging.recipients import AddressBook
from tests.conftest import MAMAN, PAPA, GatewayMaker
from tests.simulator import Fault, Simulator

heard: list[SendResult] = []


@pytest.fixture
def messenger(simulator: Simulator, client: GatewayMaker) -> Messenger:
    """Return a messenger through ETECH KEYS that knows Maman and Papa."""
    heard.clear()
    return Messenger(
        client(simulator.etech_keys),
        AddressBook(
            [
                Recipient(name="Maman", number=MAMAN),
                Recipient(name="Papa", number=PAPA),
            ],
            "CM",
        ),
        encoding=EncodingChoice.AUTOMATIC,
        on_sent=heard.append,
    )


async def test_reports_recipient_by_recipient(
    simulator: Simulator, messenger: Messenger
) -> None:
    """In the order of the targets, the unusable ones included."""
    report = await messenger.send(
        Message(text="Citerne vide", targets=("Papa", "personne", "Maman"))
    )

    assert [result.label for result in report.results] == ["Papa", "personne", "Maman"]
    assert [result.outcome for result in report.results] == [
        Outcome.ACCEPTED,
        Outcome.REJECTED,
        Outcome.ACCEPTED,
    ]
    assert [failed.label for failed in report.failures] == ["personne"]
    assert report.segments == 1
    assert len(simulator.etech_keys.accepted) == 2
    [result] = heard
    assert len(result.submissions) == 2


async def test_each_message_has_an_id_of_its_own(messenger: Messenger) -> None:
    """As gateways take it."""
    ids = {(await messenger.send(Message(text="Test"))).message_id for _ in range(3)}

    assert len(ids) == 3
    assert all(len(each) <= 30 and each.isalnum() for each in ids)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (Message(text=" "), EmptyMessageError),
        (Message(text="Test", sender="12345"), InvalidSenderError),
        (Message(text="Test", targets=("personne", "12")), NotANumberError),
    ],
)
async def test_tries_nothing_that_cannot_succeed(
    simulator: Simulator,
    messenger: Messenger,
    message: Message,
    error: type[Exception],
) -> None:
    """It raises before a request leaves."""
    with pytest.raises(error):
        await messenger.send(message)

    assert simulator.etech_keys.requests == []
    assert heard == []


async def test_a_caller_who_goes_away_cuts_nothing_off(
    simulator: Simulator, messenger: Messenger
) -> None:
    """An automation that restarts itself cancels its call: the request goes on."""
    sending = asyncio.create_task(
        messenger.send(Message(text="Test", targets=("Maman",)))
    )
    simulator.etech_keys.fail(Fault.STALL_AFTER, operation="send")
    await simulator.etech_keys.until_asked("send")

    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    simulator.etech_keys.release()
    await messenger.finish()

    assert len(simulator.etech_keys.accepted) == 1
    assert len(heard) == 1


async def test_finishing_with_nothing_under_way(messenger: Messenger) -> None:
    """Returns at once."""
    await messenger.finish()
