"""Several targets that were written as one text."""

from dataclasses import dataclass, field
import re
from typing import Final

from homeassistant.util.json import JSON_DECODE_EXCEPTIONS, json_loads

BREAKS: Final = "\t\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
"""What ends a line, or a cell."""

# From what separates nothing but targets to what may also stand inside of one. A link's
# parameters are no targets.
_BY_LINE: Final = re.compile(f"[{BREAKS}]+")
_BY_SEMICOLON: Final = re.compile(r"[;؛|](?!\s*[\w-]+=)")
_BY_COMMA: Final = re.compile(r"[,،、，]")
_SEPARATORS: Final = (_BY_LINE, _BY_SEMICOLON, _BY_COMMA)
# Whoever writes more has written no list.
_LONGEST: Final = 100_000
_LISTING: Final = re.compile(f"[{BREAKS}\\['\";؛|,،、，]")
_QUOTED: Final = re.compile(r"(['\"])(.*)\1")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetList:
    """What a text lists."""

    parts: tuple[str, ...] = field(repr=False)
    may_be_one: bool = False
    """Whether it may be one number all the same: commas and lines separate digits too."""
    is_by_line: bool = False


def most_listed(text: str) -> int:
    """Return how many targets a text lists at the most, without splitting it."""
    if len(text) > _LONGEST:
        return 1
    return 1 + sum(len(separator.findall(text)) for separator in _SEPARATORS)


def listed(text: str) -> TargetList | None:
    """Return what a text lists; `None` if it is no list."""
    if len(text) > _LONGEST:
        return None
    whole = text = text.strip()
    if not _LISTING.search(text):
        return None
    if text.startswith("[") and text.endswith("]"):
        # JSON, or what a template makes of a list.
        items = _json_items(text)
        if items is not None:
            return TargetList(parts=items)
        text = text[1:-1]
    for separator in _SEPARATORS:
        parts = tuple(filter(None, map(_unquoted, separator.split(text))))
        if len(parts) > 1:
            return TargetList(
                parts=parts,
                may_be_one=separator is not _BY_SEMICOLON,
                is_by_line=separator is _BY_LINE,
            )
    # Without its brackets, its quotes, or the commas around it.
    return TargetList(parts=parts) if parts and parts[0] != whole else None


def _json_items(text: str) -> tuple[str, ...] | None:
    try:
        items = json_loads(text)
    except JSON_DECODE_EXCEPTIONS:
        return None
    if not isinstance(items, list) or not items:
        return None
    if not all(type(item) in {str, int, float} for item in items):
        return None
    return tuple(map(str, items))


def _unquoted(part: str) -> str:
    part = part.strip()
    match = _QUOTED.fullmatch(part)
    return match[2].strip() if match else part
