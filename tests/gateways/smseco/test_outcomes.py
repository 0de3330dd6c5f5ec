"""SMSECO: every answer to a message, in every form, beside every HTTP status."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import product
import json
from typing import Final, cast

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    NotAllowedError,
    OperationUnknownError,
    RejectedError,
    SenderNotRegisteredError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.smseco import SmsEco
from custom_components.passerelle_sms.gateways.wire.charset import decode
from custom_components.passerelle_sms.gateways.wire.transport import Answer, Transport
from tests.gateways.wire.notices import NOTICES
from tests.simulator.smseco_answers import AnswerForm, write_answer

from .samples import BURKINA, OTHER, OTHER_SMS_ID, SERVER_ID, SMS_ID

STATUSES: Final = (200, 201, 202, 302, 400, 401, 402, 403, 404, 408, 422, 500, 503)
REFERENCE: Final = "maison-15"
ACCEPTED, REJECTED, UNKNOWN = Outcome.ACCEPTED, Outcome.REJECTED, Outcome.UNKNOWN
FIRST: Final = {"smsfid": SMS_ID, "destination": "22678657808", "credits": 2}
SECOND: Final = {"smsfid": OTHER_SMS_ID, "destination": "22607352518", "credits": 1}

type Fields = dict[str, object]
type Expected = tuple[Outcome, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An answer about two recipients, and what it proves beside a status of 2xx."""

    fields: Fields
    first: Expected
    second: Expected
    error: type[GatewayError] | None = None
    """Of those who are rejected."""

    def beside(self, status: int) -> tuple[Expected, ...]:
        """Return what it proves beside a status: the ids are kept where nothing is."""
        return tuple(self._beside(status, told) for told in (self.first, self.second))

    def _beside(self, status: int, told: Expected) -> Expected:
        outcome, submission_id = told
        if 200 <= status < 300:
            return told
        if outcome is REJECTED and 400 <= status < 500 and status != 408:
            return told
        if outcome is REJECTED and self.fields.get("msgfid"):
            return UNKNOWN, SERVER_ID
        return UNKNOWN, submission_id


def taken(statut: object, *rows: Fields, **fields: object) -> Fields:
    """Return an answer as section I-3-1 prints it."""
    return {
        "msgfid": SERVER_ID,
        "statut": statut,
        "texte": "Envoi effectué",
        "solde": "997",
        "messages": [*rows],
        **fields,
    }


def refused(statut: int, **fields: object) -> Fields:
    """Return a refusal as section I-3-1 prints it."""
    return {"statut": statut, "texte": "Refusé", **fields}


CASES: Final = (
    Case(
        fields=taken(2, FIRST, SECOND, destinataires="2", sms="3", credits="3"),
        first=(ACCEPTED, SMS_ID),
        second=(ACCEPTED, OTHER_SMS_ID),
    ),
    Case(
        fields=taken("2", destinataires="2"),
        first=(ACCEPTED, SERVER_ID),
        second=(ACCEPTED, SERVER_ID),
    ),
    Case(
        fields=taken(1, SECOND),
        first=(REJECTED, None),
        second=(ACCEPTED, OTHER_SMS_ID),
        error=InvalidRecipientError,
    ),
    Case(
        fields=taken(0, FIRST, SECOND),
        first=(ACCEPTED, SMS_ID),
        second=(ACCEPTED, OTHER_SMS_ID),
    ),
    # Half of it proves something.
    Case(fields=taken(2, FIRST), first=(ACCEPTED, SMS_ID), second=(UNKNOWN, SERVER_ID)),
    Case(fields=taken(1), first=(UNKNOWN, SERVER_ID), second=(UNKNOWN, SERVER_ID)),
    Case(
        fields=taken(None, FIRST),
        first=(UNKNOWN, SMS_ID),
        second=(UNKNOWN, SERVER_ID),
    ),
    # Refusals, and what takes them back.
    *(
        Case(
            fields=refused(code, accountid="3182"),
            first=(REJECTED, None),
            second=(REJECTED, None),
            error=error,
        )
        for code, error in (
            (-4, AuthenticationError),
            (-6, InsufficientCreditError),
            (-8, SenderNotRegisteredError),
            (-9, InvalidRecipientError),
            (-11, NotAllowedError),
            (-12, AccountInactiveError),
            (-14, OperationUnknownError),
            (-77, RejectedError),
        )
    ),
    Case(
        fields=refused(-6, msgfid="", messages="", credits="0", solde="0", sms=None),
        first=(REJECTED, None),
        second=(REJECTED, None),
        error=InsufficientCreditError,
    ),
    Case(
        # Our own id is none of the server's.
        fields=refused(-6, msgid=REFERENCE),
        first=(REJECTED, None),
        second=(REJECTED, None),
        error=InsufficientCreditError,
    ),
    Case(
        fields=refused(-6, messages=[FIRST]),
        first=(UNKNOWN, SMS_ID),
        second=(UNKNOWN, None),
    ),
    Case(
        fields=refused(-6, msgfid=SERVER_ID),
        first=(UNKNOWN, SERVER_ID),
        second=(UNKNOWN, SERVER_ID),
    ),
    Case(fields=refused(-6, credits=3), first=(UNKNOWN, None), second=(UNKNOWN, None)),
    Case(fields=refused(-6, status="2"), first=(UNKNOWN, None), second=(UNKNOWN, None)),
    # Neither.
    Case(
        fields=refused(0, texte="Requête traitée avec succès", msgid=REFERENCE),
        first=(UNKNOWN, None),
        second=(UNKNOWN, None),
    ),
    Case(fields=refused(3), first=(UNKNOWN, None), second=(UNKNOWN, None)),
)


def _text(fields: Fields, form: AnswerForm) -> str:
    return write_answer(fields, form).text or ""


FORMS: Final[tuple[Callable[[Fields], str], ...]] = (
    *(lambda fields, form=form: _text(fields, form) for form in AnswerForm),
    lambda fields: json.dumps([fields]),
    lambda fields: json.dumps({"1": fields}),
    lambda fields: json.dumps({"RePonse": [fields]}),
    lambda fields: json.dumps({name.upper(): fields[name] for name in fields}),
    lambda fields: json.dumps(json.dumps(fields)),
    lambda fields: _text(fields, AnswerForm.XML).replace("</", "</ "),
    lambda fields: _text(fields, AnswerForm.XML).replace("é", "&eacute;"),
)
NOISES: Final = (
    "{}",
    "\ufeff {}\r\n",
    "<!-- 0.02 s -->{}<!-- web1 -->",
    *(f"{notice}{{}}" for notice in NOTICES),
    *(f"{{}}{notice}" for notice in NOTICES),
)


type Ask = Callable[[str | bytes, int], Awaitable[SendResult]]
"""Sends to two, at a server that answers this."""


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Return what sends a message, and answers it without a server."""
    gateway = SmsEco(
        cast("aiohttp.ClientSession", None),
        Credentials(username="243161185", password="s3cr&t"),
        sender="MAISON",
    )

    async def result_after(body: str | bytes, status: int) -> SendResult:
        octets = body if isinstance(body, bytes) else body.encode()
        answer = Answer(status=status, text=decode(octets, None))

        async def request(*_: object, **__: object) -> Answer:
            return answer

        monkeypatch.setattr(Transport, "request", request)
        return await gateway.send(
            Sms(text="Test", recipients=(BURKINA, OTHER), reference=REFERENCE)
        )

    return result_after


def proved(result: SendResult) -> tuple[Expected, ...]:
    """Return the outcome and the id of each recipient."""
    return tuple((one.outcome, one.submission_id) for one in result.submissions)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.fields)[:60])
async def test_every_answer_beside_every_status(
    ask: Ask, case: Case, status: int
) -> None:
    """An acceptance beside an error is unknown, a refusal beside 4xx is what it says."""
    is_fine = 200 <= status < 300
    for form in FORMS:
        result = await ask(form(case.fields), status)

        assert proved(result) == case.beside(status), form(case.fields)
        for one in result.submissions:
            if one.outcome is REJECTED:
                assert type(one.error) is case.error
            if one.outcome is UNKNOWN:
                broken = GatewayBrokenError if status >= 500 else UnreadableAnswerError
                assert type(one.error) is broken
        is_taken = ACCEPTED in {one.outcome for one in result.submissions}
        assert (result.remaining is not None) is (is_fine and is_taken)


@pytest.mark.parametrize("noise", NOISES, ids=range(len(NOISES)))
async def test_noise_takes_nothing_away(ask: Ask, noise: str) -> None:
    """Before and after one whole document, in JSON and in XML, in UTF-8 and Latin-1."""
    forms = (AnswerForm.PRINTED, AnswerForm.WRAPPED, AnswerForm.XML)
    for case, form in product(CASES, forms):
        text = noise.replace("{}", _text(case.fields, form).partition("?>\n")[2] or "")
        if form is not AnswerForm.XML:
            answer = json.loads(_text(case.fields, form))
            text = noise.replace("{}", json.dumps(answer, ensure_ascii=False))
        for body in (text.encode(), text.replace("\ufeff", "").encode("cp1252")):
            result = await ask(body, 200)

            assert proved(result) == case.beside(200), body


@pytest.mark.parametrize(
    ("noise", "kept"),
    [
        # The script failed on the way, or there are two answers.
        ("{}<b>Fatal error</b>: Uncaught Exception in /a.php", SERVER_ID),
        ("Echec de la connexion{}", SERVER_ID),
        ('{}{"statut": -6, "texte": "Non"}', SERVER_ID),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 403, 404, 500])
async def test_words_of_a_failure_take_it_back(
    ask: Ask, noise: str, kept: str, status: int
) -> None:
    """The id comes through: the gateway may be asked with it."""
    body = noise.replace("{}", json.dumps(taken(2, FIRST, SECOND)))

    result = await ask(body, status)

    assert proved(result) == ((UNKNOWN, kept),) * 2
    assert {one.sending_id for one in result.submissions} == {kept}


@pytest.mark.parametrize("form", [AnswerForm.PRINTED, AnswerForm.XML])
async def test_what_is_cut_proves_nothing(ask: Ask, form: AnswerForm) -> None:
    """Wherever it ends; with the id, if that came before."""
    whole = _text(taken(2, FIRST, SECOND), form)
    id_ends = whole.index(SERVER_ID) + len(SERVER_ID)
    for end in range(1, len(whole.rstrip()), 7):
        result = await ask(whole[:end], 200)

        kept = SERVER_ID if end > id_ends + len("</msgfid>") else None
        known = {one.submission_id for one in result.submissions}
        assert {one.outcome for one in result.submissions} == {UNKNOWN}
        assert known == {kept} or id_ends <= end <= id_ends + len("</msgfid>")


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
    [
        "",
        "Forbidden",
        "{}",
        '{"error": "Forbidden"}',
        '{"status": {status}, "error": "Forbidden"}',
        "<html><h1>nginx/1.26</h1></html>",
    ],
)
async def test_a_web_servers_refusal_is_one(
    ask: Ask,
    status: int,
    error: type[GatewayError],
    body: str,
) -> None:
    """Where the gateway itself says nothing, so nothing was done."""
    body = body.replace("{status}", str(status))

    result = await ask(body, status)

    assert proved(result) == ((REJECTED, None),) * 2
    assert {type(one.error) for one in result.submissions} == {error}
