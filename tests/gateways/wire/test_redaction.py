"""What is shown of a text that holds secrets and numbers: neither."""

from collections.abc import Callable
import html
import json
from urllib.parse import quote, quote_plus, urlencode

from hypothesis import given, strategies as st
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


def in_php_json(secret: str) -> str:
    """Return a text as PHP's `json_encode` writes it."""
    return json.dumps(secret)[1:-1].replace("/", "\\/")


def in_xml(secret: str) -> str:
    """Return a text as XML libraries write it."""
    return html.escape(secret, quote=False).replace("'", "&apos;")


def in_php_html(secret: str) -> str:
    """Return a text as PHP's `htmlspecialchars` writes it."""
    return html.escape(secret).replace("&#x27;", "&#039;")


def in_entities(secret: str) -> str:
    """Return a text of which every character is a numeric entity."""
    return "".join(f"&#X{ord(character):X};" for character in secret)


def in_yarl_address(secret: str) -> str:
    """Return a text as our own requests carry it."""
    return URL("http://localhost").with_query(q=secret).raw_query_string[2:]


def in_lower_case_address(secret: str) -> str:
    """Return a text percent-encoded by those who write small hexadecimal digits."""
    return "".join(
        c if c.isalnum() else "".join(f"%{octet:02x}" for octet in c.encode())
        for c in secret
    )


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
    in_entities,
    lambda secret: json.dumps(secret)[1:-1],
    lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    in_php_json,
]


@pytest.mark.parametrize("write", WRITINGS)
@given(
    secret=st.text(st.characters(codec="utf-8", exclude_characters="[]"), min_size=1)
)
def test_hides_a_secret_however_it_is_written(write: Writer, secret: str) -> None:
    """As it is, in an address, in a form, on a page, in XML and in JSON."""
    assert Redactor((secret,))(f"[[{write(secret)}]]") == f"[[{HIDDEN}]]"


@pytest.mark.parametrize("write", WRITINGS)
def test_hides_a_secret_and_nothing_around_it(write: Writer) -> None:
    """Everywhere in the text."""
    text = f"login={write(SECRET)}&motdepasse={write(SECRET)}; Solde"

    assert Redactor((SECRET,))(text) == "login=***&motdepasse=***; Solde"


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
    ],
)
def test_hides_numbers(text: str, shown: str) -> None:
    """All but the last two digits of eight or more, however they are grouped."""
    assert Redactor(())(text) == hide_numbers(text) == shown


@given(
    digits=st.text("0123456789", min_size=8, max_size=15),
    gaps=st.lists(st.sampled_from(["", " ", ".", "-", "\u00a0"]), min_size=15),
    around=st.sampled_from([" ", "=", '"', ">", "/"]),
)
def test_no_number_survives(digits: str, gaps: list[str], around: str) -> None:
    """Whatever its grouping."""
    written = "".join(f"{d}{gap}" for d, gap in zip(digits, gaps, strict=False))

    shown = Redactor(())(f"{around}{written}{around}")

    assert sum(character.isdigit() for character in shown) <= 2


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+237695688207", "***07"), ("123", "***23"), ("12", "***"), ("", "***")],
)
def test_shows_two_digits_of_a_number(number: str, shown: str) -> None:
    """Enough to tell two recipients apart; nothing of what is hardly longer."""
    assert hide_number(number) == shown
