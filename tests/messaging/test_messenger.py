"""The one door: what goes through it, and what is carried to its end."""

import asyncio
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    DailyCapError,
    EmptyMessageError,
    IdenticalMessageError,
    InvalidSenderError,
    NotANumberError,
    NotStoredError,
    RejectedError,
)
from custom_components.passerelle_sms.gateways.models import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.doubts import Choice
from custom_components.passerelle_sms.messaging.encoding import EncodingChoice
from custom_components.passerelle_sms.messaging.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.message import Message
from custom_components.passerelle_sms.messaging.messenger import Messenger
from custom_components.passerelle_sms.messaging.recipients import AddressBook, Recipient
from custom_components.passerelle_sms.messaging.record import OnUnknown, Stage
from tests.conftest import MAMAN, PAPA
from tests.simulator import Fault, SimulatedGateway, Simulator

from .conftest import HouseMaker
from .house import House
from .quiet import quiet


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return the gateway that is sent through."""
    return simulator.etech_keys


@pytest.fixture
async def house(make_house: HouseMaker, simulated: SimulatedGateway) -> House:
    """Return a house whose outbox has started."""
    house = make_house(simulated)
    await house.start()
    return house


@pytest.fixture
def guard(house: House) -> Guard:
    """Return a guard that lets ten segments pass."""
    return Guard(GuardLimits(segments_per_day=10), house.clock)


@pytest.fixture
def messenger(house: House, guard: Guard) -> Messenger:
    """Return a messenger that knows Maman and Papa."""
    return Messenger(
        house.gateway,
        AddressBook(
            [
                Recipient(name="Maman", number=MAMAN),
                Recipient(name="Papa", number=PAPA),
            ],
            "CM",
        ),
        guard,
        house.outbox,
        house.clock,
        encoding=EncodingChoice.AUTOMATIC,
    )


async def test_reports_recipient_by_recipient(
    simulated: SimulatedGateway, messenger: Messenger
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
    assert {result.gateway for result in report.results} == {"etech_keys"}
    assert report.segments == 1
    assert len(simulated.accepted) == 2


async def test_a_message_is_kept_as_it_was_asked_for(
    house: House, messenger: Messenger
) -> None:
    """With its title, its time and what to do in doubt."""
    report = await messenger.send(
        Message(
            text="Citerne vide 🚨",
            title="Maison",
            sender="MAISON",
            time_to_live=timedelta(minutes=5),
            on_unknown=OnUnknown.RESEND,
            urgent=True,
        )
    )

    record = await house.journal.get(report.message_id)
    assert record is not None
    assert record.text == "Maison\nCiterne vide 🚨"
    assert record.sender == "MAISON"
    assert record.expires - record.created == timedelta(minutes=5)
    assert record.created == house.clock.now()
    assert record.encoding is Encoding.UCS2
    assert record.on_unknown is OnUnknown.RESEND
    assert record.urgent
    assert [made.recipient.name for made in record.submissions] == ["Maman", "Papa"]


async def test_each_message_has_an_id_of_its_own(messenger: Messenger) -> None:
    """As gateways take it."""
    ids = {
        (await messenger.send(Message(text=f"Test {index}"))).message_id
        for index in range(3)
    }

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
    house: House,
    simulated: SimulatedGateway,
    messenger: Messenger,
    guard: Guard,
    message: Message,
    error: type[Exception],
) -> None:
    """It raises before anything is taken in."""
    with pytest.raises(error):
        await messenger.send(message)

    assert simulated.requests == []
    assert house.books.history == []
    assert guard.segments_last_day == 0


async def test_the_guard_refuses_a_recipient(
    simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """The others get it."""
    await messenger.send(Message(text="Citerne vide", targets=("Maman",)))

    report = await messenger.send(Message(text="Citerne vide"))

    assert [result.outcome for result in report.results] == [
        Outcome.REJECTED,
        Outcome.ACCEPTED,
    ]
    failure = report.results[0].failure
    assert failure is not None
    assert failure.key == "identical_message"
    assert len(simulated.accepted) == 2


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (Message(text="Citerne vide"), IdenticalMessageError),
        (Message(text="x" * 153 * 6), DailyCapError),
    ],
)
async def test_the_guard_refuses_all(
    simulated: SimulatedGateway,
    messenger: Messenger,
    message: Message,
    error: type[RejectedError],
) -> None:
    """It raises, and nothing is sent."""
    await messenger.send(Message(text="Citerne vide"))

    with pytest.raises(error):
        await messenger.send(message)

    assert len(simulated.accepted) == 2


async def test_what_was_not_taken_in_does_not_count(
    house: House, messenger: Messenger, guard: Guard
) -> None:
    """It may be tried again at once."""
    house.disk.room = 0
    with pytest.raises(NotStoredError):
        await messenger.send(Message(text="Citerne vide"))
    assert guard.segments_last_day == 0
    house.disk.room = None

    report = await messenger.send(Message(text="Citerne vide"))

    assert report.failures == ()
    assert guard.segments_last_day == 2


def test_a_preview(messenger: Messenger, simulated: SimulatedGateway) -> None:
    """Nothing is sent; without a text there is nothing to tell."""
    assert messenger.preview(Message(text="Citerne vide")).segments == 1
    assert simulated.requests == []
    with pytest.raises(EmptyMessageError):
        messenger.preview(Message(text=" "))


async def test_the_users_choice(
    house: House, messenger: Messenger, simulated: SimulatedGateway
) -> None:
    """It reaches the outbox."""
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    report = await messenger.send(Message(text="Test", targets=("Maman",)))
    await house.clock.advance(61)
    assert [record.is_held for record in house.outbox.messages] == [True]

    await messenger.resolve(report.message_id, Choice.SENT)

    stored = await house.journal.get(report.message_id)
    assert stored is not None
    assert stored.submissions[0].outcome is Outcome.ACCEPTED
    assert stored.submissions[0].stage is Stage.CLOSED


async def test_a_caller_who_goes_away_cuts_nothing_off(
    house: House, simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """An automation that restarts itself cancels its call: the request goes on."""
    sending = asyncio.create_task(
        messenger.send(Message(text="Test", targets=("Maman",)))
    )
    simulated.fail(Fault.STALL_AFTER, operation="send")
    await simulated.until_asked("send")

    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    simulated.release()
    await messenger.finish()

    assert len(simulated.accepted) == 1
    assert len(house.books.results) == 1


async def test_a_caller_who_goes_away_at_once(
    house: House,
    simulated: SimulatedGateway,
    messenger: Messenger,
    guard: Guard,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither is a message cut off on its way to the disk, nor is anybody told twice."""
    for room in (None, 0):
        house.disk.room = room
        sending = asyncio.create_task(
            messenger.send(Message(text=f"Test {room}", targets=("Maman",)))
        )
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await quiet()

    assert len(simulated.accepted) == 1
    assert guard.segments_last_day == 1
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_finishing_with_nothing_under_way(messenger: Messenger) -> None:
    """Returns at once."""
    await messenger.finish()
