"""SMSECO: reports are told once, so they are found wherever they stand (section III)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
import json
import logging
from typing import Final, cast

import aiohttp
from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import UnreadableAnswerError
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryReport
from custom_components.passerelle_sms.gateways.smseco import SmsEco
from custom_components.passerelle_sms.gateways.smseco.delivery import (
    MOST_REPORTS,
    read_reports,
)
from custom_components.passerelle_sms.gateways.wire.document import read_document
from custom_components.passerelle_sms.gateways.wire.transport import (
    MAXIMUM_ANSWER,
    Answer,
    Transport,
)
from tests.simulator.smseco_answers import AnswerForm, write_answer

from .samples import REPORT, REPORT_ALONE, ROW, SERVER_ID, row_without, told

OF_REQUEST: Final = {**ROW, "msgfid": SERVER_ID}
WITHOUT_SMSFID: Final = replace(REPORT, submission_id=SERVER_ID)
XML: Final = write_answer(told([ROW, ROW]), AnswerForm.XML).text or ""

type Ask = Callable[[str, int], Awaitable[tuple[DeliveryReport, ...]]]


@pytest.fixture
def gateway() -> SmsEco:
    """Return a client without a server."""
    return SmsEco(
        cast("aiohttp.ClientSession", None),
        Credentials(username="243161185", password="s3cr&t"),
    )


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, gateway: SmsEco) -> Ask:
    """Return what asks for all that is new, and is answered this."""

    async def told_by(body: str, status: int) -> tuple[DeliveryReport, ...]:
        async def request(*_: object, **__: object) -> Answer:
            return Answer(status=status, text=body)

        monkeypatch.setattr(Transport, "request", request)
        return await gateway.new_deliveries()

    return told_by


def read(text: str) -> tuple[tuple[DeliveryReport, ...], bool]:
    """Return the reports in a text, and whether they are all."""
    return read_reports(text, read_document(text), str)


# --- whole answers ------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 302, 400, 404, 408, 500])
@pytest.mark.parametrize(
    "answer",
    [
        # Lists as PHP writes them.
        told({"0": ROW}),
        told({"3": ROW, "7": ROW}),
        {"statut": 0, "messages": {"1": {"msgfid": SERVER_ID, "dlrs": {"2": ROW}}}},
        # Under other names, or none.
        {"REPONSE": told([ROW])},
        {"REPONSE": {"statut": 0, "messages": {"message": [told([ROW])]}}},
        [told([ROW])],
        {"1": told(ROW)},
        {"statut": 0, "messages": [OF_REQUEST]},
        {"statut": 0, "messages": OF_REQUEST},
        {"statut": 0, "messages": {"message": OF_REQUEST}},
        {"statut": 0, "msgfid": SERVER_ID, "dlrs": [ROW]},
        {"statut": 0, "msgfid": SERVER_ID, "dlrs": {"0": ROW}},
        {"statut": 0, "msgid": SERVER_ID, "dlr": ROW},
        {"dlrs": [OF_REQUEST]},
        {"resultats": {"envoi": {"id": 1, "etats": [OF_REQUEST]}}},
        [OF_REQUEST],
        OF_REQUEST,
        json.dumps(told([ROW])),
        # With more inside than the document prints, or less.
        told([{**ROW, "operateur": {"nom": "Orange", "reseau": [1, 2]}}]),
        told([{**ROW, "numero": "07", "smsid": "8"}]),
        told([{"smsid": ROW["smsfid"], **row_without("smsfid")}]),
        told([{"numero": ROW["destination"], **row_without("destination")}]),
        {"dlrs": [{"envoi": SERVER_ID, **ROW}], "msgfid": SERVER_ID},
    ],
)
async def test_finds_reports_wherever_they_stand(
    ask: Ask, gateway: SmsEco, answer: object, status: int
) -> None:
    """Whatever the answer says besides: it would not tell them again."""
    reports = await ask(json.dumps(answer), status)

    assert set(reports) == {REPORT}
    assert gateway.last_unreadable is None


@pytest.mark.parametrize(
    ("answer", "report"),
    [
        (told([row_without("smsfid")]), WITHOUT_SMSFID),
        (
            {"messages": [row_without("smsfid")]},
            replace(REPORT_ALONE, submission_id=None),
        ),
        (
            {"messages": [row_without("destination")]},
            replace(REPORT_ALONE, recipient=""),
        ),
        (
            told([row_without("smsfid", "destination")]),
            replace(WITHOUT_SMSFID, recipient=""),
        ),
        (told([{**ROW, "statut": 0}]), replace(REPORT, code="0")),
    ],
)
async def test_an_id_or_a_number_is_enough(
    ask: Ask, answer: object, report: DeliveryReport
) -> None:
    """With a state, even one that nobody knows."""
    [found] = await ask(json.dumps(answer), 200)

    assert replace(found, status=report.status, is_billed=True) == report


@pytest.mark.parametrize(
    "text",
    [
        XML,
        XML.replace("REPONSE>", "reponse>").replace("smsfid>", " SMSFID >"),
        XML.replace("ç", "&ccedil;").replace("é", "&eacute;"),
        f"<xml>{XML.partition('?>')[2]}</xml>",
        f"<br />\n<b>Notice</b>: Undefined index: a in <b>/a.php</b> on line <b>3</b>{XML}",
        XML.replace("messages>", "liste>").replace("dlr>", "etat>"),
        XML.replace("<statut>0</statut>", "<statut>-15</statut>"),
    ],
)
async def test_finds_reports_in_xml(ask: Ask, gateway: SmsEco, text: str) -> None:
    """Section III-3 prints XML's address for JSON."""
    assert await ask(text, 200) == (REPORT, REPORT)
    assert gateway.last_unreadable is None


@pytest.mark.parametrize(
    "fields",
    [
        {"statut": 0},
        {"statut": 0, "msgfid": SERVER_ID},
        {"statut": 0, "msgfid": SERVER_ID, "dlrs": []},
        {"statut": -15, "msgfid": SERVER_ID},
        {
            "statut": -15,
            "smsfid": ROW["smsfid"],
            "texte": "Aucun statut sms disponible",
        },
        {"statut": 0, "accountid": "3182", "messages": {"message": {"dlrs": ""}}},
    ],
)
@pytest.mark.parametrize("form", AnswerForm)
async def test_an_answer_is_no_report(
    ask: Ask, gateway: SmsEco, fields: dict[str, object], form: AnswerForm
) -> None:
    """Its code is none of a message, whatever id it repeats."""
    assert await ask(write_answer(fields, form).text or "", 200) == ()
    assert gateway.last_unreadable is None


# --- what is no whole answer --------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"<b>Fatal error</b>: Uncaught Exception {{x}} in /a.php{json.dumps(told([ROW]))}",
        f"{json.dumps(told([ROW]))}<b>Fatal error</b>: Allowed memory size exhausted",
        f"{json.dumps({'statut': 0, 'messages': []})}{json.dumps(told([ROW]))}",
        json.dumps(told([ROW])).replace("}", ",}").replace(": ", " :\n "),
        json.dumps(told([ROW]), ensure_ascii=False)[:-4],
        json.dumps(told([{**ROW, "vide": None, "liste": [1, "a"]}]))[:-3],
        XML.replace("</REPONSE>", "").replace("</dlr><dlr>", "</dlr>", 1)[:-30],
        f"{XML}Fatal error",
        XML.replace("<date>", "<vide/><date>")[:-20],
    ],
)
async def test_finds_reports_in_what_is_spoiled(
    ask: Ask, gateway: SmsEco, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    """With the id of their request, which stands before them; and somebody is told."""
    with caplog.at_level(logging.WARNING):
        reports = await ask(text, 200)

    assert set(reports) == {REPORT}
    assert gateway.last_unreadable is not None
    assert "SMSECO" in caplog.text


@pytest.mark.parametrize("form", [AnswerForm.PRINTED, AnswerForm.XML])
@given(data=st.data())
def test_a_cut_costs_no_report_before_it(form: AnswerForm, data: st.DataObject) -> None:
    """Wherever it is; and what is told is never told wrongly."""
    count = data.draw(st.integers(1, 5))
    rows = [{**ROW, "smsfid": f"id-{number}"} for number in range(count)]
    text = write_answer(told(rows), form).text or ""
    end = data.draw(st.integers(0, len(text) - 10))
    whole = [row for row in rows if f"{row['smsfid']}" in text[:end]]

    reports, is_all = read(text[:end])

    ids = [report.submission_id for report in reports]
    assert not is_all
    assert ids == [f"id-{number}" for number in range(len(ids))]
    assert len(whole) - 1 <= len(ids) <= len(whole)
    assert {report.code for report in reports} <= {"56"}
    assert {report.sending_id for report in reports} <= {SERVER_ID}


def test_a_number_that_may_be_cut_is_none() -> None:
    """56 may have been 561, or have begun another."""
    assert read('[{"smsfid": "A", "statut": 56') == ((), False)
    assert len(read('[{"smsfid": "A", "statut": 56,')[0]) == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"smsfid": "A\\q", "statut": 56, ',
        '{"smsfid": "A\\u12", "statut": 56, ',
        '{"smsfid": "\\N", "destination": "22678657808", ',
        '{"smsfid": "A"}, {"statut": 56}, ',
        "<smsfid>A</smsfid><b>x</c><statut>56</statut>",
    ],
)
def test_guesses_no_report(text: str) -> None:
    """An escape that is none, a state of something else."""
    assert read(text)[0] == ()


def test_half_a_character_is_none() -> None:
    """What comes from a wire can be stored."""
    [report], _ = read(
        '{"smsfid": "A", "statut": 56, "libelle": "\\ud83d re\\u00e7u", '
    )

    assert report.words == "\ufffd reçu"


def test_a_request_ends_where_the_next_begins() -> None:
    """In order: what has an id of its own keeps it."""
    first, second = (f'"msgfid": "{name}", "dlrs": [' for name in "AB")
    row = '{"destination": "22678657808", "statut": 56}'
    own = '{"msgfid": "C", "destination": "22678657808", "statut": 56}'

    reports, _ = read(f"[{{{first}{row}, {own}, {row}]}}, {{{second}{row}")

    assert [report.sending_id for report in reports] == ["A", "C", "C", "B"]


# --- bounds -------------------------------------------------------------------


@pytest.mark.parametrize("count", [MOST_REPORTS, MOST_REPORTS + 1, 6500])
@pytest.mark.parametrize("form", [AnswerForm.PRINTED, AnswerForm.XML])
async def test_reads_no_more_than_a_house_can_have(
    ask: Ask,
    gateway: SmsEco,
    caplog: pytest.LogCaptureFixture,
    count: int,
    form: AnswerForm,
) -> None:
    """The first of them; that there were more is told, and never in silence."""
    text = write_answer(told([ROW] * count), form).text or ""

    with caplog.at_level(logging.WARNING):
        reports = await ask(text[:MAXIMUM_ANSWER], 200)

    assert set(reports) == {REPORT}
    assert len(reports) == MOST_REPORTS
    has_more = count > MOST_REPORTS
    assert (gateway.last_unreadable is not None) is has_more
    assert ("could not be read" in caplog.text) is has_more
    assert "78657808" not in caplog.text


async def test_what_holds_no_report_is_an_error(ask: Ask, gateway: SmsEco) -> None:
    """Its excerpt is kept; the log is left to who asked."""
    with pytest.raises(UnreadableAnswerError):
        await ask('{"statut": 0, "messages": [{"msgfid": "A"', 200)

    assert gateway.last_unreadable is not None
