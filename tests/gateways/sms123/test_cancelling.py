"""123-SMS.net: a message that was scheduled is deleted by its own request."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from urllib.parse import parse_qsl

import pytest

from custom_components.passerelle_sms.gateways.abilities.delivery import CancelsMessages
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    DuplicateMessageError,
    GatewayBrokenError,
    GatewayError,
    InvalidRequestError,
    InvalidScheduleError,
    NoAnswerError,
    NotCancellableError,
    OperationUnknownError,
    RateLimitedError,
    RejectedError,
    TakenAsMessageError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import (
    Cancellation,
    Scheduled,
    Sms,
)
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.sms123 import Sms123
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.gateway import PAGE
from tests.simulator.sms123 import SimulatedSms123
from tests.simulator.sms123_wire import AnswerStyle

MAMAN = "+33612345678"
PAPA = "+33712345678"
NOW = datetime(2018, 9, 1, 12, tzinfo=UTC)
# The document's own example: 12 September 2018 at 15:30, in Paris.
SEND_AT = datetime(2018, 9, 12, 13, 30, tzinfo=UTC)
SCHEDULED = Scheduled(
    recipients=(MAMAN,), text="Citerne vide", sender="MAISON", send_at=SEND_AT
)


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSms123:
    """Return the simulated gateway, some days before the document's example."""
    simulator.sms123.now = lambda: NOW
    return simulator.sms123


@pytest.fixture
def gateway(client: GatewayMaker, simulated: SimulatedSms123) -> Sms123:
    """Return a client that doesn't know yet which form the gateway answers."""
    gateway = client(simulated)
    assert isinstance(gateway, Sms123)
    return gateway


def paths(simulated: SimulatedSms123) -> list[str]:
    """Return where requests came in, in order."""
    return [request.path for request in simulated.requests]


async def schedule(gateway: Sms123, scheduled: Scheduled = SCHEDULED) -> None:
    """Have a message kept for later."""
    result = await gateway.send(
        Sms(
            text=scheduled.text,
            recipients=scheduled.recipients,
            sender=scheduled.sender,
            options=replace(scheduled.options, send_at=scheduled.send_at),
        )
    )
    assert {submission.outcome for submission in result.submissions} == {
        Outcome.ACCEPTED
    }


async def test_deletes_by_the_same_request_and_an_s(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """From "Envoi de SMS", `diff`: 153012092018s."""
    await schedule(gateway)

    assert await gateway.cancel(SCHEDULED) == Cancellation()

    scheduling, deletion = (json.loads(asked.body) for asked in simulated.requests)
    assert scheduling["diff"] == "153012092018"
    assert deletion == {**scheduling, "diff": "153012092018s"}
    assert simulated.scheduled == []
    assert [gone.diff for gone in simulated.deleted] == ["153012092018"]
    assert simulated.credits == Decimal(1000)


@pytest.mark.parametrize(
    ("options", "recipient", "asked"),
    [
        (SmsOptions(flash=True), MAMAN, {"flash": "o"}),
        (SmsOptions(voice=True), "+33170719904", {"TTS": "o"}),
        (
            SmsOptions(flash=True, voice=True, stop_mention=True),
            "+33170719904",
            {"flash": "o", "TTS": "o"},
        ),
    ],
)
async def test_deletes_by_all_that_the_message_was_asked_with(
    simulated: SimulatedSms123,
    gateway: Sms123,
    options: SmsOptions,
    recipient: str,
    asked: dict[str, str],
) -> None:
    """A voice or flash message is known by its own request, and by no other."""
    scheduled = replace(SCHEDULED, recipients=(recipient,), options=options)
    await schedule(gateway, scheduled)
    text = gateway.text_for(
        Sms(text=scheduled.text, recipients=(recipient,), options=options)
    )

    with pytest.raises(NotCancellableError):
        await gateway.cancel(replace(scheduled, text=text, options=SmsOptions()))
    await gateway.cancel(replace(scheduled, text=text))

    scheduling, _, deletion = (json.loads(asked.body) for asked in simulated.requests)
    assert deletion == {**scheduling, "diff": "153012092018s"}
    assert asked.items() <= deletion.items()
    assert len(simulated.deleted) == 1


async def test_a_test_that_was_kept_for_later_is_deleted_as_a_message(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """With `test` the gateway may only say what would become of that."""
    simulated.overlooks_test = True
    scheduled = replace(SCHEDULED, options=SmsOptions(test=True))
    await schedule(gateway, scheduled)

    await gateway.cancel(scheduled)

    assert "test" not in json.loads(simulated.requests[-1].body)
    assert len(simulated.deleted) == 1


def test_what_is_to_be_deleted_shows_nothing(gateway: Sms123) -> None:
    """Neither the text nor a number."""
    assert "Citerne" not in repr(SCHEDULED)
    assert MAMAN not in repr(SCHEDULED)


@pytest.mark.parametrize(
    ("send_at", "diff"),
    [
        (SEND_AT + timedelta(seconds=7), "153112092018"),
        # The hour that comes twice, for the second time.
        (datetime(2018, 10, 28, 1, 30, tzinfo=UTC), "030028102018"),
    ],
)
async def test_writes_the_time_as_it_was_written(
    simulated: SimulatedSms123, gateway: Sms123, send_at: datetime, diff: str
) -> None:
    """It went on to a time that is never too early then, so it does now."""
    scheduled = replace(SCHEDULED, send_at=send_at)
    await schedule(gateway, scheduled)

    await gateway.cancel(scheduled)

    assert [gone.diff for gone in simulated.deleted] == [diff]


async def test_the_accounts_own_sender_stands_in(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """As it did for the message."""
    scheduled = replace(SCHEDULED, sender=None)
    await schedule(gateway, scheduled)
    await gateway.cancel(scheduled)

    senders = [json.loads(asked.body)["senderid"] for asked in simulated.requests]
    assert senders == ["MAISON", "MAISON"]


async def test_one_request_per_recipient(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """`numero` is one number."""
    both = replace(SCHEDULED, recipients=(MAMAN, PAPA))
    await schedule(gateway, both)
    assert isinstance(gateway, CancelsMessages)

    requests = gateway.cancel_requests(both)
    assert requests == (SCHEDULED, replace(SCHEDULED, recipients=(PAPA,)))
    await gateway.cancel(requests[1])

    [waiting] = simulated.scheduled
    assert waiting.acceptance.recipient == "33612345678"


@pytest.mark.parametrize(
    "changed",
    [
        replace(SCHEDULED, recipients=(PAPA,)),
        replace(SCHEDULED, text="Citerne pleine"),
        replace(SCHEDULED, send_at=SEND_AT + timedelta(minutes=1)),
    ],
)
async def test_another_message_is_left_alone(
    simulated: SimulatedSms123, gateway: Sms123, changed: Scheduled
) -> None:
    """95: the number, the text and the time are all there is to tell it by."""
    await schedule(gateway)

    with pytest.raises(NotCancellableError) as raised:
        await gateway.cancel(changed)

    assert type(raised.value) is NotCancellableError
    assert raised.value.code == "95"
    assert len(simulated.scheduled) == 1


async def test_what_was_sent_cannot_be_taken_back(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Its time has come."""
    await schedule(gateway)
    simulated.now = lambda: SEND_AT

    with pytest.raises(NotCancellableError):
        await gateway.cancel(SCHEDULED)

    assert simulated.deleted == []


async def test_what_was_deleted_is_gone(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """The gateway gives the same answer as for what was never there."""
    await schedule(gateway)
    await gateway.cancel(SCHEDULED)

    with pytest.raises(NotCancellableError):
        await gateway.cancel(SCHEDULED)

    assert simulated.credits == Decimal(1000)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("-2", GatewayBrokenError),
        # A gateway that overlooks the "s" has taken a second message.
        ("80", TakenAsMessageError),
        ("81", TakenAsMessageError),
        ("8012345", TakenAsMessageError),
        ("81 - Succès : le message est enregistré", TakenAsMessageError),
        ('{"code": 81}', TakenAsMessageError),
        ('{"code": 81, "success": true}', TakenAsMessageError),
        ("<sms><code>81</code></sms>", TakenAsMessageError),
        ("80 94", UnreadableAnswerError),
        ("82", AuthenticationError),
        ("85", InvalidScheduleError),
        ("91", DuplicateMessageError),
        ("92", RejectedError),
        ("95", NotCancellableError),
        ("98", InvalidScheduleError),
        ("99", InvalidScheduleError),
        ("100", InvalidScheduleError),
        ("103", UnreadableAnswerError),
        (PAGE, UnreadableAnswerError),
    ],
)
async def test_understands_every_answer_to_a_deletion(
    simulated: SimulatedSms123, gateway: Sms123, code: str, error: type[GatewayError]
) -> None:
    """One request, whatever it says."""
    simulated.answer_next(code)

    with pytest.raises(GatewayError) as raised:
        await gateway.cancel(SCHEDULED)

    assert type(raised.value) is error
    assert paths(simulated) == ["api/send/"]


async def test_tells_what_was_taken_instead(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """By the gateway's own code and words, and by the reference it gave."""
    simulated.answer_next("8112345")

    with pytest.raises(TakenAsMessageError) as raised:
        await gateway.cancel(SCHEDULED)

    assert raised.value.outcome is Outcome.UNKNOWN
    assert raised.value.code == "81"
    assert raised.value.words is not None
    assert "enregistré" in raised.value.words
    assert raised.value.reference == "12345"
    assert "12345" not in str(raised.value)


@pytest.mark.parametrize("style", AnswerStyle)
async def test_understands_every_style_of_answer(
    simulated: SimulatedSms123, gateway: Sms123, style: AnswerStyle
) -> None:
    """As after a message."""
    simulated.answer_style = style
    await schedule(gateway)

    assert await gateway.cancel(SCHEDULED) == Cancellation()
    with pytest.raises(NotCancellableError):
        await gateway.cancel(SCHEDULED)


@pytest.mark.parametrize("status", [302, 400, 404, 500])
@pytest.mark.parametrize("code", ["94", "80"])
async def test_a_deletion_that_its_own_status_denies(
    simulated: SimulatedSms123, gateway: Sms123, status: int, code: str
) -> None:
    """Proves nothing, so no other form is tried."""
    simulated.answer_next(code, status=status)

    with pytest.raises(GatewayError) as raised:
        await gateway.cancel(SCHEDULED)

    assert raised.value.outcome is Outcome.UNKNOWN
    assert paths(simulated) == ["api/send/"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [(404, PAGE), (405, ""), (415, PAGE), (200, "-1"), (200, "-3"), (200, "90")],
)
async def test_falls_back_when_nothing_was_done(
    simulated: SimulatedSms123, gateway: Sms123, status: int, answer: str
) -> None:
    """As a message does, and under the older form's names."""
    simulated.answer_next(answer, status=status)

    with pytest.raises(NotCancellableError):
        await gateway.cancel(SCHEDULED)

    assert paths(simulated) == ["api/send/", "http.php"]
    assert dict(parse_qsl(simulated.requests[-1].body)) == {
        "email": simulated.username,
        "pass": simulated.api_key,
        "numero": "33612345678",
        "message": "Citerne vide",
        "sender": "MAISON",
        "diff": "153012092018s",
    }


async def test_asks_where_the_message_was_taken(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """It is the same request, so the same form is known to be answered."""
    simulated.documented_api = False
    await schedule(gateway)

    await gateway.cancel(SCHEDULED)

    assert paths(simulated) == ["api/send/", "http.php", "http.php"]
    assert len(simulated.deleted) == 1


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        (["-1", "-3"], InvalidRequestError),
        (["-3", "-1"], OperationUnknownError),
    ],
)
async def test_the_documented_forms_error_stands(
    simulated: SimulatedSms123,
    gateway: Sms123,
    answers: list[str],
    error: type[GatewayError],
) -> None:
    """If neither form is answered."""
    for answer in answers:
        simulated.answer_next(answer)

    with pytest.raises(GatewayError) as raised:
        await gateway.cancel(SCHEDULED)

    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.STALL_AFTER, NoAnswerError),
        (Fault.CUT_BEFORE, NoAnswerError),
        (Fault.HALF_ANSWER, NoAnswerError),
        (Fault.ERROR_500_AFTER, GatewayBrokenError),
        (Fault.RATE_LIMITED, RateLimitedError),
        (Fault.HTML, UnreadableAnswerError),
        (Fault.EMPTY, UnreadableAnswerError),
    ],
)
async def test_nothing_is_repeated_after_a_fault(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    error: type[GatewayError],
) -> None:
    """A deletion that is asked for once is asked for once."""
    await schedule(gateway)
    simulated.fail(fault)

    with pytest.raises(GatewayError) as raised:
        await gateway.cancel(SCHEDULED)

    assert type(raised.value) is error
    assert paths(simulated) == ["api/send/"] * 2
    assert len(simulated.deleted) == fault.takes_the_message
