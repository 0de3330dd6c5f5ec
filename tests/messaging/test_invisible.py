"""What nobody sees of a text."""

import sys
import unicodedata

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.messaging.invisible import (
    is_invisible,
    trimmed,
    without_invisible,
)

# Fillers, selectors, joiners, marks of direction, controls, tags.
INVISIBLE = "\u200b\u200d\u00ad\u034f\u061c\u115f\u17b4\u180b\u180e\u2060\u2065\u202e\u3164\ufe0d\ufe0f\ufeff\uffa0\u0000\u0007\u001b\u009b\U000e0101\U000e0061"  # fmt: skip


@pytest.mark.parametrize("character", INVISIBLE)
def test_what_shows_nothing(character: str) -> None:
    """Is left out wherever it stands."""
    assert is_invisible(character)
    assert without_invisible(f"{character}a{character}b{character}") == "ab"
    assert trimmed(f" {character} a b\u00a0{character}\n") == "a b"


def test_every_format_and_control_character_is_invisible_but_blanks() -> None:
    """By what Unicode says of it, not by a list."""
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in {"Cc", "Cf"}:
            assert is_invisible(character) is not character.isspace()


@given(st.text(st.characters(categories=("L", "Nd", "P", "Sm", "Sc", "So", "Zs"))))
def test_what_is_seen_stays(text: str) -> None:
    """Letters, digits, marks and blanks; the Hangul fillers alone are letters unseen."""
    fillers = {"\u115f", "\u1160", "\u3164", "\uffa0"}
    kept = "".join(character for character in text if character not in fillers)

    assert without_invisible(text) == kept
    assert trimmed(kept) == kept.strip()


@pytest.mark.parametrize("text", ["", " ", "\u200b", " \u200b\u3164 "])
def test_nothing_to_see(text: str) -> None:
    """Leaves nothing."""
    assert trimmed(text) == ""
