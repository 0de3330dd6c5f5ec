"""Reads what the gateways write: the parts that several of them share."""

from decimal import Decimal
import json
import re

_TAG = re.compile(r"<[^<>]*>")
# More digits than sixty are no quantity of anything, and dear to convert.
_NUMBER = re.compile(
    r"[-+]?(?:\d{1,60}|\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,19})(?:[.,]\d{1,60})?"
)


def plain_text(body: str) -> str:
    """Return a body without byte order mark, tags and surrounding white space."""
    return _TAG.sub(" ", body.replace("\ufeff", "")).strip()


def parse_json(text: str) -> object:
    """Return what a JSON text holds, and `None` if it is none, or one built to harm."""
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except ValueError, RecursionError:
        return None


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
