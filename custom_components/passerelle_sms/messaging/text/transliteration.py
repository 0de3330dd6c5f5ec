"""Writes French with the characters of GSM-7, so that an SMS holds 160 and not 70.

Nothing is lost on the way: a character of GSM-7 stays as it is, one that has an honest
equivalent there is replaced by it, and any other is kept, even though it then keeps
the whole text in UCS-2.
"""

import re
from typing import Final
import unicodedata

from ...gateways.model.segments import gsm7_septets

# What Unicode's own decompositions don't tell. They do tell `ê` is an `e` with an
# accent, `…` three points, `ﬁ` two letters, `²` a raised 2 and `½` a 1 over a 2.
EQUIVALENTS: Final[dict[str, str]] = {
    # Letters that are no base with an accent.
    "œ": "oe", "Œ": "OE", "ẞ": "SS", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ı": "i", "ð": "d", "Ð": "D",
    "þ": "th", "Þ": "Th", "µ": "u", "μ": "u",
    # Quotation marks, apostrophes, primes.
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "‹": "'", "›": "'", "ʼ": "'", "ʹ": "'",
    "′": "'", "´": "'", "`": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"',
    # Dashes, bullets, the minus sign.
    "‐": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "⁃": "-",
    "·": "-", "•": "-", "‣": "-", "◦": "-", "▪": "-", "●": "-",
    # Signs.
    "×": "x", "÷": "/", "⁄": "/", "∕": "/", "±": "+/-", "≈": "~",
    "≤": "<=", "≥": ">=", "≠": "!=", "→": "->", "←": "<-", "⇒": "=>",
    "©": "(c)", "®": "(r)", "™": "(tm)", "°": "deg", "℃": "C", "℉": "F",
    # White space that GSM-7 lacks.
    "\t": " ", "\v": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n",
}  # fmt: skip

# What no phone shows: soft hyphens, zero-width spaces and joiners, marks of direction,
# the byte order mark, and the variants of a character.
_INVISIBLE: Final = re.compile(
    "[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe0e\ufe0f\ufeff]"
)
# French sets its quotation marks apart by a no-break space; the plain ones are not.
_QUOTED: Final = re.compile("(?<=«)[\xa0\u202f]|[\xa0\u202f](?=»)")
# "n° 5" is "numéro 5".
_NUMERO: Final = re.compile(r"(?<=\b[nN])°")
# Before Celsius or Fahrenheit (not before "C'est") the degree goes without saying.
_DEGREE: Final = re.compile(
    "([ \xa0\u2009\u202f]?)[°º]([ \xa0\u2009\u202f]?)(?=[CF]\\b(?!['’]))"
)


def to_gsm7(text: str) -> str:
    """Return `text` with all that has an equivalent in GSM-7 written that way.

    The rules beyond one character for another: accents written apart are joined to
    their letter first; "21,5 °C" becomes "21,5 C" and "n° 5" "no 5", any other degree
    "deg"; "3½" becomes "3 1/2" and "10³" "10^3", as "31/2" and "103" would lie. What is
    invisible goes, also from a text that stays in UCS-2: take the result only if it is
    wholly in GSM-7, as `encode` does. Written economically twice is the same as once.
    """
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    text = _NUMERO.sub("o", _QUOTED.sub("", text))
    text = _DEGREE.sub(lambda match: " " if match[1] or match[2] else "", text)
    written: list[str] = []
    before = ""
    for cluster in _clusters(text):
        equivalent = _equivalent(cluster)
        joint = "" if equivalent == cluster else _joint(before, cluster[0])
        written.append(joint + equivalent)
        before = cluster
    return "".join(written)


def _clusters(text: str) -> list[str]:
    """Split `text` into characters, each with the accents that follow it."""
    clusters: list[str] = []
    for character in text:
        if clusters and _is_mark(character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _equivalent(cluster: str) -> str:
    """Return what stands for a character and its accents, or both as they are."""
    character, marks = cluster[0], cluster[1:]
    written = character if gsm7_septets(character) else _spell(character)
    if written is None or (marks and not written.isalnum()):
        # A mark on what is no letter changes the meaning: `=` struck out is `≠`.
        return cluster
    return written


def _spell(character: str) -> str | None:
    """Return a character outside GSM-7 in those of GSM-7, or `None`."""
    if character in EQUIVALENTS:
        return EQUIVALENTS[character]
    written = ""
    for piece in unicodedata.normalize("NFKD", character):
        if _is_mark(piece) and written.isalnum():
            continue
        equivalent = piece if gsm7_septets(piece) else EQUIVALENTS.get(piece)
        if equivalent is None:
            return None
        written += equivalent
    return written


def _joint(before: str, character: str) -> str:
    """Return what keeps a raised, fractional or circled figure apart from a digit."""
    if not before.isdecimal() or character.isalpha():
        return ""
    if unicodedata.decomposition(character).startswith("<super>"):
        return "^"
    return " " if unicodedata.category(character) == "No" else ""


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")
