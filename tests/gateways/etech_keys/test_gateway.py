"""ETECH KEYS: every answer of its document, and what goes out."""

from decimal import Decimal

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidSenderError,
    RejectedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import GatewayMaker
from tests.simulator import Simulator

CAMEROON = "+237695688207"
ACCEPTED_ID = "1243161184695688207369660"


async def test_sends_what_the_document_asks_for(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The query of section A: login, password, sender, nine digits and the text."""
    result = await client(simulator.etech_keys).send(
        Sms(text="Citerne vide & pompe à l'arrêt + 2", recipients=(CAMEROON,))
    )

    [request] = simulator.etech_keys.requests
    assert (request.method, request.path) == ("GET", "api.php")
    assert request.query == {
        "login": simulator.etech_keys.username,
        "password": simulator.etech_keys.password,
        "sender_id": "MAISON",
        "destinataire": "695688207",
        "message": "Citerne vide & pompe à l'arrêt + 2",
        "unicode": "1",
    }
    [submission] = result.submissions
    assert submission.outcome is Outcome.ACCEPTED
    assert submission.recipient == CAMEROON
    assert submission.submission_id == simulator.etech_keys.accepted[0].submission_id
    assert submission.segments == 1
    assert result.remaining is None


async def test_text_inside_gsm7_needs_no_unicode(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """French that GSM-7 holds goes out as the document prints it."""
    await client(simulator.etech_keys).send(
        Sms(text="Réservoir à sec", recipients=(CAMEROON,))
    )

    assert "unicode" not in simulator.etech_keys.requests[0].query


@pytest.mark.parametrize(
    ("recipient", "written"),
    [(CAMEROON, "695688207"), ("+2250757123456", "2250757123456")],
)
async def test_writes_numbers_as_the_gateway_does(
    simulator: Simulator, client: GatewayMaker, recipient: str, written: str
) -> None:
    """Nine digits inside Cameroon, all of them elsewhere."""
    await client(simulator.etech_keys).send(Sms(text="Test", recipients=(recipient,)))

    assert simulator.etech_keys.accepted[0].recipient == written


@pytest.mark.parametrize(
    ("answer", "outcome", "submission_id", "error"),
    [
        # A.1, as printed, and as a web server may wrap it.
        (ACCEPTED_ID, Outcome.ACCEPTED, ACCEPTED_ID, None),
        (f"\ufeff<p> {ACCEPTED_ID}\n</p>", Outcome.ACCEPTED, ACCEPTED_ID, None),
        # A.2
        (f"error.{ACCEPTED_ID}", Outcome.REJECTED, ACCEPTED_ID, RejectedError),
        ("ERROR", Outcome.REJECTED, None, RejectedError),
        # A.3 to A.5
        ("Solde insuffisant", Outcome.REJECTED, None, InsufficientCreditError),
        ("Mot de passe incorrect", Outcome.REJECTED, None, AuthenticationError),
        ("destinataire incorrect", Outcome.REJECTED, None, InvalidRecipientError),
        ("Destinataire Incorrect.", Outcome.REJECTED, None, InvalidRecipientError),
        # What no document describes says nothing about the message.
        ("", Outcome.UNKNOWN, None, UnreadableAnswerError),
        ("12431", Outcome.UNKNOWN, None, UnreadableAnswerError),
        ("OK", Outcome.UNKNOWN, None, UnreadableAnswerError),
        (
            "<b>Fatal error</b>: Uncaught Exception",
            Outcome.UNKNOWN,
            None,
            UnreadableAnswerError,
        ),
    ],
)
async def test_understands_every_answer_to_a_message(
    simulator: Simulator,
    client: GatewayMaker,
    answer: str,
    outcome: Outcome,
    submission_id: str | None,
    error: type[GatewayError] | None,
) -> None:
    """Section A, "Valeur de Retour"."""
    simulator.etech_keys.answer_next(answer)

    result = await client(simulator.etech_keys).send(
        Sms(text="Test", recipients=(CAMEROON,))
    )

    [submission] = result.submissions
    assert submission.outcome is outcome
    assert submission.submission_id == submission_id
    assert type(submission.error) is (error or type(None))
    assert ACCEPTED_ID not in str(submission.error)


@pytest.mark.parametrize(
    ("answer", "credit"),
    [
        ("1785", Decimal(1785)),
        ("\ufeff 1785,5 \n", Decimal("1785.5")),
        ('{"solde": "12"}', Decimal(12)),
        ('{"balance": 12.5}', Decimal("12.5")),
    ],
)
async def test_reads_the_credit(
    simulator: Simulator, client: GatewayMaker, answer: str, credit: Decimal
) -> None:
    """Section D prints no answer: a number in every form seen."""
    simulator.etech_keys.answer_next(answer)

    balance = await client(simulator.etech_keys).balance()

    assert balance.credits == credit
    assert simulator.etech_keys.requests[0].path == "api_credit.php"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("Mot de passe incorrect", AuthenticationError),
        ("error", RejectedError),
        ("", UnreadableAnswerError),
        ("[]", UnreadableAnswerError),
        ('{"credit": 3}', UnreadableAnswerError),
        ("<html><body>Bienvenue</body></html>", UnreadableAnswerError),
    ],
)
async def test_says_why_there_is_no_credit(
    simulator: Simulator, client: GatewayMaker, answer: str, error: type[GatewayError]
) -> None:
    """A sentence of section A, or nothing that can be read."""
    simulator.etech_keys.answer_next(answer)

    with pytest.raises(GatewayError) as raised:
        await client(simulator.etech_keys).balance()

    assert type(raised.value) is error


@pytest.mark.parametrize("sender", ["MAISONDUBOIS", "237695688207", "É", "A/B"])
async def test_refuses_a_sender_before_asking(
    simulator: Simulator, client: GatewayMaker, sender: str
) -> None:
    """Eleven characters (section A, "Remplacer"), and not a number."""
    with pytest.raises(InvalidSenderError):
        await client(simulator.etech_keys).send(
            Sms(text="Test", recipients=(CAMEROON,), sender=sender)
        )

    assert simulator.etech_keys.requests == []
