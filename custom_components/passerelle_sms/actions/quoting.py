"""Quotes what a caller gave, so that its owner recognises it and nobody else learns more."""

from datetime import date, time, timedelta
import re
from typing import Final

from ..bounds import LARGEST_OPTION
from ..gateways.wire.redaction import hide_numbers

# How much of what was typed is told, and how much is looked at for that.
_LONGEST_SHOWN: Final = 40
_LONGEST_LOOKED_AT: Final = 400
# A day of these centuries, and an hour of it: nobody's number.
_DAY: Final = re.compile(
    r"\s{0,9}(?:[12]\d{3}([-/.])[01]?\d\1[0-3]?\d|[0-3]?\d([-/.])[01]?\d\2[12]\d{3})"
    r"(?:[T ]\d\d?[:hH]\d\d(?::\d\d)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?\s{0,9}",
    re.ASCII,
)


def quoted(value: object) -> str:
    """Return enough of what was typed to recognise it: one line, without a full number."""
    match value:
        case None:
            typed = "null"
        case bool():
            typed = str(value).lower()
        case str() | float() | date() | time() | timedelta():
            typed = str(value[:_LONGEST_LOOKED_AT] if isinstance(value, str) else value)
        case int() if abs(value) <= LARGEST_OPTION:
            typed = str(value)
        case dict():
            typed = "{…}"
        case list() | tuple() | set() | frozenset():
            typed = "[…]"
        case _:
            typed = "…"
    visible = "".join(one if one.isprintable() else " " for one in typed)
    shown = hide_numbers(" ".join(visible.split()))
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[: _LONGEST_SHOWN - 1]}…"


def quoted_day(value: object) -> str:
    """Return the same of what was to be a day, in full if it looks like one."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return str(value).strip()
    return quoted(value)
