"""Characters: what Unicode says of them."""

import pytest

from custom_components.passerelle_sms.messaging.text.characters import (
    is_from_right,
    is_mark,
    is_pictograph,
    joins,
    varies,
)


@pytest.mark.parametrize("character", ["\u0301", "\u094d", "\u20e3", "\ufe0f"])
def test_marks(character: str) -> None:
    """They stand on something."""
    assert is_mark(character)
    assert not is_mark("a")


@pytest.mark.parametrize(
    "character", ["🙂", "☀", "✅", "❤", "↔", "⬛", "🇫", "\U0001f3fd"]
)
def test_pictographs(character: str) -> None:
    """Emoji, dingbats, and what they are made of."""
    assert is_pictograph(character)


@pytest.mark.parametrize("character", ["", "a", "é", "中", "\u2801", "1", "#", "€"])
def test_no_pictographs(character: str) -> None:
    """Braille has words."""
    assert not is_pictograph(character)


@pytest.mark.parametrize("character", ["خ", "ש", "ܐ"])
def test_letters_read_from_the_right(character: str) -> None:
    """The mark that makes others be read so is no letter."""
    assert is_from_right(character)
    assert joins(character)
    assert not is_from_right("\u200f")


@pytest.mark.parametrize(
    ("character", "is_joining"),
    [("क", True), ("ක", True), ("ᠠ", True), ("a", False), ("я", False), ("中", False)],
)
def test_scripts_that_join_letters(character: str, is_joining: bool) -> None:
    """Those of India and the steppe; no Latin, no Chinese."""
    assert joins(character) is is_joining


@pytest.mark.parametrize(
    ("character", "has_variants"),
    [("☎", True), ("葛", True), ("‼", True), ("a", False), ("§", False), ("ê", False)],
)
def test_variants(character: str, has_variants: bool) -> None:
    """Signs outside GSM-7, and letters without a capital."""
    assert varies(character) is has_variants
