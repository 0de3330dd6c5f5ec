"""Writes French with the characters of GSM-7, so that an SMS holds 160 and not 70.

Nothing is lost on the way: a character of GSM-7 stays as it is, one that has an honest
equivalent there is replaced by it, and any other is kept, even though it then keeps
the whole text in UCS-2.
"""

from functools import lru_cache
from itertools import pairwise
import re
from typing import Final
import unicodedata

from ...gateways.model.segments import gsm7_septets
from ...gateways.model.visibility import without_ignorables
from .characters import is_mark

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
    "≤": "<=", "≥": ">=", "≠": "!=", "→": "->", "←": "<-", "↔": "<->", "⇒": "=>",
    "➔": "->", "➜": "->", "➡": "->", "⬅": "<-", "¦": "|",
    "©": "(c)", "®": "(r)", "™": "(tm)", "°": "deg", "℃": "C", "℉": "F",
    # White space that GSM-7 lacks.
    "\t": " ",
}  # fmt: skip

# French sets its quotation marks apart by a no-break space; the plain ones are not.
_QUOTED: Final = re.compile("(?<=«)[\xa0\u202f]|[\xa0\u202f](?=»)")
# A key: the signs stand for it without their frame, as letters and figures do.
_KEYCAP: Final = re.compile("(?<=[#*])\u20e3")
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
    text = unicodedata.normalize("NFC", without_ignorables(text))
    text = _NUMERO.sub("o", _QUOTED.sub("", _KEYCAP.sub("", text)))
    text = _DEGREE.sub(lambda match: " " if match[1] or match[2] else "", text)
    written: list[str] = []
    before = ""
    for cluster in clusters(text):
        equivalent = _equivalent(cluster)
        joint = "" if equivalent == cluster else _joint(before, cluster[0])
        written.append(joint + equivalent)
        before = cluster
    return "".join(written)


def is_spellable(character: str) -> bool:
    """Return whether a character keeps no text out of GSM-7: marks depend on theirs."""
    return spell(character) is not None or is_mark(character)


def clusters(text: str) -> list[str]:
    """Split `text` into characters, each with the accents that follow it."""
    if not any(map(is_mark, set(text))):
        return [*text]
    starts = [
        index
        for index, character in enumerate(text)
        if not index or not is_mark(character)
    ]
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def _equivalent(cluster: str) -> str:
    """Return what stands for a character and its accents, or both as they are."""
    character, marks = cluster[0], cluster[1:]
    written = spell(character)
    if written is None or (marks and not written.isalnum()):
        # A mark on what is no letter changes the meaning: `=` struck out is `≠`.
        return cluster
    return written


@lru_cache(maxsize=4096)
def spell(character: str) -> str | None:
    """Return a character in those of GSM-7, or `None` where nothing stands for it."""
    if gsm7_septets(character):
        return character
    if character in EQUIVALENTS:
        return EQUIVALENTS[character]
    written = ""
    for piece in unicodedata.normalize("NFKD", character):
        if is_mark(piece) and written.isalnum():
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
