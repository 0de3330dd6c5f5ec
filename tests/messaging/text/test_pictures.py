"""Pictures: left out where that keeps the words in GSM-7."""

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.messaging.text.pictures import (
    is_picture,
    without_pictures,
)
from custom_components.passerelle_sms.messaging.text.transliteration import EQUIVALENTS

TEXTS = st.text(
    st.sampled_from("aé1.,()! \n\u00a0🙂🚨☀\ufe0f\u200d\U0001f3fd\u0301°C"), max_size=30
) | st.text(max_size=100)


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("🥶 -12 °C", "-12 °C"),
        ("Gel 🥶 -12 °C", "Gel -12 °C"),
        ("Gel 🥶🥶 🥶 -12 °C 🥶", "Gel -12 °C"),
        ("Porte🔓ouverte", "Porte ouverte"),
        ("12🔥15", "12 15"),
        ("Alarme🚨!", "Alarme!"),
        ("Alarme 🚨 !", "Alarme !"),
        ("Alarme 🚨. Fin", "Alarme. Fin"),
        ("(🚨 Alarme 🚨)", "(Alarme)"),
        ("Alarme 🚨(cuisine)", "Alarme (cuisine)"),
        ("a🚨 b", "a b"),
        # A line of pictures goes, an empty one stays.
        ("a\n🚨 🚨\nb", "a\nb"),
        ("a\n\n🚨b", "a\n\nb"),
        # Whatever a picture is made of goes with it.
        ("👨\u200d👩\u200d👧 ici", "ici"),
        ("❤\ufe0f ici 👩\U0001f3fd\u200d🚒", "ici"),
        ("🇫🇷 ici \U0001f3fb 🙂\u0301", "ici"),
        # Dingbats, shapes, and a picture of a Unicode to come.
        ("✅ ici ★ ◾ ⤴ 〰 ㊗ \U0001faff", "ici"),
        # Two blanks that somebody wrote are his.
        ("a  b 🙂", "a  b"),
    ],
)
def test_words_are_kept(written: str, left: str) -> None:
    """With one blank between them where a picture was, and no second one."""
    assert without_pictures(written) == left


@pytest.mark.parametrize(
    "text", ["🚨🚨", "👨\u200d👩\u200d👧", "🔥 !", "❤\ufe0f", "", "…"]
)
def test_a_text_without_words_is_kept(text: str) -> None:
    """It says what it says by its pictures."""
    assert without_pictures(text) == text


@pytest.mark.parametrize(
    "character", ["a", "я", "λ", "خ", "中", "❶", "①", "Ⓜ", "∞", "≠", "\u2801", "{", "°"]
)
def test_what_is_no_picture(character: str) -> None:
    """Letters, figures, mathematics, braille."""
    assert not is_picture(character)


def test_what_has_an_equivalent_is_no_picture() -> None:
    """An arrow can be written."""
    assert not any(map(is_picture, EQUIVALENTS))


@given(TEXTS)
def test_twice_is_once(text: str) -> None:
    """Nothing is left of them."""
    assert without_pictures(without_pictures(text)) == without_pictures(text)


@given(TEXTS)
def test_keeps_every_letter_and_figure(text: str) -> None:
    """In their order."""
    assert [*filter(str.isalnum, without_pictures(text))] == [
        *filter(str.isalnum, text)
    ]
