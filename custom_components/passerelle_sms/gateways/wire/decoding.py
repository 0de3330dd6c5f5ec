"""Reads what the gateways write: the parts that several of them share."""

from decimal import Decimal
import json
import re
from typing import Final
import unicodedata

# What may stand around a JSON text: a byte order mark, and JSON's own white space.
_AROUND: Final = "\ufeff \t\r\n"
_TAG: Final = re.compile(r"<[^<>]*>")
_NO_DIGITS: Final = re.compile(r"[^0-9]+")
# More digits than sixty are no quantity of anything, and dear to convert.
_NUMBER: Final = re.compile(
    r"[-+]?(?:\d{1,60}|\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,19})(?:[.,]\d{1,60})?"
)


def plain_text(body: str) -> str:
    """Return a body without byte order mark, tags and surrounding white space."""
    return _TAG.sub(" ", body.replace("\ufeff", "")).strip()


def folded(text: str) -> str:
    """Return a text as it is compared: by its letters, and by nothing about them.

    Without capitals and accents, its words one space apart, its apostrophes straight.
    """
    letters = unicodedata.normalize("NFKD", text.replace("’", "'"))
    plain = "".join(c for c in letters if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def parse_json(text: str) -> object:
    """Return what a JSON text holds, and `None` if it is none, or one built to harm."""
    try:
        return json.loads(text.strip(_AROUND))
    except ValueError, RecursionError:
        return None


def parse_object(text: str) -> dict[str, object] | None:
    """Return the object that a JSON text is, and `None` if it is anything else."""
    content = parse_json(text)
    return content if isinstance(content, dict) else None


def to_text(value: object) -> str:
    """Return a text or a whole number as text, and anything else as none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()


def digits_of(number: str) -> str:
    """Return the digits of a phone number, however it is written."""
    return _NO_DIGITS.sub("", number)


def to_decimal(value: object) -> Decimal | None:
    """Return a number written as number or text: with a point, a comma, or in groups.

    `None` when it is anything else: never a guess.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip()
    if not _NUMBER.fullmatch(text):
        return None
    return Decimal("".join(text.split()).replace(",", "."))


def to_int(value: object) -> int | None:
    """Return a whole number written as number or text, or `None`."""
    number = to_decimal(value)
    if number is None or number != number.to_integral_value():
        return None
    return int(number)
