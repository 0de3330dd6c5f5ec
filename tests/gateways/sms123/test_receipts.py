"""123-SMS.net: messages that ask for a receipt, and what their answers call them."""

from collections.abc import Mapping
from datetime import UTC, datetime
import json
import re
from time import perf_counter
from typing import Final
from urllib.parse import parse_qsl

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.claim import HttpStatus, Verdict, weigh
from custom_components.passerelle_sms.gateways.errors import (
    RejectedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import (
    Scheduled,
    Sms,
    Submission,
)
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.sms123 import Sms123
from custom_components.passerelle_sms.gateways.sms123.receipts import (
    read_receipted_answer,
)
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.gateway import ReceivedRequest
from tests.simulator.sms123 import SimulatedSms123
from tests.simulator.sms123_wire import AnswerStyle, ReferenceStyle

from .samples import FIFTY, PARIS, send

FIXED_LINE: Final = "+33170719904"
SEND_AT: Final = datetime(2199, 9, 12, 13, 30, tzinfo=UTC)
OWN: Final = "h0123456789ab"
LETTER: Final = "o"


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSms123:
    """Return the simulated gateway."""
    return simulator.sms123


@pytest.fixture
def gateway(client: GatewayMaker, simulated: SimulatedSms123) -> Sms123:
    """Return a client of an account whose address is declared."""
    gateway = client(simulated)
    assert isinstance(gateway, Sms123)
    gateway.delivery_reports = True
    return gateway


def asked(request: ReceivedRequest) -> str | None:
    """Return what a request asked for a receipt with."""
    if request.path == "http.php":
        return dict(parse_qsl(request.body)).get("refaccuse")
    wish: str | None = json.loads(request.body).get("refaccuse")
    return wish


def wishes(simulated: SimulatedSms123) -> list[str | None]:
    """Return what each request asked with."""
    return [asked(request) for request in simulated.requests]


async def send_with(
    gateway: Sms123, options: SmsOptions, recipient: str = PARIS
) -> Submission:
    """Send to one recipient, with options."""
    sms = Sms(text="Citerne vide", recipients=(recipient,), options=options)
    [submission] = (await gateway.send(sms)).submissions
    return submission


# --- what asks, and what doesn't -----------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        SmsOptions(),
        SmsOptions(flash=True),
        SmsOptions(send_at=SEND_AT),
        SmsOptions(stop_mention=True),
    ],
)
async def test_a_message_asks_for_its_receipt(
    simulated: SimulatedSms123, gateway: Sms123, options: SmsOptions
) -> None:
    """As the vendor's modules do; one is awaited then, by the gateway's reference."""
    submission = await send_with(gateway, options)

    [taken] = simulated.accepted
    assert wishes(simulated) == [LETTER]
    assert submission.outcome is Outcome.ACCEPTED
    assert submission.submission_id == taken.submission_id
    assert submission.delivery is DeliveryStatus.PENDING


@pytest.mark.parametrize(
    ("options", "recipient", "outcome"),
    [
        (SmsOptions(test=True), PARIS, Outcome.NOT_SENT),
        (SmsOptions(voice=True), FIXED_LINE, Outcome.ACCEPTED),
    ],
)
async def test_what_has_no_receipt_asks_for_none(
    simulated: SimulatedSms123,
    gateway: Sms123,
    options: SmsOptions,
    recipient: str,
    outcome: Outcome,
) -> None:
    """Nothing is sent by a test, and nobody says that a call has one."""
    submission = await send_with(gateway, options, recipient)

    assert wishes(simulated) == [None]
    assert submission.outcome is outcome
    assert submission.delivery is None


async def test_a_test_that_was_overlooked_has_none(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """It didn't ask, so nothing is awaited."""
    simulated.answer_next("8012345", operation="send")

    submission = await send_with(gateway, SmsOptions(test=True))

    assert submission.outcome is Outcome.ACCEPTED
    assert submission.delivery is None


async def test_a_deletion_asks_for_none(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """It is no message."""
    await send_with(gateway, SmsOptions(send_at=SEND_AT))

    await gateway.cancel(
        Scheduled(
            recipients=(PARIS,), text="Citerne vide", sender=None, send_at=SEND_AT
        )
    )

    assert wishes(simulated) == [LETTER, None]
    assert len(simulated.deleted) == 1


async def test_nobody_asks_until_the_address_is_declared(
    simulated: SimulatedSms123, client: GatewayMaker
) -> None:
    """A reference that comes all the same is kept; nothing is awaited."""
    gateway = client(simulated)
    assert isinstance(gateway, Sms123)
    simulated.answer_style = AnswerStyle.GLUED

    submission = await send(gateway)

    assert wishes(simulated) == [None]
    assert submission.submission_id == simulated.accepted[0].submission_id
    assert submission.delivery is None


async def test_the_older_form_asks_by_the_same_name(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """The vendor's modules use no other."""
    simulated.documented_api = False

    submission = await send(gateway)

    assert wishes(simulated) == [LETTER, LETTER]
    assert submission.submission_id == simulated.accepted[0].submission_id


# --- whose reference it is ------------------------------------------------------

STYLES = pytest.mark.parametrize("style", ReferenceStyle)


@STYLES
@pytest.mark.parametrize("callers", [False, True])
@pytest.mark.parametrize("only_letter", [False, True])
async def test_every_receipt_that_can_be_known_is_awaited(
    simulated: SimulatedSms123,
    gateway: Sms123,
    style: ReferenceStyle,
    callers: bool,
    only_letter: bool,
) -> None:
    """By the very reference that the receipt will bring, from the second on at last."""
    simulated.receipts.style = style
    simulated.receipts.callers_reference = callers
    simulated.receipts.only_letter = only_letter

    submissions = [await send(gateway, f"Citerne {number}") for number in range(6)]

    receipts = simulated.receipts.asked
    brought = [
        receipts[taken.submission_id].reference
        if taken.submission_id in receipts
        else None
        for taken in simulated.accepted
    ]
    for submission in submissions:
        assert submission.outcome is Outcome.ACCEPTED
        is_known = submission.submission_id is not None
        assert (submission.delivery is DeliveryStatus.PENDING) is is_known
    known = [one.submission_id for one in submissions]
    match style, callers, only_letter:
        case _, True, True:
            # It calls every message the same.
            assert set(brought) <= {LETTER, None}
        case ReferenceStyle.NONE, True, False:
            # What asks with our own is known without being told.
            assert known[1::2] == brought[1::2]
            assert known[::2] == [None] * 3
        case ReferenceStyle.NONE, False, _:
            # It tells nobody what it will call them.
            assert set(known).isdisjoint(set(brought) - {None})
        case _:
            assert known == brought
            assert len(set(known)) == len(known)


async def test_our_own_references_cannot_be_guessed(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Each is another, and nothing of the message is in it."""
    simulated.receipts.callers_reference = True
    # An answer that shows how the gateway takes the letter.
    await send(gateway)

    for recipient in FIFTY:
        await send(gateway, recipient=recipient)

    first, *own = wishes(simulated)
    assert first == LETTER
    assert len(set(own)) == len(FIFTY)
    assert all(re.fullmatch(r"h[0-9a-f]{12}", one or "") for one in own)


async def test_the_letter_is_tried_again_when_ours_comes_to_nothing(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """The support may have declared the address only now."""
    simulated.receipts.style = ReferenceStyle.NONE
    await send(gateway, "Un")
    simulated.receipts.only_letter = True
    await send(gateway, "Deux")
    simulated.receipts.style = ReferenceStyle.NAMED

    awaited = [await send(gateway, text) for text in ("Trois", "Quatre")]

    told = wishes(simulated)
    assert [told[0], told[2], told[3]] == [LETTER, LETTER, LETTER]
    assert told[1] not in {LETTER, None}
    assert [one.submission_id for one in awaited] == [
        taken.submission_id for taken in simulated.accepted[2:]
    ]


async def test_another_address_is_asked_as_if_nothing_was_known(
    simulated: SimulatedSms123, gateway: Sms123, client: GatewayMaker
) -> None:
    """What the old one showed says nothing about it."""
    simulated.receipts.style = ReferenceStyle.NONE
    await send(gateway, "Un")
    other = client(simulated)
    assert isinstance(other, Sms123)
    other.delivery_reports = True

    gateway.become(other)
    await send(gateway, "Deux")

    assert wishes(simulated) == [LETTER, LETTER]


async def test_a_lost_answer_tells_no_reference(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Nothing is learnt from it, and no receipt could be known."""
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)

    submission = await send(gateway)

    assert submission.outcome is Outcome.UNKNOWN
    assert (submission.submission_id, submission.delivery) == (None, None)
    await send(gateway, "Autre")
    assert wishes(simulated) == [LETTER, LETTER]


# --- the answers ----------------------------------------------------------------


type Proven = tuple[str, str | None] | RejectedError | None
"""The code and the reference of an acceptance; a refusal; or nothing for sure."""


def read(
    answer: str, asked: str = LETTER, number: str = PARIS.removeprefix("+")
) -> Proven:
    """Return what the answer to a message with a receipt proves."""
    reply = read_receipted_answer(answer, asked=asked, number=number)
    match weigh(reply.claim, HttpStatus.FINE, is_silent=False):
        case Verdict.ACCEPTED:
            return reply.code or "", reply.claim.submission_id
        case Verdict.REFUSED:
            assert isinstance(reply.claim.refusal, RejectedError)
            return reply.claim.refusal
        case _:
            return None


ACCEPTED: Final[Mapping[str, str | None]] = {
    # Glued.
    "8012345": "12345",
    "801234567890": "1234567890",
    " 8012345\r\n": "12345",
    "\ufeff8012345": "12345",
    '"8012345"': "12345",
    "80 12345": "12345",
    "80;12345": "12345",
    "80\n12345": "12345",
    '["80", "12345"]': "12345",
    "[80, 12345]": "12345",
    '{"code": "8012345"}': "12345",
    "<sms><code>8012345</code></sms>": "12345",
    # Named.
    "80refaccuse=12345": "12345",
    "80 refaccuse=12345": "12345",
    "80&refaccuse=12345": "12345",
    "80;refaccuse=12345\n": "12345",
    "80|REFACCUSE : 12345": "12345",
    "80 refaccuse='12345'": "12345",
    "refaccuse=12345;80": "12345",
    "80refenvoi=12345": "12345",
    "80 ref_envoi=12345": "12345",
    "80reference=12345": "12345",
    "80 référence : 12345": "12345",
    "code=80&refaccuse=12345": "12345",
    "80refaccuse=commande-1234": "commande-1234",
    "80refaccuse=a.b_c-9": "a.b_c-9",
    "80refaccuse=12345.": "12345",
    '{"code": "80refaccuse=12345"}': "12345",
    "<sms><code>80refaccuse=12345</code></sms>": "12345",
    # In JSON and XML.
    '{"code":80,"refaccuse":"12345"}': "12345",
    '{"code":80,"refaccuse":12345}': "12345",
    '{"code": "80", "RefAccuse": "12345"}': "12345",
    '{"sms": {"code": 80, "refaccuse": ["12345"]}}': "12345",
    '[{"code": 80, "refenvoi": "12345"}]': "12345",
    '{"retour": "80", "reference": "12345"}': "12345",
    '{"code": 80, "id_envoi": "12345"}': "12345",
    '{"code": 80, "message_id": "12345"}': "12345",
    "<sms><code>80</code><refaccuse>12345</refaccuse></sms>": "12345",
    # Nothing that could be one.
    "80": None,
    "80refaccuse=": None,
    '{"code":80,"refaccuse":""}': None,
    '{"code":80,"refaccuse":null}': None,
    '{"code":80,"refaccuse":0}': None,
    '{"code":80,"refaccuse":false}': None,
    f'{{"code":80,"refaccuse":"{"9" * 65}"}}': None,
    # Which of them?
    '{"code":80,"refaccuse":"12345","refenvoi":"54321"}': None,
    "8012345refaccuse=54321": None,
}


@pytest.mark.parametrize(("answer", "reference"), ACCEPTED.items(), ids=list(ACCEPTED))
@pytest.mark.parametrize("wish", [LETTER, OWN])
def test_reads_the_reference_in_every_shape(
    answer: str, reference: str | None, wish: str
) -> None:
    """Glued to the code, named behind it, or in JSON and XML; of the gateway's."""
    assert read(answer, wish) == ("80", reference)


@pytest.mark.parametrize("wish", [LETTER, OWN])
@pytest.mark.parametrize(
    "answer",
    [
        "80{}",
        '"80{}"',
        "80refaccuse={}",
        "80 refaccuse = {}",
        '{{"code":80,"refaccuse":"{}"}}',
        '{{"code":"80{}"}}',
        "<sms><code>80{}</code></sms>",
        "<sms><code>80</code><refaccuse>{}</refaccuse></sms>",
    ],
)
def test_reads_what_was_asked_with_in_every_shape(answer: str, wish: str) -> None:
    """The gateway has then taken it for the caller's reference."""
    assert read(answer.format(wish), wish) == ("80", wish)


def test_the_letter_is_no_reference_beside_another() -> None:
    """It only repeats the question."""
    answer = '{"code": 80, "refaccuse": "o", "reference": "12345"}'

    assert read(answer) == ("80", "12345")


def test_reads_our_own_before_any_other() -> None:
    """A receipt brings what the gateway has called it."""
    assert read(f'{{"code":80,"id":"99","refaccuse":"{OWN}"}}', OWN) == ("80", OWN)
    assert read(f'["80","{OWN}"]', OWN) == ("80", OWN)
    assert read(f"80 - {OWN}", OWN) == ("80", OWN)


def test_reads_it_behind_a_message_for_later() -> None:
    """81 is an acceptance too."""
    assert read("8112345") == ("81", "12345")
    assert read("81refaccuse=12345") == ("81", "12345")
    assert read(f"81{OWN}", OWN) == ("81", OWN)


@pytest.mark.parametrize(
    "answer",
    [
        # Only acceptances are seen glued.
        "8212345",
        "8412345",
        "9112345",
        "1011234",
        "82o",
        f"82{OWN}",
        # Nothing was sent, and it has a reference?
        "82refaccuse=12345",
        '{"code":82,"refaccuse":"12345"}',
        "<sms><code>82</code><refenvoi>12345</refenvoi></sms>",
        # Something else.
        "801",
        "80.12345",
        "12345",
        "refaccuse=12345",
        "80 81 refaccuse=12345",
        "80" + "1" * 21,
        "Accusé de réception 8012345 enregistré",
        '{"code":80,"erreur":"refus","refaccuse":"12345"}',
        "",
    ],
)
@pytest.mark.parametrize("wish", [LETTER, OWN])
def test_what_leaves_a_doubt_says_nothing(answer: str, wish: str) -> None:
    """So the outcome is unknown: neither refused nor accepted."""
    assert read(answer, wish) is None


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("8033612345678", "33612345678"),
        ("80;33612345678", "33612345678"),
        ("80 0612345678", "33612345678"),
        # Japan's.
        ("8112345678", "8112345678"),
    ],
)
def test_the_recipients_number_is_no_reference(answer: str, number: str) -> None:
    """Nor is its beginning a code."""
    assert read(answer, LETTER, number) is None


@pytest.mark.parametrize(
    "answer",
    [
        "82",
        "82refaccuse=",
        "82 refaccuse=0",
        '{"code":82,"refaccuse":null}',
        '{"code":82,"refaccuse":""}',
        # It only repeats the question.
        '{"code":82,"refaccuse":"o"}',
        "82refaccuse=o",
    ],
)
def test_reads_a_refusal_without_a_reference(answer: str) -> None:
    """As without a receipt."""
    reply = read(answer)

    assert isinstance(reply, RejectedError)
    assert reply.code == "82"


async def test_a_glued_refusal_is_unknown(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """From the wire to the outcome."""
    simulated.answer_next("8212345", operation="send")

    submission = await send(gateway)

    assert submission.outcome is Outcome.UNKNOWN
    assert isinstance(submission.error, UnreadableAnswerError)


PIECES: Final = (
    *("80", "81", "82", "12345", LETTER, OWN, "refaccuse", "id", "null", "é", "\ud800"),
    *("=", ":", '"', "{", "}", "[", "]", ",", " ", "&", "<sms>", "</sms>"),
)


@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=60),
    st.sampled_from([LETTER, OWN]),
)
def test_every_answer_is_read(answer: str, wish: str) -> None:
    """As something or as nothing; a refusal never by what stands behind its code."""
    reply = read(answer, wish)

    if isinstance(reply, RejectedError):
        assert reply.reference is None
    if isinstance(reply, tuple):
        assert "80" in answer or "81" in answer


@pytest.mark.parametrize(
    "answer",
    [
        "80" + "refaccuse=" * 100_000,
        "refaccuse" + " " * 1_000_000,
        "80" * 500_000,
        " " * 1_000_000 + "80",
        "<" * 1_000_000,
        "refaccuse=1 " * 150,
        ("id" * 900) + "=1",
        " ;,|&?" * 300 + "x",
        "80" + "a-" * 900,
    ],
)
def test_no_answer_is_dear_to_read(answer: str) -> None:
    """However it is built."""
    begun = perf_counter()

    read(answer)
    read(answer, OWN)

    assert perf_counter() - begun < 0.2
