"""What characters are, by Unicode's properties."""

import re
from typing import Final
import unicodedata

from ...gateways.model.segments import gsm7_septets

# Arrows, technical and geometric signs, dingbats, and the planes of emoji, those to come
# included; not braille, which has words.
_PICTOGRAPHS: Final = re.compile(
    "[\u2190-\u27ff\u2900-\u2bff\u3030\u303d\u3297\u3299\ufffc\U0001f000-\U0001fbff]"
)


def is_mark(character: str) -> bool:
    """Return whether it stands on the character before it, as an accent does."""
    return unicodedata.category(character).startswith("M")


def is_pictograph(character: str) -> bool:
    """Return whether it is a picture, or such a sign as pictures are made of."""
    return _PICTOGRAPHS.match(character) is not None


def is_from_right(character: str) -> bool:
    """Return whether it is a letter that is read from the right."""
    return character.isalpha() and unicodedata.bidirectional(character) in {"R", "AL"}


def joins(character: str) -> bool:
    """Return whether it is a letter of a script that joins its letters.

    Such a script is read from the right or knows no capitals, and isn't written in
    squares, as Chinese is.
    """
    return is_from_right(character) or (
        unicodedata.category(character) == "Lo"
        and unicodedata.east_asian_width(character) not in "WF"
    )


def varies(character: str) -> bool:
    """Return whether it may have variants: a sign, or a letter without a capital."""
    return gsm7_septets(character) is None and (
        is_pictograph(character)
        or unicodedata.category(character) in {"Lo", "Pd", "Po", "Sm", "So"}
    )
