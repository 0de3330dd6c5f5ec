"""How many segments a text costs, and why (3GPP TS 23.038, sections 4 and 6.2.1)."""

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from .message import Encoding

# GSM 03.38 basic set: one septet each. The escape code itself is not a character.
GSM7_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# The extension table: an escape and a code, so two septets each.
GSM7_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
_GSM7: Final = GSM7_BASIC | GSM7_EXTENSION

# The room in a message that stands alone, and in each part of one that doesn't:
# the parts carry a header that says how they belong together.
GSM7_SINGLE: Final = 160
GSM7_PART: Final = 153
UCS2_SINGLE: Final = 70
UCS2_PART: Final = 67


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a text takes on the air: an estimate, as gateways may count differently."""

    encoding: Encoding
    units: int
    """Septets in GSM-7, 16-bit units in UCS-2."""
    segments: int
    outside: tuple[str, ...] = field(default=(), repr=False)
    """The characters that force UCS-2, each once, in the order of the text."""


def measure(text: str) -> Measure:
    """Return what `text` takes; an empty text takes one segment, as it would if sent."""
    outside = tuple(c for c in dict.fromkeys(text) if c not in _GSM7)
    if outside:
        widths = [*map(utf16_units, text)]
        single, part, encoding = UCS2_SINGLE, UCS2_PART, Encoding.UCS2
    else:
        widths = [2 if c in GSM7_EXTENSION else 1 for c in text]
        single, part, encoding = GSM7_SINGLE, GSM7_PART, Encoding.GSM7
    return Measure(
        encoding=encoding,
        units=sum(widths),
        segments=count_segments(widths, single, part),
        outside=outside,
    )


def count_segments(widths: list[int], single: int, part: int) -> int:
    """Return the segments for characters of these widths, none of them split.

    An escape pair or a surrogate pair that no longer fits begins the next part.
    """
    ends = [*accumulate(widths)]
    if not ends or ends[-1] <= single:
        return 1
    segments = written = 0
    while written < len(ends):
        before = ends[written - 1] if written else 0
        written = bisect_right(ends, before + part, lo=written)
        segments += 1
    return segments


def is_gsm7(text: str) -> bool:
    """Return whether all of a text is inside GSM-7."""
    return _GSM7.issuperset(text)


def gsm7_septets(character: str) -> int | None:
    """Return the septets of one character, or `None` when it is outside GSM-7."""
    if character in GSM7_BASIC:
        return 1
    if character in GSM7_EXTENSION:
        return 2
    return None


def utf16_units(character: str) -> int:
    """Return the 16-bit units of one character: 2 for those that need a pair."""
    return 2 if ord(character) > 0xFFFF else 1
