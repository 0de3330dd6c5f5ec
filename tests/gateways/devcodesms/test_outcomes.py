"""DevCodeSMS: every answer to a message, in every form, beside every HTTP status."""

from collections.abc import Iterator
from dataclasses import dataclass
import json
from time import process_time
import tracemalloc
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.devcodesms.responses import read_reply
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    NotAllowedError,
    OperationUnknownError,
    RejectedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import Sms, Submission
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.transport import Answer
from tests.conftest import GatewayMaker
from tests.gateways.wire.notices import NOTICES
from tests.simulator import Simulator
from tests.simulator.devcodesms import (
    FIELD_MISSING,
    FORBIDDEN,
    INVALID_NUMBER,
    NO_CREDIT,
    SOME_FAILED,
)

from .test_gateway import MESSAGE_ID, MOBILE, OTHER, refused, row, sent

STATUSES: Final = (200, 201, 302, 400, 401, 402, 403, 404, 408, 422, 500, 503)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What an answer proves, beside an HTTP status of success."""

    outcome: Outcome
    submission_id: str | None = None
    error: type[GatewayError] | None = None

    def beside(self, status: int) -> Proof:
        """Return what it proves beside another HTTP status."""
        is_error = 400 <= status < 500 and status != 408
        is_agreed = 200 <= status < 300 or (
            is_error and self.outcome is Outcome.REJECTED
        )
        if is_agreed and self.outcome is not Outcome.UNKNOWN:
            return self
        broken = status >= 500 or self.error is GatewayBrokenError
        return Proof(
            outcome=Outcome.UNKNOWN,
            submission_id=self.submission_id,
            error=GatewayBrokenError if broken else UnreadableAnswerError,
        )


ACCEPTED: Final = Proof(outcome=Outcome.ACCEPTED, submission_id=MESSAGE_ID)
WITHOUT_ID: Final = Proof(outcome=Outcome.ACCEPTED)
NOBODY_KNOWS: Final = Proof(outcome=Outcome.UNKNOWN)
KEPT: Final = Proof(outcome=Outcome.UNKNOWN, submission_id=MESSAGE_ID)
BROKEN: Final = Proof(outcome=Outcome.UNKNOWN, error=GatewayBrokenError)


def rejected(
    error: type[GatewayError] = RejectedError, submission_id: str | None = None
) -> Proof:
    """Return what a refusal proves."""
    return Proof(outcome=Outcome.REJECTED, submission_id=submission_id, error=error)


def failed(**changes: object) -> str:
    """Return an answer with a row that was refused."""
    return refused(
        SOME_FAILED, details=[{"sms": [row(**{"status": "error"} | changes)]}]
    )


# Null words and zeros say that there is no error, and so do words of success.
NO_ERRORS: Final[tuple[object, ...]] = (
    *(
        None,
        "",
        " ",
        "null",
        "NULL",
        "None",
        "none",
        "nil",
        "-",
        [],
        {},
        False,
        "false",
    ),
    *(
        0,
        "0",
        "00",
        "000",
        0.0,
        "success",
        "Success",
        "SUCCÈS",
        "ok",
        200,
        "200",
        "201",
    ),
)
REAL_ERRORS: Final[tuple[object, ...]] = (
    12,
    "12",
    "1010",
    -1,
    "E12",
    "error",
    True,
    1,
    "1",
    404,
    [1],
    {"a": 1},
)
# What stands where there are no rows.
NOTHINGS: Final[tuple[object, ...]] = (
    *(None, "", False, [], {}, [{}], [{"sms": []}], {"sms": None}),
)
ANSWERS: Final[dict[str, Proof]] = {
    sent(row()): ACCEPTED,
    **{sent(row(errorcode=none)): ACCEPTED for none in NO_ERRORS},
    sent(row(), details=[row()]): ACCEPTED,
    sent(details=None, sms=[row()]): ACCEPTED,
    json.dumps({"success": True, "sms": [row()]}): ACCEPTED,
    # `success`, then `code`, then the body's `status`; without any, the row.
    **{
        sent(row(), success=yes): ACCEPTED
        for yes in (1, "1", "true", "TRUE", "yes", "oui", "ok", "Succès", None, "")
    },
    sent(row(), success=None, code=None): ACCEPTED,
    sent(row(), success=None, code=None, status=None): ACCEPTED,
    sent(row(), code="OK", status="201"): ACCEPTED,
    # Without rows, for one number.
    **{sent(details=nothing): WITHOUT_ID for nothing in NOTHINGS},
    sent(): WITHOUT_ID,
    '{"success": true}': WITHOUT_ID,
    '{"success": 1}': WITHOUT_ID,
    '{"code": "success"}': WITHOUT_ID,
    '{"status": 201}': WITHOUT_ID,
    # Refused as a whole.
    refused(NO_CREDIT): rejected(InsufficientCreditError),
    refused(NO_CREDIT, status=200): rejected(InsufficientCreditError),
    refused(FORBIDDEN, 401): rejected(AuthenticationError),
    refused(FIELD_MISSING): rejected(InvalidRequestError),
    refused(INVALID_NUMBER): rejected(InvalidRecipientError),
    refused("Numéros invalides"): rejected(InvalidRecipientError),
    **{
        refused(NO_CREDIT, success=no): rejected(InsufficientCreditError)
        for no in (0, "0", "false", "no", "Non", "Erreur", "échec", None, "null")
    },
    refused(NO_CREDIT, code=None): rejected(InsufficientCreditError),
    json.dumps({"code": "error", "msg": NO_CREDIT}): rejected(InsufficientCreditError),
    json.dumps({"status": 400, "msg": NO_CREDIT}): rejected(InsufficientCreditError),
    json.dumps({"status": 401, "msg": "Non"}): rejected(AuthenticationError),
    json.dumps({"status": 403, "msg": "Non"}): rejected(NotAllowedError),
    refused("Erreur", 200, details=[{"responsecode": 0}]): rejected(),
    # Refused in his row.
    failed(): rejected(submission_id=MESSAGE_ID),
    failed(errorcode="12"): rejected(submission_id=MESSAGE_ID),
    refused(NO_CREDIT, details=[{"sms": [row(status="error")]}]): rejected(
        InsufficientCreditError, MESSAGE_ID
    ),
    failed(errordescription=NO_CREDIT, messageid=None): rejected(
        InsufficientCreditError
    ),
    refused(NO_CREDIT, details=[row(status="error", messageid="null")]): rejected(
        InsufficientCreditError
    ),
    sent(row(status="error", errorcode=12)): rejected(submission_id=MESSAGE_ID),
    # A contradiction.
    **{sent(row(errorcode=error)): KEPT for error in REAL_ERRORS},
    **{failed(errorcode=fine): KEPT for fine in (0, "000", "success", "200")},
    sent(row(errordescription=NO_CREDIT)): KEPT,
    sent(row(), code="error"): KEPT,
    sent(row(), success=False): KEPT,
    sent(row(), status=400): KEPT,
    refused(SOME_FAILED, details=[{"sms": [row()]}]): KEPT,
    sent(row(), row(status="error")): KEPT,
    sent(details=None, status=400): NOBODY_KNOWS,
    sent(details=None, success=False): NOBODY_KNOWS,
    sent(details=None, code="error"): NOBODY_KNOWS,
    sent(details=[{"responsecode": 0, "sms": []}]): NOBODY_KNOWS,
    refused(NO_CREDIT, success=True): NOBODY_KNOWS,
    refused(NO_CREDIT, code="success"): NOBODY_KNOWS,
    refused("Tous les messages ont été envoyés avec succès"): NOBODY_KNOWS,
    # Some were not sent: were some?
    refused(SOME_FAILED): NOBODY_KNOWS,
    refused("Certains messages non envoyés"): NOBODY_KNOWS,
    refused("Envoi partiel"): NOBODY_KNOWS,
    refused(NO_CREDIT, title="Envoi partiel"): NOBODY_KNOWS,
    # What can't be read.
    sent(row(status="queued")): KEPT,
    sent(row(status=None)): KEPT,
    sent(row(), success="peut-être"): KEPT,
    sent(row(), code=7): KEPT,
    failed(status="queued", errorcode=12): KEPT,
    sent(details="none"): NOBODY_KNOWS,
    sent(details=[1]): NOBODY_KNOWS,
    sent(details=[{"sms": "success"}]): NOBODY_KNOWS,
    refused(NO_CREDIT, success="peut-être"): NOBODY_KNOWS,
    # An error of the server's own, whatever is said beside it.
    refused(NO_CREDIT, 500): BROKEN,
    refused(NO_CREDIT, 503, success=None): BROKEN,
    refused(NO_CREDIT, 408): NOBODY_KNOWS,
    sent(details=None, status=500): BROKEN,
}
# None of them changes what an answer says.
NOISE: Final = (
    "{}",
    "\ufeff {}\r\n",
    "<!-- 0.02 s -->{}",
    "<pre>{}</pre>",
    *(f"{notice}{{}}" for notice in NOTICES),
    *(f"{{}}{notice}" for notice in NOTICES),
)


def forms_of(answer: str) -> Iterator[str | bytes]:
    """Yield the forms in which an answer may come."""
    for noise in NOISE:
        yield noise.replace("{}", answer)
    content = json.loads(answer)
    yield json.dumps(content, ensure_ascii=False, indent=2)
    yield json.dumps(content, ensure_ascii=False).encode("cp1252")
    yield json.dumps([content])
    yield json.dumps(answer)
    yield json.dumps({f" {name.upper()}": value for name, value in content.items()})


async def submission_after(
    body: str | bytes, status: int, simulator: Simulator, client: GatewayMaker
) -> Submission:
    """Return what is known about a message after an answer."""
    simulator.devcodesms.answer_next(
        body, status=status, content_type="application/json"
    )
    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(MOBILE,))
    )
    [submission] = result.submissions
    return submission


def proof_of(submission: Submission) -> Proof:
    """Return what was taken for proved."""
    return Proof(
        outcome=submission.outcome,
        submission_id=submission.submission_id,
        error=None if submission.error is None else type(submission.error),
    )


@pytest.mark.parametrize("status", STATUSES)
async def test_every_answer_beside_every_status(
    simulator: Simulator, client: GatewayMaker, status: int
) -> None:
    """A contradiction, and what can't be read, is unknown, and never loses an id."""
    for answer, proof in ANSWERS.items():
        submission = await submission_after(answer, status, simulator, client)

        assert proof_of(submission) == proof.beside(status), answer


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("answer", [sent(row()), refused(NO_CREDIT), failed(), sent()])
async def test_every_form_says_the_same(
    simulator: Simulator, client: GatewayMaker, answer: str, status: int
) -> None:
    """With whatever is printed around it, and whatever octets it is written in."""
    for body in forms_of(answer):
        submission = await submission_after(body, status, simulator, client)

        assert proof_of(submission) == ANSWERS[answer].beside(status), body


@pytest.mark.parametrize("status", [200, 403, 404, 500])
@pytest.mark.parametrize(
    "body",
    [
        "1",
        "[]1",
        "OK 12",
        sent(row())[:-1],
        sent(row()) * 2,
        f"Fatal error: Uncaught Exception{sent(row())}",
        f'[{refused(NO_CREDIT)}, {{"success": true}}]',
        '{"success": false, "success": true}',
        "[" * 50_000,
        '{"success":' * 50_000,
    ],
    ids=range(10),
)
async def test_what_is_no_answer_is_unknown(
    simulator: Simulator, client: GatewayMaker, status: int, body: str
) -> None:
    """Cut off, twice, or beside an error that may have ended the script."""
    submission = await submission_after(body, status, simulator, client)

    assert proof_of(submission) == NOBODY_KNOWS.beside(status)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequestError),
        (401, AuthenticationError),
        (402, InsufficientCreditError),
        (403, NotAllowedError),
        (404, OperationUnknownError),
        (405, OperationUnknownError),
        (422, InvalidRequestError),
    ],
)
@pytest.mark.parametrize(
    "body",
    ["", "Not Found", "<html><h1>nginx/1.26</h1></html>", '{"message": "Non"}', "[]"],
)
async def test_a_web_servers_refusal_is_one(
    simulator: Simulator,
    client: GatewayMaker,
    status: int,
    error: type[GatewayError],
    body: str,
) -> None:
    """Where the gateway itself says nothing, so nothing was done."""
    submission = await submission_after(body, status, simulator, client)

    assert proof_of(submission) == rejected(error)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        # Of everybody: nothing left.
        (refused(NO_CREDIT), InsufficientCreditError),
        (refused(FORBIDDEN, 401), AuthenticationError),
        (refused(FIELD_MISSING), InvalidRequestError),
        (refused("Non", 401), AuthenticationError),
        (refused("Non", 403), NotAllowedError),
        # Of some: nobody knows of whom.
        (refused(SOME_FAILED), None),
        (refused("Certains messages non envoyés"), None),
        (refused("Envoi partiel"), None),
        (refused("2 messages n’ont pas été envoyés"), None),
        (refused("Erreur"), None),
        (refused({"phone": "?"}), None),
        (refused(INVALID_NUMBER), None),
        (refused(NO_CREDIT, title="Envoi partiel"), None),
        # Accepted, but who?
        (sent(), None),
        ('{"success": true}', None),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 403])
async def test_what_an_answer_without_rows_says_of_several(
    simulator: Simulator,
    client: GatewayMaker,
    answer: str,
    error: type[GatewayError] | None,
    status: int,
) -> None:
    """Only what can be about nobody else is about each of them."""
    simulator.devcodesms.answer_next(answer, status=status)

    result = await client(simulator.devcodesms).send(
        Sms(text="Test", recipients=(MOBILE, OTHER))
    )

    expected = rejected(error) if error else NOBODY_KNOWS.beside(status)
    assert {proof_of(submission) for submission in result.submissions} == {expected}


# --- bounds -----------------------------------------------------------------------

MEBIBYTE: Final = 1_048_576
LONG: Final = {
    "rows": sent(details=[{"sms": [{"status": "success"}] * 18_000}]),
    "many rows": sent(*[{}] * 19_000),
    "rows about everybody": sent(
        *[row(mobileno=f"+2376{number:08}") for number in range(4_000)]
    ),
    "details": sent(details=[{"sms": []}] * 12_000),
    "a word": refused("é" * (MEBIBYTE // 6)),
    "a code": sent(row(errorcode="0" * (MEBIBYTE - 600))),
    "a number": sent(row(mobileno="9" * (MEBIBYTE - 600))),
    "an id": sent(row(messageid="9" * (MEBIBYTE - 600))),
    "digits": '{"success": true, "status": ' + "9" * (MEBIBYTE - 60) + "}",
    "nested": '{"details": ' * (MEBIBYTE // 12),
    "tags": "<" * MEBIBYTE,
    "braces": '{"' * (MEBIBYTE // 2),
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_no_answer_costs_more_than_it_is_worth(text: str) -> None:
    """1 MiB: a tenth of a second, and 10 MB beyond itself, for a hundred numbers."""
    numbers = [f"+2376{number:08}" for number in range(100)]
    answer = Answer(status=200, text=text[:MEBIBYTE])

    begun = process_time()
    read_reply(answer, numbers)
    lasted = process_time() - begun

    tracemalloc.start()
    read_reply(answer, numbers)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lasted < 0.1
    assert most < 10_000_000


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
async def test_a_long_answer_about_a_hundred_is_weighed_once(
    simulator: Simulator, client: GatewayMaker, text: str
) -> None:
    """It isn't read, or redacted, again for each of them."""
    simulator.devcodesms.answer_next(text[:MEBIBYTE], status=400)
    gateway = client(simulator.devcodesms)
    recipients = tuple(f"+2376{number:08}" for number in range(100))

    begun = process_time()
    result = await gateway.send(Sms(text="Test", recipients=recipients))

    assert process_time() - begun < 0.5
    assert {s.outcome for s in result.submissions} <= {
        Outcome.UNKNOWN,
        Outcome.REJECTED,
    }


async def test_what_was_read_shows_no_number() -> None:
    """Wherever a program prints it."""
    reply = read_reply(Answer(status=200, text=sent(row())), [MOBILE])

    shown = repr(reply) + repr(reply.by_number[MOBILE])
    assert MOBILE[4:] not in shown
    assert MESSAGE_ID not in shown
