"""Cleaning: what no phone shows costs nothing."""

import unicodedata

from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.envoyer_sms_pro.text import measure_text
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.segments import is_gsm7, measure
from custom_components.passerelle_sms.gateways.model.visibility import (
    is_blank,
    without_ignorables,
)
from custom_components.passerelle_sms.messaging.text.cleaning import (
    clean,
    visible,
    with_title,
)
from custom_components.passerelle_sms.messaging.text.encoding import Measurer

ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
# What is invisible, what it shapes, and what it doesn't.
AWKWARD = (
    "\u200b\u200c\u200d\u200e\u200f\u202b\u202c\u2067\u2069\xad\ufeff\u180e\ufe0e\ufe0f"
    "\U000e0100\U000e0067\U000e007f\x00\x1b[31m\r\n\t\v\f\x85\u2028 "
    "aé€êخनक\u094d\u0301葛ᠠ🙂❤🔥🏴\U0001f3fd↔1#\u20e3{}"
)
TEXTS = st.text(st.sampled_from(AWKWARD), max_size=30) | st.text(max_size=100)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Citerne vide\n", "Citerne vide"),
        ("\n\n  Citerne\u00a0\u3000\t\n", "Citerne"),
        ("\ufeffCiterne \u200b\n\u200b", "Citerne"),
        ("a\x00\x07b\x1b[31mc\x1b[0m", "abc"),
        ("\x1bAlarme\x1b]", "Alarme]"),
        ("a\tb\nc", "a\tb\nc"),
        # Whatever ends a line, a line feed ends it: no words are run together.
        ("a\r\nb\rc\vd\fe\x85f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"),
        # Nothing to shape, in GSM-7 or outside.
        ("ré\xadser\u200bvoir\u2060 \u200evide\u200f", "réservoir vide"),
        ("fe\xadnê\u200btre\u2060 \u200evide\u200f", "fenêtre vide"),
        ("a\u200db\u200c\ufe0f ê\u200d", "ab ê"),
        ("\u200d🙂\ufe0f\ufe0f\u200d ê", "🙂\ufe0f ê"),
        ("1\ufe0f ê\ufe0f \U000e0067\U000e007f", "1 ê"),
        ("葛\u200d城", "葛城"),
        ("\ufff9a\ufffab\ufffb\ufffe", "ab"),
    ],
)
def test_what_no_phone_shows_goes(written: str, sent: str) -> None:
    """By Unicode's properties, and at the ends white space too."""
    assert clean(written) == sent


@pytest.mark.parametrize(
    "text",
    [
        "👨\u200d👩\u200d👧",
        "👩\U0001f3fd\u200d🚒",
        "🏳\ufe0f\u200d🌈",
        "❤\ufe0f\u200d🔥",
        "🙂\u200d↔\ufe0f",
        "☎\ufe0e ☎\ufe0f",
        "1\ufe0f\u20e3 #\ufe0f\u20e3",
        f"{ENGLAND} 🇫🇷",
        # A joiner between letters, after one, and before one; with a sign between.
        "می\u200cخواهم",
        "ه\u200d.ق \u200dه",
        "क\u094d\u200dष क\u094d\u200cष",
        "\u09b0\u200d\u09cd\u09af",
        "ᠠ\u180eᠠ ᠠ\u180bᠠ",
        "葛\U000e0100城",
        # Read from the right.
        "خزان!\u200f",
        "\u202bخزان 12\u202c ici",
        "\u2067שלום\u2069 (1)",
    ],
)
def test_what_shapes_something_stays(text: str) -> None:
    """It isn't seen, and what is seen would be something else without it."""
    assert clean(text) == text


def test_a_direction_stays_in_the_lines_that_are_read_from_the_right() -> None:
    """In the others it changes nothing."""
    assert clean("\u200fخزان\u200f\u200f\n\u200ffenêtre\u200e") == (
        "\u200fخزان\u200f\nfenêtre"
    )


def test_a_field_keeps_the_white_space_at_its_ends() -> None:
    """What is merged into a text stands between its words."""
    assert visible(" Marie\u200b \r\n") == " Marie \n"


@pytest.mark.parametrize(
    ("title", "text", "sent"),
    [
        ("Citerne", "Vide", "Citerne\nVide"),
        ("", "Vide", "Vide"),
        (" \n", "Vide", "Vide"),
        ("\u200b\xad", "Vide", "Vide"),
        ("Citerne", " ", "Citerne"),
        ("", "\u200b", ""),
    ],
)
def test_a_blank_title_is_none(title: str, text: str, sent: str) -> None:
    """And so is a blank text."""
    assert with_title(title, text) == sent


def test_cleaning_costs_no_more_than_a_letter() -> None:
    """From the field: 100 letters with a NUL and colours are one segment again."""
    measured = measure(clean("a" * 99 + "\x00\x1b[31mb\x1b[0m\n"))

    assert (measured.encoding, measured.units) == (Encoding.GSM7, 100)


@given(TEXTS)
@example("🏴\ufe0f\U000e0067\U000e0062\U000e007f\u200d🔥")
@example("\x1b[\x1b[31m31m")
@example("\r\x00\n")
def test_twice_is_once(text: str) -> None:
    """What is clean stays so."""
    assert clean(clean(text)) == clean(text)


@given(TEXTS)
def test_what_is_seen_is_kept(text: str) -> None:
    """Every letter, figure and sign, in its order; so a visible text is never emptied."""

    def seen(text: str) -> str:
        return "".join(
            c
            for c in without_ignorables(text)
            if unicodedata.category(c)[0] in "LMNPSC"
            and unicodedata.category(c) != "Cc"
        )

    bare = text.replace("\x1b", "")
    assert seen(clean(bare)) == seen(bare)
    assert is_blank(clean(text)) == is_blank(text)


@given(TEXTS, st.sampled_from([measure, measure_text]))
def test_never_costs_more(text: str, count: Measurer) -> None:
    """As any gateway counts."""
    assert count(clean(text)).segments <= count(text).segments
    assert count(clean(text)).units <= count(text).units or is_gsm7(clean(text))


@given(TEXTS)
def test_nothing_invisible_makes_a_text_ucs2(text: str) -> None:
    """Only what is seen outside GSM-7 does, and tabs."""
    seen = without_ignorables(clean(text))

    assert is_gsm7(clean(text)) == is_gsm7(seen)
    if is_gsm7(seen):
        assert clean(text) == seen
