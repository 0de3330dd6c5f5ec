"""What people and programs write around the digits of a number."""

import time

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.messaging.recipients.written_numbers import (
    WrittenNumber,
    read_written,
)
from tests.messaging.test_invisible import INVISIBLE

SEPARATORS = " .-/\\·_:•'’()[]\u00a0\u202f\u2011\u2013\u2212\uff0f\n\t"


@pytest.mark.parametrize(
    ("text", "digits", "has_plus"),
    [
        ("+33 6", "336", True),
        ("+ 33 (0)6", "3306", True),
        ("(+33) 6", "336", True),
        ("＋３３", "33", True),
        ("➕33", "33", True),
        ("٣٣", "33", False),
        ("0️⃣6️⃣", "06", False),
        # Links and cards.
        ("tel:06-12", "0612", False),
        ("TEL://+33612", "33612", True),
        ("tel:%2B33%206", "336", True),
        ("tel:+336;ext=12;isub=1", "336", True),
        ("tel:0612;phone-context=+33", "330612", True),
        ("tel:0612;phone-context=example.com", "0612", False),
        ("tel:+336;phone-context=+44", "336", True),
        ("sms:+336?body=Bonjour%20toi", "336", True),
        ("smsto:+336", "336", True),
        ("TEL;TYPE=CELL:+336", "336", True),
        ("item1.TEL;type=CELL;type=pref:+336", "336", True),
        ('TEL;VALUE=uri;TYPE="voice,cell":tel:+336', "336", True),
        # Labels.
        ("Tél. : 06", "06", False),
        ("Tel+33", "33", True),
        ("M: 06", "06", False),
        ("Ma mère <+336>", "336", True),
        ("+336 (portable)", "336", True),
        ("N° de Maman : 06", "06", False),
        ("N° 06", "06", False),
        ("№06", "06", False),
        ("📞 +336", "336", True),
        ("☎️06", "06", False),
        ("❤️ Maman 🏠: 06 📱", "06", False),
        ('"Ma mère" <+336>', "336", True),
        ("« Maman » 06", "06", False),
        # Which of several: no part of it.
        ("Mobile 1: 06", "06", False),
        ("(📱 GSM 02 : +336)", "336", True),
        ("Portable01:07123456", "07123456", False),
        ("Tel 06:12:34", "061234", False),
        # Spreadsheets and templates.
        ("'06", "06", False),
        ("“06”", "06", False),
        ('="06"', "06", False),
        ("06,", "06", False),
        ("699128531.0", "699128531", False),
        ("+699128531,00", "699128531", True),
        ("6.99128531e8", "699128531", False),
        ("2,37699128531E+11", "237699128531", False),
    ],
)
def test_reads(text: str, digits: str, has_plus: bool) -> None:
    """Its digits, and whether they begin with the country's code."""
    written = read_written(text)

    assert written is not None
    assert (written.digits, written.has_plus) == (digits, has_plus)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "Maman",
        "*31#0612345678",
        "0612345678#1",
        "0612345678 x12",
        "06 12 34 56 7O",
        "O612345678",
        "O 612345678",
        "🏠 O 612345678",
        "06 Tel 1: 0612",
        "O°612345678🏠1",
        "1: 612345678€",
        "06l2345678",
        "06+12",
        "++33",
        "0612 & 0613",
        "0612, 0613",
        "0612; 0613",
        "Maman, 06",
        "Maman\n06",
        "06\n(Maman)\n",
        "06 Maman",
        "06²",
        "tel:06;ext=12 Maman",
        # A spreadsheet has rounded it; a decimal is none.
        "2.37699E+11",
        "2.376991285311e11",
        "1e3000000",
        "-12e4",
        "1" * 101,
    ],
)
def test_reads_nothing(text: str) -> None:
    """Rather than guess."""
    assert read_written(text) is None


@pytest.mark.parametrize(
    ("text", "is_bare"),
    [
        ("699128531", True),
        (" '٦٩٩١٢٨٥٣١\u200b", True),
        ("699128531.0", True),
        ("6.99128531e8", True),
        ("699 128 531", False),
        ("tel:699128531", False),
        ("Maman: 699128531", False),
    ],
)
def test_what_may_have_been_an_integer(text: str, is_bare: bool) -> None:
    """Digits alone: whoever separates them has not lost a plus."""
    written = read_written(text)

    assert written is not None
    assert written.is_bare is is_bare


@given(
    st.text("0123456789", min_size=1, max_size=15),
    st.booleans(),
    st.lists(st.sampled_from([*SEPARATORS, *INVISIBLE, ""]), min_size=16, max_size=16),
    st.sampled_from([0x30, 0x660, 0x966, 0xFF10, 0x1D7CE]),
)
def test_nothing_between_digits_matters(
    digits: str, has_plus: bool, between: list[str], zero: int
) -> None:
    """Nor the script that they are in."""
    text = ("+" if has_plus else "") + "".join(
        chr(zero + int(digit)) + separator
        for digit, separator in zip(digits, between, strict=False)
    )
    is_quantity = "." in text[len(digits) - 3 :]

    written = read_written(text)

    assert written is not None
    assert is_quantity or (written.digits, written.has_plus) == (digits, has_plus)


@given(st.text())
def test_any_text_is_read_or_not(text: str) -> None:
    """And what is read are digits of the text, none added."""
    written = read_written(text)
    if written is not None:
        assert written.digits.isascii()
        assert written.digits.isdecimal()
        assert len(written.digits) <= sum(map(str.isdecimal, text))


@given(st.text("0٣+-(e.,:;=%°'tTelL \u200b\u20e3<>[]", max_size=100))
def test_hostile_texts_take_no_time(text: str) -> None:
    """Whatever they repeat."""
    begun = time.perf_counter()

    read_written(text)
    read_written(text * 200)

    assert time.perf_counter() - begun < 0.2


def test_what_is_logged_holds_no_digits() -> None:
    """Whatever was read."""
    assert "612" not in repr(WrittenNumber(digits="0612345678"))
