"""DevCodeSMS: the delivery reports that it sends by itself (section 2.3)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
import json
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.abilities.delivery import (
    PushedAnswer,
    PushedReport,
    PushesDelivery,
)
from custom_components.passerelle_sms.gateways.answer_reader import EXCERPT
from custom_components.passerelle_sms.gateways.errors import InvalidRequestError
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
)
from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.wire.times import DOUALA
from tests.conftest import GatewayMaker
from tests.gateways.wire.notices import NOTICES
from tests.simulator import Simulator

MOBILE: Final = "+237678018812"
MESSAGE_ID: Final = "e12dd358cff3961752f8c1180cc209ff"
# Section 2.1.2, and the same as 2.3.1 would write it.
KNOWN_ID: Final = "brk.ocm.746082b9-5e1c-43d7-a616-9e3d66f4f8cf"
BARE_ID: Final = "746082b95e1c43d7a6169e3d66f4f8cf"

PENDING: Final = DeliveryStatus.PENDING
DELIVERED: Final = DeliveryStatus.DELIVERED
UNDELIVERED: Final = DeliveryStatus.UNDELIVERED


def row(**changes: object) -> dict[str, object]:
    """Return the row that the document prints, with changes."""
    return {
        "reponsecode": 1,
        "reponsedescription": "success",
        "messageid": MESSAGE_ID,
        "mobileno": MOBILE,
        "status": "DELIVRD",
        "submittime": "2019-05-11 13:53:13",
        "senttime": "2019-05-11 13:53:14",
        "deliverytime": "2019-05-11 13:53:15",
        **changes,
    }


def call(*rows: object) -> str:
    """Return a call as the document prints it, with these rows."""
    return json.dumps({"dlrlist": list(rows)})


@pytest.fixture
def gateway(simulator: Simulator, client: GatewayMaker) -> PushesDelivery:
    """Return a client of the gateway."""
    gateway = client(simulator.devcodesms)
    assert isinstance(gateway, PushesDelivery)
    return gateway


def report_of(gateway: PushesDelivery, row: object) -> DeliveryReport:
    """Return what one row says."""
    [pushed] = gateway.read_pushed(call(row))
    assert pushed.report is not None
    return pushed.report


def rows(answer: PushedAnswer) -> list[dict[str, object]]:
    """Return the rows of an answer."""
    assert answer.content_type == "application/json"
    answered = json.loads(answer.body)
    assert answered.keys() == {"dlrlist"}
    told: list[dict[str, object]] = answered["dlrlist"]
    return told


def codes(answer: PushedAnswer) -> list[object]:
    """Return the code of each row of an answer."""
    return [row["reponsecode"] for row in rows(answer)]


# --- what a call says ----------------------------------------------------------


def test_reads_what_the_document_prints(gateway: PushesDelivery) -> None:
    """Two rows, in Cameroon's time."""
    printed = call(row(), row())

    pushed = gateway.read_pushed(printed)

    assert (
        pushed
        == (
            PushedReport(
                report=DeliveryReport(
                    submission_id=MESSAGE_ID,
                    recipient="237678018812",
                    status=DELIVERED,
                    code="1",
                    words="DELIVRD",
                    at=datetime(2019, 5, 11, 13, 53, 15, tzinfo=DOUALA),
                ),
                row=row(),
            ),
        )
        * 2
    )
    assert pushed[0].report is not None
    assert pushed[0].report.is_about(MOBILE)
    assert MESSAGE_ID not in repr(pushed)
    assert MOBILE[4:] not in repr(pushed)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"dlrlist": row()}),
        json.dumps({"DlrList": [row()]}),
        json.dumps([row()]),
        json.dumps(row()),
        "\ufeff " + call(row()),
        call({name.upper(): value for name, value in row().items()}),
        call({name.title(): value for name, value in row().items()}),
        call({f" {name[:7]} {name[7:]}\n": value for name, value in row().items()}),
        json.dumps({"dlrlist": {"7": row()}}),
        json.dumps({" Dlr list": [row()]}),
        json.dumps(call(row())),
        *(f"{notice}{call(row())}" for notice in NOTICES),
        *(f"{call(row())}{notice}" for notice in NOTICES),
    ],
)
def test_reads_every_writing_of_a_call(gateway: PushesDelivery, body: str) -> None:
    """With the list's name or without it, a single one, in any case."""
    [pushed] = gateway.read_pushed(body)

    assert pushed.report == report_of(gateway, row())


@pytest.mark.parametrize(
    "body",
    [
        "",
        "dlrlist",
        "null",
        "1",
        '"DELIVRD"',
        "{}",
        '{"status": "DELIVRD"}',
        '{"dlrlist": null}',
        '{"dlrlist": "DELIVRD"}',
        '{"dlrlist": 1}',
        call(row())[:-1],
        "[" * 200_000,
        call(row()) * 2,
        call({"a": [[]]}).replace("[]", "[" * 99 + "]" * 99),
        call(*([row()] * 501)),
    ],
)
def test_refuses_what_is_no_call(gateway: PushesDelivery, body: str) -> None:
    """Anybody may call, with anything."""
    with pytest.raises(InvalidRequestError):
        gateway.read_pushed(body)


@pytest.mark.parametrize("count", [0, 500])
def test_a_list_may_be_empty_or_long(gateway: PushesDelivery, count: int) -> None:
    """Up to a bound."""
    assert len(gateway.read_pushed(call(*([row()] * count)))) == count


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("DELIVRD", DELIVERED),
        ("delivrd", DELIVERED),
        ("Delivered", DELIVERED),
        ("DELIVRD – Le message est délivre", DELIVERED),
        ("UNDELIV", UNDELIVERED),
        ("UNDELIV - Le message n’est pas délivre", UNDELIVERED),
        ("UNDELIVERED", UNDELIVERED),
        ("UNDELIVERABLE", UNDELIVERED),
        ("EXPIRED", UNDELIVERED),
        ("DELETED", UNDELIVERED),
        ("REJECTD", UNDELIVERED),
        ("REJECTED", UNDELIVERED),
        ("FAILED", UNDELIVERED),
        ("ENROUTE", PENDING),
        ("ACCEPTD", PENDING),
        ("PENDING", PENDING),
        ("SENT", PENDING),
        ("UNKNOWN", PENDING),
        ("?", PENDING),
        ("NOT DELIVERED", PENDING),
        (1, DELIVERED),
        ("1", DELIVERED),
        (" 1 ", DELIVERED),
        ("1 DELIVRD", DELIVERED),
        ("1DELIVRD", DELIVERED),
        ("(1) – Delivrd", DELIVERED),
        (0, UNDELIVERED),
        ("0", UNDELIVERED),
        ("0 UNDELIV", UNDELIVERED),
        ("0 : UNDELIV - Le message n’est pas délivre", UNDELIVERED),
        # What contradicts itself, or says more than is known.
        ("0 DELIVRD", PENDING),
        ("1 UNDELIV", PENDING),
        ("1 ENROUTE", PENDING),
        ("2", PENDING),
        ("10", PENDING),
        ("01", PENDING),
        (-1, PENDING),
    ],
)
@pytest.mark.parametrize("code", [0, 1])
def test_the_status_decides(
    gateway: PushesDelivery, word: object, status: DeliveryStatus, code: int
) -> None:
    """Whatever the code beside it; a word that nobody knows settles nothing."""
    report = report_of(gateway, row(status=word, reponsecode=code))

    assert report.status is status
    assert (report.words, report.code) == (str(word).strip(), str(code))


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"reponsecode": 1}, DELIVERED, "success"),
        ({"reponsecode": "0", "reponsedescription": "error"}, UNDELIVERED, "error"),
        ({"reponsecode": 7, "reponsedescription": None}, PENDING, None),
        ({"reponsecode": None, "responsecode": 0}, UNDELIVERED, "success"),
        ({"reponsedescription": "", "ResponseDescription": "x"}, DELIVERED, "x"),
    ],
)
@pytest.mark.parametrize("missing", [None, "", " "])
def test_the_code_decides_without_a_status(
    gateway: PushesDelivery,
    changes: dict[str, object],
    status: DeliveryStatus,
    words: str | None,
    missing: str | None,
) -> None:
    """1 or 0, in either spelling of its name."""
    report = report_of(gateway, row(status=missing, **changes))

    assert (report.status, report.words) == (status, words)


@pytest.mark.parametrize(
    "saying_nothing",
    [
        None,
        "DELIVRD",
        7,
        [],
        {},
        [row()],
        row(mobileno=None, messageid=None),
        row(mobileno="", messageid=[]),
        row(mobileno="inconnu", messageid=" "),
        row(status=None, reponsecode=None),
        row(status={}, reponsecode=True),
    ],
)
def test_a_row_may_say_nothing(gateway: PushesDelivery, saying_nothing: object) -> None:
    """The others still count."""
    first, second = gateway.read_pushed(call(saying_nothing, row()))

    assert first.report is None
    assert second.report is not None
    assert codes(gateway.answer_pushed((first, second), (False, True))) == [0, 1]


@pytest.mark.parametrize(
    ("mobileno", "recipient"),
    [
        ("+ 237 678 01 88 12", "237678018812"),
        ("00237678018812", "00237678018812"),
        (237678018812, "237678018812"),
        ("678018812", "678018812"),
        (None, ""),
        ("9" * 900 + "237678018812", "99999999237678018812"),
    ],
)
def test_reads_every_writing_of_a_number(
    gateway: PushesDelivery, mobileno: object, recipient: str
) -> None:
    """2.3.1 writes a space after the plus."""
    report = report_of(gateway, row(mobileno=mobileno))

    assert report.recipient == recipient
    assert report.is_about(MOBILE) is (recipient != "")


def test_a_row_without_an_id_is_about_its_number(gateway: PushesDelivery) -> None:
    """Number and time tell the rest."""
    report = report_of(gateway, row(messageid=None))

    assert report.submission_id is None
    assert report.is_about(MOBILE)


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({}, 15),
        ({"deliverytime": ""}, 14),
        ({"deliverytime": None, "senttime": "0000-00-00 00:00:00"}, 13),
        ({"deliverytime": "2019-05-11T12:53:20Z"}, 20),
        ({"deliverytime": "0001-01-01 00:00:00"}, 14),
        ({"deliverytime": "9999-12-31 23:59:59"}, 14),
        ({"deliverytime": "demain", "senttime": [], "submittime": "\ud800"}, None),
    ],
)
def test_tells_when_it_happened(
    gateway: PushesDelivery, changes: dict[str, object], seconds: int | None
) -> None:
    """The latest time that is one, an hour before universal time."""
    at = report_of(gateway, row(**changes)).at

    expected = datetime(2019, 5, 11, 12, 53, tzinfo=UTC)
    if seconds is None:
        assert at is None
    else:
        assert at == expected + timedelta(seconds=seconds)


def test_words_are_redacted_and_cut(
    gateway: PushesDelivery, simulator: Simulator
) -> None:
    """They may hold a number or the key, and be as long as the caller likes."""
    key = simulator.devcodesms.api_key
    report = report_of(gateway, row(status=f"EXPIRED {MOBILE} {key} " + "x" * 900))

    assert report.words is not None
    assert report.words.startswith("EXPIRED ***12 *** xxx")
    assert len(report.words) == EXCERPT


def test_what_a_report_holds_can_be_stored(gateway: PushesDelivery) -> None:
    """Half a character can't be written down, and nothing is longer than it must be."""
    report = report_of(
        gateway,
        row(status="\ud800", messageid="\udfff" + "a" * 900, reponsecode="9" * 900),
    )

    assert report.submission_id == "\ufffd" + "a" * (EXCERPT - 1)
    assert report.words == "\ufffd"
    assert report.code == "***99"


# --- what is answered ----------------------------------------------------------


def test_answers_the_same_list(gateway: PushesDelivery) -> None:
    """2.3, "Réponse": 1 for what was taken, 0 for what was not."""
    pushed = gateway.read_pushed(call(row(), row(messageid="other")))

    assert rows(gateway.answer_pushed(pushed, (True, False))) == [
        row(),
        row(messageid="other", reponsecode=0),
    ]


@pytest.mark.parametrize(
    ("told", "answered"),
    [
        # The field keeps its name, and gets one where it was missing.
        (
            {"mobileno": MOBILE, "ResponseCode": 1},
            {"mobileno": MOBILE, "ResponseCode": 0},
        ),
        ({"MobileNo": MOBILE}, {"MobileNo": MOBILE, "reponsecode": 0}),
        ({}, {"reponsecode": 0}),
        (None, {"reponsecode": 0}),
        # Nothing but the document's own fields, and nothing that is no text or number.
        (
            {"mobileno": MOBILE, "reponsecode": 1, "x": "<script>", "dlrlist": [1]},
            {"mobileno": MOBILE, "reponsecode": 0},
        ),
        (
            {"mobileno": MOBILE, "messageid": {"a": 1}, "status": [1], "senttime": 1.5},
            {
                "mobileno": MOBILE,
                "messageid": None,
                "status": None,
                "senttime": None,
                "reponsecode": 0,
            },
        ),
        (
            {"mobileno": 237678018812, "messageid": 2**99, "status": "\ud800" * 900},
            {
                "mobileno": 237678018812,
                "messageid": 2**99,
                "status": "\ufffd" * EXCERPT,
                "reponsecode": 0,
            },
        ),
    ],
)
def test_answers_only_what_the_document_knows(
    gateway: PushesDelivery, told: object, answered: dict[str, object]
) -> None:
    """Whatever was sent along."""
    pushed = gateway.read_pushed(call(told))

    assert rows(gateway.answer_pushed(pushed, (False,))) == [answered]


@pytest.mark.parametrize("taken", [(), (True, True)])
def test_every_row_needs_an_answer(
    gateway: PushesDelivery, taken: Sequence[bool]
) -> None:
    """A caller that loses count is a mistake."""
    with pytest.raises(ValueError):
        gateway.answer_pushed(gateway.read_pushed(call(row())), taken)


# --- which message it is about --------------------------------------------------


@pytest.mark.parametrize(
    ("known", "told", "same"),
    [
        (KNOWN_ID, KNOWN_ID, True),
        (KNOWN_ID, BARE_ID, True),
        (BARE_ID, KNOWN_ID, True),
        (KNOWN_ID, KNOWN_ID.removeprefix("brk.ocm."), True),
        (KNOWN_ID, f" {KNOWN_ID.upper()} ", True),
        (KNOWN_ID, BARE_ID.upper(), True),
        (KNOWN_ID, KNOWN_ID + "0", False),
        (KNOWN_ID, BARE_ID[:-1], False),
        (KNOWN_ID, MESSAGE_ID, False),
        (KNOWN_ID, "", False),
        ("", KNOWN_ID, False),
        ("", "", False),
        ("brk.ocm.", "brk.ocm.", False),
        ("-", " ", False),
    ],
)
def test_knows_an_id_in_either_writing(
    gateway: PushesDelivery, known: str, told: str, *, same: bool
) -> None:
    """2.1.2 writes prefix and dashes, 2.3.1 neither; nothing is never something."""
    assert (gateway.id_key(known) == gateway.id_key(told) != "") is same


# --- the gateway as a whole ----------------------------------------------------


@pytest.mark.parametrize(
    "switches",
    [
        (),
        ("bare_ids",),
        ("bare_ids_in_answers",),
        ("bare_ids", "bare_ids_in_answers", "spaced_numbers"),
        ("status_as_number",),
        ("status_with_number",),
        ("blanks_in_names",),
        ("status_as_number", "blanks_in_names", "bare_ids"),
    ],
)
@pytest.mark.parametrize("word", ["DELIVRD", "UNDELIV"])
async def test_what_was_sent_is_reported(
    simulator: Simulator, client: GatewayMaker, switches: tuple[str, ...], word: str
) -> None:
    """A report for each message, found by its id and its number, however it is written."""
    simulated = simulator.devcodesms
    for switch in switches:
        setattr(simulated, switch, True)
    simulated.now = lambda: datetime(2026, 10, 3, 23, 30, tzinfo=UTC)
    gateway = client(simulated)
    assert isinstance(gateway, PushesDelivery)
    result = await gateway.send(
        Sms(text="Citerne vide", recipients=(MOBILE, "+237699128531"))
    )
    assert [submission.delivery for submission in result.submissions] == [
        PENDING,
        PENDING,
    ]

    body = simulated.delivery_report(simulated.accepted, word)
    pushed = gateway.read_pushed(body)

    reports = [each.report for each in pushed]
    delivered = word == "DELIVRD"
    for report, submission in zip(reports, result.submissions, strict=True):
        assert report is not None
        assert gateway.id_key(submission.submission_id or "") == gateway.id_key(
            report.submission_id or ""
        )
        assert report.is_about(submission.recipient)
        assert report.status is (DELIVERED if delivered else UNDELIVERED)
        assert report.code == str(int(delivered))
        assert report.at == simulated.now()
    # None of them is about the other one.
    assert reports[0] is not None
    assert gateway.id_key(result.submissions[1].submission_id or "") != gateway.id_key(
        reports[0].submission_id or ""
    )
    # And the gateway finds its own names again.
    [sent, _] = json.loads(body)["dlrlist"]
    answered = gateway.answer_pushed(pushed, (True, True))
    assert json.loads(answered.body)["dlrlist"][0].keys() == sent.keys()
