"""ETECH KEYS: every answer to a message, in every form, beside every HTTP status."""

from dataclasses import dataclass
from itertools import product

import pytest

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
from tests.conftest import GatewayMaker
from tests.gateways.wire.notices import NOTICES
from tests.simulator import Simulator

CAMEROON = "+237695688207"
ACCEPTED_ID = "1243161184695688207369660"
STATUSES = (200, 201, 202, 302, 400, 401, 402, 403, 404, 408, 422, 500, 503)
FORMS = (
    "{}",
    "\ufeff {}\r\n",
    '"{}"',
    "<html><body>{}</body></html>",
    "<!-- 0.02 s --><p>{}</p>",
    *(f"{notice}{{}}" for notice in NOTICES),
    *(f"{{}}{notice}" for notice in NOTICES),
)
REFUSALS = {
    "Solde insuffisant": InsufficientCreditError,
    "SOLDE INSUFFISANT.": InsufficientCreditError,
    "Message non envoy&eacute; : solde insuffisant": InsufficientCreditError,
    "Mot de passe incorrect": AuthenticationError,
    "destinataire incorrect": InvalidRecipientError,
    "error": RejectedError,
    f"error.{ACCEPTED_ID}": RejectedError,
}
# An id among them is kept, as it may be the message's.
NEITHER = {
    "12431": None,
    "OK": None,
    "": None,
    f"{ACCEPTED_ID} {ACCEPTED_ID}1": None,
    f"{ACCEPTED_ID}<br>{ACCEPTED_ID}1": ACCEPTED_ID,
    f"{ACCEPTED_ID}<br>Solde insuffisant": ACCEPTED_ID,
    f"Solde insuffisant, id {ACCEPTED_ID}": ACCEPTED_ID,
    f"{ACCEPTED_ID}<br>Fatal error: Uncaught Exception": ACCEPTED_ID,
    "Envoyé. Solde insuffisant": None,
    "1" * 10**6: None,
    "[" * 50_000: None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An answer, and what it proves."""

    body: str
    status: int
    outcome: Outcome
    submission_id: str | None = None
    error: type[GatewayError] | None = None


def accepted(body: str, status: int) -> Case:
    """Return what an id proves."""
    fine = 200 <= status < 300
    return Case(
        body=body,
        status=status,
        outcome=Outcome.ACCEPTED if fine else Outcome.UNKNOWN,
        submission_id=ACCEPTED_ID,
        error=None if fine else unreadable(status),
    )


def refused(words: str, body: str, status: int, error: type[GatewayError]) -> Case:
    """Return what a sentence proves."""
    believed = 200 <= status < 300 or (400 <= status < 500 and status != 408)
    return Case(
        body=body,
        status=status,
        outcome=Outcome.REJECTED if believed else Outcome.UNKNOWN,
        submission_id=ACCEPTED_ID if ACCEPTED_ID in words and believed else None,
        error=error if believed else unreadable(status),
    )


def unreadable(status: int) -> type[GatewayError]:
    """Return the error of an answer that proves nothing."""
    return GatewayBrokenError if status >= 500 else UnreadableAnswerError


async def submission_after(
    body: str | bytes, status: int, simulator: Simulator, client: GatewayMaker
) -> Submission:
    """Return what is known about a message after an answer."""
    simulator.etech_keys.answer_next(body, status=status)
    result = await client(simulator.etech_keys).send(
        Sms(text="Test", recipients=(CAMEROON,))
    )
    [submission] = result.submissions
    return submission


@pytest.mark.parametrize("status", STATUSES)
async def test_every_answer_beside_every_status(
    simulator: Simulator, client: GatewayMaker, status: int
) -> None:
    """An id beside an error is unknown, a sentence beside 4xx is what it says."""
    cases = [accepted(form.format(ACCEPTED_ID), status) for form in FORMS] + [
        refused(words, form.format(words), status, error)
        for (words, error), form in product(REFUSALS.items(), FORMS)
    ]
    for case in cases:
        submission = await submission_after(case.body, status, simulator, client)

        assert submission.outcome is case.outcome, case
        if case.outcome is not Outcome.UNKNOWN or case.error is None:
            assert submission.submission_id == case.submission_id, case
        elif ACCEPTED_ID in case.body and not case.body.startswith("error"):
            assert submission.submission_id == ACCEPTED_ID, case
        assert type(submission.error) is (case.error or type(None)), case


@pytest.mark.parametrize("status", [200, 402, 403, 404, 500])
@pytest.mark.parametrize(("body", "kept"), NEITHER.items(), ids=range(len(NEITHER)))
async def test_what_contradicts_itself_or_says_nothing_is_unknown(
    simulator: Simulator, client: GatewayMaker, status: int, body: str, kept: str | None
) -> None:
    """With the id, if there is one; but for a 4xx beside nothing at all."""
    submission = await submission_after(body, status, simulator, client)

    is_silent = not body and 400 <= status < 500
    assert submission.outcome is (Outcome.REJECTED if is_silent else Outcome.UNKNOWN)
    assert submission.submission_id == kept


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
@pytest.mark.parametrize("body", ["", "Not Found", "<html><h1>nginx/1.26</h1></html>"])
async def test_a_web_servers_refusal_is_one(
    simulator: Simulator,
    client: GatewayMaker,
    status: int,
    error: type[GatewayError],
    body: str,
) -> None:
    """Where the gateway itself says nothing, so nothing was done."""
    submission = await submission_after(body, status, simulator, client)

    assert (submission.outcome, type(submission.error)) == (Outcome.REJECTED, error)


async def test_octets_without_a_charset_are_read(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """As Latin-1 where they are no UTF-8."""
    body = "Échec d'envoi, destinataire incorrect".encode("cp1252")

    submission = await submission_after(body, 200, simulator, client)

    assert type(submission.error) is InvalidRecipientError
    assert submission.error.words == "Échec d'envoi, destinataire incorrect"
