"""123-SMS.net's codes: what each means, and which answers hold one beyond doubt."""

from decimal import Decimal

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.claim import HttpStatus, Verdict, weigh
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    DuplicateMessageError,
    EmptyMessageError,
    EmptyTargetError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidScheduleError,
    InvalidSenderError,
    IpNotAllowedError,
    OperationUnknownError,
    OverseasOptionMissingError,
    RecipientBlockedError,
    RejectedError,
    StopMentionRequiredError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.sms123.codes import SEND_CODES
from custom_components.passerelle_sms.gateways.sms123.responses import (
    Reply,
    read_balance_answer,
    read_code_answer,
    split_reference,
)
from tests.gateways.wire.notices import HTML_NOTICE, PLAIN_NOTICE

# "Envoi de SMS", "Codes retour", then those that are only seen in use.
SEND_ERRORS: dict[str, type[GatewayError] | None] = {
    "-1": InvalidRequestError,
    "-2": GatewayBrokenError,
    "80": None,
    "81": None,
    "82": AuthenticationError,
    "83": InsufficientCreditError,
    "84": InvalidRecipientError,
    "85": InvalidScheduleError,
    "87": AuthenticationError,
    "88": AuthenticationError,
    "89": InvalidRecipientError,
    "90": EmptyMessageError,
    "91": DuplicateMessageError,
    "92": RejectedError,
    "93": OverseasOptionMissingError,
    "94": UnreadableAnswerError,
    "95": InvalidScheduleError,
    "96": IpNotAllowedError,
    "97": InvalidSenderError,
    "101": RecipientBlockedError,
    "102": StopMentionRequiredError,
    "-3": OperationUnknownError,
    "86": EmptyTargetError,
    "98": InvalidScheduleError,
    "99": InvalidScheduleError,
    "100": InvalidScheduleError,
}
# "Consultation du solde", "Codes retour".
BALANCE_ERRORS: dict[str, type[GatewayError]] = {
    "-1": InvalidRequestError,
    "-2": GatewayBrokenError,
    "-3": OperationUnknownError,
    "E501": AuthenticationError,
    "E502": AuthenticationError,
    "E505": AuthenticationError,
}


def read_send_answer(text: str) -> Reply:
    """Return the code of an answer to a message."""
    return read_code_answer(text, SEND_CODES)


def verdict(reply: Reply) -> Verdict:
    """Return what an answer proves that came with HTTP 200."""
    return weigh(reply.claim, HttpStatus.FINE, is_silent=False)


# The forms that carry a code; `%` is where it stands.
FORMS = [
    "%",
    "\ufeff % \r\n",
    '"%"',
    '" % "',
    "[%]",
    '["%"]',
    "[[%]]",
    '["%", "%"]',
    '{"0": %}',
    '{"0": {"code": "%"}}',
    '{"code": "%"}',
    '{"code": %}',
    '{"Code_Retour": %}',
    '{"retour": "%"}',
    '{"résultat": "%"}',
    '{"sms": [{"numero": "33612345678", "statut": "%"}]}',
    '{"result": {"code": %, "description": "24 heures", "solde": 82}}',
    '{"status": 200, "code": %}',
    '{"code": "", "reponse": [%]}',
    '{"erreur": false, "errors": 0, "error": null, "code": %}',
    "<code>%</code>",
    "<sms> % </sms>",
    '<?xml version="1.0" encoding="UTF-8"?>\n<sms>\n  <code>\n  %\n  </code>\n</sms>',
    "<r:Reponse xmlns:r='urn:x'><r:code>%</r:code><r:solde>82</r:solde></r:Reponse>",
    "Code retour : %",
    "retour=%",
    "%.",
    "<p>%</p>",
    "%<br />",
    "<!-- 80 --><pre>%</pre>",
    "<!DOCTYPE html><html><body><code>%</code></body></html>",
    '<html><body>{"code": %}</body></html>',
    f"{PLAIN_NOTICE}%",
    f"%\n{HTML_NOTICE}",
    f'{HTML_NOTICE}{{"code": %}}',
    f"{PLAIN_NOTICE}<sms><code>%</code></sms>",
]


@pytest.mark.parametrize("form", FORMS)
def test_finds_every_code_in_every_form(form: str) -> None:
    """The document lists the codes and leaves the form open."""
    found = {code: read_send_answer(form.replace("%", code)) for code in SEND_ERRORS}

    assert {code: reply.code for code, reply in found.items()} == {
        code: code for code in SEND_ERRORS
    }
    assert {code: verdict(reply) for code, reply in found.items()} == {
        code: Verdict.ACCEPTED if error is None else Verdict.REFUSED
        for code, error in SEND_ERRORS.items()
    }
    refusals = [found[code].claim.refusal for code in SEND_ERRORS]
    assert [refusal and type(refusal) for refusal in refusals] == [
        *SEND_ERRORS.values()
    ]


@pytest.mark.parametrize(("code", "error"), SEND_ERRORS.items())
def test_keeps_the_code_and_the_words_of_a_refusal(
    code: str, error: type[GatewayError] | None
) -> None:
    """They go beside our own error, in French, as the gateway's users know them."""
    refusal = read_send_answer(code).claim.refusal

    if error is None:
        assert refusal is None
        return
    assert type(refusal) is error
    assert refusal.code == code
    assert refusal.words == SEND_CODES[code].words
    assert refusal.reference is None


def test_every_code_is_in_the_table() -> None:
    """Nothing in the table that no test has looked at."""
    assert set(SEND_CODES) == set(SEND_ERRORS)


@pytest.mark.parametrize(
    ("answer", "code", "reference"),
    [
        ("8012345", "80", "12345"),
        ("811234", "81", "1234"),
        ("801234567", "80", "1234567"),
        ("800000001", "80", "0000001"),
        ('"8012345"', "80", "12345"),
        ('{"code": 8012345}', "80", "12345"),
        ("[8012345]", "80", "12345"),
        ("<sms><code>8012345</code></sms>", "80", "12345"),
        ("<html><body>8012345</body></html>", "80", "12345"),
        ("80refaccuse=12345", "80", "12345"),
        ("81 refaccuse : commande-1234", "81", "commande-1234"),
        ('{"code": "80;RefAccuse=12345"}', "80", "12345"),
        ("80\nrefaccuse=12345", "80", "12345"),
        ('{"code": 80, "refaccuse": 12345}', "80", "12345"),
        ('{"sms": [{"code": "8012345", "Ref_Envoi": "12345"}]}', "80", "12345"),
        ("<r><code>80</code><refaccuse>12345</refaccuse></r>", "80", "12345"),
        ('{"code": 80, "refaccuse": false}', "80", None),
        # Which of them? It was taken all the same.
        ('{"code": "8012345", "refaccuse": 54321}', "80", None),
        ('{"code": 80, "refaccuse": "<p>Vos accusés</p> !"}', "80", None),
    ],
)
def test_reads_the_reference_of_an_acceptance(
    answer: str, code: str, reference: str | None
) -> None:
    """Behind the code without anything between them, or named, as seen in use."""
    reply = read_send_answer(answer)

    assert (reply.code, verdict(reply)) == (code, Verdict.ACCEPTED)
    assert reply.claim.submission_id == reference
    assert "1234" not in repr(reply)


@pytest.mark.parametrize(
    "answer",
    [
        "8412345",
        "8212345",
        "9212345",
        "9912345",
        "1012345",
        "102123456",
        "84refaccuse=12345",
        '{"code": 84, "refaccuse": 12345}',
    ],
)
def test_a_reference_beside_anything_else_is_a_doubt(answer: str) -> None:
    """Only acceptances were seen with one: who refuses has no message to call so."""
    assert verdict(read_send_answer(answer)) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("value", "said", "reference"),
    [
        ("8012345", "80", "12345"),
        ("80", "80", None),
        ("84", "84", None),
        ("80refaccuse=12345", "80", "12345"),
        ("refaccuse=12345", "", "12345"),
    ],
)
def test_splits_a_value_from_its_reference(
    value: str, said: str, reference: str | None
) -> None:
    """The one place that knows where a reference stands."""
    assert split_reference("", value) == (said, reference)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("80 OK", "80"),
        ("OK 80", "80"),
        ("80 - Succès : le message a été envoyé.", "80"),
        ("80 - Succ&egrave;s : le message a &eacute;t&eacute; envoy&eacute;", "80"),
        ("80<br>Succès : le message a été envoyé", "80"),
        ("80: le message a été envoyé", "80"),
        ("Succès 80", "80"),
        ("81 - Succès", "81"),
        ('{"code": "80 - Succès"}', "80"),
        ('{"code": 80, "message": "Succès : le message a été envoyé"}', "80"),
        ("82 Erreur", "82"),
        ("82<br>Erreur : le login et/ou mot de passe n'est pas valide", "82"),
        ("Erreur 84", "84"),
        ("code -1", "-1"),
        ("91 " + SEND_CODES["91"].words, "91"),
        ('{"code": 91, "message": "' + SEND_CODES["91"].words + '"}', "91"),
        ("102 : " + SEND_CODES["102"].words.partition(" : ")[2], "102"),
        ("101 Info", "101"),
        ('{"erreur": 84}', "84"),
        ('{"status": "error", "code": 84}', "84"),
        ('{"status": "ok", "errors": [], "success": true, "code": 80}', "80"),
        # Without accents, with another apostrophe.
        ("84 - Erreur : le numero de GSM n’est pas valide", "84"),
        ('{"Résultat": "80 : le message a ete envoye"}', "80"),
        # Noise.
        ("80\nWarning: Cannot modify header information", "80"),
        ("<html><head><title>Envoi</title></head><body>80</body></html>", "80"),
    ],
)
def test_reads_a_code_in_its_own_words(answer: str, code: str) -> None:
    """A code as a whole token, among words that can mean nothing else."""
    reply, expected = read_send_answer(answer), read_send_answer(code)

    assert (reply.code, verdict(reply)) == (code, verdict(expected))


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "OK",
        "true",
        "null",
        "[]",
        "{}",
        # Numbers that are no code.
        "8",
        "0",
        "8 0",
        "080",
        "+80",
        "-80",
        "80.0",
        "80,5",
        "8e1",
        "103",
        "79",
        "200",
        "505",
        "٨٠",
        # A balance, and a phone number that begins like a code.
        "800",
        "8012",
        "80123",
        "1020",
        "10212",
        "8012345678",
        "819012345678",
        "1001234567",
        '{"code": 8012345678}',
        "-11234",
        # Two numbers.
        "80 80",
        "80 12345",
        "80;12345",
        "80-1",
        "80\n82",
        "80\n12345",
        "[80, 81]",
        "[80, 82]",
        "[80, 12345]",
        '{"code": [80, 12345]}',
        '{"code": 82, "code": 80}',
        '{"code": 80, "retour": 82}',
        '[{"code": 80}, {"code": 84}]',
        '{"code": 0, "retour": 80}',
        '{"status": 500, "code": 80}',
        '{"status": 400, "code": 84}',
        "<sms><code>80</code><code>82</code></sms>",
        # A code that nobody calls one.
        '{"credit": 80}',
        '{"message": "80"}',
        '{"numero": "33612345678", "prix": 80}',
        '{"sms": 80}',
        "<solde>80</solde>",
        "<sms><message>80</message></sms>",
        # Success and failure at once.
        '{"status": "error", "code": 80}',
        '{"success": false, "code": 80}',
        '{"code": 80, "erreur": "numero"}',
        '{"code": 80, "message": "Compte refusé"}',
        '{"erreur": 80}',
        '{"code": 84, "success": true}',
        '{"code": 84, "status": 1}',
        '{"code": 84, "message": "SMS envoyé"}',
        '{"status": "ok", "code": 84}',
        "80 Erreur",
        "80 OK 12345",
        "80 caractères, OK",
        "80 Succès, puis erreur",
        "Erreur 80",
        "Échec 80",
        "82 Succès",
        "84 OK",
        # A surprise beside a code.
        "80\nFatal error: Uncaught Exception in /www/http.php on line 12",
        "82\nFatal error: Uncaught Exception in /www/http.php on line 12",
        "<sms><code>80</code>Erreur</sms>",
        # Sentences, and what breaks on a line of that number.
        "80 caractères au plus",
        "80 SMS restants",
        "80 €",
        "80%",
        "Solde : 80",
        "Il vous reste 80 SMS",
        "Message limité à 80 caractères",
        "Parse error: syntax error, unexpected end of file in /www/send.php on line 80",
        "PHP Warning: mysqli_connect() in /www/send.php on line 82",
        "Error 1020",
        "curl: (92) HTTP/2 stream was not closed cleanly",
        "<b>Fatal error</b>: Uncaught Exception on line <b>80</b>",
        # Pages.
        "<html><head><title>Erreur</title></head><body>80</body></html>",
        "<p>Le retour est <code>80</code> si tout va bien</p>",
        "<p><code>80</code> si tout va bien</p>",
        '{"code": 80',
        "<sms><code>80</sms>",
        "<sms><solde>80",
        "<!DOCTYPE sms [<!ENTITY a '80'>]><code>&a;</code>",
        "<code>" + " " * 20_000 + "80</code>",
        "[" + "80," * 300 + "80]",
        "[" * 1500,
        "[" * 1_000_000,
    ],
)
def test_leaves_what_is_in_doubt(answer: str) -> None:
    """Neither accepted nor refused: a wrong guess loses a message or sends it twice."""
    assert verdict(read_send_answer(answer)) is Verdict.UNKNOWN


@given(st.text(alphabet="0123456789 -<>{}[]\":,;'=\n/abcdeoré", max_size=40))
def test_no_answer_is_too_strange_to_be_read(answer: str) -> None:
    """Nothing raises, and only an answer that holds the code can be an acceptance."""
    read_balance_answer(answer)
    if read_send_answer(answer).claim.is_accepted:
        assert "80" in answer or "81" in answer


@given(
    st.integers().filter(lambda number: str(number) not in SEND_CODES),
    st.sampled_from(["%", '"%"', '{"code": %}', "[%]", "code %"]),
)
def test_only_a_glued_reference_makes_another_number_a_code(
    number: int, form: str
) -> None:
    """Six to nine digits that begin with an acceptance, and nothing else."""
    text = str(number)
    is_glued = 6 <= len(text) <= 9 and text[:2] in {"80", "81"}

    reply = read_send_answer(form.replace("%", text))

    assert (verdict(reply) is Verdict.ACCEPTED) is (is_glued and form != "code %")
    assert verdict(reply) is not Verdict.REFUSED


@pytest.mark.parametrize(
    ("answer", "balance"),
    [
        ("1785", "1785"),
        ("\ufeff 1785,5 \n", "1785.5"),
        ("12.50", "12.50"),
        ("1 785", "1785"),
        ("1\u202f785\u00a0000,25", "1785000.25"),
        ("1,785.50", "1785.50"),
        ("0", "0"),
        ("-4", "-4"),
        ("<b>1785</b>", "1785"),
        ("1785<br />", "1785"),
        ("<!DOCTYPE html><html><body><p>1785</p></body></html>", "1785"),
        ('"1785"', "1785"),
        ('"1785,5"', "1785.5"),
        ("1785.5", "1785.5"),
        ("[1785]", "1785"),
        ('{"0": "1785"}', "1785"),
        ('{"retour": "12"}', "12"),
        ('{"Resultat": 12.5, "status": "ok"}', "12.5"),
        ('{"solde": 12}', "12"),
        ('{"solde_compte": 12}', "12"),
        ('{"compte": {"Solde": "12,5"}}', "12.5"),
        ('{"balance": 12.5, "compte": 243161185}', "12.5"),
        ('{"code": 80, "credit": "12"}', "12"),
        ('{"code": 0, "id": -1, "crédits": 12}', "12"),
        ("<sms><solde>12</solde></sms>", "12"),
        ("<sms><statut>0</statut><solde>12</solde></sms>", "12"),
        ("<solde>12</solde>", "12"),
        ("<sms>12</sms>", "12"),
        (f"{HTML_NOTICE}12", "12"),
        # Codes of a message, and of other operations, are balances here.
        *((str(number), str(number)) for number in range(80, 103)),
        ("501", "501"),
        ("502", "502"),
        ("505", "505"),
        ('{"solde": 96}', "96"),
        ('{"solde": 505}', "505"),
        ("<solde>82</solde>", "82"),
    ],
)
def test_reads_a_balance(answer: str, balance: str) -> None:
    """Any number but -1, -2 and -3, with a point or a comma, wrapped or named."""
    reply = read_balance_answer(answer)

    assert reply.credits == Decimal(balance)
    assert verdict(reply) is Verdict.ACCEPTED


@pytest.mark.parametrize(
    "form",
    [
        "%",
        " %\n",
        '"%"',
        '["%"]',
        '{"code": "%"}',
        '{"solde": "%"}',
        '{"retour": "%"}',
        '{"erreur": "%", "solde": 0}',
        "<sms><code>%</code></sms>",
        "<sms><solde>%</solde></sms>",
        "<p>%</p>",
        "<html><body>%</body></html>",
        "% : Erreur",
    ],
)
def test_finds_every_code_of_the_balance(form: str) -> None:
    """The table of "Consultation du solde", in every form."""
    found = {
        code: read_balance_answer(form.replace("%", code)) for code in BALANCE_ERRORS
    }

    assert {code: reply.code for code, reply in found.items()} == {
        code: code for code in BALANCE_ERRORS
    }
    assert {code: type(reply.claim.refusal) for code, reply in found.items()} == (
        BALANCE_ERRORS
    )
    assert {reply.credits for reply in found.values()} == {None}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ('{"code": 82}', AuthenticationError),
        ('{"code": 87}', AuthenticationError),
        ('{"code": "88"}', AuthenticationError),
        ('{"code": 501}', AuthenticationError),
        ('{"code": 502}', AuthenticationError),
        ('{"code": 505, "solde": 0}', AuthenticationError),
        ('{"message": "e505"}', AuthenticationError),
        ("E505 : user et/ou cleAPI non valides", AuthenticationError),
        ("E505 : identifiants refus&eacute;s", AuthenticationError),
        ('{"code": 96}', IpNotAllowedError),
        ("<sms><code>96</code></sms>", IpNotAllowedError),
        ("E96", IpNotAllowedError),
        ('{"code": -2}', GatewayBrokenError),
        ("-2 : Erreur technique", GatewayBrokenError),
        ("[-1]", InvalidRequestError),
    ],
)
def test_knows_an_error_that_is_called_one(
    answer: str, error: type[GatewayError]
) -> None:
    """A number that the answer itself calls a code is no balance."""
    assert type(read_balance_answer(answer).claim.refusal) is error


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "OK",
        "8 0",
        "1785 SMS",
        "1,785",
        "1e3",
        "E",
        "E999",
        "33612345678",
        "<sms><numero>33612345678</numero></sms>",
        "<sms><statut>0</statut></sms>",
        "[1, 2]",
        "[]",
        '{"foo": 12}',
        '{"code": 97}',
        '{"code": 80}',
        '{"solde": null}',
        '{"solde": 12, "credit": 13}',
        '{"solde": 12, "erreur": "compte suspendu"}',
        '{"solde": 12, "success": false}',
        "12\nErreur technique",
        '["E501", "E505"]',
        "<html><body><h1>Bienvenue</h1></body></html>",
        "<html><body><p>12</p><p>13</p></body></html>",
        "[" * 1500,
        "<p " * 300_000,
    ],
)
def test_leaves_a_balance_that_is_in_doubt(answer: str) -> None:
    """A balance is evidence of what became of a message: none is guessed."""
    reply = read_balance_answer(answer)

    assert (reply.credits, reply.claim.refusal) == (None, None)
    assert verdict(reply) is Verdict.UNKNOWN
