"""Envoyer SMS Pro: every answer of its document, and every one that it doesn't have."""

from dataclasses import replace
from decimal import Decimal

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AlreadyCancelledError,
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidMessageError,
    InvalidNameError,
    InvalidOptionError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidScheduleError,
    InvalidSenderError,
    MessageNotReadyError,
    MessageTooLongError,
    NeverSentThereError,
    NoRepliesError,
    NotAllowedError,
    NotCancellableError,
    OperationUnknownError,
    RateLimitedError,
    RejectedError,
    UnknownAccountError,
    UnknownMessageError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.simulator import Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro

from .samples import (
    ACCEPTED,
    BAD,
    FRANCE,
    LUXEMBOURG,
    NOT_ENOUGH,
    SMS,
    STATUS,
    Maker,
    fail,
    maker,
    outcomes,
)


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedEnvoyerSmsPro:
    """Return the gateway as its document describes it."""
    return simulator.envoyer_sms_pro


@pytest.fixture
def make(simulator: Simulator, session: aiohttp.ClientSession) -> Maker:
    """Return a maker of clients."""
    return maker(simulator, session)


@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize(
    ("error_id", "message", "error"),
    [
        (1, "Authentication failed", AuthenticationError),
        (2, "Missing parameters", InvalidRequestError),
        (2, "Missing parameters - Recipients are missing", InvalidRequestError),
        (2, "Missing parameters – Text is missing", InvalidRequestError),
        (2, "Missing parameters - Sendername is missing", InvalidRequestError),
        (2, "Missing parameters - Senddate is missing", InvalidRequestError),
        (2, "Missing parameters - Sendtime is missing", InvalidRequestError),
        (3, BAD, InvalidRequestError),
        (3, f"{BAD} - Wrong numbers : 33600000001", InvalidRecipientError),
        (3, f"{BAD} – No number found", InvalidRecipientError),
        (3, f"{BAD} – No message found", InvalidMessageError),
        (3, f"{BAD} – No sendername found", InvalidSenderError),
        (3, f"{BAD} – Sendername must be longer than 2 characters", InvalidSenderError),
        (
            3,
            f"{BAD} – Sendername must be shorter than 12 characters",
            InvalidSenderError,
        ),
        (
            3,
            f"{BAD} – Sendername cannot contain special characters",
            InvalidSenderError,
        ),
        (3, f"{BAD} – Sendername cannot be a number", InvalidSenderError),
        (3, f"{BAD} – Senddate must contains 8 digits", InvalidScheduleError),
        (3, f"{BAD} – Unrecognized date", InvalidScheduleError),
        (3, f"{BAD} – Sendtime must contains 4 digits", InvalidScheduleError),
        (3, f"{BAD} – Bad hour value for sendtime", InvalidScheduleError),
        (3, f"{BAD} – Bad minute value for sendtime", InvalidScheduleError),
        (3, f"{BAD} – Too many recipients", InvalidRequestError),
        (3, f"{BAD} – Tag cannot be empty", InvalidOptionError),
        (
            3,
            f"{BAD} – Tag must must be shorter than 21 characters.",
            InvalidOptionError,
        ),
        (3, f"{BAD} – Accountname is missing", InvalidNameError),
        (3, f"{BAD} – Accountname cannot be null", InvalidNameError),
        (3, f"{BAD} – Accountname must be shorter than 51", InvalidNameError),
        (3, f"{BAD} – Deleteaccountid is missing", UnknownAccountError),
        (3, f"{BAD} – Deleteaccountid cannot be null", UnknownAccountError),
        (3, f"{BAD} – Debitaccountid is missing", UnknownAccountError),
        (3, f"{BAD} – Creditaccountid is missing", UnknownAccountError),
        (3, f"{BAD} – Sms is missing", InvalidOptionError),
        (3, f"{BAD} – Debitaccountid cannot be null", UnknownAccountError),
        (3, f"{BAD} – Creditaccountid cannot be null", UnknownAccountError),
        (3, f"{BAD} – Sms cannot be null", InvalidOptionError),
        (
            3,
            f"{BAD} – Debitaccountid and creditaccountid cannot be null.",
            UnknownAccountError,
        ),
        (3, f"{BAD} – Sms must be strictly positive", InvalidOptionError),
        (3, f"{BAD} – Debitaccountid does not exist", UnknownAccountError),
        (3, f"{BAD} – Creditaccountid does not exist", UnknownAccountError),
        (3, f"{BAD} – Debit account has not enough SMS", InsufficientCreditError),
        (3, f"{BAD} – Phonenumber is missing", InvalidRecipientError),
        (3, f"{BAD} – Phonenumber cannot be null", InvalidRecipientError),
        (3, f"{BAD} – You do not send SMS to the 33600000001", NeverSentThereError),
        (3, f"{BAD} - Offset should be an integer", InvalidOptionError),
        (
            3,
            f"{BAD} - Offset cannot be bigger than the number of response",
            InvalidOptionError,
        ),
        (4, "Message too long", MessageTooLongError),
        (5, "Not enough SMS", InsufficientCreditError),
        (7, "Unknown messageid", UnknownMessageError),
        (8, "Message is pending", MessageNotReadyError),
        (9, "Message is being sent", NotCancellableError),
        (10, "Message has been sent", NotCancellableError),
        (11, "Message is already cancelled", AlreadyCancelledError),
        (12, "Message cannot received response", NoRepliesError),
        # The number decides: words that belong to another, in another language, or none.
        (5, "Authentication failed: sendername", InsufficientCreditError),
        (4, "Message trop long", MessageTooLongError),
        (3, "", InvalidRequestError),
    ],
)
async def test_understands_every_refusal(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    status: int,
    error_id: int,
    message: str,
    error: type[GatewayError],
) -> None:
    """Both tables of "Messages d'erreur", whatever the HTTP status of a refusal."""
    simulated.answer_next(fail(error_id, message), status=status)

    result = await make().send(SMS)

    [submission] = result.submissions
    assert submission.outcome is Outcome.REJECTED
    assert type(submission.error) is error
    assert submission.error.code == str(error_id)
    assert (submission.error.words or "") == message.replace("33600000001", "***01")
    assert simulated.asked("send") == 1


@pytest.mark.parametrize(
    ("message", "details"),
    [
        ("Tag cannot be empty", {"option": "tag", "allowed": "A-Z a-z 0-9, 1 – 20"}),
        (
            "Offset should be an integer",
            {"option": "offset", "allowed": "0 – number_of_response"},
        ),
        ("Sms is missing", {"option": "amount", "allowed": "≥ 1"}),
        ("Accountname is missing", {"name": "", "longest": "50"}),
        ("Too many recipients", {}),
    ],
)
async def test_a_refused_value_is_named(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    message: str,
    details: dict[str, str],
) -> None:
    """With everything that the sentence about it wants to name."""
    simulated.answer_next(fail(3, f"{BAD} – {message}"))

    result = await make().send(SMS)

    error = result.submissions[0].error
    assert error is not None
    assert error.details == details


async def test_understands_the_document_s_own_sample(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """It is not well-formed: its echo of the request holds bare ampersands."""
    simulated.answer_next(NOT_ENOUGH, status=400, content_type="text/xml")

    result = await make().send(SMS)

    error = result.submissions[0].error
    assert type(error) is InsufficientCreditError
    assert str(error) == "insufficient credit: code 5, Not enough SMS"


@pytest.mark.parametrize(
    ("status", "answer", "outcome", "error"),
    [
        # A refusal without a number that the document knows.
        (200, fail(6, "?"), Outcome.REJECTED, RejectedError),
        (200, fail(99, "Sendername"), Outcome.REJECTED, RejectedError),
        (400, fail(6, "?"), Outcome.REJECTED, RejectedError),
        (400, fail(99, "Compte suspendu"), Outcome.REJECTED, RejectedError),
        (200, fail("", "?"), Outcome.UNKNOWN, UnreadableAnswerError),
        (200, fail("5a", "?"), Outcome.UNKNOWN, UnreadableAnswerError),
        (400, fail("5a", "?"), Outcome.UNKNOWN, UnreadableAnswerError),
        # Without any, 400 is the limit, in whatever words.
        (400, fail(0, "Too many requests"), Outcome.NOT_SENT, RateLimitedError),
        (400, fail("null", "100 per hour"), Outcome.NOT_SENT, RateLimitedError),
        (400, fail("", "Appelez Envoyer SMS Pro"), Outcome.NOT_SENT, RateLimitedError),
        (400, "Limite de 100 requêtes atteinte", Outcome.NOT_SENT, RateLimitedError),
        (400, "<r><m>100 requêtes</m></r>", Outcome.NOT_SENT, RateLimitedError),
        (400, "", Outcome.NOT_SENT, RateLimitedError),
        (400, "<html><h1>400</h1></html>", Outcome.NOT_SENT, RateLimitedError),
        # What says, or was about to say, something else is none.
        (400, "Message envoyé", Outcome.UNKNOWN, UnreadableAnswerError),
        (400, fail("", "Message sent"), Outcome.UNKNOWN, UnreadableAnswerError),
        (400, '{"id": "879"}', Outcome.UNKNOWN, UnreadableAnswerError),
        (400, NOT_ENOUGH[:120], Outcome.UNKNOWN, UnreadableAnswerError),
        (408, fail(5, "Not enough SMS"), Outcome.UNKNOWN, UnreadableAnswerError),
        (402, fail("", "?"), Outcome.REJECTED, InsufficientCreditError),
        (400, fail("", "Too many requests"), Outcome.NOT_SENT, RateLimitedError),
        (400, "Bad Request", Outcome.NOT_SENT, RateLimitedError),
        (401, "", Outcome.REJECTED, AuthenticationError),
        (401, fail(2, "Missing parameters"), Outcome.REJECTED, AuthenticationError),
        (403, "Forbidden", Outcome.REJECTED, NotAllowedError),
        (403, fail("", "Compte suspendu"), Outcome.REJECTED, NotAllowedError),
        (404, "Not Found", Outcome.REJECTED, OperationUnknownError),
        (418, "", Outcome.REJECTED, InvalidRequestError),
        (500, "", Outcome.UNKNOWN, GatewayBrokenError),
        (502, "<html/>", Outcome.UNKNOWN, GatewayBrokenError),
        (503, fail(5, "Not enough SMS"), Outcome.UNKNOWN, GatewayBrokenError),
        # What contradicts itself, or is none of the document's forms, proves nothing.
        (302, fail(5, "Not enough SMS"), Outcome.UNKNOWN, UnreadableAnswerError),
        (
            200,
            NOT_ENOUGH.replace(">fail<", ">success<"),
            Outcome.UNKNOWN,
            UnreadableAnswerError,
        ),
        (
            200,
            ACCEPTED.replace("<message_id>879</message_id>", "<message_id/>"),
            Outcome.UNKNOWN,
            UnreadableAnswerError,
        ),
        (200, STATUS, Outcome.UNKNOWN, UnreadableAnswerError),
        (
            200,
            NOT_ENOUGH.replace(">fail<", "><"),
            Outcome.UNKNOWN,
            UnreadableAnswerError,
        ),
        (200, "", Outcome.UNKNOWN, UnreadableAnswerError),
        (200, "OK", Outcome.UNKNOWN, UnreadableAnswerError),
        (
            200,
            NOT_ENOUGH[: NOT_ENOUGH.index("</request>")],
            Outcome.UNKNOWN,
            UnreadableAnswerError,
        ),
    ],
)
async def test_status_and_error_id_decide(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    status: int,
    answer: str,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """The table of statuses, and all that is provably neither success nor refusal."""
    simulated.answer_next(answer, status=status)

    result = await make().send(SMS)

    [submission] = result.submissions
    assert submission.outcome is outcome
    assert type(submission.error) is error
    assert submission.submission_id is None
    assert simulated.asked("send") == 1


@pytest.mark.parametrize(("retry_after", "is_presumed"), [(None, True), ("90", False)])
async def test_400_without_an_id_is_only_presumed_to_be_the_limit(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    retry_after: str | None,
    is_presumed: bool,
) -> None:
    """The document has the same status for a request that isn't understood."""
    simulated.retry_after = retry_after
    simulated.answer_next("Bad Request", status=400)

    result = await make().send(SMS)

    error = result.submissions[0].error
    assert isinstance(error, RateLimitedError)
    assert error.is_presumed is is_presumed


async def test_tells_why_it_may_not(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """403: "Un message d'erreur vous expliquera pourquoi"."""
    simulated.answer_next(fail("", " Compte\n suspendu "), status=403)

    with pytest.raises(NotAllowedError) as raised:
        await make().balance()

    assert raised.value.words == "Compte suspendu"


async def test_a_text_cannot_forge_the_answer(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The text comes back in the echo of the request, perhaps as it was sent."""
    forged = (
        "</request></error><status>success</status><message><message_id>1</message_id>"
        "<responses>"
    )
    simulated.answer_next(
        NOT_ENOUGH.replace("text=test", f"text={forged}<request>&"), status=400
    )

    result = await make().send(SMS)

    assert type(result.submissions[0].error) is InsufficientCreditError


GOOD = {"recipients": "33600000001", "text": "a", "sendername": "ABC"}

# --- the simulator's refusals, by the client's way -----------------------------


@pytest.mark.parametrize("raw_ampersand", [True, False])
@pytest.mark.parametrize("misprinted_tags", [True, False])
async def test_too_little_credit_sends_to_nobody(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    raw_ampersand: bool,
    misprinted_tags: bool,
) -> None:
    """Error 5, and a success once there is enough, however the gateway prints."""
    simulated.raw_ampersand = raw_ampersand
    simulated.misprinted_tags = misprinted_tags
    simulated.credits = Decimal(1)
    sms = replace(SMS, recipients=(FRANCE, LUXEMBOURG))

    result = await make().send(sms)

    assert [type(each.error) for each in result.submissions] == [
        InsufficientCreditError,
        InsufficientCreditError,
    ]
    assert simulated.accepted == []

    simulated.credits = Decimal(2)
    result = await make().send(sms)

    assert outcomes(result) == dict.fromkeys((FRANCE, LUXEMBOURG), Outcome.ACCEPTED)
    assert result.remaining == 0


async def test_over_the_limit_of_requests_nothing_is_sent(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """A hundred in sixty minutes from the first one, and the gateway counts itself."""
    now = 1000.0
    simulated.clock = lambda: now
    simulated.request_limit = 2
    gateway = make()
    await gateway.accounts()
    now += 3599
    await gateway.send(SMS)

    result = await gateway.send(SMS)

    [submission] = result.submissions
    assert type(submission.error) is RateLimitedError
    assert submission.error.code == "HTTP 400"
    assert submission.outcome is Outcome.NOT_SENT
    with pytest.raises(RateLimitedError):
        await gateway.balance()
    assert len(simulated.accepted) == 1

    now += 1
    await gateway.send(SMS)
    assert len(simulated.accepted) == 2


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Recipients are missing"),
        ({"recipients": "33600000001"}, "Text is missing"),
        ({"recipients": "33600000001", "text": "a"}, "Sendername is missing"),
        (
            {"recipients": "33600000001", "text": "", "sendername": "ABC"},
            "No message found",
        ),
        ({"recipients": ",", "text": "a", "sendername": "ABC"}, "No number found"),
        (
            {"recipients": "1,33600000001", "text": "a", "sendername": "ABC"},
            "Wrong numbers : 1<",
        ),
        ({"recipients": "1", "text": "a", "sendername": ""}, "No sendername found"),
        (
            {"recipients": "1", "text": "a", "sendername": "AB"},
            "Sendername must be longer than 2 characters",
        ),
        (
            {"recipients": "1", "text": "a", "sendername": "MAISONDUBOIS"},
            "Sendername must be shorter than 12 characters",
        ),
        (
            {"recipients": "1", "text": "a", "sendername": "A/B"},
            "Sendername cannot contain special characters",
        ),
        (
            {"recipients": "1", "text": "a", "sendername": "123"},
            "Sendername cannot be a number",
        ),
        (
            {
                "recipients": ",".join(["33600000001"] * 1001),
                "text": "a",
                "sendername": "ABC",
            },
            "Too many recipients",
        ),
        ({**GOOD, "tag": ""}, "Tag cannot be empty"),
        (
            {**GOOD, "tag": "a" * 21},
            "Tag must must be shorter than 21 characters.",
        ),
        ({**GOOD, "tag": "a-b"}, "Bad value of parameters"),
        ({**GOOD, "sendtime": "0950"}, "Senddate is missing"),
        ({**GOOD, "senddate": "20110210"}, "Sendtime is missing"),
        (
            {**GOOD, "senddate": "2011021", "sendtime": "0950"},
            "Senddate must contains 8 digits",
        ),
        (
            {**GOOD, "senddate": "20110230", "sendtime": "0950"},
            "Unrecognized date",
        ),
        (
            {**GOOD, "senddate": "20110210", "sendtime": "950"},
            "Sendtime must contains 4 digits",
        ),
        (
            {**GOOD, "senddate": "20110210", "sendtime": "2400"},
            "Bad hour value for sendtime",
        ),
        (
            {**GOOD, "senddate": "20110210", "sendtime": "0960"},
            "Bad minute value for sendtime",
        ),
        (
            {"recipients": "33600000001", "text": "a" * 161, "sendername": "ABC"},
            "Message too long",
        ),
        (
            {
                "recipients": "33600000001",
                "text": "a" * 142,
                "sendername": "ABC",
                "stopsms": "1",
            },
            "Message too long",
        ),
        (
            {
                "recipients": "33600000001",
                "text": "a" * 460,
                "sendername": "ABC",
                "longmessageallowed": "1",
            },
            "Message too long",
        ),
    ],
)
async def test_the_simulator_refuses_what_the_document_refuses(
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    session: aiohttp.ClientSession,
    form: dict[str, str],
    words: str,
) -> None:
    """The judge of the other tests must itself be strict."""
    login = aiohttp.encode_basic_auth(simulated.username, simulated.password)
    url = f"{simulator.url('envoyer_sms_pro')}message/send"

    async with session.post(
        url, data=form, headers={"Authorization": login}
    ) as response:
        text = " ".join((await response.text()).split()).replace(" <", "<")

    assert response.status == 400
    assert words in text
    assert simulated.accepted == []


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        ("message/stats", {}, "Missing parameters"),
        ("message/stats", {"messageid": "1"}, "Unknown messageid"),
        ("message/cancel", {}, "Missing parameters"),
        ("message/cancel", {"messageid": "1"}, "Unknown messageid"),
        ("response/get", {"messageid": "1"}, "Unknown messageid"),
        ("account/create", {}, "Accountname is missing"),
        ("account/create", {"accountname": ""}, "Accountname cannot be null"),
        (
            "account/create",
            {"accountname": "a" * 51},
            "Accountname must be shorter than 51",
        ),
        ("account/delete", {}, "Deleteaccountid is missing"),
        ("account/delete", {"deleteaccountid": ""}, "Deleteaccountid cannot be null"),
        ("account/transfer", {}, "Debitaccountid is missing"),
        ("account/transfer", {"debitaccountid": "1"}, "Creditaccountid is missing"),
        (
            "account/transfer",
            {"debitaccountid": "1", "creditaccountid": "2"},
            "Sms is missing",
        ),
        (
            "account/transfer",
            {"debitaccountid": "", "creditaccountid": "2", "sms": "1"},
            "Debitaccountid cannot be null",
        ),
        (
            "account/transfer",
            {"debitaccountid": "", "creditaccountid": "", "sms": "1"},
            "Debitaccountid and creditaccountid cannot be null.",
        ),
        (
            "account/transfer",
            {"debitaccountid": "1", "creditaccountid": "2", "sms": "0"},
            "Sms must be strictly positive",
        ),
        ("stopsms/check", {}, "Phonenumber is missing"),
        ("stopsms/check", {"phonenumber": ""}, "Phonenumber cannot be null"),
        (
            "stopsms/check",
            {"phonenumber": "33600000009"},
            "You do not send SMS to the 33600000009",
        ),
    ],
)
async def test_the_simulator_refuses_in_every_operation(
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    session: aiohttp.ClientSession,
    path: str,
    form: dict[str, str],
    words: str,
) -> None:
    """Even what the client itself never asks for."""
    login = aiohttp.encode_basic_auth(simulated.username, simulated.password)
    url = f"{simulator.url('envoyer_sms_pro')}{path}"

    async with session.post(
        url, data=form, headers={"Authorization": login}
    ) as response:
        assert response.status == 400
        assert f"{words} <" in await response.text()


@pytest.mark.parametrize("login", ["", "Basic ?", "Basic gA==", "Bearer MTox"])
async def test_the_simulator_lets_nobody_in_without_login(
    simulator: Simulator, session: aiohttp.ClientSession, login: str
) -> None:
    """401 without the header, with one that can't be read, or of another kind."""
    url = f"{simulator.url('envoyer_sms_pro')}account/getallaccounts"

    async with session.get(url, headers={"Authorization": login}) as response:
        assert response.status == 401
