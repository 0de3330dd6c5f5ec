"""123-SMS.net: what a message may be asked for, and how each wish goes out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from urllib.parse import parse_qsl

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    DuplicateMessageError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidScheduleError,
    MessageTooLongError,
    NoAnswerError,
    OptionNotSupportedError,
    RecipientBlockedError,
    RejectedError,
    StopMentionRequiredError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import Sms, Submission
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.sms123 import Sms123
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.sms123 import Extras, SimulatedSms123

MOBILE = "+33612345678"
FIXED_LINE = "+33170719904"
NOW = datetime(2018, 9, 1, 12, tzinfo=UTC)
# The document's own example: 12 September 2018 at 15:30, in Paris.
SEND_AT = datetime(2018, 9, 12, 13, 30, tzinfo=UTC)
DIFF = "153012092018"


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


def message(
    options: SmsOptions, *, text: str = "Citerne vide", recipient: str = MOBILE
) -> Sms:
    """Return a message to one recipient."""
    return Sms(text=text, recipients=(recipient,), options=options)


async def send(
    gateway: Sms123,
    options: SmsOptions,
    *,
    text: str = "Citerne vide",
    recipient: str = MOBILE,
) -> Submission:
    """Send to one recipient and return what became of it."""
    result = await gateway.send(message(options, text=text, recipient=recipient))
    [submission] = result.submissions
    return submission


# --- what goes out --------------------------------------------------------------

WISHES = pytest.mark.parametrize(
    ("options", "recipient", "asked"),
    [
        (SmsOptions(), MOBILE, {}),
        (SmsOptions(send_at=SEND_AT), MOBILE, {"diff": DIFF}),
        (SmsOptions(flash=True), MOBILE, {"flash": "o"}),
        (SmsOptions(voice=True), FIXED_LINE, {"TTS": "o"}),
        (SmsOptions(test=True), MOBILE, {"test": "o"}),
        (
            SmsOptions(stop_mention=True),
            MOBILE,
            {"message": "Citerne vide\nstop SMS au 36177"},
        ),
        (
            SmsOptions(
                send_at=SEND_AT, flash=True, voice=True, test=True, stop_mention=True
            ),
            FIXED_LINE,
            {
                "message": "Citerne vide\nstop SMS au 36177",
                "diff": DIFF,
                "flash": "o",
                "TTS": "o",
                "test": "o",
            },
        ),
    ],
)


@WISHES
async def test_asks_for_what_is_wanted_and_nothing_else(
    simulated: SimulatedSms123,
    gateway: Sms123,
    options: SmsOptions,
    recipient: str,
    asked: dict[str, str],
) -> None:
    """From "Envoi de SMS": an option that isn't used isn't in the request."""
    await send(gateway, options, recipient=recipient)

    [request] = simulated.requests
    assert request.path == "api/send/"
    assert json.loads(request.body) == {
        "email": simulated.username,
        "pass": simulated.api_key,
        "numero": recipient.removeprefix("+"),
        "message": "Citerne vide",
        "senderid": "MAISON",
        **asked,
    }


@WISHES
async def test_asks_the_script_by_the_same_names(
    simulated: SimulatedSms123,
    gateway: Sms123,
    options: SmsOptions,
    recipient: str,
    asked: dict[str, str],
) -> None:
    """Only `sender` is known to have another name there."""
    simulated.documented_api = False

    await send(gateway, options, recipient=recipient)

    assert [request.path for request in simulated.requests] == ["api/send/", "http.php"]
    assert dict(parse_qsl(simulated.requests[-1].body, strict_parsing=True)) == {
        "email": simulated.username,
        "pass": simulated.api_key,
        "numero": recipient.removeprefix("+"),
        "message": "Citerne vide",
        "sender": "MAISON",
        **asked,
    }


async def test_a_plain_message_goes_out_as_it_always_did(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """To the byte."""
    await send(gateway, SmsOptions())

    assert simulated.requests[0].body == (
        f'{{"email": "{simulated.username}", "pass": "{simulated.api_key}", '
        f'"numero": "33612345678", "message": "Citerne vide", "senderid": "MAISON"}}'
    )


@pytest.mark.parametrize(
    "options",
    [
        SmsOptions(allow_replies=True),
        SmsOptions(own={"truncate": True}),
    ],
)
async def test_refuses_what_the_gateway_does_not_know(
    simulated: SimulatedSms123, gateway: Sms123, options: SmsOptions
) -> None:
    """Before asking."""
    with pytest.raises(OptionNotSupportedError):
        await send(gateway, options)

    assert simulated.requests == []


# --- later ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("send_at", "diff"),
    [
        (SEND_AT, "153012092018"),
        (datetime.fromisoformat("2018-09-12T15:30+02:00"), "153012092018"),
        (datetime.fromisoformat("2018-09-12T09:30-04:00"), "153012092018"),
        # Whole minutes, and never before the time.
        (SEND_AT + timedelta(microseconds=1), "153112092018"),
        (SEND_AT + timedelta(seconds=59), "153112092018"),
        # The hour that comes twice: the second time it would be too early.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "023025102026"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "030025102026"),
        # In winter, and into another year.
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "235931122026"),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "000001012027"),
        (datetime(2027, 1, 2, 3, 4, tzinfo=UTC), "040402012027"),
    ],
)
async def test_writes_the_time_as_the_document_does(
    simulated: SimulatedSms123, gateway: Sms123, send_at: datetime, diff: str
) -> None:
    """`diff`: hour, minute, day, month and year without spaces, in Paris."""
    submission = await send(gateway, SmsOptions(send_at=send_at))

    assert submission == Submission(
        recipient=MOBILE, outcome=Outcome.ACCEPTED, segments=1
    )
    assert not submission.sent_at_once
    [waiting] = simulated.scheduled
    assert waiting.diff == diff
    assert waiting.at >= send_at
    assert simulated.extras[waiting.acceptance.submission_id] == Extras(
        diff=diff, flash=False, voice=False
    )


@pytest.mark.parametrize(("answer", "at_once"), [("81", False), ("80", True)])
async def test_a_message_for_later_is_accepted(
    simulated: SimulatedSms123, gateway: Sms123, answer: str, at_once: bool
) -> None:
    """81 is kept for later; 80 was sent at once, and the result says so."""
    simulated.answer_next(f"{answer}12345")

    submission = await send(gateway, SmsOptions(send_at=SEND_AT))

    assert submission == Submission(
        recipient=MOBILE,
        outcome=Outcome.ACCEPTED,
        submission_id="12345",
        segments=1,
        sent_at_once=at_once,
    )


async def test_a_message_for_now_is_not_sent_too_early(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """80 is what it is to be answered."""
    assert (await send(gateway, SmsOptions())).sent_at_once is False


async def test_a_gateway_that_overlooks_the_time(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """It has sent the message, and charged it."""
    simulated.overlooks_diff = True

    submission = await send(gateway, SmsOptions(send_at=SEND_AT))

    assert (submission.outcome, submission.sent_at_once) == (Outcome.ACCEPTED, True)
    assert simulated.scheduled == []
    assert simulated.credits == Decimal(999)


@pytest.mark.parametrize("year", [1, 1999, 2200, 9999])
async def test_an_hour_that_no_calendar_holds(
    simulated: SimulatedSms123, gateway: Sms123, year: int
) -> None:
    """Nothing is asked, and it is no doubt."""
    send_at = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)

    with pytest.raises(InvalidScheduleError):
        await send(gateway, SmsOptions(send_at=send_at))

    assert simulated.requests == []


@pytest.mark.parametrize("code", ["85", "98", "99", "100"])
async def test_a_time_that_the_gateway_does_not_take(
    simulated: SimulatedSms123, gateway: Sms123, code: str
) -> None:
    """85 is documented, the others are in use."""
    simulated.answer_next(code)

    submission = await send(gateway, SmsOptions(send_at=SEND_AT))

    assert submission.outcome is Outcome.REJECTED
    assert type(submission.error) is InvalidScheduleError


async def test_a_time_that_is_over(simulated: SimulatedSms123, gateway: Sms123) -> None:
    """A gateway that says so takes nothing."""
    simulated.refuses_past = True

    submission = await send(gateway, SmsOptions(send_at=NOW - timedelta(hours=1)))

    assert type(submission.error) is InvalidScheduleError
    assert simulated.accepted == []


async def test_a_time_that_is_over_may_be_now(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """80: another gateway sends at once what it can't send later any more."""
    submission = await send(gateway, SmsOptions(send_at=NOW - timedelta(hours=1)))

    assert submission.outcome is Outcome.ACCEPTED
    assert submission.sent_at_once
    assert len(simulated.accepted) == 1
    assert simulated.scheduled == []


async def test_a_message_that_waits_has_not_been_sent_yet(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """So 91 comes only after its time."""
    later = SmsOptions(send_at=SEND_AT)
    assert (await send(gateway, later)).outcome is Outcome.ACCEPTED
    assert (await send(gateway, later)).outcome is Outcome.ACCEPTED

    simulated.now = lambda: SEND_AT + timedelta(hours=1)
    assert type((await send(gateway, SmsOptions())).error) is DuplicateMessageError
    assert simulated.scheduled == []
    assert len(simulated.accepted) == 2


# --- flash and voice ------------------------------------------------------------


async def test_a_message_may_be_shown_at_once(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """`flash`: it isn't kept on the phone."""
    submission = await send(gateway, SmsOptions(flash=True))

    assert submission.outcome is Outcome.ACCEPTED
    [taken] = simulated.accepted
    assert simulated.extras[taken.submission_id] == Extras(
        diff="", flash=True, voice=False
    )


@pytest.mark.parametrize(
    "recipient",
    [
        FIXED_LINE,
        "+33240123456",
        "+33340123456",
        "+33440123456",
        "+33540123456",
        "+33970123456",
    ],
)
async def test_a_message_may_be_read_out(
    simulated: SimulatedSms123, gateway: Sms123, recipient: str
) -> None:
    """`TTS`: to fixed lines in mainland France."""
    submission = await send(gateway, SmsOptions(voice=True), recipient=recipient)

    assert submission.outcome is Outcome.ACCEPTED
    [taken] = simulated.accepted
    assert simulated.extras[taken.submission_id] == Extras(
        diff="", flash=False, voice=True
    )


@pytest.mark.parametrize(
    "recipient",
    [
        MOBILE,
        "+33712345678",
        "+33892123456",
        "+262262123456",
        "+237222123456",
        "+3317071990",
        "+331707199045",
    ],
)
async def test_nothing_is_read_out_elsewhere(
    simulated: SimulatedSms123, gateway: Sms123, recipient: str
) -> None:
    """It is refused before asking, and stops nobody else."""
    result = await gateway.send(
        Sms(
            text="Citerne vide",
            recipients=(recipient, FIXED_LINE),
            options=SmsOptions(voice=True),
        )
    )

    refused, taken = result.submissions
    assert type(refused.error) is InvalidRecipientError
    assert taken.outcome is Outcome.ACCEPTED
    assert [taken.recipient for taken in simulated.accepted] == ["33170719904"]
    assert simulated.asked("send") == 1


# --- tests ----------------------------------------------------------------------


async def test_a_test_sends_nothing_and_costs_nothing(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """92: the gateway would take it. So the message itself is no repetition."""
    tested = await send(gateway, SmsOptions(test=True))

    assert tested == Submission(recipient=MOBILE, outcome=Outcome.NOT_SENT)
    assert simulated.tested == [("33612345678", "Citerne vide")]
    assert simulated.accepted == []
    assert simulated.credits == Decimal(1000)
    assert (await send(gateway, SmsOptions())).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "answer",
    ["92", '{"code": 92}', "92 Succès : le test d'envoi est positif"],
)
async def test_a_test_that_passed_has_no_id(
    simulated: SimulatedSms123, gateway: Sms123, answer: str
) -> None:
    """There is no message that it could be the id of."""
    simulated.answer_next(answer)

    assert await send(gateway, SmsOptions(test=True)) == Submission(
        recipient=MOBILE, outcome=Outcome.NOT_SENT
    )


async def test_a_gateway_that_overlooks_the_wish_for_a_test(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """It has sent the message, and charged it."""
    simulated.overlooks_test = True

    submission = await send(gateway, SmsOptions(test=True))

    assert submission.outcome is Outcome.ACCEPTED
    assert simulated.credits == Decimal(999)


@pytest.mark.parametrize("answer", ["8012345", "8112345"])
async def test_a_test_that_was_sent_all_the_same_is_told_as_sent(
    simulated: SimulatedSms123, gateway: Sms123, answer: str
) -> None:
    """A gateway that overlooks the wish has taken the message."""
    simulated.answer_next(answer)

    assert await send(gateway, SmsOptions(test=True)) == Submission(
        recipient=MOBILE,
        outcome=Outcome.ACCEPTED,
        submission_id="12345",
        segments=1,
    )


async def test_a_test_that_nobody_asked_for_is_no_success(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """92 to a message: nothing was sent."""
    simulated.answer_next("92")

    submission = await send(gateway, SmsOptions())

    assert submission.outcome is Outcome.REJECTED
    assert type(submission.error) is RejectedError
    assert submission.error.code == "92"


async def test_a_test_finds_what_would_go_wrong(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """As the message itself would, one after the other."""
    test = SmsOptions(test=True)
    simulated.credits = Decimal(0)
    assert type((await send(gateway, test)).error) is InsufficientCreditError
    simulated.blocked = {"33612345678"}
    assert type((await send(gateway, test)).error) is RecipientBlockedError
    simulated.api_key = "another"
    assert type((await send(gateway, test)).error) is AuthenticationError

    assert simulated.tested == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault.STALL_AFTER, NoAnswerError), (Fault.ERROR_500_AFTER, GatewayBrokenError)],
)
async def test_a_test_without_an_answer_proves_nothing(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    error: type[GatewayError],
) -> None:
    """Whether the gateway has seen that it was one is not known either."""
    simulated.fail(fault)

    submission = await send(gateway, SmsOptions(test=True))

    assert submission.outcome is Outcome.UNKNOWN
    assert type(submission.error) is error
    assert simulated.asked("send") == 1


@pytest.mark.parametrize("answer", ["94", "93 Succès", "103", "9212345"])
async def test_an_answer_to_something_else_is_no_answer_to_a_test(
    simulated: SimulatedSms123, gateway: Sms123, answer: str
) -> None:
    """94 is what a deletion ends with."""
    simulated.answer_next(answer)

    submission = await send(gateway, SmsOptions(test=True))

    assert type(submission.error) is UnreadableAnswerError


# --- the STOP mention -----------------------------------------------------------


async def test_the_mention_stands_at_the_end(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """102 without it; the number is this gateway's own, and no other's."""
    simulated.stop_mention_needed = True

    refused = await send(gateway, SmsOptions())
    taken = await send(gateway, SmsOptions(stop_mention=True))

    assert type(refused.error) is StopMentionRequiredError
    assert taken.outcome is Outcome.ACCEPTED
    [acceptance] = simulated.accepted
    assert acceptance.text == "Citerne vide\nstop SMS au 36177"
    assert all("36111" not in request.body for request in simulated.requests)


async def test_the_mention_is_part_of_the_length(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """A full message has no room for its eighteen characters."""
    mentioned = SmsOptions(stop_mention=True)
    gateway.check(message(mentioned, text="a" * 142))
    with pytest.raises(MessageTooLongError) as raised:
        await send(gateway, mentioned, text="a" * 143)
    assert raised.value.details == {"segments": "2", "maximum": "1"}
    assert simulated.requests == []

    gateway.long_messages = True
    submission = await send(gateway, mentioned, text="a" * 143)
    assert submission.segments == 2
    assert simulated.accepted[0].segments == 2


async def test_braces_are_words_like_others(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Nothing is merged into a text here."""
    await send(gateway, SmsOptions(), text="Citerne {nom}")

    assert simulated.accepted[0].text == "Citerne {nom}"


# --- the simulator's own refusals -----------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"diff": "1530120920"}, "85"),
        ({"diff": "153031022019"}, "85"),
        ({"diff": "s"}, "85"),
        ({"test": "0"}, "-1"),
        ({"flash": "1"}, "-1"),
        ({"TTS": "o"}, "84"),
    ],
)
async def test_the_simulator_refuses_what_the_document_does(
    simulator: Simulator,
    simulated: SimulatedSms123,
    gateway: Sms123,
    changed: dict[str, str],
    code: str,
) -> None:
    """A client that gets it wrong hears of it."""
    answer = await gateway._transport.request(  # noqa: SLF001 - the wire itself is tried
        "POST",
        "api/send/",
        json={
            "email": simulated.username,
            "pass": simulated.api_key,
            "numero": "33612345678",
            "message": "Citerne vide",
            **changed,
        },
    )

    assert answer.text == code
    assert simulated.accepted == []
