"""123-SMS.net: the calls with a receipt, as the vendor's own modules take them."""

from time import perf_counter
from typing import Final

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.abilities.delivery import (
    PushedAnswer,
    PushesDeliveryOnRequest,
)
from custom_components.passerelle_sms.gateways.answer_reader import EXCERPT
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
)
from custom_components.passerelle_sms.gateways.sms123.delivery import read_call
from tests.conftest import GatewayMaker
from tests.simulator import Simulator

from .samples import PARIS

DELIVERED: Final = DeliveryStatus.DELIVERED
UNDELIVERED: Final = DeliveryStatus.UNDELIVERED

CALL: Final = "erreur=0&refenvoi=12345&gsm=33612345678"
OK: Final = PushedAnswer(body="OK", content_type="text/plain")


@pytest.fixture
def gateway(simulator: Simulator, client: GatewayMaker) -> PushesDeliveryOnRequest:
    """Return a client of the gateway."""
    gateway = client(simulator.sms123)
    assert isinstance(gateway, PushesDeliveryOnRequest)
    return gateway


def report_of(gateway: PushesDeliveryOnRequest, query: str) -> DeliveryReport:
    """Return what a call says."""
    [pushed] = gateway.read_pushed(query)
    assert pushed.report is not None
    return pushed.report


def test_reads_a_receipt(gateway: PushesDeliveryOnRequest) -> None:
    """Whom and what it is about, and nothing about when."""
    report = report_of(gateway, CALL)

    assert report == DeliveryReport(
        submission_id="12345", recipient="33612345678", status=DELIVERED, code="0"
    )
    assert "12345" not in repr(report)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("", DELIVERED, None),
        ("0", DELIVERED, "0"),
        ("000", DELIVERED, "000"),
        ("ok", DELIVERED, "ok"),
        ("OK", DELIVERED, "OK"),
        ("+0+", DELIVERED, "0"),
        ("%22%22", DELIVERED, None),
        ("1", UNDELIVERED, "1"),
        ("-1", UNDELIVERED, "-1"),
        ("okay", UNDELIVERED, "okay"),
        ("0.5", UNDELIVERED, "0.5"),
        ("null", UNDELIVERED, "null"),
        ("numero+absent", UNDELIVERED, "numero absent"),
        ("num%C3%A9ro%20absent", UNDELIVERED, "numéro absent"),
        ("num%E9ro", UNDELIVERED, "num\ufffdro"),
        ("33612345678+absent", UNDELIVERED, "***78 absent"),
    ],
)
def test_reads_what_became_of_it(
    gateway: PushesDeliveryOnRequest,
    error: str,
    status: DeliveryStatus,
    code: str | None,
) -> None:
    """`erreur` empty, zero or "ok" is delivered, anything else is not."""
    report = report_of(gateway, f"erreur={error}&refenvoi=12345&gsm=33612345678")

    assert (report.status, report.code) == (status, code)


@pytest.mark.parametrize(
    "query",
    [
        "gsm=33612345678&refenvoi=12345&erreur=0",
        "ERREUR=0&RefEnvoi=12345&GSM=33612345678",
        "erreur=0&amp;refenvoi=12345&amp;gsm=33612345678",
        "erreur=0&amp;amp;refenvoi=12345&AMP;gsm=33612345678",
        "erreur=0;refenvoi=12345;gsm=33612345678",
        # The address had a question mark already, or an empty query.
        "client=7?erreur=0&refenvoi=12345&gsm=33612345678",
        "?erreur=0&refenvoi=12345&gsm=33612345678",
        "&erreur=0&refenvoi=12345&gsm=33612345678&",
        f"{CALL}&{CALL}",
        f"{CALL}?{CALL}",
        f"{CALL}&date=2026-01-01&client=7&x",
        "+erreur+=+0+&+refenvoi+=+12345+&+gsm+=+33612345678+",
        " erreur = 0 & refenvoi = 12345 & gsm = 33612345678 ",
        "erreur=0&refenvoi=%0912345%0D%0A&gsm=%2033612345678",
        "erreur=0&refenvoi=12%20345&gsm=33612345678",
        "erreur=0&refenvoi=%2212345%22&gsm='33612345678'",
        "%65rreur=%30&refenvo%69=%312345&gsm=%333612345678",
    ],
)
def test_reads_every_writing_of_a_call(
    gateway: PushesDeliveryOnRequest, query: str
) -> None:
    """Malformed as an appended query is, in any order and case, with blanks."""
    assert report_of(gateway, query) == report_of(gateway, CALL)


@pytest.mark.parametrize(
    "number",
    [
        "33612345678",
        "+33612345678",
        "%2B33612345678",
        "0033612345678",
        "0612345678",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "33-6-12-34-56-78",
    ],
)
def test_reads_every_writing_of_a_number(
    gateway: PushesDeliveryOnRequest, number: str
) -> None:
    """International or national."""
    report = report_of(gateway, f"erreur=0&refenvoi=12345&gsm={number}")

    assert report.is_about(PARIS)
    assert not report.is_about("+33612345679")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?",
        "&",
        "&&&===",
        "erreur",
        "erreur=0",
        # One of the three says too little, however well known it is.
        "refenvoi=12345&gsm=33612345678",
        "erreur=0&gsm=33612345678",
        "erreur=0&refenvoi=&gsm=33612345678",
        "erreur=0&refenvoi=%20&gsm=33612345678",
        "erreur=0&refenvoi=12345",
        "erreur=0&refenvoi=12345&gsm=",
        "erreur=0&refenvoi=12345&gsm=0",
        "erreur=0&refenvoi=12345&gsm=mobile",
        # A contradiction.
        f"{CALL}&erreur=1",
        f"{CALL}&refenvoi=54321",
        f"{CALL}&gsm=33698765432",
        f"{CALL}&erreur=1&erreur=0",
        # Too long.
        CALL + "&x=" + "a" * 2000,
        "=" * 65_536,
        "erreur[]=0&refenvoi[]=12345&gsm[]=33612345678",
    ],
)
def test_a_call_that_says_nothing(gateway: PushesDeliveryOnRequest, query: str) -> None:
    """It is answered as every other: so it may be the proof of the address."""
    pushed = gateway.read_pushed(query)

    assert pushed == ()
    assert gateway.answer_pushed(pushed, ()) == OK


def test_every_call_is_answered_alike(gateway: PushesDeliveryOnRequest) -> None:
    """Taken or not: nobody learns from an answer what is known here."""
    pushed = gateway.read_pushed(CALL)

    assert gateway.answer_pushed(pushed, (True,)) == OK
    assert gateway.answer_pushed(pushed, (False,)) == OK
    assert gateway.address_proof == OK


@pytest.mark.parametrize(
    ("known", "told", "same"),
    [
        ("12345", "12345", True),
        ("h01ab", "H01AB", True),
        ("commande-1234", "Commande-1234 ", True),
        ("12345", "012345", False),
        ("12345", "1234", False),
        ("12345", "", False),
    ],
)
def test_finds_a_message_by_its_reference(
    gateway: PushesDeliveryOnRequest, known: str, told: str, same: bool
) -> None:
    """Capitals and blanks don't tell one from another."""
    assert (gateway.id_key(known) == gateway.id_key(told)) is same


def test_what_it_brings_can_be_written_down(gateway: PushesDeliveryOnRequest) -> None:
    """Half of a surrogate pair can't, and no excerpt is longer than others."""
    report = report_of(
        gateway, f"erreur={'\ud800'}{'a' * 900}&refenvoi=1\udfff2&gsm=33612345678"
    )

    assert report.code == "\ufffd" + "a" * (EXCERPT - 1)
    assert report.submission_id == "1\ufffd2"


@given(st.text(alphabet=st.characters(), max_size=200))
def test_every_call_is_read(query: str) -> None:
    """As a receipt or as nothing: anybody may call, with anything."""
    for said in (query, f"erreur={query}&refenvoi={query}&gsm={query}", CALL + query):
        for pushed in read_call(said, str):
            assert pushed.report is not None
            assert pushed.report.submission_id
            assert pushed.report.recipient.isdigit()
            repr(pushed).encode()


@pytest.mark.parametrize("part", ["&amp;", "%", "?", "=", "erreur=0&", "\ud800"])
def test_no_call_is_dear_to_read(gateway: PushesDeliveryOnRequest, part: str) -> None:
    """However it is built, up to the bound and beyond."""
    begun = perf_counter()

    for length in (2000, 65_536):
        gateway.read_pushed((part * length)[:length])

    assert perf_counter() - begun < 0.1


def test_says_what_to_ask_for(gateway: PushesDeliveryOnRequest) -> None:
    """In the words of the gateway's own support."""
    assert gateway.declaration == "retour des accusés de réception par HTTP"
    assert gateway.pushed_by == "GET"
