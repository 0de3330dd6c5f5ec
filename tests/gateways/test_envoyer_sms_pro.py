"""Envoyer SMS Pro: every answer of its document, and what goes out."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import aiohttp
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.abilities import ListsAccounts
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.envoyer_sms_pro import EnvoyerSmsPro
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidMessageError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidScheduleError,
    InvalidSenderError,
    MessageNotReadyError,
    MessageTooLongError,
    NoAnswerError,
    NoRepliesError,
    NotAllowedError,
    NotCancellableError,
    OperationUnknownError,
    RateLimitedError,
    RejectedError,
    UnknownMessageError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.models import (
    Balance,
    Credentials,
    Encoding,
    SendResult,
    Sms,
    SubAccount,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.segments import GSM7_BASIC
from custom_components.passerelle_sms.gateways.transport import Timeouts
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedAccount, SimulatedEnvoyerSmsPro

FRANCE = "+33600000001"
LUXEMBOURG = "+35200000077"
SMS = Sms(text="Ceci est un test", recipients=(FRANCE,))

type Maker = Callable[..., EnvoyerSmsPro]

# "Fonction nouveau message", "Retour du serveur".
ACCEPTED = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <message>
    <message_id>879</message_id>
    <sms_sent>2</sms_sent>
    <sms_remaing>564</sms_remaing>
  </message>
</envoyersmspro>
"""
# "Messages d'erreur".
NOT_ENOUGH = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>fail</status>
  <error>
    <request>/message/send?text=test&sendername=Societe&recipients=33600000000
  </request>
    <error_id>5</error_id>
    <error_message> Not enough SMS </error_message>
  </error>
</envoyersmspro>
"""
# "Fonction SMS restant".
STATUS = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <account>
    <sms_remaining>564</sms_remaining>
    <api_request_limit>100</api_request_limit>
  </account>
</envoyersmspro>
"""
# "Fonction liste des comptes".
ACCOUNTS = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <accounts>
    <account>
      <account_id>496</account_id>
      <account_name>SOCIETE1</account_name>
      <sms_remaining>155</ sms_remaining>
      <api_request_limit>5000</api_request_limit>
    </account>
    <account>
      <account_id>504</account_id>
      <account_name>SOCIETE2</account_name>
      <sms_remaining>5973</ sms_remaining>
      <api_request_limit>200</api_request_limit>
    </account>
  </accounts>
</envoyersmspro>
"""
LISTED = (
    SubAccount(
        account_id="496", name="SOCIETE1", credits=Decimal(155), request_limit=5000
    ),
    SubAccount(
        account_id="504", name="SOCIETE2", credits=Decimal(5973), request_limit=200
    ),
)


def fail(error_id: int | str, message: str) -> str:
    """Return a refusal in the form of the document."""
    return (
        "<envoyersmspro><status>fail</status><error><request>/message/send?text=secret&"
        f"recipients=33600000001</request><error_id>{error_id}</error_id>"
        f"<error_message>{message}</error_message></error></envoyersmspro>"
    )


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedEnvoyerSmsPro:
    """Return the gateway as its document describes it."""
    return simulator.envoyer_sms_pro


@pytest.fixture
def make(
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    session: aiohttp.ClientSession,
) -> Maker:
    """Return a maker of clients, with other credentials than the right ones if asked.

    `patience` is how long they wait for an answer, in seconds.
    """

    def make(*, patience: float = 10, **credentials: str) -> EnvoyerSmsPro:
        right = Credentials(username=simulated.username, password=simulated.password)
        return EnvoyerSmsPro(
            session,
            replace(right, **credentials),
            url=URL(simulator.url("envoyer_sms_pro")),
            sender="MAISON",
            timeouts=Timeouts(connect=10, read=patience, total=20),
        )

    return make


def open_accounts(simulated: SimulatedEnvoyerSmsPro) -> None:
    """Open the first two accounts of the document's list."""
    simulated.accounts = {
        account.account_id: SimulatedAccount(
            name=account.name,
            credits=account.credits,
            request_limit=account.request_limit or 0,
        )
        for account in LISTED
    }


def submitted(simulated: SimulatedEnvoyerSmsPro, number: int = -1) -> dict[str, str]:
    """Return the form of a request."""
    body = simulated.requests[number].body
    return {name: values[0] for name, values in parse_qs(body).items()}


def outcomes(result: SendResult) -> dict[str, Outcome]:
    """Return what became of each recipient."""
    return {each.recipient: each.outcome for each in result.submissions}


def test_is_what_the_document_says() -> None:
    """Its catalogue line, its address and its limits."""
    assert GATEWAYS["envoyer_sms_pro"] is EnvoyerSmsPro
    assert issubclass(EnvoyerSmsPro, ListsAccounts)
    assert EnvoyerSmsPro.default_url.scheme == "https"
    assert EnvoyerSmsPro.identity_fields == ("username", "account_id")
    assert EnvoyerSmsPro.limits.recipients_per_request == 1000
    # Six looks an hour, of a hundred requests; twelve where accounts are listed too.
    assert EnvoyerSmsPro.limits.minimum_poll == timedelta(minutes=10)


# --- what goes out ------------------------------------------------------------


async def test_sends_what_the_document_asks_for(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """One POST form for all recipients, with the login in the header alone."""
    simulated.answer_next(ACCEPTED, content_type="text/xml")

    result = await make().send(
        Sms(
            text="Citerne vide & pompe à sec + 2",
            recipients=(FRANCE, LUXEMBOURG),
            sender="Societe",
        )
    )

    [request] = simulated.requests
    assert (request.method, request.path) == ("POST", "message/send")
    assert request.query == {}
    assert submitted(simulated) == {
        "text": "Citerne vide & pompe à sec + 2",
        "recipients": "33600000001,35200000077",
        "sendername": "Societe",
    }
    first, second = result.submissions
    assert (first.recipient, second.recipient) == (FRANCE, LUXEMBOURG)
    for submission in result.submissions:
        assert submission.outcome is Outcome.ACCEPTED
        assert submission.submission_id == "879"
        assert submission.segments == 1
        assert submission.cost == 1
    assert result.remaining == 564


@pytest.mark.parametrize(
    ("account_id", "login"),
    [("", "0612345678:pässword:1"), ("496", "0612345678:pässword:1:496")],
)
async def test_logs_in_as_the_document_asks_for(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, account_id: str, login: str
) -> None:
    """By solution 1 of "Authentification", in UTF-8, with the account's id if any."""
    simulated.username, simulated.password = "0612345678", "pässword:1"
    if account_id:
        open_accounts(simulated)

    result = await make(account_id=account_id).send(SMS)

    [request] = simulated.requests
    scheme, _, encoded = request.headers["Authorization"].partition(" ")
    assert (scheme, b64decode(encoded).decode()) == ("Basic", login)
    assert outcomes(result) == {FRANCE: Outcome.ACCEPTED}


@pytest.mark.parametrize(
    "credentials",
    [
        {"password": "wrong"},
        {"username": "0698765432"},
        {"account_id": "496"},
        {"username": "06:12"},
    ],
)
async def test_a_wrong_login_is_told(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, credentials: dict[str, str]
) -> None:
    """Status 401; a login that no header can hold is known to be wrong."""
    with pytest.raises(AuthenticationError):
        await make(**credentials).balance()

    result = await make(**credentials).send(SMS)

    [submission] = result.submissions
    assert type(submission.error) is AuthenticationError
    assert simulated.accepted == []


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Bonjour,\nceci est un test.", b"Bonjour%2C%0Aceci"),
        ("Bonjour,\r\nceci est un test.", b"Bonjour%2C%0Aceci"),
        ("Bonjour,\rceci est un test.", b"Bonjour%2C%0Aceci"),
    ],
)
async def test_a_line_break_is_a_line_feed(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, text: str, sent: bytes
) -> None:
    """Encoded, it is `%0A` ("Détails sur le nombre de caractères")."""
    await make().send(replace(SMS, text=text))

    assert sent.decode() in simulated.requests[0].body
    assert simulated.accepted[0].text == "Bonjour,\nceci est un test."


async def test_a_thousand_recipients_share_a_request(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """By POST that is the limit ("Détails sur le nombre de destinataires")."""
    simulated.credits = Decimal(2000)
    recipients = tuple(f"+3360000{number:04}" for number in range(1001))

    result = await make().send(replace(SMS, recipients=recipients))

    assert simulated.asked("send") == 2
    assert outcomes(result) == dict.fromkeys(recipients, Outcome.ACCEPTED)
    taken = [acceptance.recipient for acceptance in simulated.accepted]
    assert sorted(taken) == [recipient.removeprefix("+") for recipient in recipients]
    assert result.remaining == 999


# --- how long a message is ----------------------------------------------------


@pytest.mark.parametrize(
    ("text", "units", "segments", "encoding"),
    [
        ("", 0, 1, Encoding.GSM7),
        ("a" * 160, 160, 1, Encoding.GSM7),
        ("a" * 161, 161, 2, Encoding.GSM7),
        ("a" * 306, 306, 2, Encoding.GSM7),
        ("a" * 307, 307, 3, Encoding.GSM7),
        ("a" * 459, 459, 3, Encoding.GSM7),
        ("a" * 460, 460, 4, Encoding.GSM7),
        ("é" * 160, 160, 1, Encoding.GSM7),
        ("é" * 161, 161, 2, Encoding.GSM7),
        ("€" * 80, 160, 1, Encoding.GSM7),
        ("€" * 80 + "a", 161, 2, Encoding.GSM7),
        ("€" * 153, 306, 2, Encoding.GSM7),
        ("€" * 153 + "a", 307, 3, Encoding.GSM7),
        ("€" * 229 + "a", 459, 3, Encoding.GSM7),
        ("€" * 230, 460, 4, Encoding.GSM7),
        ("a" * 158 + "\n", 160, 1, Encoding.GSM7),
        ("a" * 159 + "\n", 161, 2, Encoding.GSM7),
        ("a" * 158 + "\r\n", 160, 1, Encoding.GSM7),
        ("ê" * 80, 160, 1, Encoding.UCS2),
        ("ê" * 81, 162, 2, Encoding.UCS2),
        ("😀" * 80, 160, 1, Encoding.UCS2),
    ],
)
async def test_counts_as_the_gateway_does(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    text: str,
    units: int,
    segments: int,
    encoding: Encoding,
) -> None:
    """As in "Détails sur le nombre de caractères" and "sur le long SMS"; billed so too."""
    gateway = make()

    measured = gateway.measure(text)

    assert (measured.units, measured.segments) == (units, segments)
    assert measured.encoding is encoding
    if not text:
        return
    if segments > 3:
        with pytest.raises(MessageTooLongError):
            await gateway.send(replace(SMS, text=text))
        assert simulated.requests == []
        return
    result = await gateway.send(replace(SMS, text=text))
    assert submitted(simulated).get("longmessageallowed") == (
        "1" if segments > 1 else None
    )
    assert [each.segments for each in simulated.accepted] == [segments]
    assert result.submissions[0].segments == segments
    assert result.submissions[0].cost == segments
    assert simulated.credits == 1000 - segments


async def test_every_plain_character_counts_one(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The simulator's own list of them, and ours."""
    plain = "".join(sorted(GSM7_BASIC - {"\n", "\r"}))
    text = plain + "." * (160 - len(plain))

    assert make().measure(text).units == 160
    await make().send(replace(SMS, text=text))

    assert simulated.accepted[0].segments == 1


def test_tells_which_characters_are_outside(make: Maker) -> None:
    """As everywhere: the ones that a spelling could save."""
    assert make().measure("fenêtre forcée, fête").outside == ("ê",)


# --- the sender ---------------------------------------------------------------


@pytest.mark.parametrize(
    "sender",
    ["AB", "MAISONDUBOIS", "33600000001", "123", "1 2 3", "   ", "É T É", "A/B", "A_B"],
)
async def test_refuses_a_sender_as_the_gateway_would(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, sender: str
) -> None:
    """Three to eleven, no special characters, not a number ("Messages d'erreur")."""
    with pytest.raises(InvalidSenderError) as raised:
        await make().send(replace(SMS, sender=sender))

    assert "33600000001" not in str(raised.value)
    assert simulated.requests == []


@pytest.mark.parametrize(
    "sender", ["ABC", "Societe", "MAISONDUBOI", "Maison 12", "3 A"]
)
async def test_takes_a_sender_as_the_gateway_would(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, sender: str
) -> None:
    """Letters, digits and spaces."""
    result = await make().send(replace(SMS, sender=sender))

    assert outcomes(result) == {FRANCE: Outcome.ACCEPTED}
    assert simulated.accepted[0].sender == sender


# --- what comes back ----------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "submission_id", "cost", "remaining"),
    [
        (ACCEPTED, "879", Decimal(2), Decimal(564)),
        (ACCEPTED.replace("remaing", "remaining"), "879", Decimal(2), Decimal(564)),
        (
            ACCEPTED.replace("</sms_remaing>", "</ sms_remaing>"),
            "879",
            Decimal(2),
            Decimal(564),
        ),
        (ACCEPTED.replace("remaing", "remaning"), "879", Decimal(2), Decimal(564)),
        (ACCEPTED.replace("success", " Success\n"), "879", Decimal(2), Decimal(564)),
        # What isn't told is not guessed, and doesn't make the message unsent.
        (
            "<r><status>success</status><message><message_id>a1</message_id></message></r>",
            "a1",
            None,
            None,
        ),
        (ACCEPTED.replace("564", "beaucoup"), "879", Decimal(2), None),
        (ACCEPTED.replace("<sms_sent>2", "<sms_sent>deux"), "879", None, Decimal(564)),
    ],
)
async def test_reads_a_success(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    answer: str,
    submission_id: str,
    cost: Decimal | None,
    remaining: Decimal | None,
) -> None:
    """As "Retour du serveur" prints it, in every spelling."""
    simulated.answer_next(answer)

    result = await make().send(SMS)

    [submission] = result.submissions
    assert submission.outcome is Outcome.ACCEPTED
    assert submission.submission_id == submission_id
    assert submission.cost == cost
    assert result.remaining == remaining


async def test_a_cost_that_does_not_divide_is_nobodys(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Three SMS for two recipients: the document doesn't say whose is the third."""
    simulated.answer_next(ACCEPTED.replace("<sms_sent>2", "<sms_sent>3"))

    result = await make().send(replace(SMS, recipients=(FRANCE, LUXEMBOURG)))

    assert [each.cost for each in result.submissions] == [None, None]


BAD = "Bad value of parameters"


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
        (3, f"{BAD} – Tag cannot be empty", InvalidRequestError),
        (
            3,
            f"{BAD} – Tag must must be shorter than 21 characters.",
            InvalidRequestError,
        ),
        (4, "Message too long", MessageTooLongError),
        (5, "Not enough SMS", InsufficientCreditError),
        (7, "Unknown messageid", UnknownMessageError),
        (8, "Message is pending", MessageNotReadyError),
        (9, "Message is being sent", NotCancellableError),
        (10, "Message has been sent", NotCancellableError),
        (11, "Message is already cancelled", NotCancellableError),
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
        (200, fail("", "?"), Outcome.UNKNOWN, UnreadableAnswerError),
        (400, fail(6, "?"), Outcome.NOT_SENT, RateLimitedError),
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
        (500, ACCEPTED, Outcome.UNKNOWN, GatewayBrokenError),
        # What contradicts itself, or is none of the document's forms, proves nothing.
        (201, ACCEPTED, Outcome.UNKNOWN, UnreadableAnswerError),
        (302, fail(5, "Not enough SMS"), Outcome.UNKNOWN, UnreadableAnswerError),
        (400, ACCEPTED, Outcome.UNKNOWN, UnreadableAnswerError),
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
            ACCEPTED.replace(">success<", ">done<"),
            Outcome.UNKNOWN,
            UnreadableAnswerError,
        ),
        (
            200,
            NOT_ENOUGH.replace(">fail<", "><"),
            Outcome.UNKNOWN,
            UnreadableAnswerError,
        ),
        (200, "", Outcome.UNKNOWN, UnreadableAnswerError),
        (200, "OK", Outcome.UNKNOWN, UnreadableAnswerError),
        (200, ACCEPTED[:150], Outcome.UNKNOWN, UnreadableAnswerError),
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
    )
    simulated.answer_next(
        NOT_ENOUGH.replace("text=test", f"text={forged}<request>&"), status=400
    )

    result = await make().send(SMS)

    assert type(result.submissions[0].error) is InsufficientCreditError


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
    """A hundred in sixty minutes from the first one; looks at the balance count too."""
    now = 1000.0
    simulated.clock = lambda: now
    simulated.request_limit = 2
    gateway = make()
    await gateway.balance()
    now += 3599
    await gateway.send(SMS)

    result = await gateway.send(SMS)

    [submission] = result.submissions
    assert type(submission.error) is RateLimitedError
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
        (
            {"recipients": "33600000001", "text": "a" * 161, "sendername": "ABC"},
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


@pytest.mark.parametrize("login", ["", "Basic ?", "Basic gA==", "Bearer MTox"])
async def test_the_simulator_lets_nobody_in_without_login(
    simulator: Simulator, session: aiohttp.ClientSession, login: str
) -> None:
    """401 without the header, with one that can't be read, or of another kind."""
    url = f"{simulator.url('envoyer_sms_pro')}account/getallaccounts"

    async with session.get(url, headers={"Authorization": login}) as response:
        assert response.status == 401


# --- one wrong number among others --------------------------------------------

THIRD = "+33600000003"


async def test_a_wrong_number_does_not_stop_the_others(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The refusal proves that nobody got it: the others do, in one more request."""
    simulated.wrong_numbers = {"35200000077"}

    result = await make().send(
        Sms(text="a" * 161, recipients=(FRANCE, LUXEMBOURG, THIRD))
    )

    assert simulated.asked("send") == 2
    assert (
        submitted(simulated, 0)["recipients"] == "33600000001,35200000077,33600000003"
    )
    assert submitted(simulated, 1) == {
        **submitted(simulated, 0),
        "recipients": "33600000001,33600000003",
    }
    assert [each.recipient for each in simulated.accepted] == [
        "33600000001",
        "33600000003",
    ]
    first, wrong, third = result.submissions
    assert [first.recipient, wrong.recipient, third.recipient] == [
        FRANCE,
        LUXEMBOURG,
        THIRD,
    ]
    assert (first.outcome, third.outcome) == (Outcome.ACCEPTED, Outcome.ACCEPTED)
    assert (first.cost, first.segments) == (Decimal(2), 2)
    assert type(wrong.error) is InvalidRecipientError
    assert wrong.outcome is Outcome.REJECTED
    assert str(wrong.error) == "invalid recipient: code 3, Wrong numbers"
    assert result.remaining == 996


async def test_wrong_numbers_in_two_requests_do_not_wait_for_each_other(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Both slots are taken, and both need one further request."""
    simulated.credits = Decimal(3000)
    recipients = tuple(f"+3360000{number:04}" for number in range(2000))
    simulated.wrong_numbers = {"33600000007", "33600001007"}

    result = await make().send(replace(SMS, recipients=recipients))

    assert simulated.asked("send") == 4
    taken = [acceptance.recipient for acceptance in simulated.accepted]
    assert len(taken) == len(set(taken)) == 1998
    assert [r for r, o in outcomes(result).items() if o is not Outcome.ACCEPTED] == [
        "+33600000007",
        "+33600001007",
    ]


@pytest.mark.parametrize(
    "listed",
    [
        "33600000001,35200000077,33600000003",
        # Not numbers of this request, so the list isn't understood.
        "33600000001,33699999999",
        "3360000",
        "06 00 00 00 01",
        "",
        "tous",
    ],
)
async def test_a_list_that_is_no_part_of_the_batch_refuses_all(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, listed: str
) -> None:
    """Nothing further is asked."""
    simulated.answer_next(fail(3, f"{BAD} - Wrong numbers : {listed}"), status=400)

    result = await make().send(Sms(text="a", recipients=(FRANCE, LUXEMBOURG, THIRD)))

    assert simulated.asked("send") == 1
    assert [type(each.error) for each in result.submissions] == [
        InvalidRecipientError
    ] * 3


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, fail(3, f"{BAD} - Wrong numbers : 33600000001")),
        (200, fail(5, f"{BAD} - Wrong numbers : 33600000001")),
        (200, fail(3, f"{BAD} - Wrong numbers : 33600000001").replace("fail", "ok")),
        (
            200,
            fail(3, f"{BAD} - Wrong numbers : 33600000001").replace("fail", "success"),
        ),
    ],
)
async def test_without_the_proof_nothing_further_is_asked(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, status: int, answer: str
) -> None:
    """Only a decided error 3 says that nothing was sent."""
    simulated.answer_next(answer, status=status)

    await make().send(Sms(text="a", recipients=(FRANCE, LUXEMBOURG)))

    assert simulated.asked("send") == 1


@pytest.mark.parametrize(
    ("status", "answer", "outcome", "error"),
    [
        (400, fail(5, "Not enough SMS"), Outcome.REJECTED, InsufficientCreditError),
        (
            400,
            fail(3, f"{BAD} - Wrong numbers : 33600000001"),
            Outcome.REJECTED,
            InvalidRecipientError,
        ),
        (400, "", Outcome.NOT_SENT, RateLimitedError),
        (502, "", Outcome.UNKNOWN, GatewayBrokenError),
        (200, "", Outcome.UNKNOWN, UnreadableAnswerError),
    ],
)
async def test_what_comes_of_the_second_request_stands(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    status: int,
    answer: str,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """Never a third; and the refused one stays refused."""
    simulated.answer_next(fail(3, f"{BAD} - Wrong numbers : 35200000077"))
    simulated.answer_next(answer, status=status)

    result = await make().send(Sms(text="a", recipients=(FRANCE, LUXEMBOURG, THIRD)))

    first, wrong, third = result.submissions
    assert simulated.asked("send") == 2
    assert wrong.outcome is Outcome.REJECTED
    for submission in (first, third):
        assert submission.outcome is outcome
        assert type(submission.error) is error
    assert simulated.accepted == []


async def test_a_second_request_that_is_cut_is_not_repeated(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """It may have been taken, and it was."""
    simulated.answer_next(fail(3, f"{BAD} - Wrong numbers : 35200000077"))
    simulated.fail(Fault.CUT_AFTER)

    result = await make().send(Sms(text="a", recipients=(FRANCE, LUXEMBOURG)))

    assert outcomes(result) == {FRANCE: Outcome.UNKNOWN, LUXEMBOURG: Outcome.REJECTED}
    assert [each.recipient for each in simulated.accepted] == ["33600000001"]


# --- faults -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.STALL_BEFORE, NoAnswerError),
        (Fault.STALL_AFTER, NoAnswerError),
        (Fault.CUT_BEFORE, NoAnswerError),
        (Fault.CUT_AFTER, NoAnswerError),
        (Fault.HALF_ANSWER, NoAnswerError),
        (Fault.ERROR_500, GatewayBrokenError),
        (Fault.ERROR_500_AFTER, GatewayBrokenError),
        (Fault.HTML, UnreadableAnswerError),
        (Fault.EMPTY, UnreadableAnswerError),
        (Fault.REDIRECT, UnreadableAnswerError),
    ],
)
async def test_after_a_fault_the_outcome_is_unknown_and_nothing_is_repeated(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    fault: Fault,
    error: type[GatewayError],
) -> None:
    """One request, and as many acceptances as that one had."""
    simulated.fail(fault, times=1)
    stalls = fault in {Fault.STALL_BEFORE, Fault.STALL_AFTER}

    result = await make(patience=0.5 if stalls else 10).send(SMS)

    [submission] = result.submissions
    assert submission.outcome is Outcome.UNKNOWN
    assert type(submission.error) is error
    assert simulated.asked("send") == 1
    assert len(simulated.accepted) == (1 if fault.takes_the_message else 0)


async def test_429_is_a_limit_of_requests_too(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Undocumented, but nobody means anything else by it."""
    simulated.fail(Fault.RATE_LIMITED)

    result = await make().send(SMS)

    assert outcomes(result) == {FRANCE: Outcome.NOT_SENT}


# --- the balance and the accounts ---------------------------------------------


async def test_reads_the_credit(simulated: SimulatedEnvoyerSmsPro, make: Maker) -> None:
    """The credit and the limit of requests ("Fonction SMS restant")."""
    simulated.answer_next(STATUS, content_type="text/xml")

    balance = await make().balance()

    assert balance == Balance(credits=Decimal(564), request_limit=100)
    [request] = simulated.requests
    assert (request.method, request.path) == ("POST", "account/status")
    assert (request.query, request.body) == ({}, "")


async def test_reads_a_credit_without_its_limit(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """As before version 2.10.0, and with the misprint of another answer."""
    simulated.answer_next(
        "<envoyersmspro><status>success</status>"
        "<account><sms_remaing>3</ sms_remaing></account></envoyersmspro>"
    )

    assert await make().balance() == Balance(credits=Decimal(3))


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (200, STATUS.replace("564", ""), UnreadableAnswerError),
        (200, STATUS.replace("sms_remaining", "solde"), UnreadableAnswerError),
        (200, "564", UnreadableAnswerError),
        (200, fail(1, "Authentication failed"), AuthenticationError),
        (401, fail(1, "Authentication failed"), AuthenticationError),
        (400, "", RateLimitedError),
        (503, "", GatewayBrokenError),
    ],
)
async def test_says_why_there_is_no_credit(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    status: int,
    answer: str,
    error: type[GatewayError],
) -> None:
    """An error of the document, or nothing that can be read."""
    simulated.answer_next(answer, status=status)

    with pytest.raises(GatewayError) as raised:
        await make().balance()

    assert type(raised.value) is error


async def test_lists_the_accounts(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """As "Fonction liste des comptes" prints them, misprinted closing tags and all."""
    simulated.answer_next(ACCOUNTS, content_type="text/xml")

    assert await make().accounts() == LISTED
    [request] = simulated.requests
    assert (request.method, request.path) == ("POST", "account/getallaccounts")


@pytest.mark.parametrize("misprinted_tags", [True, False])
async def test_each_account_has_its_own_credit(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, misprinted_tags: bool
) -> None:
    """The id in the password chooses; the balance tells of the others as well."""
    simulated.misprinted_tags = misprinted_tags
    open_accounts(simulated)

    result = await make(account_id="504").send(SMS)
    balance = await make(account_id="504").balance()

    assert result.remaining == 5972
    assert balance.credits == 5972
    assert balance.request_limit == 200
    assert balance.sub_accounts == (
        LISTED[0],
        replace(LISTED[1], credits=Decimal(5972)),
    )
    assert simulated.credits == 1000


async def test_the_accounts_can_be_listed_before_one_is_chosen(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The id that everything else asks for can only be learnt there."""
    open_accounts(simulated)

    assert await make().accounts() == LISTED
    with pytest.raises(AuthenticationError):
        await make().balance()


async def test_a_single_account_lists_itself(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """And its balance asks once, as there are no others to ask for."""
    [account] = await make().accounts()
    balance = await make().balance()

    assert (account.credits, account.request_limit) == (Decimal(1000), 100)
    assert balance.sub_accounts == ()
    assert simulated.asked("accounts") == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (STATUS, UnreadableAnswerError),
        (
            ACCOUNTS.replace("<account_id>504</account_id>", ""),
            UnreadableAnswerError,
        ),
        (ACCOUNTS.replace("5973", "?"), UnreadableAnswerError),
        (fail(1, "Authentication failed"), AuthenticationError),
    ],
)
async def test_says_why_there_are_no_accounts(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    answer: str,
    error: type[GatewayError],
) -> None:
    """A list that can be read in part isn't the list."""
    simulated.answer_next(answer)

    with pytest.raises(GatewayError) as raised:
        await make().accounts()

    assert type(raised.value) is error


async def test_no_account_is_a_list_too(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """An empty one."""
    simulated.answer_next("<r><status>success</status><accounts/></r>")

    assert await make().accounts() == ()


# --- what must stay inside ----------------------------------------------------


@pytest.mark.parametrize("status", [200, 400, 403, 500, 302])
async def test_neither_secret_nor_number_gets_out(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, status: int
) -> None:
    """Not from the echo, not from the words, not from a page that shows the header."""
    gateway = make()
    header = aiohttp.encode_basic_auth(simulated.username, simulated.password)
    secrets = [
        simulated.username,
        simulated.password,
        header.removeprefix("Basic "),
        "33600000001",
        "%2B33600000001",
        "Ceci+est+un+test",
    ]
    for answer in (
        (
            f"<r><status>fail</status><error>< request >?{'&'.join(secrets)}</ request >"
            f"<error_message>{' '.join(secrets[:5])}</error_message></error></r>"
        ),
        fail(3, f"{BAD} - Wrong numbers : {','.join(secrets[:5])}"),
        f"<p>{' '.join(secrets[:5])}</p>",
        f"<request>/message/send?{'&'.join(secrets)}",
    ):
        simulated.answer_next(answer, status=status)

        result = await gateway.send(SMS)

        [submission] = result.submissions
        assert submission.error is not None
        assert submission.error.__context__ is None
        for text in (
            str(submission.error),
            repr(submission),
            repr(result),
            str(vars(submission.error)),
            gateway.last_unreadable or "",
        ):
            for secret in secrets:
                assert secret not in text


async def test_keeps_an_excerpt_of_what_it_cannot_read(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """For a report: the status and the beginning, without the echo."""
    gateway = make()
    simulated.answer_next(NOT_ENOUGH.replace(">fail<", ">perhaps<"))

    await gateway.send(SMS)

    assert gateway.last_unreadable is not None
    assert gateway.last_unreadable.startswith("HTTP 200: <?xml")
    assert "<status>perhaps</status>" in gateway.last_unreadable
    assert "sendername" not in gateway.last_unreadable
