"""What is shown of a text that holds secrets and numbers: neither."""

from base64 import b64encode
from collections.abc import Callable
import html
from html.entities import codepoint2name
import json
import re
import sys
import time
import tracemalloc
from urllib.parse import quote, quote_plus, unquote, urlencode

from hypothesis import given, settings, strategies as st
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.wire.redaction import (
    HIDDEN,
    Redactor,
    hide_number,
    hide_numbers,
)

SECRET = "s3cr&t+pa ss/é'\"<\\"

type Writer = Callable[[str], str]


def in_json(secret: str) -> str:
    """Return a text as it stands in a JSON text."""
    return json.dumps(secret)[1:-1]


def in_php_json(secret: str) -> str:
    """Return a text as PHP's `json_encode` writes it."""
    return in_json(secret).replace("/", "\\/")


def in_xml(secret: str) -> str:
    """Return a text as XML libraries write it."""
    return html.escape(secret, quote=False).replace("'", "&apos;")


def in_php_html(secret: str) -> str:
    """Return a text as PHP's `htmlspecialchars` writes it."""
    return html.escape(secret).replace("&#x27;", "&#039;")


def in_php_entities(secret: str) -> str:
    """Return a text as PHP's `htmlentities` writes it."""
    return "".join(
        f"&{codepoint2name[ord(c)]};" if ord(c) in codepoint2name else c for c in secret
    )


def in_latin1_entities(secret: str) -> str:
    """Return a text as `htmlentities` wrote it when it took every octet for a letter."""
    return in_php_entities(secret.encode().decode("latin-1"))


def in_entities(secret: str) -> str:
    """Return a text of which every character is a numeric entity."""
    return "".join(f"&#X{ord(character):X};" for character in secret)


def in_decimal_entities(secret: str) -> str:
    """Return a text of which every character is a numeric entity, with zeros before."""
    return "".join(f"&#{ord(character):04};" for character in secret)


def in_yarl_address(secret: str) -> str:
    """Return a text as our own requests carry it."""
    return URL("http://localhost").with_query(q=secret).raw_query_string[2:]


def in_lower_case_address(secret: str) -> str:
    """Return a text percent-encoded by those who write small hexadecimal digits."""
    return "".join(
        c
        if c.isascii() and c.isalnum()
        else "".join(f"%{octet:02x}" for octet in c.encode())
        for c in secret
    )


CASES: list[Writer] = [str.upper, str.lower, str.swapcase]
WRITINGS: list[Writer] = [
    str,
    quote,
    lambda secret: quote(secret, safe=""),
    quote_plus,
    lambda secret: urlencode({"q": secret})[2:],
    in_yarl_address,
    in_lower_case_address,
    html.escape,
    in_php_html,
    in_xml,
    in_php_entities,
    in_latin1_entities,
    in_entities,
    in_decimal_entities,
    in_json,
    lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    in_php_json,
    *CASES,
]


# Letters of all kinds, and what is escaped, or looks like an escape.
LETTERS = st.one_of(
    st.characters(codec="utf-8", exclude_characters="[]*"),
    st.sampled_from("\\%&;#xun\"'/ +<é€ß😀0123456789abcdef"),
)


# One inside the other. An octet in the wrong case is another octet.
PAIRS = st.tuples(st.sampled_from(WRITINGS), st.sampled_from(WRITINGS)).filter(
    lambda pair: pair[0] is not in_latin1_entities or pair[1] not in CASES
)


def readings(text: str) -> set[str]:
    """Return a text as it reads after up to two programs have undone its escapes."""
    texts = {text}
    for _ in range(2):
        texts |= {
            undone
            for each in texts
            for undone in (
                unquote(each),
                unquote(each, "latin-1"),
                html.unescape(each),
                re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), each),
                re.sub(r"\\(.)", r"\1", each),
            )
        }
    return texts


@pytest.mark.parametrize("write", WRITINGS)
@given(secret=st.text(LETTERS, min_size=1))
def test_hides_a_secret_however_it_is_written(write: Writer, secret: str) -> None:
    """As it is, in an address, in a form, on a page, in XML and in JSON."""
    assert Redactor((secret,))(f"[[{write(secret)}]]") == f"[[{HIDDEN}]]"


@settings(max_examples=400)
@given(secret=st.text(LETTERS, min_size=1), pair=PAIRS)
def test_hides_a_secret_that_was_written_twice(
    secret: str, pair: tuple[Writer, Writer]
) -> None:
    """JSON in JSON, an address on a page; as a whole where it is too intricate."""
    inner, outer = pair

    shown = Redactor((secret,))(f"[[{outer(inner(secret))}]]")

    assert shown in {f"[[{HIDDEN}]]", HIDDEN}


@settings(max_examples=300)
@given(secret=st.text(LETTERS, min_size=4), text=st.text(LETTERS), data=st.data())
def test_no_program_finds_a_secret_in_what_is_shown(
    secret: str, text: str, data: st.DataObject
) -> None:
    """Amid anything, whatever undoes its escapes."""
    write = data.draw(st.sampled_from(WRITINGS))
    cut = data.draw(st.integers(0, len(text)))

    shown = Redactor((secret,))(f"{text[:cut]}[{write(secret)}]{text[cut:]}")

    assert not [text for text in readings(shown) if secret in text]


@pytest.mark.parametrize("write", [w for w in WRITINGS if w("é") != w("É")])
def test_hides_a_secret_and_nothing_around_it(write: Writer) -> None:
    """Everywhere in the text."""
    text = f"login={write(SECRET)}&motdepasse={write(SECRET)}; Solde"

    assert Redactor((SECRET,))(text) == "login=***&motdepasse=***; Solde"


@given(
    secret=st.text(st.characters(codec="utf-8"), min_size=4),
    before=st.text("abc:"),
    after=st.text("abc:"),
)
def test_hides_a_secret_in_base64(secret: str, before: str, after: str) -> None:
    """As HTTP Basic writes the login and the password."""
    encoded = b64encode(f"{before}{secret}{after}".encode()).decode()

    shown = Redactor((secret,))(f"[[{encoded}]]")

    assert HIDDEN in shown
    # What is left of it are the characters that it shares with what is around it.
    assert len(shown) <= len(encoded) - len(secret.encode()) * 4 // 3 + 2 + 4 + 3


@pytest.mark.parametrize(
    "text",
    [
        "%25252525252532",
        "&amp;amp;amp;amp;amp;amp;lt;",
        "\\" * 64,
        "%20" * 40_000,
        "%252525" * 12_000,
        "s3cret " * 25_000,
        "70123456 x" * 25_000,
    ],
)
def test_hides_all_of_what_nobody_reads(text: str) -> None:
    """Escapes in escapes without end, or more than a text for people holds."""
    assert Redactor(("s3cret",))(text) == HIDDEN


def test_hides_all_of_a_text_that_its_owner_cannot_read() -> None:
    """The bounds are the same where numbers stay."""
    redact = Redactor(("s3cret",))

    assert redact.without_secrets("s3cret " * 25_000) == HIDDEN
    assert redact.without_secrets("S3CRET: 695688207, 1%20") == "***: 695688207, 1%20"
    assert redact.without_secrets("70123") == "70123"


@pytest.mark.parametrize(
    "text",
    [
        "&#xfffffff;&#1114112;&#0000;&rien;&;&#;&#x;%zz\\q\\u12\\",
        "\u00e9\u0080\u0080 \u00e2\u0082",
    ],
)
def test_passes_what_only_looks_like_an_escape(text: str) -> None:
    """Nothing is changed that isn't hidden."""
    assert Redactor(("s3cret",))(text) == text


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_what_is_shown_is_valid(text: str) -> None:
    """Half a surrogate pair could neither be stored nor sent."""
    redact = Redactor(("s3cret",))

    for shown in (redact(text), redact.without_secrets(text), hide_numbers(text)):
        assert shown == shown.encode().decode()


def test_hides_the_longer_secret_first() -> None:
    """One that begins another must not uncover its rest."""
    assert Redactor(("maison", "maison-secret"))("maison-secret maison") == "*** ***"


def test_an_empty_secret_hides_nothing() -> None:
    """A gateway without a password has an empty one."""
    assert Redactor(("", ""))("Solde insuffisant") == "Solde insuffisant"
    assert Redactor(())("Solde insuffisant") == "Solde insuffisant"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+237695688207", "***07"),
        ("237695688207", "***07"),
        ("70123456", "***56"),
        ("Numéro +237 695 68 82 07 invalide", "Numéro ***07 invalide"),
        ("06.12.34.56.78", "***78"),
        ("06-12-34-56-78", "***78"),
        ("06\u00a012\u202f34 56\t78", "***78"),
        ("%2B237695688207&x=1", "%2B***07&x=1"),
        ("695688207,678018812", "***07,***12"),
        ("error.1243161184695688207369660", "error.***60"),
        # Too short for a number: codes, credits and times stay.
        ("code 80, solde 1234567", "code 80, solde 1234567"),
        ("08:45:12", "08:45:12"),
        (
            "1    2    3    4     5    6    7    8",
            "1    2    3    4     5    6    7    8",
        ),
        # Its groups, and those of the next.
        ("06/12/34/56/78", "***78"),
        ("06,12,34,56,78", "***78"),
        ("06·12_34–56—78", "***78"),
        ("+33 (0)6 12 34 56 78", "***78"),
        ("06\u200b12\u200934\u2060 56\u00ad\u00ad78", "***78"),
        ("06 - 12 - 34 - 56 - 78.", "***78."),
        ("+237695688207, +237678018812/70123456", "***07, ***12/***56"),
        ("06 12 34 56 78, 70123456", "***78, ***56"),
        ("12,70123456", "***56"),
        ("٠٦١٢٣٤٥٦٧٨", "***٧٨"),
        # What only looks like an escape.
        ("Code %70123456", "Code %***56"),
        # Escaped, in whole or in part.
        ("06%2012%2034%2056%2078", "***78"),
        ("06\\/12\\/34\\/56\\/78", "***78"),
        ("06&nbsp;12&#160;34\\u202f56&amp;nbsp;78", "***78"),
        ("[\\u0036\\u0039\\u0035688207]", "[***07]"),
        ("06+12+34+56+78", "***78"),
    ],
)
def test_hides_numbers(text: str, shown: str) -> None:
    """All but the last two digits of eight or more, however they are grouped."""
    assert Redactor(())(text) == hide_numbers(text) == shown


SEPARATORS = st.text(
    " .-/,_()+·–—\u00a0\u00ad\u2009\u200b\u202f\u2060\u3164", max_size=4
)


@settings(max_examples=300)
@given(
    digits=st.text("0123456789", min_size=8, max_size=15),
    gaps=st.lists(SEPARATORS, min_size=15, max_size=15),
    pair=PAIRS,
)
def test_no_number_survives(
    digits: str, gaps: list[str], pair: tuple[Writer, Writer]
) -> None:
    """Whatever its grouping, and however it is written."""
    inner, outer = pair
    number = digits[0] + "".join(map(str.__add__, gaps, digits[1:]))
    before, after = outer(inner("Non [")), outer(inner("] !"))

    shown = hide_numbers(f"{before}{outer(inner(number))}{after}")

    assert shown == f"{before}{HIDDEN}{digits[-2:]}{after}"


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+237695688207", "***07"), ("123", "***23"), ("12", "***"), ("", "***")],
)
def test_shows_two_digits_of_a_number(number: str, shown: str) -> None:
    """Enough to tell two recipients apart; nothing of what is hardly longer."""
    assert hide_number(number) == shown


MIB = 1_048_576
# Long enough for what a coverage tool adds, and far from what grows faster than a text.
MOST_SECONDS = 0.4
MOST_OCTETS = 10_485_760

HARMFUL = {
    "digits": "1",
    "groups of digits": "1 ",
    "digits too few": "1    1    1    1    1    1    1x",
    "seven digits": "1234567x",
    "numbers": "70123456,",
    "backslashes": "\\",
    "line feeds": "\\n",
    "surrogate pairs": "\\ud83d\\ude00",
    "percent signs": "%25",
    "escaped percent signs": "%" + "25" * 30,
    "escapes far apart": "%25252525 \\\\\\\\n &amp;amp;amp;" + "é" * 2_000,
    "ampersands": "&amp;",
    "escaped ampersands": "&" + "amp;" * 30,
    "zeros": "&#" + "0" * 5_000,
    "blanks": " ",
    "no-break spaces": "\u00a0",
    "one letter": "a",
    "two letters": "ab",
    "octets": "Ã©",
    "capitals": "İΣ",
    "halves": "\ud800",
    "prose": "Bonjour, la cuve du 3e étage est vide : 21,5 °C. ",
}
SECRETS = {
    "usual": (SECRET, "k" * 32, "me@example.org"),
    "backslashes": ("\\" * 200, "\\", "\\a" * 100),
    "one letter": ("a", "1", "n"),
    "long": ("a" * 200, "ab" * 100, "1" * 199 + "2", "b" + "a" * 199),
}


@pytest.mark.parametrize("text", HARMFUL.values(), ids=HARMFUL)
@pytest.mark.parametrize("secrets", SECRETS.values(), ids=SECRETS)
def test_takes_little_time_and_memory(text: str, secrets: tuple[str, ...]) -> None:
    """Whatever a gateway answers, and whatever the password is."""
    redact = Redactor(secrets)
    answer = text * (MIB // len(text))

    assert any(seconds(redact, answer) < MOST_SECONDS for _ in range(3))
    assert octets(redact, answer) < MOST_OCTETS


@pytest.mark.parametrize("text", HARMFUL.values(), ids=HARMFUL)
def test_takes_little_memory_for_wide_characters(text: str) -> None:
    """One is enough to make all others take four octets."""
    answer = "😀" + text * (MIB // len(text))

    for secrets in (SECRETS["usual"], SECRETS["backslashes"]):
        assert octets(Redactor(secrets), answer) < MOST_OCTETS + sys.getsizeof(answer)


def seconds(redact: Redactor, text: str) -> float:
    """Return how long the processor works on a text."""
    began = time.process_time()
    redact(text)
    return time.process_time() - began


def octets(redact: Redactor, text: str) -> int:
    """Return the most memory that was taken at a time, beyond the text."""
    tracemalloc.start()
    try:
        redact(text)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
