"""From the octets of an answer to its text, which is valid Unicode."""

import codecs
from collections.abc import Iterator
from contextlib import suppress
import re
from typing import Final

_WINDOWS: Final = "cp1252"
# By Python's own names. Latin-1 is read as browsers read it: the octets that it has no
# characters for are the quotes and dashes of Windows. Any other charset is none that a
# gateway writes, and some that Python knows take seconds.
_CHARSETS: Final = {
    "ascii": "ascii",
    "cp1252": _WINDOWS,
    "iso8859-1": _WINDOWS,
    "iso8859-15": "iso8859-15",
    "utf-16": "utf-16",
    "utf-8": "utf-8",
}
_HALF_PAIR: Final = re.compile(r"[\ud800-\udfff]")
_PAIR: Final = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")
_ALONE: Final = re.compile(
    r"[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]"
)
PIECE: Final = 65_536
"""How many characters are mended at once: each half takes some memory meanwhile."""


def decode(body: bytes, charset: str | None) -> str:
    """Return the text of an answer: in the charset that it names, else in UTF-8.

    What is neither is read as Windows-1252, in which every octet is a character.
    """
    for name in (_known(charset), "utf-8"):
        with suppress(UnicodeDecodeError):
            return body.decode(name).removeprefix("\ufeff")
    return body.decode(_WINDOWS, errors="replace")


def is_valid_unicode(text: str) -> bool:
    """Return whether no half of a surrogate pair stands alone in a text."""
    return _HALF_PAIR.search(text) is None


def valid_unicode(text: str) -> str:
    """Return a text in which no half of a surrogate pair stands alone.

    JSON can write one; nothing can store or send it.
    """
    if is_valid_unicode(text):
        return text
    # A decoder that replaces them takes several times as long for each.
    pairs = "".join(_ALONE.sub("\ufffd", piece) for piece in _pieces(text))
    return pairs.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _pieces(text: str) -> Iterator[str]:
    """Yield a text in pieces, with each pair in one of them."""
    begin = 0
    while begin < len(text):
        end = begin + PIECE
        end += _PAIR.match(text, end - 1) is not None
        yield text[begin:end]
        begin = end


def _known(charset: str | None) -> str:
    try:
        name = codecs.lookup(charset or "utf-8").name
    except LookupError, ValueError:
        return "utf-8"
    return _CHARSETS.get(name, "utf-8")
