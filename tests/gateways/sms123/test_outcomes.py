"""123-SMS.net: every answer to a message, in every form, beside every HTTP status."""

from itertools import product
import time
import tracemalloc

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    DuplicateMessageError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    IpNotAllowedError,
    NotAllowedError,
    RecipientBlockedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.sms123 import Sms123
from custom_components.passerelle_sms.gateways.sms123.codes import SEND_CODES
from custom_components.passerelle_sms.gateways.sms123.responses import (
    read_balance_answer,
    read_code_answer,
)
from custom_components.passerelle_sms.gateways.wire.charset import decode
from custom_components.passerelle_sms.gateways.wire.transport import Answer
from tests.conftest import GatewayMaker
from tests.gateways.wire.notices import NOTICES
from tests.simulator import Simulator
from tests.simulator.sms123 import SimulatedSms123

from .samples import PARIS

STATUSES = (200, 201, 202, 302, 400, 401, 402, 403, 404, 408, 422, 500, 503)
ACCEPTANCES = {
    "80": None,
    "81": None,
    "8012345": "12345",
    "81refaccuse=12345": "12345",
    "80 - Succès : le message a été envoyé": None,
    "80 - Succ&egrave;s : le message a &eacute;t&eacute; envoy&eacute;": None,
}
REFUSALS = {
    "82": AuthenticationError,
    "83 : vous devez créditer le compte": InsufficientCreditError,
    "84 - Erreur : le numéro de GSM n'est pas valide": InvalidRecipientError,
    "91": DuplicateMessageError,
    "96": IpNotAllowedError,
    "101 Info": RecipientBlockedError,
}
FORMS = (
    "{}",
    "\ufeff {}\r\n",
    '"{}"',
    '["{}"]',
    '{{"0": "{}"}}',
    '{{"code": "{}"}}',
    '{{"sms": [{{"Statut": "{}", "numero": "33612345678"}}]}}',
    "<html><body>{}</body></html>",
    "<!-- 82 --><p>{}</p>",
    "<sms><code>{}</code></sms>",
    *(f"{notice}{{}}" for notice in NOTICES),
    *(f"{{}}{notice}" for notice in NOTICES),
    NOTICES[0] + '{{"code": "{}"}}',
)
# A reference among them is kept, as it may be the message's.
NEITHER = {
    "8212345": None,
    "OK": None,
    "": None,
    "103": None,
    "[80, 82]": None,
    "80<br>82": None,
    "8012345<br>82": "12345",
    '{"code": "8012345", "erreur": "compte"}': "12345",
    '{"code": "84", "success": true}': None,
    "82<br>Fatal error: Uncaught Exception": None,
    "80 SMS restants": None,
    "80" * 10**5: None,
    "[" * 50_000: None,
}


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSms123:
    """Return the simulated gateway."""
    return simulator.sms123


@pytest.fixture
def gateway(client: GatewayMaker, simulated: SimulatedSms123) -> Sms123:
    """Return a client."""
    gateway = client(simulated)
    assert isinstance(gateway, Sms123)
    return gateway


type Told = tuple[Outcome, str | None, type[GatewayError] | None]


async def ask_simulator(
    simulated: SimulatedSms123, gateway: Sms123, body: str | bytes, status: int
) -> Told:
    """Return what is known about a message after an answer."""
    simulated.answer_next(body, status=status)
    return await send(gateway)


async def send(gateway: Sms123) -> Told:
    """Return what is known about a message."""
    result = await gateway.send(Sms(text="Test", recipients=(PARIS,)))
    [told] = result.submissions
    error = None if told.error is None else type(told.error)
    return told.outcome, told.submission_id, error


class CannedAnswers:
    """Stands for the wire, to try many answers."""

    def __init__(self, gateway: Sms123, monkeypatch: pytest.MonkeyPatch) -> None:
        """Answer what `gateway` asks."""
        self._gateway = gateway
        self._answer = Answer(status=200, text="")
        self.requests = 0
        monkeypatch.setattr(gateway._transport, "request", self._reply)  # noqa: SLF001 - the wire

    async def send(self, body: bytes, status: int) -> Told:
        """Return what is known about a message after an answer to one request."""
        self.requests = 0
        self._answer = Answer(status=status, text=decode(body, None))
        told = await send(self._gateway)
        assert self.requests == 1
        return told

    async def _reply(self, *_: object, **__: object) -> Answer:
        self.requests += 1
        return self._answer


@pytest.fixture
def canned(gateway: Sms123, monkeypatch: pytest.MonkeyPatch) -> CannedAnswers:
    """Return what stands for the wire."""
    return CannedAnswers(gateway, monkeypatch)


def unreadable(status: int) -> type[GatewayError]:
    """Return the error of an answer that proves nothing."""
    return GatewayBrokenError if status >= 500 else UnreadableAnswerError


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("status", STATUSES)
async def test_an_acceptance_in_every_form_beside_every_status(
    canned: CannedAnswers, status: int, encoding: str
) -> None:
    """Beside an error it proves nothing, and its reference is kept."""
    is_fine = 200 <= status < 300
    outcome = Outcome.ACCEPTED if is_fine else Outcome.UNKNOWN
    error = None if is_fine else unreadable(status)
    for (words, reference), form in product(ACCEPTANCES.items(), FORMS):
        # Windows knows no byte order mark.
        body = form.format(words).encode(encoding, "ignore")

        assert await canned.send(body, status) == (outcome, reference, error), body


@pytest.mark.parametrize("status", STATUSES)
async def test_a_refusal_in_every_form_beside_every_status(
    canned: CannedAnswers, status: int
) -> None:
    """It is what it says with 2xx and 4xx, and nothing with anything else."""
    is_believed = 200 <= status < 300 or (400 <= status < 500 and status != 408)
    for (words, error), form in product(REFUSALS.items(), FORMS):
        body = form.format(words).encode()

        assert await canned.send(body, status) == (
            (Outcome.REJECTED, None, error)
            if is_believed
            else (Outcome.UNKNOWN, None, unreadable(status))
        ), body


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("80 - Succès : le message a été envoyé", (Outcome.ACCEPTED, None, None)),
        (
            "84 - Erreur : le numéro de GSM n'est pas valide",
            (Outcome.REJECTED, None, InvalidRecipientError),
        ),
    ],
)
async def test_octets_without_a_charset_are_read(
    simulated: SimulatedSms123, gateway: Sms123, body: str, told: Told
) -> None:
    """As Latin-1 where they are no UTF-8."""
    answer = body.encode("latin-1")

    assert await ask_simulator(simulated, gateway, answer, 200) == told


@pytest.mark.parametrize("status", [200, 402, 403, 500])
@pytest.mark.parametrize(("body", "kept"), NEITHER.items(), ids=range(len(NEITHER)))
async def test_what_contradicts_itself_or_says_nothing_is_unknown(
    simulated: SimulatedSms123,
    gateway: Sms123,
    status: int,
    body: str,
    kept: str | None,
) -> None:
    """With the reference, if there is one; but for a 4xx beside nothing at all."""
    outcome, reference, _ = await ask_simulator(simulated, gateway, body, status)

    is_silent = not body and 400 <= status < 500
    assert outcome is (Outcome.REJECTED if is_silent else Outcome.UNKNOWN)
    assert reference == kept
    if body and outcome is Outcome.UNKNOWN:
        assert gateway.last_unreadable is not None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequestError),
        (401, AuthenticationError),
        (402, InsufficientCreditError),
        (403, NotAllowedError),
        (422, InvalidRequestError),
    ],
)
@pytest.mark.parametrize("body", ["", "Forbidden", "<html><h1>nginx/1.26</h1></html>"])
async def test_a_web_servers_refusal_is_one_and_teaches_nothing(
    simulated: SimulatedSms123,
    gateway: Sms123,
    status: int,
    error: type[GatewayError],
    body: str,
) -> None:
    """Where the gateway itself says nothing, so nothing was done."""
    told = await ask_simulator(simulated, gateway, body, status)

    assert told == (Outcome.REJECTED, None, error)
    told = await ask_simulator(simulated, gateway, "-1", 200)
    assert told[0] is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "body",
    ["Not Found", "<html><h1>nginx/1.26</h1></html>", "404"],
)
async def test_an_address_that_is_gone_is_looked_for(
    simulated: SimulatedSms123, gateway: Sms123, body: str
) -> None:
    """404 beside nothing proves that nothing was done."""
    told = await ask_simulator(simulated, gateway, body, 404)

    assert told[0] is Outcome.ACCEPTED
    assert len(simulated.accepted) == 1


# --- bounds ---------------------------------------------------------------------

MEBIBYTE = 1_048_576
FLOODS = {
    "codes": "80\n",
    "numbers": "[80,",
    "names": '{"code":80,"x":',
    "objects": '{"code":80},',
    "elements": "<sms><code>80</code>",
    "closed": "</code>8",
    "comments": "<!-- 80 ",
    "less": "< ",
    "blanks": "80 \n \n",
    "digits": "8",
    "dashes": "-",
    "entities": "&eacute;",
    "references": "&#0000000080",
    "named": "refaccuse=",
    "separators": ";",
    "notices": "Warning: x on line 8\n",
    "warnings": "Warning: ",
    "zeros": "0",
    "words": "err ",
    "quotes": '"',
}


@pytest.mark.parametrize("piece", FLOODS.values(), ids=FLOODS)
@pytest.mark.parametrize("status", [200, 400])
async def test_no_answer_costs_more_than_it_is_worth(
    canned: CannedAnswers, piece: str, status: int
) -> None:
    """A mebibyte of anything: a tenth of a second, and ten mebibytes beyond itself."""
    body = f"{piece * MEBIBYTE}"[:MEBIBYTE].encode()
    began = time.process_time()
    outcome, _, _ = await canned.send(body, status)
    took = time.process_time() - began
    tracemalloc.start()
    try:
        await canned.send(body, status)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert outcome is Outcome.UNKNOWN
    assert took < 0.1
    assert peak < 10 * MEBIBYTE


PIECES = (
    *("80", "82", "8012345", "E505", "-1", "1", "&#56;", "refaccuse=", "Succès"),
    *("code", "sms", "erreur", "solde", "html", "true", "null", "Notice: a on line 1"),
    *("{", "}", "[", "]", '"', ",", ":", "<", "</", ">", " ", "\n", "-", "\\u"),
    *("\ud800", "\x00"),
)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_answer_is_read(text: str) -> None:
    """Whatever stands there: nothing is raised, and no reference is shown."""
    for reply in (read_balance_answer(text), read_code_answer(text, SEND_CODES)):
        assert len(reply.claim.submission_id or "") <= 64
        assert "12345" not in repr(reply.claim)
