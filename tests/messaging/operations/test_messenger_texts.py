"""What is sent of what was written: the same that is told, kept and paid."""

import pytest

from custom_components.passerelle_sms.gateways.errors import EmptyMessageError
from custom_components.passerelle_sms.messaging.guard.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.operations.messenger import Messenger
from custom_components.passerelle_sms.messaging.text.encoding import EncodingChoice
from custom_components.passerelle_sms.messaging.text.writing import Writing
from tests.conftest import MAMAN
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.simulator import SimulatedGateway, Simulator

from .test_messenger import messenger_of

AUTOMATIC, ECONOMICAL, EXACT = EncodingChoice


@pytest.fixture(params=["etech_keys", "smseco", "devcodesms"])
def simulated(request: pytest.FixtureRequest, simulator: Simulator) -> SimulatedGateway:
    """Return each gateway in turn that sends to Cameroon."""
    return simulator.gateways[request.param]


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house that has started, with that gateway."""
    harness = make_house(simulated)
    await harness.start()
    return harness


@pytest.fixture
def messenger(harness: MessagingHarness) -> Messenger:
    """Return a messenger of that house, without the stop for runaway automations."""
    limits = GuardLimits(segments_per_hour=1000, segments_per_day=1000)
    return messenger_of(harness, Guard(limits, harness.clock))


@pytest.mark.parametrize(
    ("title", "text", "choice", "sent"),
    [
        (None, "a" * 160 + "\n", AUTOMATIC, "a" * 160),
        ("  \n", "Citerne vide", AUTOMATIC, "Citerne vide"),
        ("\u200b", "Citerne vide", EXACT, "Citerne vide"),
        ("Maison\n", "\n\nCiterne vide\n", AUTOMATIC, "Maison\nCiterne vide"),
        ("Maison", " ", AUTOMATIC, "Maison"),
        (None, "a" * 99 + "\x00\x1b[31mb\x1b[0m", AUTOMATIC, "a" * 99 + "b"),
        (None, "👨\u200d👩\u200d👧 ê\u200b", AUTOMATIC, "👨\u200d👩\u200d👧 ê"),
        (None, "🥶 -12 °C", ECONOMICAL, "-12 C"),
        (None, "🥶 -12 °C", AUTOMATIC, "🥶 -12 °C"),
        (None, "ré\xadservoir \n", EXACT, "ré\xadservoir \n"),
        (None, "<b>Alarme</b>", AUTOMATIC, "<b>Alarme</b>"),
    ],
)
async def test_what_is_told_kept_and_sent_is_one_text(
    harness: MessagingHarness,
    messenger: Messenger,
    simulated: SimulatedGateway,
    title: str | None,
    text: str,
    choice: EncodingChoice,
    sent: str,
) -> None:
    """And its segments are the ones that are billed."""
    message = Message(text=text, title=title, targets=(MAMAN,), encoding=choice)
    told = messenger.preview(message)

    report = await messenger.send(message)

    [taken] = simulated.accepted
    record = await harness.journal.get(report.message_id)
    assert record is not None
    assert told.text == record.text == taken.text == sent
    assert told.segments == record.segments == report.segments == taken.segments
    assert told.encoding is record.encoding


@pytest.mark.parametrize("choice", EncodingChoice)
@pytest.mark.parametrize("text", ["\u200b", "\xad", " \n", "\x1b[31m\x1b[0m", "\u034f"])
async def test_a_text_that_shows_nothing_is_empty(
    messenger: Messenger,
    simulated: SimulatedGateway,
    text: str,
    choice: EncodingChoice,
) -> None:
    """Under every choice, with a title that shows nothing either."""
    message = Message(text=text, title="\u2060", encoding=choice)

    with pytest.raises(EmptyMessageError):
        messenger.preview(message)
    with pytest.raises(EmptyMessageError):
        await messenger.send(message)

    assert simulated.requests == []


@pytest.mark.parametrize("choice", EncodingChoice)
async def test_tags_are_stripped_where_that_is_wished(
    messenger: Messenger, simulated: SimulatedGateway, choice: EncodingChoice
) -> None:
    """From the title and the text, before anything else."""
    messenger.writing = Writing(strip_tags=True)
    message = Message(
        text="<p>Porte &amp; fen&eacute;tre&#8203;</p>Tom < 3",
        title="<b>Alarme</b>",
        targets=(MAMAN,),
        encoding=choice,
    )
    end = "\u200b" if choice is EXACT else ""
    sent = f"Alarme\nPorte & fenétre{end}\nTom < 3"

    assert messenger.preview(message).text == sent
    await messenger.send(message)

    assert simulated.accepted[0].text == sent


async def test_tags_alone_are_no_text(messenger: Messenger) -> None:
    """Nothing would be seen of them."""
    messenger.writing = Writing(strip_tags=True)

    with pytest.raises(EmptyMessageError):
        await messenger.send(Message(text="<b></b><br>", title="<i> </i>"))
