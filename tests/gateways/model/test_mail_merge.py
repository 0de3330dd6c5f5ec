"""Mail merge: which fields a text has, and what stands in their place."""

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.mail_merge import (
    fields_of,
    fill_in,
)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Citerne vide", set()),
        ("Bonjour {nom}", {"nom"}),
        ("{nom}, {nom}, {_x1} {A}", {"nom", "_x1", "A"}),
        ("{{nom}}", {"nom"}),
        # Nothing of this is a field.
        ("{}", set()),
        ("{ nom }", set()),
        ("{1}", set()),
        ("{nom", set()),
        ("nom}", set()),
        ("{prénom}", set()),
        ("{a.b} {a[0]} {a!r} {a:>9}", set()),
        ('{"solde": 12}', set()),
    ],
)
def test_finds_the_fields(text: str, fields: set[str]) -> None:
    """A name of letters, digits and underscores, between two braces."""
    assert fields_of(text) == fields


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("Citerne vide", {"nom": "Maman"}, "Citerne vide"),
        ("Bonjour {nom}, {nom} !", {"nom": "Maman"}, "Bonjour Maman, Maman !"),
        ("{nom} {ville}", {"nom": "Maman"}, "Maman {ville}"),
        ("{nom}", {"nom": ""}, ""),
        ("{{nom}}", {"nom": "Maman"}, "{Maman}"),
        # A value is never looked through itself.
        ("{a} {b}", {"a": "{b}", "b": "{a}"}, "{b} {a}"),
        ("{a}", {"a": r"\1 \g<0> \\"}, r"\1 \g<0> \\"),
        ("{a.__class__}", {"a": "x"}, "{a.__class__}"),
    ],
)
def test_puts_the_values_in_their_place(
    text: str, values: dict[str, str], expected: str
) -> None:
    """And leaves everything else as it is."""
    assert fill_in(text, values) == expected


@given(st.text(alphabet="{}ab_1 é\\"))
def test_a_text_without_values_stays_as_it_is(text: str) -> None:
    """Whatever braces it has."""
    assert fill_in(text, {}) == text


@given(st.text(alphabet="{}ab_1 é\\"))
def test_no_field_is_left_when_each_has_a_value(text: str) -> None:
    """What was found is what is replaced."""
    fields = fields_of(text)

    assert all(f"{{{field}}}" in text for field in fields)
    assert ("|" in fill_in(text, dict.fromkeys(fields, "|"))) is bool(fields)
