"""Leaves out pictures, which no simple alphabet has: emoji, pictographs, dingbats."""

from functools import lru_cache
import re
from typing import Final
import unicodedata

from ...gateways.model.visibility import without_ignorables
from .characters import is_pictograph
from .transliteration import clusters, spell

# Shapes and arrows that are emoji, though Unicode counts them among mathematics, and the
# wave among dashes.
_MORE: Final = re.compile("[\u25a0-\u25ff\u2934\u2935\u3030]")
_KINDS: Final = frozenset({"So", "Sk", "Cn"})

# Stands for each picture until all are found.
_GAP: Final = "\ufffc"
_GAPS: Final = re.compile(rf"{_GAP}(?:[^\S\n]*{_GAP})*")


@lru_cache(maxsize=4096)
def is_picture(character: str) -> bool:
    """Return whether a character says nothing by itself, and has no equivalent."""
    return bool(
        is_pictograph(character)
        and (unicodedata.category(character) in _KINDS or _MORE.match(character))
        and spell(character) is None
    )


def without_pictures(text: str) -> str:
    """Return `text` without its pictures; as it is where it has no other words.

    The words keep a blank between them, and no second one; a line of pictures goes.
    """
    written = "".join(
        _GAP if is_picture(cluster[0]) else cluster
        for cluster in clusters(without_ignorables(text))
    )
    lines = [_closed(line) if _GAP in line else line for line in written.split("\n")]
    words = "\n".join(line for line in lines if line is not None)
    return words if any(map(str.isalnum, words)) else text


def _closed(line: str) -> str | None:
    """Return a line without its gaps; none where nothing is left."""
    first, *others = _GAPS.split(line)
    parts = [first]
    for part in others:
        before, after = parts[-1].rstrip(), part.lstrip()
        blanks = (before != parts[-1]) + (after != part)
        parts[-1] = before
        parts.append(_joint(before[-1:], after[:1], blanks) + after)
    return "".join(parts) or None


def _joint(before: str, after: str, blanks: int) -> str:
    """Return what stands where a picture stood, with blanks on so many of its sides."""
    if not before or not after:
        return ""
    if blanks == 1:
        return "" if before in "([" or after in ".,)]" else " "
    return " " if blanks or (before.isalnum() and after.isalnum()) else ""
