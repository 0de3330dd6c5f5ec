"""Envoyer SMS Pro: what goes out, and what becomes of it."""

from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.envoyer_sms_pro import EnvoyerSmsPro
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InvalidSenderError,
    MessageTooLongError,
    NoAnswerError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryStatus,
    Sent,
)
from custom_components.passerelle_sms.gateways.model.message import Encoding, Sms
from custom_components.passerelle_sms.gateways.model.segments import GSM7_BASIC
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro

from .samples import (
    ACCEPTED,
    BAD,
    FRANCE,
    LUXEMBOURG,
    NOT_ENOUGH,
    SMS,
    Maker,
    fail,
    maker,
    open_accounts,
    outcomes,
    submitted,
)


@pytest.fixture
def make(simulator: Simulator, session: aiohttp.ClientSession) -> Maker:
    """Return a maker of clients."""
    return maker(simulator, session)


def test_is_what_the_document_says() -> None:
    """Its catalogue line, its address and its limits."""
    assert GATEWAYS["envoyer_sms_pro"] is EnvoyerSmsPro
    assert EnvoyerSmsPro.default_url.scheme == "https"
    assert EnvoyerSmsPro.identity_fields == ("username", "account_id")
    assert EnvoyerSmsPro.limits.recipients_per_request == 1000
    assert EnvoyerSmsPro.limits.requests_per_hour == 100
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
        "longmessageallowed": "1",
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
    billed = simulated.segments_of(text.replace("\r\n", "\n"))
    assert billed == segments or (simulated.accents_count_two and "é" in text)
    assert [each.segments for each in simulated.accepted] == [billed]
    assert result.submissions[0].segments == segments
    assert result.submissions[0].cost == billed
    assert simulated.credits == 1000 - billed


async def test_a_text_that_the_gateway_counts_as_longer_is_sent(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The document names no special character: 152 characters, 12 of them `é`."""
    text = "é" * 12 + "a" * 140

    result = await make().send(replace(SMS, text=text))

    assert submitted(simulated)["longmessageallowed"] == "1"
    assert outcomes(result) == {FRANCE: Outcome.ACCEPTED}
    assert result.submissions[0].cost == (2 if simulated.accents_count_two else 1)


async def test_a_text_that_the_gateway_counts_as_too_long_is_refused(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Error 4: nothing was sent. Ours is an estimate."""
    result = await make().send(replace(SMS, text="é" * 230))

    [submission] = result.submissions
    if simulated.accents_count_two:
        assert type(submission.error) is MessageTooLongError
        assert submission.outcome is Outcome.REJECTED
        assert simulated.accepted == []
    else:
        assert submission.outcome is Outcome.ACCEPTED


async def test_every_plain_character_counts_one(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The simulator's own list of them, and ours."""
    plain = "".join(sorted(GSM7_BASIC - {"\n", "\r"}))
    text = plain + "." * (160 - len(plain))

    assert make().measure(text).units == 160
    await make().send(replace(SMS, text=text))

    assert simulated.accepted[0].segments == (2 if simulated.accents_count_two else 1)


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


@pytest.mark.parametrize("sms_sent", [0, 1, -2])
async def test_fewer_sms_than_recipients_are_nobodys_proof(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, sms_sent: int
) -> None:
    """Somebody was left out, and nobody says who; the id is kept, to ask with."""
    simulated.answer_next(ACCEPTED.replace("<sms_sent>2", f"<sms_sent>{sms_sent}"))

    result = await make().send(replace(SMS, recipients=(FRANCE, LUXEMBOURG)))

    for submission in result.submissions:
        assert submission.outcome is Outcome.UNKNOWN
        assert submission.submission_id == "879"
        assert submission.cost is None
    assert result.remaining is None


async def test_who_wants_no_messages_may_not_be_counted(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Then the statistics tell who was left out."""
    simulated.stopped, simulated.charges_stopped = {"35200000077"}, False
    gateway = make()

    result = await gateway.send(replace(SMS, recipients=(FRANCE, LUXEMBOURG)))
    told = await gateway.delivery(
        [
            Sent(recipient=each.recipient, submission_id=each.submission_id)
            for each in result.submissions
        ]
    )

    assert outcomes(result) == dict.fromkeys((FRANCE, LUXEMBOURG), Outcome.UNKNOWN)
    assert [report.status for report in told] == [
        DeliveryStatus.PENDING,
        DeliveryStatus.OPTED_OUT,
    ]


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
