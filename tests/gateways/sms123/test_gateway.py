"""123-SMS.net: what goes out, every answer, and the gateway's own rules."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from urllib.parse import parse_qs

import aiohttp
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.abilities.options import (
    SellsLongMessages,
)
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    DuplicateMessageError,
    EmptyMessageError,
    EmptyTargetError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidScheduleError,
    InvalidSenderError,
    IpNotAllowedError,
    MessageTooLongError,
    NotAllowedError,
    OverseasOptionMissingError,
    RateLimitedError,
    RecipientBlockedError,
    RejectedError,
    StopMentionRequiredError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.message import Sms, Submission
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.sms123 import Sms123
from tests.conftest import GatewayMaker
from tests.simulator import AccountRefusal, Simulator
from tests.simulator.gateway import PAGE
from tests.simulator.sms123 import SimulatedSms123
from tests.simulator.sms123_wire import AnswerStyle

from .samples import FIFTY, PARIS, paths, send

REUNION = "+262692123456"


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSms123:
    """Return the simulated gateway."""
    return simulator.sms123


@pytest.fixture
def gateway(client: GatewayMaker, simulated: SimulatedSms123) -> Sms123:
    """Return a client that doesn't know yet which form the gateway answers."""
    gateway = client(simulated)
    assert isinstance(gateway, Sms123)
    return gateway


# --- what goes out --------------------------------------------------------------


async def test_sends_what_the_document_asks_for(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """From "Envoi de SMS": JSON, one pair of names for the credentials, digits."""
    submission = await send(gateway, "Citerne vide & pompe à l'arrêt « 2 »")

    [request] = simulated.requests
    assert (request.method, request.path) == ("POST", "api/send/")
    assert request.query == {}
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"
    assert json.loads(request.body) == {
        "email": simulated.username,
        "pass": simulated.api_key,
        "numero": "33612345678",
        "message": "Citerne vide & pompe à l'arrêt « 2 »",
        "senderid": "MAISON",
    }
    assert submission == Submission(
        recipient=PARIS, outcome=Outcome.ACCEPTED, segments=1
    )


async def test_leaves_out_a_sender_that_is_not_set(
    simulator: Simulator, session: aiohttp.ClientSession, simulated: SimulatedSms123
) -> None:
    """`senderid` is optional, and an empty one might be a wrong one."""
    gateway = Sms123(
        session,
        Credentials(username=simulated.username, api_key=simulated.api_key),
        url=URL(simulator.url("sms123")),
    )

    submission = await send(gateway)

    assert submission.outcome is Outcome.ACCEPTED
    assert "senderid" not in json.loads(simulated.requests[0].body)
    assert simulated.accepted[0].sender == ""


async def test_asks_for_the_balance_as_the_document_does(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """From "Consultation du solde": the credentials, and nothing else."""
    balance = await gateway.balance()

    assert balance.credits == Decimal(1000)
    [request] = simulated.requests
    assert (request.method, request.path) == ("POST", "api/solde/")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"
    assert json.loads(request.body) == {
        "email": simulated.username,
        "pass": simulated.api_key,
    }


async def test_sends_a_form_to_the_script(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """As in the vendor's own examples: `sender` instead of `senderid`."""
    simulated.documented_api = False

    submission = await send(gateway, "Pompe à l'arrêt & vanne + 2")

    assert submission.outcome is Outcome.ACCEPTED
    request = simulated.requests[-1]
    assert (request.method, request.path, request.query) == ("POST", "http.php", {})
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.body, strict_parsing=True) == {
        "email": [simulated.username],
        "pass": [simulated.api_key],
        "numero": ["33612345678"],
        "message": ["Pompe à l'arrêt & vanne + 2"],
        "sender": ["MAISON"],
    }


async def test_asks_the_script_for_the_balance(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """A form to `solde_comptes.php`."""
    simulated.documented_api = False

    assert (await gateway.balance()).credits == Decimal(1000)

    assert paths(simulated) == ["api/solde/", "solde_comptes.php"]
    assert parse_qs(simulated.requests[-1].body, strict_parsing=True) == {
        "email": [simulated.username],
        "pass": [simulated.api_key],
    }


async def test_one_recipient_per_request(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """`numero` is one number: fifty recipients are fifty requests, each once."""
    result = await gateway.send(Sms(text="Citerne vide", recipients=FIFTY))

    assert {submission.outcome for submission in result.submissions} == {
        Outcome.ACCEPTED
    }
    assert [submission.recipient for submission in result.submissions] == list(FIFTY)
    assert paths(simulated) == ["api/send/"] * 50
    assert sorted(taken.recipient for taken in simulated.accepted) == [
        recipient.removeprefix("+") for recipient in FIFTY
    ]


# --- answers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "outcome", "error"),
    [
        ("-2", Outcome.UNKNOWN, GatewayBrokenError),
        ("80", Outcome.ACCEPTED, None),
        ("81", Outcome.ACCEPTED, None),
        ("82", Outcome.REJECTED, AuthenticationError),
        ("83", Outcome.REJECTED, InsufficientCreditError),
        ("84", Outcome.REJECTED, InvalidRecipientError),
        ("85", Outcome.REJECTED, InvalidScheduleError),
        ("86", Outcome.REJECTED, EmptyTargetError),
        ("91", Outcome.REJECTED, DuplicateMessageError),
        ("92", Outcome.REJECTED, RejectedError),
        ("93", Outcome.REJECTED, OverseasOptionMissingError),
        ("94", Outcome.UNKNOWN, UnreadableAnswerError),
        ("95", Outcome.REJECTED, InvalidScheduleError),
        ("96", Outcome.REJECTED, IpNotAllowedError),
        ("97", Outcome.REJECTED, InvalidSenderError),
        ("98", Outcome.REJECTED, InvalidScheduleError),
        ("99", Outcome.REJECTED, InvalidScheduleError),
        ("100", Outcome.REJECTED, InvalidScheduleError),
        ("101", Outcome.REJECTED, RecipientBlockedError),
        ("102", Outcome.REJECTED, StopMentionRequiredError),
        ("103", Outcome.UNKNOWN, UnreadableAnswerError),
    ],
)
async def test_understands_every_code_of_a_message(
    simulated: SimulatedSms123,
    gateway: Sms123,
    code: str,
    outcome: Outcome,
    error: type[GatewayError] | None,
) -> None:
    """From "Envoi de SMS", "Codes retour": one request, whatever the code."""
    simulated.answer_next(code, content_type="text/plain")

    submission = await send(gateway)

    assert submission.outcome is outcome
    assert type(submission.error) is (error or type(None))
    assert paths(simulated) == ["api/send/"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("-2", GatewayBrokenError),
        ("E505", AuthenticationError),
        ('{"code": 96}', IpNotAllowedError),
        ("E999", UnreadableAnswerError),
    ],
)
async def test_understands_every_code_of_the_balance(
    simulated: SimulatedSms123, gateway: Sms123, code: str, error: type[GatewayError]
) -> None:
    """From "Consultation du solde", "Codes retour": one request, whatever the code."""
    simulated.answer_next(code, content_type="text/plain")

    with pytest.raises(GatewayError) as raised:
        await gateway.balance()

    assert type(raised.value) is error
    assert paths(simulated) == ["api/solde/"]


@pytest.mark.parametrize("documented", [True, False])
@pytest.mark.parametrize("style", AnswerStyle)
async def test_understands_every_style_of_answer(
    simulated: SimulatedSms123, gateway: Sms123, style: AnswerStyle, documented: bool
) -> None:
    """The document names the formats that are accepted, not the one that comes back."""
    simulated.answer_style = style
    simulated.documented_api = documented
    simulated.blocked = {"33612345679"}

    accepted = await send(gateway)
    repeated = await send(gateway)
    blocked = await send(gateway, recipient="+33612345679")
    balance = await gateway.balance()

    assert accepted.outcome is Outcome.ACCEPTED
    [taken] = simulated.accepted
    assert accepted.submission_id == (
        taken.submission_id if style.tells_references else None
    )
    assert type(repeated.error) is DuplicateMessageError
    assert type(blocked.error) is RecipientBlockedError
    assert balance.credits == Decimal(999)
    simulated.api_key = "another"
    assert type((await send(gateway, "Autre")).error) is AuthenticationError
    with pytest.raises(AuthenticationError):
        await gateway.balance()


@pytest.mark.parametrize(
    ("status", "answer", "outcome", "error"),
    [
        (200, "80", Outcome.ACCEPTED, None),
        (201, '{"code": 80}', Outcome.ACCEPTED, None),
        (400, '{"code": 84}', Outcome.REJECTED, InvalidRecipientError),
        (401, '{"code": 82}', Outcome.REJECTED, AuthenticationError),
        (403, "96", Outcome.REJECTED, IpNotAllowedError),
        (404, "-2", Outcome.UNKNOWN, GatewayBrokenError),
        (400, PAGE, Outcome.REJECTED, InvalidRequestError),
        (401, PAGE, Outcome.REJECTED, AuthenticationError),
        (403, PAGE, Outcome.REJECTED, NotAllowedError),
        (429, PAGE, Outcome.NOT_SENT, RateLimitedError),
        # An acceptance that its own status denies.
        (302, "80", Outcome.UNKNOWN, UnreadableAnswerError),
        (400, "80", Outcome.UNKNOWN, UnreadableAnswerError),
        (404, '{"code": 80}', Outcome.UNKNOWN, UnreadableAnswerError),
        (405, "8012345", Outcome.UNKNOWN, UnreadableAnswerError),
        (500, "80", Outcome.UNKNOWN, GatewayBrokenError),
        # A refusal in a page of the server's own troubles proves nothing.
        (500, "84", Outcome.UNKNOWN, GatewayBrokenError),
        (503, "-1", Outcome.UNKNOWN, GatewayBrokenError),
        (302, "-1", Outcome.UNKNOWN, UnreadableAnswerError),
        (204, "", Outcome.UNKNOWN, UnreadableAnswerError),
        (200, PAGE, Outcome.UNKNOWN, UnreadableAnswerError),
    ],
)
async def test_weighs_the_answer_against_its_status(
    simulated: SimulatedSms123,
    gateway: Sms123,
    status: int,
    answer: str,
    outcome: Outcome,
    error: type[GatewayError] | None,
) -> None:
    """One request whatever comes: none of these proves that nothing was done."""
    simulated.answer_next(answer, status=status)

    submission = await send(gateway)

    assert submission.outcome is outcome
    assert type(submission.error) is (error or type(None))
    assert paths(simulated) == ["api/send/"]


async def test_a_page_that_is_missing_is_no_balance(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """The 404 in an error page's body is not the account's credit."""
    simulated.answer_next("404", status=404)

    assert (await gateway.balance()).credits == Decimal(1000)

    assert paths(simulated) == ["api/solde/", "solde_comptes.php"]


# --- the gateway's own rules ----------------------------------------------------


async def test_the_same_text_is_refused_for_a_day(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """91: the same text went to that number within 24 hours."""
    start = datetime(2026, 11, 20, 9, tzinfo=UTC)
    simulated.now = lambda: start
    assert (await send(gateway)).outcome is Outcome.ACCEPTED

    simulated.now = lambda: start + timedelta(hours=23, minutes=59)
    assert type((await send(gateway)).error) is DuplicateMessageError
    assert (await send(gateway, "Citerne pleine")).outcome is Outcome.ACCEPTED
    assert (await send(gateway, recipient=FIFTY[0])).outcome is Outcome.ACCEPTED

    simulated.now = lambda: start + timedelta(hours=24)
    assert (await send(gateway)).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 4


async def test_an_address_that_is_not_allowed(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """96: a repair for the user."""
    simulated.refusal = AccountRefusal.IP_NOT_ALLOWED

    assert type((await send(gateway)).error) is IpNotAllowedError
    assert simulated.accepted == []


@pytest.mark.parametrize(
    "recipient", [REUNION, "+590690123456", "+594694123456", "+596696123456"]
)
async def test_overseas_is_an_option(
    simulated: SimulatedSms123, gateway: Sms123, recipient: str
) -> None:
    """93 until the user turns it on at the gateway."""
    refused = await send(gateway, recipient=recipient)
    assert type(refused.error) is OverseasOptionMissingError

    simulated.overseas_option = True
    assert (await send(gateway, recipient=recipient)).outcome is Outcome.ACCEPTED


async def test_a_sender_may_need_the_stop_mention(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """102 unless the text ends with it."""
    simulated.stop_mention_needed = True

    assert type((await send(gateway)).error) is StopMentionRequiredError
    mentioned = await send(gateway, "Citerne vide stop SMS au 36177")
    assert mentioned.outcome is Outcome.ACCEPTED


async def test_one_credit_per_segment(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """83 when they run out."""
    simulated.credits = Decimal(3)
    gateway.long_messages = True

    submission = await send(gateway, "a" * 161)
    assert (submission.outcome, submission.segments) == (Outcome.ACCEPTED, 2)
    assert (await gateway.balance()).credits == Decimal(1)
    assert type((await send(gateway, "b" * 161)).error) is InsufficientCreditError


@pytest.mark.parametrize(
    "text", ["a" * 160, "ê" * 71, "a" * 80 + "🙂", "ê" * 160, "🙂" * 160, "€" * 160]
)
async def test_160_characters_of_any_alphabet_are_one_message(
    simulated: SimulatedSms123, gateway: Sms123, text: str
) -> None:
    """From "Envoi de SMS", `message`: the document doesn't say which characters."""
    sms = Sms(text=text, recipients=(PARIS,))

    assert gateway.fits(sms)
    assert (await send(gateway, text)).outcome is Outcome.ACCEPTED
    [accepted] = simulated.accepted
    assert accepted.text == text


@pytest.mark.parametrize("text", ["a" * 161, "ê" * 161, "a" * 160 + "🙂", "a" * 9999])
def test_long_messages_are_the_accounts_option(gateway: Sms123, text: str) -> None:
    """More than 160 characters is too long unless the option is chosen."""
    assert isinstance(gateway, SellsLongMessages)
    assert gateway.long_messages is False
    sms = Sms(text=text, recipients=(PARIS,))

    assert not gateway.fits(sms)
    with pytest.raises(MessageTooLongError) as raised:
        gateway.check(sms)
    assert raised.value.details == {
        "segments": str(gateway.measure(text).segments),
        "maximum": "1",
    }


def test_an_account_with_the_option_takes_the_usual_bound(gateway: Sms123) -> None:
    """The document sets none."""
    gateway.long_messages = True
    assert not gateway.fits(Sms(text="🙂" * 350, recipients=(PARIS,)))

    gateway.check(Sms(text="a" * 1530, recipients=(PARIS,)))
    with pytest.raises(MessageTooLongError) as raised:
        gateway.check(Sms(text="a" * 1531, recipients=(PARIS,)))
    assert raised.value.details == {"segments": "11", "maximum": "10"}


async def test_too_long_a_message_is_refused_before_asking(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Nothing goes out, to nobody."""
    with pytest.raises(MessageTooLongError):
        await send(gateway, "a" * 161)
    with pytest.raises(EmptyMessageError):
        await send(gateway, " ")

    assert simulated.requests == []


@pytest.mark.parametrize("sender", ["MAISONDUBOIS", "33612345678", "É"])
async def test_refuses_a_sender_before_asking(
    simulated: SimulatedSms123, gateway: Sms123, sender: str
) -> None:
    """`senderid`: no more than 11 characters, and not a number."""
    with pytest.raises(InvalidSenderError):
        await gateway.send(Sms(text="Test", recipients=(PARIS,), sender=sender))

    assert simulated.requests == []


# --- secrets --------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 302, 400, 404, 500])
async def test_nothing_secret_comes_out(
    simulated: SimulatedSms123, gateway: Sms123, status: int
) -> None:
    """A page that shows the whole request, as a debugging server's would."""
    echo = (
        f"<p>email={simulated.username} pass={simulated.api_key} "
        f"numero=33612345678 ref=8033612345678</p>"
    )
    simulated.answer_next(echo, status=status)
    simulated.answer_next(echo, status=status)

    submission = await send(gateway)

    assert gateway.last_unreadable is not None
    assert "pass=***" in gateway.last_unreadable
    for text in (
        str(submission.error),
        repr(submission.error),
        repr(submission),
        repr(gateway.credentials),
        str(gateway.last_unreadable),
    ):
        for secret in (simulated.username, simulated.api_key, "33612345678"):
            assert secret not in text


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_a_reference_is_kept_out_of_sight(
    simulated: SimulatedSms123, gateway: Sms123, status: int
) -> None:
    """Beside the outcome, for whoever asks the gateway, and in no text."""
    simulated.answer_next("8076543", status=status)

    submission = await send(gateway)

    assert submission.submission_id == "76543"
    assert "76543" not in repr(submission)
