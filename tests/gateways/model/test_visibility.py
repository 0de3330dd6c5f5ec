"""What a phone shows: held to Unicode's own properties."""

import sys
import unicodedata

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.visibility import (
    is_blank,
    without_escape_sequences,
    without_ignorables,
)

# Of the format characters, these are seen: signs under or around numbers (Unicode's
# Prepended_Concatenation_Mark), and what puts hieroglyphs together.
SEEN = (
    {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    | {*range(0x13430, 0x13440)}
)  # fmt: skip


def test_every_format_character_is_ignorable_but_for_those_that_are_seen() -> None:
    """Whatever Unicode's version is here."""
    kept = {
        code
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) == "Cf" and without_ignorables(chr(code))
    }

    assert kept == SEEN


def test_nothing_else_that_is_assigned_is_ignorable() -> None:
    """But fillers, variants and the joiner of graphemes: they have no shape either."""
    gone = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if not without_ignorables(chr(code))
        and unicodedata.category(chr(code)) not in {"Cf", "Cn"}
    ]

    assert all(
        any(
            word in unicodedata.name(character)
            for word in ("FILLER", "VARIATION SELECTOR", "VOWEL INHERENT", "JOINER")
        )
        for character in gone
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\r\n\xa0\u2003\u3000",
        "\u200b",
        "\xad",
        "\ufeff\u2060",
        "\u3164\u115f\uffa0",
        "\u034f",
        "\x00\x07\x1b",
        "\x1b[31m\x1b[0m",
        # A mark on nothing, and a pattern of no dots.
        "\u0301",
        " \u0301\u0327",
        "\u2800",
        "\ufe0f\u200d\U000e0041\U000e007f",
        "\ufffe\uffff\ufdd0\U0001fffe",
    ],
)
def test_a_text_that_shows_nothing_is_blank(text: str) -> None:
    """However many characters it has."""
    assert is_blank(text)


@pytest.mark.parametrize(
    "text",
    ["a", ".", "e\u0301", "🙂", "\u20e3", "خ", "\u0600", "\u200b1\u200b", "\ud800"],
)
def test_a_text_that_shows_anything_is_not_blank(text: str) -> None:
    """Also one that can't be sent: it is told why."""
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("\x1b[31mAlarme\x1b[0m", "Alarme"),
        ("\x1b[1;38;5;196mAlarme\x1b[m", "Alarme"),
        ("\x1b[?25lAlarme\x1b[2K", "Alarme"),
        # The title of a window, a link, and what `tput` resets with.
        ("\x1b]0;ici\x07Alarme", "Alarme"),
        ("\x1b]8;;http://ici\x1b\\Alarme\x1b]8;;\x1b\\", "Alarme"),
        ("Alarme\x1b(B\x1b[m", "Alarme"),
        ("\x1b7Alarme\x1b8", "Alarme"),
        # Cut at the end, or before a letter that is none of its own.
        ("Alarme\x1b[31", "Alarme"),
        ("\x1b[31é", "é"),
        # The letter behind a stray escape may be meant.
        ("\x1bAlarme", "\x1bAlarme"),
        ("\x1b]sans fin", "\x1b]sans fin"),
        ("[31m", "[31m"),
    ],
)
def test_escape_sequences_go_whole(written: str, left: str) -> None:
    """No `[31m` is left of them."""
    assert without_escape_sequences(written) == left


@given(st.text())
def test_what_python_prints_is_never_blank(text: str) -> None:
    """A letter, a figure, punctuation or a symbol is seen."""
    is_seen = any(
        unicodedata.category(c)[0] in "LNPS" and without_ignorables(c) and c != "\u2800"
        for c in without_escape_sequences(text)
    )

    assert not (is_seen and is_blank(text))
