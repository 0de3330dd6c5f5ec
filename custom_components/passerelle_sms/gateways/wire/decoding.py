"""Reads what the gateways write: the parts that several of them share."""

from decimal import Decimal
import re
from typing import Final
import unicodedata

# Nobody buys more; a phone number without its country code is no less.
_MOST_CREDITS: Final = 10**8
_NO_DIGITS: Final = re.compile(r"[^0-9]+")
_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")
# No phone number is longer, with whatever stands before it. Its end tells it from others.
_LONGEST_NUMBER: Final = 20
# More digits than sixty are no quantity of anything, and dear to convert.
_NUMBER: Final = re.compile(
    r"[-+]?(?:[0-9]{1,60}|[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,19})(?:[.,][0-9]{1,60})?"
)
# As PHP's number_format writes two places.
_ENGLISH: Final = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3}){1,19}\.[0-9]{1,60}")
# Thousands or decimals: nobody can tell.
_AMBIGUOUS: Final = re.compile(r"[-+]?[1-9][0-9]{0,2},[0-9]{3}")


def folded(text: str) -> str:
    """Return a text as it is compared: by its letters, and by nothing about them.

    Without capitals and accents, its words one space apart, its apostrophes straight.
    """
    letters = unicodedata.normalize("NFKD", text.replace("’", "'"))
    plain = "".join(c for c in letters if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def words_of(text: str) -> str:
    """Return the words of a text, folded and one space apart, without what parts them."""
    return _BETWEEN_WORDS.sub(" ", folded(text)).strip()


def to_text(value: object) -> str:
    """Return a text or a whole number as text, and anything else as none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()


def digits_of(number: str) -> str:
    """Return the digits of a phone number, however it is written: the last twenty."""
    return _NO_DIGITS.sub("", number)[-_LONGEST_NUMBER:]


def to_decimal(value: object) -> Decimal | None:
    """Return a number written as number or text: with a point, a comma, or in groups.

    `None` when it is anything else: never a guess.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    text = str(value).strip()
    if _ENGLISH.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if _AMBIGUOUS.fullmatch(text) or not _NUMBER.fullmatch(text):
        return None
    return Decimal("".join(text.split()).replace(",", "."))


def to_credits(value: object) -> Decimal | None:
    """Return a number of credits, or `None`: what nobody buys is a phone number."""
    number = to_decimal(value)
    return number if number is not None and abs(number) < _MOST_CREDITS else None


def to_int(value: object) -> int | None:
    """Return a whole number written as number or text, or `None`."""
    number = to_decimal(value)
    if number is None or number != number.to_integral_value():
        return None
    return int(number)
