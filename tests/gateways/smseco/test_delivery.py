"""SMSECO: what becomes of messages, told once (section III)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
import json

import pytest

from custom_components.passerelle_sms.gateways.answer_reader import EXCERPT
from custom_components.passerelle_sms.gateways.errors import GatewayError
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
    Sent,
)
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from tests.conftest import GatewayMaker
from tests.simulator import Simulator
from tests.simulator.smseco import NumberStyle
from tests.simulator.smseco_codes import STATES

from .samples import (
    BURKINA,
    IVORIAN,
    OTHER,
    REPORT,
    REPORT_ALONE,
    ROW,
    SERVER_ID,
    SMS_ID,
    TWIN,
    TWIN_ABROAD,
    account,
    last_request,
    row_without,
    told,
)

NOW = datetime(2026, 12, 24, 18, 0, tzinfo=UTC)
PENDING, DELIVERED, UNDELIVERED = (
    DeliveryStatus.PENDING,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.UNDELIVERED,
)


def sent(result: SendResult) -> list[Sent]:
    """Return what was accepted, as it is asked about."""
    return [
        Sent(
            recipient=submission.recipient,
            submission_id=submission.submission_id,
            sending_id=submission.sending_id,
        )
        for submission in result.submissions
    ]


# --- what is asked ------------------------------------------------------------


async def test_asks_about_one_request_and_forgets_it(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Section III-3-1: `msgfid`; what was read isn't told again."""
    simulator.smseco.now = lambda: NOW
    gateway = account(client, simulator)
    asked = sent(await gateway.send(Sms(text="Test", recipients=(BURKINA, OTHER))))
    others = sent(await gateway.send(Sms(text="Autre", recipients=(IVORIAN,))))
    first, second, other = simulator.smseco.accepted
    simulator.smseco.report(first, 56)
    simulator.smseco.report(second, 59, texte="Absent")
    simulator.smseco.report(other, 55)

    reports = await gateway.delivery(asked)

    request = simulator.smseco.requests[-1]
    assert (request.method, request.path) == ("POST", "json/getdlrs/")
    assert request.headers["Content-Type"] == "application/json"
    assert last_request(simulator.smseco) == {
        "message": {"msgfid": asked[0].sending_id}
    }
    assert reports == (
        DeliveryReport(
            submission_id=first.submission_id,
            sending_id=asked[0].sending_id,
            recipient="22678657808",
            status=DELIVERED,
            code="56",
            words="Accusé de Réception",
            at=NOW,
            is_billed=True,
        ),
        DeliveryReport(
            submission_id=second.submission_id,
            sending_id=asked[0].sending_id,
            recipient="22607352518",
            status=UNDELIVERED,
            code="59",
            words="Non Délivré par l'Opérateur: Absent",
            at=NOW,
            is_billed=True,
        ),
    )
    assert await gateway.delivery(asked) == ()
    # The other request's is still there.
    [report] = await gateway.delivery(others)
    assert report.submission_id == other.submission_id
    assert simulator.smseco.unread == []


async def test_asks_about_one_recipient(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Section III-3-1: `smsfid` too, so the others' is not read for nothing."""
    gateway = account(client, simulator)
    first, second = sent(
        await gateway.send(Sms(text="Test", recipients=(BURKINA, OTHER)))
    )
    for taken in simulator.smseco.accepted:
        simulator.smseco.report(taken, 56)

    [report] = await gateway.delivery([second])

    assert last_request(simulator.smseco) == {
        "message": {"msgfid": second.sending_id, "smsfid": second.submission_id}
    }
    assert report.submission_id == second.submission_id
    [unread] = simulator.smseco.unread
    assert unread.submission_id == first.submission_id


@pytest.mark.parametrize(
    ("asked", "question"),
    [
        # A request whose answer named nobody: its id is all there is.
        (
            [Sent(recipient=BURKINA, submission_id=SERVER_ID, sending_id=SERVER_ID)],
            {"msgfid": SERVER_ID},
        ),
        ([Sent(recipient=BURKINA, sending_id=SERVER_ID)], {"msgfid": SERVER_ID}),
        # An answer that told only the recipient's.
        ([Sent(recipient=BURKINA, submission_id=SMS_ID)], {"smsfid": SMS_ID}),
    ],
)
async def test_asks_with_what_is_known(
    simulator: Simulator,
    client: GatewayMaker,
    asked: list[Sent],
    question: dict[str, str],
) -> None:
    """Section III-1: both ids are optional."""
    assert await account(client, simulator).delivery(asked) == ()

    assert last_request(simulator.smseco) == {"message": question}


def test_asks_once_for_all_that_went_together(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """By request; one by one where its id is not known; never about nothing."""
    together = [
        Sent(recipient=BURKINA, submission_id="1", sending_id="A"),
        Sent(recipient=OTHER, submission_id="2", sending_id="A"),
    ]
    apart = Sent(recipient=BURKINA, submission_id="3", sending_id="B")
    alone = [Sent(recipient=r, submission_id=r[-4:]) for r in (BURKINA, OTHER)]
    unknown = Sent(recipient=IVORIAN)

    groups = account(client, simulator).delivery_requests(
        [together[0], alone[0], apart, unknown, together[1], alone[1]]
    )

    assert groups == (tuple(together), (alone[0],), (apart,), (alone[1],))


async def test_asks_for_all_that_is_new(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Without an id, the whole account, whoever sent it."""
    gateway = account(client, simulator)
    assert await gateway.new_deliveries() == ()
    assert last_request(simulator.smseco) == {"message": {}}
    await gateway.send(Sms(text="Test", recipients=(BURKINA, OTHER)))
    await gateway.send(Sms(text="Autre", recipients=(IVORIAN,)))
    for taken in simulator.smseco.accepted:
        simulator.smseco.report(taken, 56)

    reports = await gateway.new_deliveries()

    assert [(report.submission_id, report.sending_id) for report in reports] == [
        (taken.submission_id, simulator.smseco.sending_of(taken))
        for taken in simulator.smseco.accepted
    ]
    assert await gateway.new_deliveries() == ()


async def test_the_simulator_delivers_at_once(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Every message once, and a scheduled one not before its time."""
    simulator.smseco.now = lambda: NOW
    simulator.smseco.instant_delivery = True
    gateway = account(client, simulator)
    later = SmsOptions(send_at=NOW + timedelta(hours=1))
    await gateway.send(Sms(text="Test", recipients=(BURKINA,)))
    await gateway.send(Sms(text="Plus tard", recipients=(OTHER,), options=later))

    [now] = await gateway.new_deliveries()
    assert await gateway.new_deliveries() == ()
    simulator.smseco.now = lambda: NOW + timedelta(hours=1)
    [then] = await gateway.new_deliveries()

    assert [now.is_about(BURKINA), then.is_about(OTHER)] == [True, True]
    assert now.status is then.status is DELIVERED


def row(**fields: object) -> dict[str, object]:
    """Return a row of which some fields are others."""
    return {**ROW, **fields}


# --- what is told -------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status", "is_billed"),
    [
        (50, PENDING, False),
        (62, UNDELIVERED, False),
        (65, PENDING, True),
        (54, UNDELIVERED, False),
        (55, PENDING, True),
        (61, PENDING, True),
        (56, DELIVERED, True),
        (59, UNDELIVERED, True),
        (60, UNDELIVERED, True),
        (49, UNDELIVERED, False),
        # None of the document's.
        (57, PENDING, None),
    ],
)
async def test_knows_every_state(
    simulator: Simulator,
    client: GatewayMaker,
    code: int,
    status: DeliveryStatus,
    is_billed: bool | None,
) -> None:
    """Section III-1, "Définition des statuts des messages envoyés"."""
    gateway = account(client, simulator)
    await gateway.send(Sms(text="Test", recipients=(BURKINA,)))
    simulator.smseco.report(simulator.smseco.accepted[0], code)

    [report] = await gateway.new_deliveries()

    assert (report.status, report.is_billed) == (status, is_billed)
    assert (report.code, report.words) == (str(code), STATES.get(code, "Autre"))


@pytest.mark.parametrize("style", NumberStyle)
@pytest.mark.parametrize("single_object", [False, True])
@pytest.mark.parametrize("date_format", ["%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M"])
async def test_understands_every_way_to_write_an_answer(
    simulator: Simulator,
    client: GatewayMaker,
    style: NumberStyle,
    single_object: bool,
    date_format: str,
) -> None:
    """Numbers or strings, a list or its only item, ISO or French dates."""
    simulator.smseco.number_style = style
    simulator.smseco.single_object = single_object
    simulator.smseco.date_format = date_format
    gateway = account(client, simulator)
    await gateway.send(Sms(text="Test", recipients=(BURKINA,)))
    [taken] = simulator.smseco.accepted
    simulator.smseco.report(taken, 56, date=NOW)

    [report] = await gateway.new_deliveries()

    assert report.submission_id == taken.submission_id
    assert (report.status, report.at) == (DELIVERED, NOW)


@pytest.mark.parametrize(
    "answer",
    [
        told([ROW]),
        told(ROW),
        told({"dlr": ROW}),
        told({"DLR": [ROW]}),
        told([{**row_without("statut"), "statur": 56}]),
        told([{**row_without("statut"), "status": "56"}]),
        told([{**row_without("texte"), "text": "par le téléphone"}]),
        told([{name.upper(): value for name, value in ROW.items()}]),
        told([row(destination="+226 78 65 78 08")]),
        told([row(destination=22678657808)]),
        {"statut": 0, "messages": {"msgfid": SERVER_ID, "dlrs": [ROW]}},
        {"statut": 0, "messages": {"message": {"msgfid": SERVER_ID, "dlrs": [ROW]}}},
        {"STATUT": "0", "Messages": [{"MsgFid": SERVER_ID, "Dlrs": [ROW]}]},
        # Whatever else it says: the report would not come again.
        told([ROW], statut=-4),
        told([ROW], statut=-15, texte="Aucun statut sms disponible"),
        told([ROW], statut=1),
        told([ROW], statut=None),
    ],
)
@pytest.mark.parametrize("status", [200, 404, 500])
async def test_reads_every_spelling(
    simulator: Simulator,
    client: GatewayMaker,
    answer: dict[str, object],
    status: int,
) -> None:
    """The misprints of sections III-3 and IV-2, and XML's structure of section III-1."""
    simulator.smseco.answer_next(json.dumps(answer), status=status)
    gateway = account(client, simulator)

    assert await gateway.new_deliveries() == (REPORT,)
    assert gateway.last_unreadable is None
    assert len(simulator.smseco.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"statut": 0, "messages": [{"dlrs": [ROW]}]},
        {"statut": 0, "messages": [{"msgfid": "", "dlrs": [ROW]}]},
        {"statut": 0, "messages": [{"msgfid": SERVER_ID, "dlrs": ""}, {"dlrs": ROW}]},
        {"messages": [{"dlrs": [ROW]}]},
    ],
)
async def test_a_request_may_have_no_name(
    simulator: Simulator, client: GatewayMaker, answer: dict[str, object]
) -> None:
    """The recipient's own id says enough, and another request's name is none."""
    simulator.smseco.answer_next(json.dumps(answer))
    gateway = account(client, simulator)

    assert await gateway.new_deliveries() == (REPORT_ALONE,)
    assert gateway.last_unreadable is None


@pytest.mark.parametrize(
    ("changed", "submission_id", "recipient"),
    [
        (row_without("smsfid"), SERVER_ID, "22678657808"),
        (row(smsfid=""), SERVER_ID, "22678657808"),
        (row_without("destination"), SMS_ID, ""),
        (row_without("smsfid", "destination"), SERVER_ID, ""),
    ],
)
async def test_says_who_it_is_about_as_far_as_it_is_told(
    simulator: Simulator,
    client: GatewayMaker,
    changed: dict[str, object],
    submission_id: str,
    recipient: str,
) -> None:
    """The request's id stands for the recipient's, as in the answer to a message."""
    simulator.smseco.answer_next(json.dumps(told([changed])))

    [report] = await account(client, simulator).new_deliveries()

    assert (report.submission_id, report.recipient) == (submission_id, recipient)
    assert report.sending_id == SERVER_ID


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (row(texte=""), "Reçu"),
        (row(libelle=None), "par le téléphone"),
        (row(texte="Reçu"), "Reçu"),
        (row(libelle="", texte=""), None),
        (row(libelle=["Reçu"], texte=1), None),
        (row(libelle="<b>Reçu</b>", texte="par +226 78 65 78 08"), "Reçu : par ***08"),
        (row(libelle="s3cr&t+pa ss", texte="243161185"), "***: ***"),
        (row(libelle="x" * 2 * EXCERPT, texte=""), "x" * EXCERPT),
    ],
)
async def test_keeps_the_gateway_s_words(
    simulator: Simulator,
    client: GatewayMaker,
    changed: dict[str, object],
    words: str | None,
) -> None:
    """As far as they may be shown."""
    simulator.smseco.answer_next(json.dumps(told([changed])))

    [report] = await account(client, simulator).new_deliveries()

    assert report.words == words


async def test_tells_both_ids(simulator: Simulator, client: GatewayMaker) -> None:
    """Who was told only the request's, when he sent, knows his message by that one."""
    simulator.smseco.lists_messages = False
    gateway = account(client, simulator)
    asked = sent(await gateway.send(Sms(text="Test", recipients=(TWIN, TWIN_ABROAD))))
    taken = simulator.smseco.accepted
    server_id = simulator.smseco.sending_of(taken[0])
    assert [(one.submission_id, one.sending_id) for one in asked] == [
        (server_id, server_id)
    ] * 2
    for one in taken:
        simulator.smseco.report(one, 56)

    reports = await gateway.delivery(asked)

    assert [
        (report.submission_id, report.sending_id, report.recipient)
        for report in reports
    ] == [(one.submission_id, server_id, one.recipient) for one in taken]
    assert server_id not in {one.submission_id for one in taken}


@pytest.mark.parametrize("destination", ["57123456", "22678657808", ""])
async def test_guesses_no_recipient(
    simulator: Simulator, client: GatewayMaker, destination: str
) -> None:
    """The last digits of both, neither's, none: it is told as it came."""
    simulator.smseco.answer_next(json.dumps(told([row(destination=destination)])))

    [report] = await account(client, simulator).delivery(
        [
            Sent(recipient=recipient, submission_id=SERVER_ID, sending_id=SERVER_ID)
            for recipient in (TWIN, TWIN_ABROAD)
        ]
    )

    assert report == replace(REPORT, recipient=destination)


async def test_the_simulator_wants_to_know_who_asks(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Nothing is told, and nothing forgotten, for a wrong password."""
    gateway = account(client, simulator)
    await gateway.send(Sms(text="Test", recipients=(BURKINA,)))
    simulator.smseco.report(simulator.smseco.accepted[0], 56)
    simulator.smseco.password = "changed"

    with pytest.raises(GatewayError) as raised:
        await gateway.new_deliveries()

    assert raised.value.code == "-4"
    assert len(simulator.smseco.unread) == 1
