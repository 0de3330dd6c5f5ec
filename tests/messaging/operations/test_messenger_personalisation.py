"""Mail merge: each recipient reads a text of his own."""

from collections.abc import Mapping

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    DailyCapError,
    InvalidMessageError,
    MessageTooLongError,
    MissingFieldError,
    RejectedError,
)
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.guard.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.operations.messenger import Messenger
from custom_components.passerelle_sms.messaging.text.encoding import EncodingChoice
from custom_components.passerelle_sms.messaging.text.splitting import TooLong
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.simulator import Fault, SimulatedGateway, Simulator

from .test_messenger import messenger_of

TEXT = "Bonjour {nom}, la citerne est à {niveau} %."


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return a gateway that puts in the values itself."""
    return simulator.smseco


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house that has started, with that gateway."""
    harness = make_house(simulated)
    await harness.start()
    return harness


@pytest.fixture
def guard(harness: MessagingHarness) -> Guard:
    """Return a guard that lets ten segments pass."""
    return Guard(GuardLimits(segments_per_day=10), harness.clock)


@pytest.fixture
def messenger(harness: MessagingHarness, guard: Guard) -> Messenger:
    """Return a messenger of that house."""
    return messenger_of(harness, guard)


def values(name: str, level: str = "12") -> dict[str, str]:
    """Return what stands for the fields of the text."""
    return {"nom": name, "niveau": level}


async def test_by_name_or_by_number(
    harness: MessagingHarness, simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """Whoever is meant, however that is written; the journal knows numbers."""
    report = await messenger.send(
        Message(
            text=TEXT,
            targets=("papa", "695 68 82 07"),
            personalisation={"PAPA": values("Papa"), MAMAN: values("Maman", "9")},
        )
    )

    assert report.failures == ()
    assert {taken.recipient: taken.text for taken in simulated.accepted} == {
        PAPA[1:]: "Bonjour Papa, la citerne est à 12 %.",
        MAMAN[1:]: "Bonjour Maman, la citerne est à 9 %.",
    }
    kept = await harness.journal.get(report.message_id)
    assert kept is not None
    assert kept.text == TEXT
    assert kept.options.personalisation == {
        PAPA: values("Papa"),
        MAMAN: values("Maman", "9"),
    }


async def test_somebody_who_is_not_written_to(
    harness: MessagingHarness, simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """An automation may hand in the values of the whole house: those are left out."""
    report = await messenger.send(
        Message(
            text=TEXT,
            targets=("Maman",),
            personalisation={"Maman": values("Maman"), "Papa": values("Papa")},
        )
    )

    assert report.record.options.personalisation == {MAMAN: values("Maman")}
    assert len(simulated.accepted) == 1


@pytest.mark.parametrize(
    ("personalisation", "error"),
    [
        ({"Maman": values("Maman"), "Papa": {"nom": "Papa"}}, MissingFieldError),
        # One of two was forgotten, or misspelt, or everybody was.
        ({"Maman": values("Maman")}, MissingFieldError),
        ({"Maman": values("Maman"), "Ppaa": values("Papa")}, MissingFieldError),
        ({"Mmaan": values("Maman"), "Ppaa": values("Papa")}, MissingFieldError),
        ({"Maman": {}, "Papa": {}}, MissingFieldError),
        (
            {"Maman": values("Maman"), "Papa": values("\ud83d")},
            InvalidMessageError,
        ),
    ],
)
async def test_nobody_reads_a_bare_field(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    messenger: Messenger,
    guard: Guard,
    personalisation: Mapping[str, Mapping[str, str]],
    error: type[RejectedError],
) -> None:
    """It is refused for all, before anything is asked, kept or counted."""
    with pytest.raises(error):
        await messenger.send(Message(text=TEXT, personalisation=personalisation))

    assert simulated.requests == []
    assert harness.disk.writes == 0
    assert guard.segments_last_day == 0


async def test_a_text_with_braces(
    simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """Without values it is a text like any other."""
    await messenger.send(Message(text="Erreur {code}", targets=("Maman",)))

    assert [taken.text for taken in simulated.accepted] == ["Erreur {code}"]


@pytest.mark.parametrize(
    "key", ["etech_keys", "envoyer_sms_pro", "sms123", "devcodesms"]
)
async def test_a_gateway_without_it(
    make_house: HouseMaker, simulator: Simulator, key: str
) -> None:
    """Each reads his own text all the same."""
    simulated = simulator.gateways[key]
    harness = make_house(simulated)
    await harness.start()
    messenger = messenger_of(harness, Guard(GuardLimits(), harness.clock))

    await messenger.send(
        Message(
            text=TEXT,
            personalisation={"Maman": values("Maman"), "Papa": values("Papa")},
        )
    )

    assert sorted(taken.text for taken in simulated.accepted) == [
        "Bonjour Maman, la citerne est à 12 %.",
        "Bonjour Papa, la citerne est à 12 %.",
    ]
    assert simulated.asked("send") == 2


async def test_values_for_a_text_without_fields(
    simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """It is one text for all, in one request."""
    report = await messenger.send(
        Message(text="Test", personalisation={"Maman": values("Maman")})
    )

    assert report.failures == ()
    assert simulated.asked("send") == 1
    assert not report.record.options.personalisation


async def test_what_is_too_long_for_one_of_them_is_sent_to_nobody_where_that_is_wished(
    simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """Also not to those whose text fits."""
    message = Message(
        text="Alerte : {quoi}",
        personalisation={"Maman": {"quoi": "fuite"}, "Papa": {"quoi": "x" * 2000}},
        too_long=TooLong.REFUSE,
    )

    with pytest.raises(MessageTooLongError):
        await messenger.send(message)

    assert simulated.asked("send") == 0


async def test_each_pays_what_he_reads(messenger: Messenger, guard: Guard) -> None:
    """The message is told by its longest text."""
    report = await messenger.send(
        Message(
            text="Alerte : {quoi}",
            personalisation={
                "Maman": {"quoi": "fuite"},
                "Papa": {"quoi": "fuite 🚨 " + "x" * 60},
            },
        )
    )

    assert report.segments == 2
    assert report.encoding is Encoding.UCS2
    assert [submission.segments for submission in report.record.submissions] == [1, 2]
    assert guard.segments_last_day == 3


async def test_each_text_is_written_as_if_it_were_sent_alone(
    harness: MessagingHarness, simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """Economically only for whom that saves something, in the values too; also later."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    report = await messenger.send(
        Message(
            text="Fenêtre {quoi} ouverte",
            personalisation={
                "Maman": {"quoi": "forêt"},
                "Papa": {"quoi": "forêt " + "x" * 60},
            },
        )
    )
    await harness.crash()
    simulated.heal()
    await harness.start()
    await harness.clock.advance(1)

    assert {taken.text for taken in simulated.accepted} == {
        "Fenêtre forêt ouverte",
        f"Fenetre foret {'x' * 60} ouverte",
    }
    assert [submission.segments for submission in report.record.submissions] == [1, 1]


async def test_a_cap_counts_what_is_read(
    simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """However short the text is before the values are in it."""
    with pytest.raises(DailyCapError):
        await messenger.send(
            Message(
                text="{quoi}",
                personalisation={
                    "Maman": {"quoi": "x" * 153 * 10},
                    "Papa": {"quoi": "fuite"},
                },
            )
        )

    assert simulated.requests == []


async def test_the_text_is_written_economically_around_the_values(
    simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """Where that helps: not if a value stays outside GSM-7."""
    await messenger.send(
        Message(
            text="Fenêtre {quoi} ouverte " + "x" * 50,
            targets=("Maman",),
            personalisation={"Maman": {"quoi": "cuisine"}},
        )
    )
    await messenger.send(
        Message(
            text="Fenêtre {quoi} ouverte " + "x" * 50,
            targets=("Papa",),
            personalisation={"Papa": {"quoi": "cuisine 🚨"}},
        )
    )

    cheap, dear = [taken.text for taken in simulated.accepted]
    assert cheap.startswith("Fenetre cuisine ouverte")
    assert dear.startswith("Fenêtre cuisine 🚨 ouverte")


async def test_after_the_gateway_was_out_of_reach(
    harness: MessagingHarness, simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """The values outlive a restart."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    report = await messenger.send(
        Message(
            text=TEXT,
            personalisation={"Maman": values("Maman"), "Papa": values("Papa")},
        )
    )
    assert {result.outcome for result in report.results} == {Outcome.QUEUED}
    await harness.crash()
    simulated.heal()

    await harness.start()
    await harness.clock.advance(1)

    assert sorted(taken.text for taken in simulated.accepted) == [
        "Bonjour Maman, la citerne est à 12 %.",
        "Bonjour Papa, la citerne est à 12 %.",
    ]


@pytest.mark.parametrize(
    ("choice", "read"),
    [
        (EncodingChoice.AUTOMATIC, "Bonjour Marie !"),
        (EncodingChoice.EXACT, "Bonjour Ma\xadrie\u200b !"),
    ],
)
async def test_nothing_invisible_is_merged(
    messenger: Messenger,
    simulated: SimulatedGateway,
    choice: EncodingChoice,
    read: str,
) -> None:
    """White space at the ends of a value is: it stands between words."""
    await messenger.send(
        Message(
            text="Bonjour{nom}!",
            targets=(MAMAN,),
            encoding=choice,
            personalisation={MAMAN: {"nom": " Ma\xadrie\u200b "}},
        )
    )

    assert [taken.text for taken in simulated.accepted] == [read]
