"""What can be a recipient's name, and which writings of it are the same."""

from functools import lru_cache
import re
from typing import Final
import unicodedata

from homeassistant.util import slugify

from ..invisible import trimmed, without_invisible

# As many digits as the shortest phone number that has to be hidden.
_MOST_DIGITS: Final = 5
LONGEST_NAME: Final = 255
"""The most characters of a name: to compare a longer one would take its time."""
# All the signs that are typed, or put in by a phone, for an apostrophe.
_APOSTROPHES: Final = re.compile(
    r"[\u0060\u00b4\u02b9\u02bc\u2018\u2019\u201b\u2032\uff07]"
)
_MARKS: Final = re.compile(r"[\u0300-\u036f]+")
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
# An entity of HTML, and the comma between thousands.
_UNUSUAL: Final = re.compile(r"&|[0-9],[0-9]")
# What Home Assistant makes of a text of which nothing is left.
_NOTHING_LEFT: Final = "unknown"


def tidied(name: str) -> str:
    """Return a name as it is kept: what was copied along with it is left out."""
    return " ".join(trimmed(name).split())


def is_name(text: str) -> bool:
    """Return whether a text can be a recipient's name, and is not taken for a number.

    It needs a letter, or a picture such as an emoji, and fewer digits than a number has.
    """
    has_word = any(
        sign.isalpha() or unicodedata.category(sign) == "So" for sign in text
    )
    digits = sum(map(str.isdigit, text))
    return has_word and digits <= _MOST_DIGITS and len(text) <= LONGEST_NAME


def folded(name: str) -> str:
    """Return a name as it is compared first: nobody remembers its capitals."""
    plain = without_invisible(unicodedata.normalize("NFC", name)).casefold()
    return " ".join(unicodedata.normalize("NFC", plain).split())


@lru_cache(maxsize=2048)
def name_key(name: str) -> str:
    """Return what all writings of one name have in common.

    It is what a service is named after. A name of which that leaves no letter is its own.
    """
    plain = _APOSTROPHES.sub("'", without_invisible(name))
    bare = _MARKS.sub("", unicodedata.normalize("NFD", plain))
    # As Home Assistant's for nearly every name, and many times as fast.
    is_simple = bare.isascii() and not _UNUSUAL.search(bare)
    slug = _NO_WORD.sub("_", bare.lower()).strip("_") if is_simple else slugify(plain)
    if slug == _NOTHING_LEFT or not any(map(str.isalpha, slug)):
        return folded(name)
    return slug
