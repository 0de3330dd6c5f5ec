"""123-SMS.net: what goes out, every answer, both forms, and what goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from types import SimpleNamespace
from urllib.parse import parse_qs

import aiohttp
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.abilities import SellsLongMessages
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    CannotConnectError,
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
    NoAnswerError,
    NotAllowedError,
    OperationUnknownError,
    OverseasOptionMissingError,
    RateLimitedError,
    RecipientBlockedError,
    RejectedError,
    StopMentionRequiredError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.models import (
    Credentials,
    Sms,
    Submission,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.sms123 import Sms123
from custom_components.passerelle_sms.gateways.transport import Timeouts
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.gateway import PAGE
from tests.simulator.sms123 import AnswerStyle, SimulatedSms123

PARIS = "+33612345678"
REUNION = "+262692123456"
FIFTY = tuple(f"+336123456{number:02}" for number in range(50))


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


def paths(simulated: SimulatedSms123) -> list[str]:
    """Return where requests came in, in order."""
    return [request.path for request in simulated.requests]


async def send(
    gateway: Sms123, text: str = "Citerne vide", recipient: str = PARIS
) -> Submission:
    """Send to one recipient and return what became of it."""
    result = await gateway.send(Sms(text=text, recipients=(recipient,)))
    [submission] = result.submissions
    return submission


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
        ("87", Outcome.REJECTED, AuthenticationError),
        ("88", Outcome.REJECTED, AuthenticationError),
        ("89", Outcome.REJECTED, InvalidRecipientError),
        ("90", Outcome.REJECTED, EmptyMessageError),
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
        ("E501", AuthenticationError),
        ("E502", AuthenticationError),
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
        taken.submission_id if style is AnswerStyle.GLUED else None
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
        (500, "80", Outcome.UNKNOWN, UnreadableAnswerError),
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
    simulated.clock = lambda: start
    assert (await send(gateway)).outcome is Outcome.ACCEPTED

    simulated.clock = lambda: start + timedelta(hours=23, minutes=59)
    assert type((await send(gateway)).error) is DuplicateMessageError
    assert (await send(gateway, "Citerne pleine")).outcome is Outcome.ACCEPTED
    assert (await send(gateway, recipient=FIFTY[0])).outcome is Outcome.ACCEPTED

    simulated.clock = lambda: start + timedelta(hours=24)
    assert (await send(gateway)).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 4


async def test_an_address_that_is_not_allowed(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """96: a repair for the user."""
    simulated.allowed_ip = False

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


def test_long_messages_are_the_accounts_option(gateway: Sms123) -> None:
    """From "Envoi de SMS", `message`: 160 characters unless the option is chosen."""
    assert isinstance(gateway, SellsLongMessages)
    assert gateway.long_messages is False
    gateway.check(Sms(text="a" * 160, recipients=(PARIS,)))
    gateway.check(Sms(text="ê" * 70, recipients=(PARIS,)))
    for text in ("a" * 161, "ê" * 71, "a" * 9999):
        with pytest.raises(MessageTooLongError) as raised:
            gateway.check(Sms(text=text, recipients=(PARIS,)))
        assert raised.value.details == {
            "segments": str(gateway.measure(text).segments),
            "maximum": "1",
        }


def test_an_account_with_the_option_takes_the_usual_bound(gateway: Sms123) -> None:
    """The document sets none."""
    gateway.long_messages = True

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


# --- two forms ------------------------------------------------------------------

NOTHING_WAS_DONE = pytest.mark.parametrize(
    ("status", "answer"),
    [(404, PAGE), (405, ""), (415, PAGE), (200, "-1"), (200, "-3"), (400, "[-1]")],
)


@NOTHING_WAS_DONE
async def test_falls_back_when_nothing_was_done(
    simulated: SimulatedSms123, gateway: Sms123, status: int, answer: str
) -> None:
    """The second form is tried, works, and is remembered; one message is sent."""
    simulated.answer_next(answer, status=status)

    submission = await send(gateway)

    assert submission.outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 1
    assert paths(simulated) == ["api/send/", "http.php"]
    assert (await send(gateway, "Encore")).outcome is Outcome.ACCEPTED
    assert paths(simulated)[2:] == ["http.php"]
    # The balance is another operation: its own documented form is still to be tried.
    await gateway.balance()
    assert paths(simulated)[3:] == ["api/solde/"]


@NOTHING_WAS_DONE
async def test_the_balance_falls_back_too(
    simulated: SimulatedSms123, gateway: Sms123, status: int, answer: str
) -> None:
    """And remembers."""
    simulated.answer_next(answer, status=status)

    await gateway.balance()
    await gateway.balance()

    assert paths(simulated) == ["api/solde/", "solde_comptes.php", "solde_comptes.php"]


@pytest.mark.parametrize(
    ("first", "second", "error", "code"),
    [
        ((200, "-1"), (404, PAGE), InvalidRequestError, "-1"),
        ((200, "-1"), (200, "-3"), InvalidRequestError, "-1"),
        ((200, "-3"), (200, "-1"), OperationUnknownError, "-3"),
        ((404, PAGE), (200, "-1"), OperationUnknownError, "HTTP 404"),
        ((405, PAGE), (415, PAGE), OperationUnknownError, "HTTP 405"),
    ],
)
async def test_the_documented_forms_error_stands(
    simulated: SimulatedSms123,
    gateway: Sms123,
    first: tuple[int, str],
    second: tuple[int, str],
    error: type[GatewayError],
    code: str,
) -> None:
    """If neither form is answered; and nothing is learnt from that."""
    for status, answer in (first, second):
        simulated.answer_next(answer, status=status)

    submission = await send(gateway)

    assert submission.outcome is Outcome.REJECTED
    assert type(submission.error) is error
    assert submission.error.code == code
    assert paths(simulated) == ["api/send/", "http.php"]
    assert (await send(gateway)).outcome is Outcome.ACCEPTED
    assert paths(simulated)[2:] == ["api/send/"]


async def test_an_error_of_the_second_form_stands_when_it_says_more(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Wrong credentials there are wrong credentials, and it is the form that answers."""
    simulated.documented_api = False
    simulated.api_key = "another"

    assert type((await send(gateway)).error) is AuthenticationError
    assert type((await send(gateway)).error) is AuthenticationError

    assert paths(simulated) == ["api/send/", "http.php", "http.php"]


async def test_a_refusal_settles_the_documented_form(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Whoever says no has understood: -1 is then the error of that message alone."""
    simulated.answer_next("84")
    await send(gateway)
    simulated.answer_next("-1")

    submission = await send(gateway)

    assert type(submission.error) is InvalidRequestError
    assert paths(simulated) == ["api/send/", "api/send/"]
    assert simulated.accepted == []


async def test_looks_again_when_the_known_address_is_gone(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """The gateway may retire either form while the house runs."""
    await send(gateway, "Un")
    simulated.documented_api = False

    assert (await send(gateway, "Deux")).outcome is Outcome.ACCEPTED
    assert (await send(gateway, "Trois")).outcome is Outcome.ACCEPTED

    assert paths(simulated) == [
        "api/send/",
        *("api/send/", "api/send/", "http.php"),
        "http.php",
    ]
    assert [taken.text for taken in simulated.accepted] == ["Un", "Deux", "Trois"]


async def test_fifty_messages_look_again_together(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Those under way meet a closed door each; one finds the other; none is doubled."""
    await send(gateway, "Avant")
    simulated.documented_api = False

    result = await gateway.send(Sms(text="Citerne vide", recipients=FIFTY))

    assert {submission.outcome for submission in result.submissions} == {
        Outcome.ACCEPTED
    }
    assert len(simulated.accepted) == 51
    closed = paths(simulated)[1:].count("api/send/")
    assert closed <= gateway.limits.concurrency + 1
    assert paths(simulated).count("http.php") == 50


async def test_looks_again_when_the_script_is_gone(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """-3 at the known form says the same as 404, and the search starts at the top."""
    simulated.answer_next("-3")
    await send(gateway, "Un")
    simulated.answer_next("-3")

    assert (await send(gateway, "Deux")).outcome is Outcome.ACCEPTED

    assert paths(simulated) == ["api/send/", "http.php", "http.php", "api/send/"]


async def test_fifty_messages_probe_once(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Fifty-one requests: the one that was turned away, and one per message."""
    simulated.documented_api = False

    result = await gateway.send(Sms(text="Citerne vide", recipients=FIFTY))

    assert {submission.outcome for submission in result.submissions} == {
        Outcome.ACCEPTED
    }
    assert len(simulated.accepted) == 50
    assert paths(simulated) == ["api/send/", *["http.php"] * 50]


class Watch:
    """What is under way at once, seen from the client's side."""

    def __init__(self) -> None:
        """Begin before the first request."""
        self.started = asyncio.Event()
        self.held: set[int] = set()
        """The requests, by number, whose answers are late."""
        self.let_go = asyncio.Event()
        self.events: list[str] = []
        self.peak = 0
        self._under_way = 0
        self.config = aiohttp.TraceConfig()
        self.config.on_request_start.append(self._start)
        self.config.on_request_end.append(self._end)

    async def _start(
        self,
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        parameters: aiohttp.TraceRequestStartParams,
    ) -> None:
        self.started.set()
        context.number = self.events.count("start")
        self.events.append("start")
        self._under_way += 1
        self.peak = max(self.peak, self._under_way)

    async def _end(
        self,
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        parameters: aiohttp.TraceRequestEndParams,
    ) -> None:
        if context.number in self.held:
            await self.let_go.wait()
        self.events.append("end")
        self._under_way -= 1


@pytest.fixture
def watch() -> Watch:
    """Return what counts the requests under way."""
    return Watch()


@pytest.fixture
async def watched(simulator: Simulator, watch: Watch) -> AsyncIterator[Sms123]:
    """Return a client whose requests are watched."""
    async with aiohttp.ClientSession(trace_configs=[watch.config]) as session:
        yield Sms123(
            session,
            Credentials(
                username=simulator.sms123.username, api_key=simulator.sms123.api_key
            ),
            url=URL(simulator.url("sms123")),
            timeouts=Timeouts(connect=2, read=0.2, total=4),
        )


@pytest.mark.parametrize(("documented", "alone"), [(True, 1), (False, 2)])
async def test_one_probes_then_all_go_at_once(
    simulated: SimulatedSms123,
    watch: Watch,
    watched: Sms123,
    documented: bool,
    alone: int,
) -> None:
    """Until the form is known one request is under way, and then as many as allowed."""
    simulated.documented_api = documented

    await watched.send(Sms(text="Citerne vide", recipients=FIFTY))

    assert watch.events[: 2 * alone + 2] == ["start", "end"] * alone + ["start"] * 2
    assert watch.peak == watched.limits.concurrency == 4


async def test_late_news_of_a_closed_door_is_no_news(
    simulated: SimulatedSms123, watch: Watch, watched: Sms123
) -> None:
    """What another message has found meanwhile is not forgotten."""
    await send(watched, "Avant")
    simulated.documented_api = False
    watch.held = {2}
    found = asyncio.create_task(send(watched, "Un"))
    late = asyncio.create_task(send(watched, "Deux"))

    assert (await found).outcome is Outcome.ACCEPTED
    watch.let_go.set()
    assert (await late).outcome is Outcome.ACCEPTED

    assert paths(simulated) == ["api/send/"] * 4 + ["http.php"] * 2
    assert len(simulated.accepted) == 3


async def test_a_probe_that_is_given_up_lets_the_next_one_through(
    simulated: SimulatedSms123, watch: Watch, watched: Sms123
) -> None:
    """Home Assistant may cancel a send at any moment."""
    probe = asyncio.create_task(send(watched, "Un"))
    waiting = asyncio.create_task(send(watched, "Deux"))
    await watch.started.wait()
    probe.cancel()

    assert (await waiting).outcome is Outcome.ACCEPTED
    assert probe.cancelled()
    assert [taken.text for taken in simulated.accepted] == ["Deux"]


# --- faults ---------------------------------------------------------------------

FAULTS = pytest.mark.parametrize(
    ("fault", "outcome", "error"),
    [
        (Fault.STALL_BEFORE, Outcome.UNKNOWN, NoAnswerError),
        (Fault.STALL_AFTER, Outcome.UNKNOWN, NoAnswerError),
        (Fault.CUT_BEFORE, Outcome.UNKNOWN, NoAnswerError),
        (Fault.CUT_AFTER, Outcome.UNKNOWN, NoAnswerError),
        (Fault.HALF_ANSWER, Outcome.UNKNOWN, NoAnswerError),
        (Fault.ERROR_500, Outcome.UNKNOWN, GatewayBrokenError),
        (Fault.ERROR_500_AFTER, Outcome.UNKNOWN, GatewayBrokenError),
        (Fault.RATE_LIMITED, Outcome.NOT_SENT, RateLimitedError),
        (Fault.HTML, Outcome.UNKNOWN, UnreadableAnswerError),
        (Fault.EMPTY, Outcome.UNKNOWN, UnreadableAnswerError),
        (Fault.REDIRECT, Outcome.UNKNOWN, UnreadableAnswerError),
    ],
)


def test_no_fault_is_left_out() -> None:
    """A new one is tried here too."""
    assert {row[0] for row in FAULTS.args[1]} == set(Fault)


@FAULTS
async def test_nothing_is_repeated_after_a_fault(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """No second form, no second request: the ledger holds what the fault let in."""
    simulated.fail(fault)

    submission = await send(gateway)

    assert submission.outcome is outcome
    assert type(submission.error) is error
    assert paths(simulated) == ["api/send/"]
    assert len(simulated.accepted) == fault.takes_the_message


@FAULTS
async def test_nothing_is_repeated_after_a_fault_of_the_second_form(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """The fault's own error stands, not the first form's: the message may have left."""
    simulated.answer_next("-3")
    simulated.fail(fault)

    submission = await send(gateway)

    assert submission.outcome is outcome
    assert type(submission.error) is error
    assert paths(simulated) == ["api/send/", "http.php"]
    assert len(simulated.accepted) == fault.takes_the_message


@FAULTS
async def test_nothing_is_repeated_after_a_fault_of_a_known_form(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """Nor is the form forgotten."""
    await send(gateway, "Avant")
    simulated.fail(fault, times=1)

    submission = await send(gateway)
    after = await send(gateway, "Après")

    assert submission.outcome is outcome
    assert type(submission.error) is error
    assert after.outcome is Outcome.ACCEPTED
    assert paths(simulated) == ["api/send/"] * 3
    assert len(simulated.accepted) == 2 + fault.takes_the_message


@FAULTS
async def test_a_fault_teaches_nothing_about_the_form(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """The next message still finds the form that works."""
    simulated.fail(fault, times=1)
    assert (await send(gateway, "Avant")).outcome is outcome
    simulated.documented_api = False

    assert (await send(gateway)).outcome is Outcome.ACCEPTED

    assert paths(simulated) == ["api/send/", "api/send/", "http.php"]


async def test_the_gateway_itself_tells_that_a_lost_answer_was_an_acceptance(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Repeated word for word after a time-out: 91, and still one message."""
    simulated.fail(Fault.STALL_AFTER, times=1)
    assert (await send(gateway)).outcome is Outcome.UNKNOWN

    assert type((await send(gateway)).error) is DuplicateMessageError
    assert len(simulated.accepted) == 1


@FAULTS
async def test_a_balance_that_does_not_come(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """One request, and no second form."""
    simulated.fail(fault)

    with pytest.raises(GatewayError) as raised:
        await gateway.balance()

    assert type(raised.value) is error
    assert paths(simulated) == ["api/solde/"]


async def test_a_gateway_that_is_down(session: aiohttp.ClientSession) -> None:
    """Provably nothing left the house, and no second form is tried."""
    gateway = Sms123(session, Credentials(), url=URL("http://127.0.0.1:1/"))

    submission = await send(gateway)

    assert submission.outcome is Outcome.NOT_SENT
    assert type(submission.error) is CannotConnectError


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

    assert gateway.last_unreadable is None or "pass=***" in gateway.last_unreadable
    assert (gateway.last_unreadable is None) is (status == 404)
    for text in (
        str(submission.error),
        repr(submission.error),
        repr(submission),
        repr(gateway.credentials),
        str(gateway.last_unreadable),
    ):
        for secret in (simulated.username, simulated.api_key, "33612345678"):
            assert secret not in text


async def test_a_reference_is_kept_out_of_sight(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Beside the outcome, for whoever asks the gateway, and in no text."""
    simulated.answer_next("8476543")

    submission = await send(gateway)

    assert submission.submission_id == "76543"
    assert "76543" not in repr(submission)
