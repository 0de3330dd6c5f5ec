"""ETECH KEYS: what becomes of a message (section C)."""

import json
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.abilities.delivery import TracksDelivery
from custom_components.passerelle_sms.gateways.answer_reader import EXCERPT
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InvalidRecipientError,
    RejectedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
    Sent,
)
from custom_components.passerelle_sms.gateways.model.message import Sms
from tests.conftest import GatewayMaker
from tests.simulator import Simulator

CAMEROON: Final = "+237695688207"
# Section C, as printed: 24 digits, more than a float or a 64-bit integer holds.
MESSAGE_ID: Final = "124316118469568820764259"
SENT: Final = Sent(recipient=CAMEROON, submission_id=MESSAGE_ID)

PENDING: Final = DeliveryStatus.PENDING
DELIVERED: Final = DeliveryStatus.DELIVERED
UNDELIVERED: Final = DeliveryStatus.UNDELIVERED


def state(label: object, **changes: object) -> str:
    """Return the answer in use, with a label and changes."""
    return json.dumps(
        {"id": MESSAGE_ID, "etat_sms": "2", "Libelle_sms": label, **changes}
    )


async def ask(gateway: Gateway, sent: Sent = SENT) -> DeliveryReport:
    """Return the one report about one submission."""
    assert isinstance(gateway, TracksDelivery)
    [report] = await gateway.delivery((sent,))
    return report


async def error_of(gateway: Gateway) -> GatewayError:
    """Return why there is no report, with nothing in it that must not be told."""
    with pytest.raises(GatewayError) as raised:
        await ask(gateway)
    for told in (str(raised.value), repr(raised.value), str(gateway.last_unreadable)):
        assert MESSAGE_ID not in told
        assert CAMEROON.removeprefix("+237") not in told
    return raised.value


async def test_asks_what_the_document_asks(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Login, number and id: no password."""
    gateway = client(simulator.etech_keys)
    simulator.etech_keys.answer_next(state("DELIVERED"))

    report = await ask(gateway)

    [request] = simulator.etech_keys.requests
    assert (request.method, request.path) == ("GET", "api_dlr.php")
    assert request.query == {
        "login": simulator.etech_keys.username,
        "destinataire": "695688207",
        "id": MESSAGE_ID,
    }
    assert report == DeliveryReport(
        submission_id=MESSAGE_ID,
        recipient="695688207",
        status=DELIVERED,
        code="2",
        words="DELIVERED",
    )
    assert report.is_about(CAMEROON)
    assert MESSAGE_ID not in repr(report)


async def test_follows_a_message_to_the_phone(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """On its way, then there; another one never arrives."""
    gateway = client(simulator.etech_keys)
    assert isinstance(gateway, TracksDelivery)
    result = await gateway.send(
        Sms(text="Citerne vide", recipients=(CAMEROON, "+2250757123456"))
    )
    sent = [
        Sent(recipient=submission.recipient, submission_id=submission.submission_id)
        for submission in result.submissions
    ]
    assert [submission.delivery for submission in result.submissions] == [
        PENDING,
        PENDING,
    ]

    assert gateway.delivery_requests(sent) == ((sent[0],), (sent[1],))
    assert [(await ask(gateway, one)).status for one in sent] == [PENDING, PENDING]

    simulator.etech_keys.label = "DELIVERED"
    simulator.etech_keys.labels[sent[1].submission_id or ""] = "UNDELIVERED"
    reports = [await ask(gateway, one) for one in sent]

    assert [report.status for report in reports] == [DELIVERED, UNDELIVERED]
    assert [report.submission_id for report in reports] == [
        one.submission_id for one in sent
    ]
    assert [report.recipient for report in reports] == ["695688207", "2250757123456"]


async def test_a_submission_without_an_id_cannot_be_asked_about(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Each other one is a question of its own."""
    gateway = client(simulator.etech_keys)
    assert isinstance(gateway, TracksDelivery)
    other = Sent(recipient=CAMEROON, submission_id=MESSAGE_ID + "1")

    groups = gateway.delivery_requests((SENT, Sent(recipient=CAMEROON), other))

    assert groups == ((SENT,), (other,))


async def test_what_the_gateway_does_not_know_is_no_news(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The document prints no answer for it: nothing is concluded."""
    assert type(await error_of(client(simulator.etech_keys))) is UnreadableAnswerError


@pytest.mark.parametrize(
    ("label", "status"),
    [
        ("DELIVERED", DELIVERED),
        ("delivrd", DELIVERED),
        ("Délivré", DELIVERED),
        ("SMS délivrée.", DELIVERED),
        ("MESSAGE_DELIVERED", DELIVERED),
        ("Envoyé et délivré", DELIVERED),
        ("Livré", DELIVERED),
        ("Remis", DELIVERED),
        ("Reçu", DELIVERED),
        ("SMS reçue", DELIVERED),
        # The negative holds the positive.
        ("UNDELIVERED", UNDELIVERED),
        ("UNDELIV", UNDELIVERED),
        ("UNDELIVERABLE", UNDELIVERED),
        ("NOT_DELIVERED", UNDELIVERED),
        ("Non délivré", UNDELIVERED),
        ("non-délivré", UNDELIVERED),
        ("NONDELIVRE", UNDELIVERED),
        ("Non livré", UNDELIVERED),
        ("NONLIVRE", UNDELIVERED),
        ("Pas remis", UNDELIVERED),
        ("Jamais reçu", UNDELIVERED),
        ("Numéro bloqué", UNDELIVERED),
        ("Refusé", UNDELIVERED),
        ("N'a pas été délivré", UNDELIVERED),
        ("EXPIRED", UNDELIVERED),
        ("Expiré", UNDELIVERED),
        ("REJECTED", UNDELIVERED),
        ("REJECTD", UNDELIVERED),
        ("Rejeté", UNDELIVERED),
        ("FAILED", UNDELIVERED),
        ("DELETED", UNDELIVERED),
        ("Échec", UNDELIVERED),
        ("Échoué", UNDELIVERED),
        ("SENT", PENDING),
        ("ACCEPTED", PENDING),
        ("ENROUTE", PENDING),
        ("PENDING", PENDING),
        ("En attente", PENDING),
        ("En cours", PENDING),
        ("Envoyé", PENDING),
        ("Transmis", PENDING),
        # What is still to come has not come, and has not failed either.
        ("En attente de délivrance", PENDING),
        ("Pas encore délivré", PENDING),
        ("NOT YET DELIVERED", PENDING),
        ("PENDING DELIVERY", PENDING),
        ("Échec, nouvel essai en cours", PENDING),
        ("DELIVERED TO SMSC", PENDING),
        ("DELIVERED_TO_NETWORK", PENDING),
        ("Remis au réseau", PENDING),
        ("Reçu par l'opérateur", PENDING),
        ("Pas encore livré", PENDING),
        ("Délivré à l'opérateur", PENDING),
        # Nobody knows what these mean, so they settle nothing.
        ("UNKNOWN", PENDING),
        ("Non trouvé", PENDING),
        ("Delivery", PENDING),
        ("???", PENDING),
    ],
)
async def test_understands_every_label(
    simulator: Simulator, client: GatewayMaker, label: str, status: DeliveryStatus
) -> None:
    """Whatever number stands beside it."""
    for number in ("0", "2", 5):
        simulator.etech_keys.answer_next(state(label, etat_sms=number))

        report = await ask(client(simulator.etech_keys))

        assert (report.status, report.words) == (status, label)
        assert report.code == str(number)


@pytest.mark.parametrize(
    ("answer", "status", "code", "words"),
    [
        # In other writings of the same object.
        ("\ufeff" + state("DELIVERED"), DELIVERED, "2", "DELIVERED"),
        (f" [{state('DELIVERED')}]\n", DELIVERED, "2", "DELIVERED"),
        (state("DELIVERED").upper(), DELIVERED, "2", "DELIVERED"),
        (state("DELIVERED", id=int(MESSAGE_ID)), DELIVERED, "2", "DELIVERED"),
        (state("DELIVERED", id=""), DELIVERED, "2", "DELIVERED"),
        (state("DELIVERED", id=None), DELIVERED, "2", "DELIVERED"),
        (state("DELIVERED", etat_sms=None), DELIVERED, None, "DELIVERED"),
        # Without a label the number settles nothing.
        (state(""), PENDING, "2", None),
        (state(None, etat_sms=5), PENDING, "5", None),
        ("2", PENDING, "2", None),
        # As a text.
        ("DELIVERED", DELIVERED, None, "DELIVERED"),
        ('"DELIVERED"', DELIVERED, None, '"DELIVERED"'),
        ("\ufeff<p> Non délivré </p>", UNDELIVERED, None, "Non délivré"),
        (f"{MESSAGE_ID} : DELIVRD", DELIVERED, None, "DELIVRD"),
        (f"UNDELIV;{MESSAGE_ID}", UNDELIVERED, None, "UNDELIV"),
        ("En attente", PENDING, None, "En attente"),
        # Words are kept without numbers, and cut.
        (state("SENT 695688207"), PENDING, "2", "SENT ***07"),
        (state("é" * 900), PENDING, "2", "é" * EXCERPT),
    ],
)
async def test_reads_every_form(
    simulator: Simulator,
    client: GatewayMaker,
    answer: str,
    status: DeliveryStatus,
    code: str | None,
    words: str | None,
) -> None:
    """The document prints none: the one in use, and a bare label."""
    simulator.etech_keys.answer_next(answer)

    report = await ask(client(simulator.etech_keys))

    assert (report.status, report.code, report.words) == (status, code, words)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("", UnreadableAnswerError),
        (" \n", UnreadableAnswerError),
        ("...", UnreadableAnswerError),
        ("<!DOCTYPE html><p>DELIVERED</p>", UnreadableAnswerError),
        ("<html><body>Délivré</body></html>", UnreadableAnswerError),
        # About another message, or in a fraction that has lost its last digits.
        (state("DELIVERED", id=MESSAGE_ID + "0"), UnreadableAnswerError),
        (state("DELIVERED", id=float(MESSAGE_ID)), UnreadableAnswerError),
        ("124316118469568820700000 DELIVERED", UnreadableAnswerError),
        # Nothing about a state.
        (MESSAGE_ID, UnreadableAnswerError),
        (json.dumps({"id": MESSAGE_ID}), UnreadableAnswerError),
        (json.dumps({"message": "DELIVERED"}), UnreadableAnswerError),
        (state(True, etat_sms=["2"]), UnreadableAnswerError),
        (f"[{state('DELIVERED')}, {state('DELIVERED')}]", UnreadableAnswerError),
        (state("DELIVERED")[:-1], UnreadableAnswerError),
        ("[]", UnreadableAnswerError),
        ('["DELIVERED"]', UnreadableAnswerError),
        ("DELIVERED " * 10, UnreadableAnswerError),
        # What the script says about itself.
        ("Connection failed", UnreadableAnswerError),
        ("<b>Warning</b>: mysqli_query() failed", UnreadableAnswerError),
        ("Erreur : échec", UnreadableAnswerError),
        # The sentences of section A.
        ("Mot de passe incorrect", AuthenticationError),
        ("destinataire incorrect", InvalidRecipientError),
        (f"error.{MESSAGE_ID}", RejectedError),
        ('{"error": "Mot de passe incorrect"}', AuthenticationError),
    ],
)
async def test_says_why_there_is_no_report(
    simulator: Simulator, client: GatewayMaker, answer: str, error: type[GatewayError]
) -> None:
    """And never with the id, which holds the login and the number."""
    simulator.etech_keys.answer_next(answer)

    assert type(await error_of(client(simulator.etech_keys))) is error


async def test_a_broken_gateway_tells_nothing(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Even if its page holds a label."""
    simulator.etech_keys.answer_next(state("DELIVERED"), status=500)

    assert type(await error_of(client(simulator.etech_keys))) is GatewayBrokenError
