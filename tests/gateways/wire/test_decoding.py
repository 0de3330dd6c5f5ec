"""Numbers and texts as the gateways write them."""

from decimal import Decimal
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.wire.decoding import (
    digits_of,
    folded,
    to_credits,
    to_decimal,
    to_int,
    to_text,
)


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("Numéro de TÉLÉPHONE invalide", "numero de telephone invalide"),
        # Accents as characters of their own.
        ("Nume\u0301ro", "numero"),
        ("  n’ont pas\u00a0été\r\n\tenvoyé ", "n'ont pas ete envoye"),
        ("ÇA COÛTE 5 €, n° 3 !", "ca coute 5 €, n° 3 !"),
        ("api_key", "api_key"),
        ("STRASSE, Straße", "strasse, strasse"),
        ("\u0301", ""),
        ("", ""),
    ],
)
def test_a_text_as_it_is_compared(text: str, compared: str) -> None:
    """A gateway's words are written with accents in one place, and not in another."""
    assert folded(text) == compared


@given(st.text())
def test_folding_ends(text: str) -> None:
    """What is folded is the same when folded again."""
    assert folded(folded(text)) == folded(text)


@given(st.text(st.characters(max_codepoint=0xFF)))
def test_capitals_make_no_difference(text: str) -> None:
    """Of no letter that a gateway writes."""
    assert folded(text.upper()) == folded(text.lower()) == folded(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a b \n", "a b"),
        (243161185695688207000001, "243161185695688207000001"),
        (0, "0"),
        ("", ""),
        (None, ""),
        (True, ""),
        (1.0, ""),
        (["a"], ""),
        ({"a": 1}, ""),
    ],
)
def test_a_text(value: object, text: str) -> None:
    """Ids are written as numbers, too; a fraction has lost some of their digits."""
    assert to_text(value) == text


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("+226 78-65.78 08", "22678657808"),
        ("22678657808", "22678657808"),
        ("١٢٣", ""),
        ("Maman", ""),
        ("", ""),
        (f"{'0' * 30}22678657808", "00000000022678657808"),
    ],
)
def test_the_digits_of_a_number(number: str, digits: str) -> None:
    """Those that a phone has."""
    assert digits_of(number) == digits


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1785, Decimal(1785)),
        (0, Decimal(0)),
        (-1, Decimal(-1)),
        (12.5, Decimal("12.5")),
        ("1785", Decimal(1785)),
        (" 1785,50\n", Decimal("1785.50")),
        ("+3", Decimal(3)),
        ("1 785", Decimal(1785)),
        ("1\u00a0785,5", Decimal("1785.5")),
        ("007", Decimal(7)),
        # As PHP's number_format writes two places; a zero begins no thousands.
        ("1,234.50", Decimal("1234.50")),
        ("0,125", Decimal("0.125")),
        ("1 234,567", Decimal("1234.567")),
        (Decimal("12.50"), Decimal("12.50")),
        # Nothing is guessed.
        ("", None),
        ("8 0", None),
        ("9" * 5000, None),
        ("abc", None),
        ("12 SMS", None),
        # Thousands, or decimals.
        ("1,234", None),
        ("-12,345", None),
        ("1,234,567", None),
        (Decimal("1E+9"), None),
        (Decimal("NaN"), None),
        ("1.5e3", None),
        (".5", None),
        ("--1", None),
        (1e20, None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        (None, None),
        ([1], None),
        ({"solde": 1}, None),
        (b"1", None),
    ],
)
def test_a_number(value: object, number: Decimal | None) -> None:
    """Written as number or text, with a point or a comma, or it is none."""
    assert to_decimal(value) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        ("3", 3),
        ("3,0", 3),
        (3.0, 3),
        ("3.5", None),
        ("three", None),
        (False, None),
        (None, None),
    ],
)
def test_a_whole_number(value: object, number: int | None) -> None:
    """What has a fraction is none."""
    assert to_int(value) == number


@given(st.integers())
def test_no_digit_of_a_whole_number_is_lost(number: int) -> None:
    """However many there are: ids and credits pass through no float."""
    assert to_int(number) == to_int(str(number)) == to_decimal(number) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_a_comma_is_a_point(number: Decimal) -> None:
    """The same amount in French and in English."""
    assert to_decimal(f"{number:f}".replace(".", ",")) == number


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    )
)
def test_whatever_json_holds_raises_nothing(value: object) -> None:
    """What a gateway puts where a number is due must never end a send."""
    read = json.loads(json.dumps(value))

    assert isinstance(to_decimal(read), Decimal | None)
    assert isinstance(to_int(read), int | None)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1 785,50", Decimal("1785.50")),
        (-3, Decimal(-3)),
        (99_999_999, Decimal(99_999_999)),
        ("695688207", None),
        (-237_695_688_207, None),
        ("many", None),
    ],
)
def test_credits(value: object, number: Decimal | None) -> None:
    """What nobody buys is a phone number, and is shown nowhere."""
    assert to_credits(value) == number
