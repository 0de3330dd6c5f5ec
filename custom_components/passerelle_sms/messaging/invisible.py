"""What nobody sees of a text, and what comes along when it is copied from elsewhere."""

import unicodedata

from ..gateways.model.visibility import without_ignorables


def is_invisible(character: str) -> bool:
    """Return whether a character shows nothing and takes no room, unlike a blank."""
    if character.isascii():
        # Quick for what nearly every character is; tabs and line ends are blanks.
        return not (character.isprintable() or character.isspace())
    if unicodedata.category(character) in {"Cc", "Cf"}:
        return not character.isspace()
    return not without_ignorables(character)


def without_invisible(text: str) -> str:
    """Return a text without what shows nothing."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character for character in text if not is_invisible(character))


def trimmed(text: str) -> str:
    """Return a text without the blanks, and what shows nothing, at its ends."""
    first, last = 0, len(text)
    while first < last and _is_margin(text[first]):
        first += 1
    while first < last and _is_margin(text[last - 1]):
        last -= 1
    return text[first:last]


def _is_margin(character: str) -> bool:
    return character.isspace() or is_invisible(character)
