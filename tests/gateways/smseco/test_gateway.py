"""SMSECO: every answer of its document, what goes out, and what may go wrong."""

from decimal import Decimal
import json

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidSenderError,
    NoAnswerError,
    NotAllowedError,
    OperationUnknownError,
    RateLimitedError,
    RejectedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import Sms, Submission
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.smseco.requests import write_request
from custom_components.passerelle_sms.gateways.wire.transport import Json
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.smseco import NumberStyle
from tests.simulator.smseco_codes import WORDS
from tests.simulator.smseco_request import BodyReading, read_body

from .samples import BURKINA, ERRORS, IVORIAN, ONE, OTHER, SERVER_ID

NASTY = '50% & 2+2=4 #1; é € \\ " \n %41 %26 🚰'


def test_no_documented_code_is_forgotten() -> None:
    """The simulator's table was typed from the document on its own."""
    assert ERRORS.keys() == WORDS.keys()


# --- what goes out ------------------------------------------------------------


async def test_sends_what_the_document_asks_for(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Section I-3: `JSON=`, the account, the message and the recipients."""
    result = await client(simulator.smseco).send(
        Sms(text=NASTY, recipients=(BURKINA, IVORIAN), reference="maison-15")
    )

    [request] = simulator.smseco.requests
    assert (request.method, request.path) == ("POST", "json/sendsms/")
    assert request.headers["Content-Type"] == "application/json"
    assert request.query == {}
    name, _, body = request.body.partition("=")
    assert name == "JSON"
    assert body.isascii()
    assert not set(body) & set("%&+=#;")
    assert json.loads(body) == {
        "compte": {
            "login": simulator.smseco.username,
            "password": simulator.smseco.password,
        },
        "message": {
            "expediteur": "MAISON",
            "msgid": "maison-15",
            "msg": NASTY,
            "flash": 0,
            "unicode": 1,
            "binaire": 0,
        },
        "destinataires": [{"numero": "22678657808"}, {"numero": "2250757123456"}],
    }
    assert [submission.recipient for submission in result.submissions] == [
        BURKINA,
        IVORIAN,
    ]
    for submission, taken in zip(
        result.submissions, simulator.smseco.accepted, strict=True
    ):
        assert submission.outcome is Outcome.ACCEPTED
        assert submission.submission_id == taken.submission_id
        assert (submission.segments, submission.cost) == (1, Decimal(1))
        assert taken.text == NASTY
        assert taken.sender == "MAISON"
    assert result.remaining == simulator.smseco.credits == Decimal(998)


async def test_leaves_out_what_it_does_not_need(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """No reference, no `msgid`; French that GSM-7 holds needs no unicode."""
    await client(simulator.smseco).send(
        Sms(text="Réservoir à sec", recipients=(BURKINA,))
    )

    message = json.loads(simulator.smseco.requests[0].body.removeprefix("JSON="))
    assert "msgid" not in message["message"]
    assert message["message"]["unicode"] == 0


@pytest.mark.parametrize("reading", BodyReading)
async def test_arrives_whole_however_the_server_reads(
    simulator: Simulator, client: GatewayMaker, reading: BodyReading
) -> None:
    """The document doesn't say how `JSON=` is taken apart: text and password survive."""
    simulator.smseco.body_reading = reading

    result = await client(simulator.smseco).send(Sms(text=NASTY, recipients=(BURKINA,)))

    assert result.submissions[0].outcome is Outcome.ACCEPTED
    [taken] = simulator.smseco.accepted
    assert taken.text == NASTY


@settings(deadline=None)
@given(text=st.text(), reading=st.sampled_from(BodyReading))
def test_any_text_reads_the_same(text: str, reading: BodyReading) -> None:
    """Whatever the text, whatever the server."""
    request: dict[str, Json] = {"message": {"msg": text}}

    assert read_body(write_request(request).decode("ascii"), reading) == request


@pytest.mark.parametrize("reading", BodyReading)
@pytest.mark.parametrize(
    "body",
    ["", '{"compte":{}}', "XML=<SMS></SMS>", "JSON=", "JSON={", "JSON=[]"],
)
def test_the_simulator_wants_the_name_and_the_object(
    body: str, reading: BodyReading
) -> None:
    """A server that took anything would prove nothing."""
    assert read_body(body, reading) is None


@pytest.mark.parametrize("reading", [BodyReading.FORM, BodyReading.URL_DECODED])
def test_the_simulator_harms_what_is_not_escaped(reading: BodyReading) -> None:
    """The clients that send plain JSON lose their `+`."""
    assert read_body('JSON={"msg":"2+2"}', reading) == {"msg": "2 2"}


@pytest.mark.parametrize(
    "reference", ["", "a b", "maison_1", "é", "x" * 31, "maison\n"]
)
async def test_refuses_a_reference_before_asking(
    simulator: Simulator, client: GatewayMaker, reference: str
) -> None:
    """Thirty characters (section I-1), and none cut off in silence."""
    with pytest.raises(InvalidRequestError) as raised:
        await client(simulator.smseco).send(
            Sms(text="Test", recipients=(BURKINA,), reference=reference)
        )

    assert str(raised.value) == "invalid request: parameter msgid"
    assert simulator.smseco.requests == []


async def test_takes_a_reference_of_thirty_characters(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The longest that the document allows."""
    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA,), reference="x" * 30)
    )

    assert result.submissions[0].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("sender", ["MAISONDUBOIS", "22678657808", "É", "A/B"])
async def test_refuses_a_sender_before_asking(
    simulator: Simulator, client: GatewayMaker, sender: str
) -> None:
    """Eleven characters, and not a number."""
    with pytest.raises(InvalidSenderError):
        await client(simulator.smseco).send(
            Sms(text="Test", recipients=(BURKINA,), sender=sender)
        )

    assert simulator.smseco.requests == []


async def test_sends_many_in_as_few_requests_as_it_can(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """A hundred recipients a request: none twice, none forgotten, all in order."""
    recipients = tuple(f"+226700{number:05}" for number in range(250))

    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=recipients)
    )

    sizes = sorted(
        request.body.count('"numero"') for request in simulator.smseco.requests
    )
    assert sizes == [50, 100, 100]
    assert tuple(s.recipient for s in result.submissions) == recipients
    assert {s.outcome for s in result.submissions} == {Outcome.ACCEPTED}
    taken = {f"+{a.recipient}": a.submission_id for a in simulator.smseco.accepted}
    assert len(simulator.smseco.accepted) == 250
    assert {s.recipient: s.submission_id for s in result.submissions} == taken
    assert result.remaining == Decimal(750)


# --- what the server may make of it -------------------------------------------


@pytest.mark.parametrize("style", NumberStyle)
@pytest.mark.parametrize("single_object", [False, True])
@pytest.mark.parametrize("echoes_msgid", [False, True])
async def test_understands_every_way_to_write_an_answer(
    simulator: Simulator,
    client: GatewayMaker,
    style: NumberStyle,
    single_object: bool,
    echoes_msgid: bool,
) -> None:
    """Numbers or strings, a list or its only item, our own id or the server's."""
    simulator.smseco.number_style = style
    simulator.smseco.single_object = single_object
    simulator.smseco.echoes_msgid = echoes_msgid

    result = await client(simulator.smseco).send(
        Sms(text="x" * 161, recipients=(BURKINA,), reference="15")
    )

    [taken] = simulator.smseco.accepted
    sending_id = simulator.smseco.sending_of(taken)
    assert result.submissions == (
        Submission(
            recipient=BURKINA,
            outcome=Outcome.ACCEPTED,
            submission_id=taken.submission_id,
            segments=2,
            cost=Decimal(2),
            sending_id=None if echoes_msgid else sending_id,
            delivery=DeliveryStatus.PENDING,
        ),
    )
    assert result.remaining == Decimal(998)


@pytest.mark.parametrize("echoes_msgid", [False, True])
async def test_an_echo_is_no_id(
    simulator: Simulator, client: GatewayMaker, echoes_msgid: bool
) -> None:
    """Without a list, the server's own id stands for the message; ours does not."""
    simulator.smseco.lists_messages = False
    simulator.smseco.echoes_msgid = echoes_msgid

    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA, OTHER), reference="15")
    )

    for submission in result.submissions:
        assert submission.outcome is Outcome.ACCEPTED
        assert (submission.submission_id is None) is echoes_msgid
        assert submission.submission_id != "15"
        assert submission.cost is None
    assert len(simulator.smseco.accepted) == 2


async def test_one_bad_number_among_many(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The answer names the valid ones, so the other was refused."""
    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA, "+2261234", OTHER))
    )

    assert [submission.outcome for submission in result.submissions] == [
        Outcome.ACCEPTED,
        Outcome.REJECTED,
        Outcome.ACCEPTED,
    ]
    refused = result.submissions[1]
    assert type(refused.error) is InvalidRecipientError
    assert refused.submission_id is None
    assert [taken.recipient for taken in simulator.smseco.accepted] == [
        "22678657808",
        "22607352518",
    ]


async def test_one_bad_number_that_nobody_names(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Two of three are valid and nothing tells which: nobody knows, for any of them."""
    simulator.smseco.lists_messages = False

    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA, "+2261234", OTHER))
    )

    for submission in result.submissions:
        assert submission.outcome is Outcome.UNKNOWN
        assert type(submission.error) is UnreadableAnswerError
        # With the id of the request, the server may still be asked.
        assert submission.submission_id is not None
    assert len(simulator.smseco.accepted) == 2


async def test_refuses_for_all_when_the_credit_is_short(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The code −6 is about the request, not about its last recipients."""
    simulator.smseco.credits = Decimal(1)

    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA, OTHER))
    )

    assert [type(s.error) for s in result.submissions] == [InsufficientCreditError] * 2
    assert simulator.smseco.accepted == []


async def test_the_simulator_refuses_as_the_document_says(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """An unregistered sender, no valid number, wrong or missing credentials."""
    gateway = client(simulator.smseco)

    async def refusal(recipient: str, sender: str) -> str | None:
        result = await gateway.send(
            Sms(text="Test", recipients=(recipient,), sender=sender)
        )
        error = result.submissions[0].error
        return error.code if error else None

    assert await refusal(BURKINA, "INCONNU") == "-8"
    assert await refusal("+2261234", "MAISON") == "-9"
    simulator.smseco.password = "changed"
    assert await refusal(BURKINA, "MAISON") == "-4"
    simulator.smseco.password = ""
    gateway = client(simulator.smseco)
    assert await refusal(BURKINA, "MAISON") == "-3"
    simulator.smseco.username = ""
    gateway = client(simulator.smseco)
    assert await refusal(BURKINA, "MAISON") == "-2"
    assert simulator.smseco.accepted == []


@pytest.mark.parametrize("status", [200, 400, 401, 408, 500])
@pytest.mark.parametrize(("code", "error"), [*ERRORS.items(), (-99, RejectedError)])
async def test_understands_every_code(
    simulator: Simulator,
    client: GatewayMaker,
    code: int,
    error: type[GatewayError],
    status: int,
) -> None:
    """For every recipient, and said once; beside a fault of the server it proves nothing."""
    words = WORDS.get(code, "Autre erreur")
    simulator.smseco.answer_next(
        json.dumps({"statut": str(code), "texte": words}), status=status
    )

    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA, OTHER))
    )

    for submission in result.submissions:
        if status in {408, 500}:
            assert submission.outcome is Outcome.UNKNOWN
            continue
        assert submission.outcome is Outcome.REJECTED
        assert type(submission.error) is error
        assert (submission.error.code, submission.error.words) == (str(code), words)
    assert simulator.smseco.asked("send") == 1


# --- faults -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "outcome", "error", "taken"),
    [
        (Fault.STALL_BEFORE, Outcome.UNKNOWN, NoAnswerError, 0),
        (Fault.STALL_AFTER, Outcome.UNKNOWN, NoAnswerError, 1),
        (Fault.CUT_BEFORE, Outcome.UNKNOWN, NoAnswerError, 0),
        (Fault.CUT_AFTER, Outcome.UNKNOWN, NoAnswerError, 1),
        (Fault.HALF_ANSWER, Outcome.UNKNOWN, NoAnswerError, 1),
        (Fault.ERROR_500, Outcome.UNKNOWN, GatewayBrokenError, 0),
        (Fault.ERROR_500_AFTER, Outcome.UNKNOWN, GatewayBrokenError, 1),
        (Fault.RATE_LIMITED, Outcome.NOT_SENT, RateLimitedError, 0),
        (Fault.HTML, Outcome.UNKNOWN, UnreadableAnswerError, 0),
        (Fault.EMPTY, Outcome.UNKNOWN, UnreadableAnswerError, 0),
        (Fault.REDIRECT, Outcome.UNKNOWN, UnreadableAnswerError, 0),
    ],
)
async def test_no_fault_sends_twice(
    simulator: Simulator,
    client: GatewayMaker,
    fault: Fault,
    outcome: Outcome,
    error: type[GatewayError],
    taken: int,
) -> None:
    """One request whatever happens; the ledger says what it did."""
    simulator.smseco.fail(fault, times=1)

    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA,))
    )

    [submission] = result.submissions
    assert submission.outcome is outcome
    assert type(submission.error) is error
    assert simulator.smseco.asked("send") == 1
    assert len(simulator.smseco.accepted) == taken


async def test_a_fault_is_its_own_batch_s(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """One request of two is cut after it was taken: the others stand, nobody is asked again."""
    recipients = tuple(f"+226700{number:05}" for number in range(150))
    simulator.smseco.fail(Fault.CUT_AFTER, times=1)

    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=recipients)
    )

    outcomes = [submission.outcome for submission in result.submissions]
    assert set(outcomes) == {Outcome.UNKNOWN, Outcome.ACCEPTED}
    assert len(set(outcomes[:100])) == len(set(outcomes[100:])) == 1
    assert simulator.smseco.asked("send") == 2
    assert {f"+{taken.recipient}" for taken in simulator.smseco.accepted} == set(
        recipients
    )
    assert len(simulator.smseco.accepted) == 150


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (201, {"statut": 1, "msgfid": SERVER_ID}, None),
        # A yes under a status that says no proves nothing.
        (302, {"statut": 1, "msgfid": SERVER_ID}, UnreadableAnswerError),
        (404, {"statut": 1, "msgfid": SERVER_ID}, UnreadableAnswerError),
        (400, {"statut": 3, "msgfid": SERVER_ID}, UnreadableAnswerError),
        (400, {"statut": -6, "messages": ONE}, UnreadableAnswerError),
        (500, {"statut": 1, "msgfid": SERVER_ID}, GatewayBrokenError),
        # A status that only repeats itself is no count.
        (404, {"status": 404, "error": "Not Found"}, OperationUnknownError),
        (429, {"status": 429}, RateLimitedError),
        (503, {"status": 503}, GatewayBrokenError),
        (401, {}, AuthenticationError),
        (403, {}, NotAllowedError),
        (400, {}, InvalidRequestError),
    ],
)
async def test_reads_the_body_before_the_status(
    simulator: Simulator,
    client: GatewayMaker,
    status: int,
    answer: dict[str, object],
    error: type[GatewayError] | None,
) -> None:
    """The document knows no status but 200: another decides only what the body doesn't."""
    simulator.smseco.answer_next(json.dumps(answer), status=status)

    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA,))
    )

    [submission] = result.submissions
    assert type(submission.error) is (error or type(None))
    assert submission.outcome is (error.outcome if error else Outcome.ACCEPTED)


# --- secrets ------------------------------------------------------------------


@pytest.mark.parametrize("statut", ["-1", "x"])
async def test_keeps_secrets_that_the_server_repeats(
    simulator: Simulator, client: GatewayMaker, statut: str
) -> None:
    """The login, the password and the number, as they are or in our own escapes."""
    simulator.smseco.password = 's3cr<b>&t+pa/ss"é\\'
    gateway = client(simulator.smseco)
    await gateway.balance()
    echo = simulator.smseco.requests[0].body
    assert simulator.smseco.password not in echo
    words = f"{echo} {simulator.smseco.password} {simulator.smseco.username} {BURKINA}"
    simulator.smseco.answer_next(json.dumps({"statut": statut, "texte": words}))

    result = await gateway.send(Sms(text="Test", recipients=(BURKINA,)))

    error = result.submissions[0].error
    shown = f"{error} {error!r} {result!r} {gateway.last_unreadable}"
    assert "***" in shown
    for secret in ("s3cr", "pa/ss", simulator.smseco.username, "78657808"):
        assert secret not in shown
