"""Which writings of a name are the same."""

from itertools import pairwise
import unicodedata

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.messaging.recipients.names import (
    LONGEST_NAME,
    folded,
    is_name,
    name_key,
    tidied,
)
from homeassistant.util import slugify


@pytest.mark.parametrize(
    "writings",
    [
        ("L'école", "L’école", "l'ECOLE", "Lʼécole", "L`école", " L'e\u0301cole "),
        ("Mère", "Me\u0300re", "MERE", "mère\u200b", "\u200eM\u00adè\u3164re"),
        ("Dupont, Marie", "dupont marie", "DUPONT_MARIE"),
        ("Straße", "STRASSE"),
        ("Мама", "МАМА", "mama"),
        ("🥶", " 🥶 ", "🥶\ufe0f", "\u200b🥶"),
        ("❤️", "❤"),
    ],
)
def test_writings_of_one_name(writings: tuple[str, ...]) -> None:
    """Have one key."""
    assert all(name_key(one) == name_key(next_) for one, next_ in pairwise(writings))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maman", "Papa"),
        ("🥶", "🎉"),
        ("🥶", "Unknown"),
        ("ƻ", "2"),
        ("112", "Ⅽ112"),
        ("ع", "ب"),
        ("L'école", "Lecole"),
    ],
)
def test_two_names(one: str, other: str) -> None:
    """Have two keys, also where nothing of them can be written in Latin letters."""
    assert name_key(one) != name_key(other)


@given(st.text(st.characters(max_codepoint=0x17F, categories=("L", "Nd", "P", "Zs"))))
def test_a_key_is_the_slug(name: str) -> None:
    """That Home Assistant makes, wherever there is a letter in it."""
    if "\u00b4" not in name and "\u0060" not in name:
        key, slug = name_key(name), slugify(name)
        assert key in {slug, folded(name)}
        if any(map(str.isalpha, slug)) and slug != "unknown":
            assert key == slug


@given(st.text(max_size=40))
def test_capitals_composition_and_blanks_do_not_matter(name: str) -> None:
    """Of any name, in any script."""
    if name.casefold() == name.upper().casefold():
        assert folded(name.upper()) == folded(name)
    assert folded(unicodedata.normalize("NFD", name)) == folded(name)
    assert folded(f" \u200b{name}\u00a0") == folded(name)


@pytest.mark.parametrize(
    "text", ["Maman", "é", "🥶", "Мама", "Studio 12345", "☎ Papa", "名"]
)
def test_what_is_a_name(text: str) -> None:
    """A letter or a picture is enough."""
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!!!",
        "112",
        "+33 6",
        "695688207",
        "Tel 06 12 34 56 78",
        "☎ 699128531",
        "Papa 699128",
        "a" * (LONGEST_NAME + 1),
    ],
)
def test_what_is_none(text: str) -> None:
    """Nothing, marks, and what might be a number: it would be shown in full."""
    assert not is_name(text)


def test_a_name_is_kept_without_what_was_copied_along() -> None:
    """Blanks in a row are one."""
    assert tidied("\u200b  Ma \u00a0 mère\n\u200e") == "Ma mère"
