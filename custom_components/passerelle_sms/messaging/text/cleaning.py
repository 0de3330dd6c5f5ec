"""Removes what no phone shows: it would be paid for.

What has no shape of its own, but gives one to something visible, stays: the joiners and
variants inside an emoji, the joiners between letters of scripts that join them, the marks
of direction in a line with letters that are read from the right. All of them stand beside
something outside GSM-7, so none makes a text UCS-2 that wasn't.
"""

from functools import lru_cache
import re
from typing import Final

from ...gateways.model.segments import is_gsm7
from ...gateways.model.visibility import (
    IGNORABLE,
    is_blank,
    without_escape_sequences,
    without_ignorables,
)
from .characters import is_from_right, is_mark, is_pictograph, joins, varies

_LINE_END: Final = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+")

_JOINER: Final = "\u200d"
# Between two letters only; the second one is Mongolian.
_NON_JOINERS: Final = "\u200c\u180e"
_DIRECTIONS: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_VARIANTS: Final = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS: Final = "\U000e0020-\U000e007f"
_SHAPING: Final = f"{_JOINER}{_NON_JOINERS}{_DIRECTIONS}{_VARIANTS}{_TAGS}"
_SHAPERS: Final = re.compile(f"([{_SHAPING}]+)")
_SHAPELESS: Final = re.compile(f"(?:(?![{_SHAPING}])[{IGNORABLE}])+")
_IS_DIRECTION: Final = re.compile(f"[{_DIRECTIONS}]")
_IS_VARIANT: Final = re.compile(f"[{_VARIANTS}]")
# A region's name, as the flags of England or Scotland hold it, and the end of it.
_REGION: Final = re.compile(
    "[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f"
)
_KEYCAP: Final = "\u20e3"
_KEYS: Final = "0123456789#*"


def clean(text: str) -> str:
    """Return `text` without what no phone shows, and white space at its ends.

    A line ends in a line feed alone: a carriage return costs a septet and shows nothing.
    Cleaned twice is the same as once, and never costs more.
    """
    return visible(text).strip()


def visible(text: str) -> str:
    """Return `text` without what no phone shows; white space at its ends is kept."""
    text = _LINE_END.sub("\n", without_escape_sequences(text))
    text = _CONTROLS.sub("", text)
    bare = without_ignorables(text)
    if bare == text or is_gsm7(bare):
        return bare
    return "\n".join(map(_shaped, _SHAPELESS.sub("", text).split("\n")))


def with_title(title: str, text: str) -> str:
    """Return the title and the text, as the phone shows them: none that is blank."""
    return "\n".join(part for part in (title, text) if not is_blank(part))


def _shaped(line: str) -> str:
    """Return a line without what shapes nothing in it."""
    keeps_directions = _IS_DIRECTION.search(line) is not None and any(
        map(is_from_right, set(line))
    )
    # What is visible and what may shape it, by turns.
    parts = _SHAPERS.split(line)
    base = ""
    for index in range(1, len(parts), 2):
        before, shapers, after = parts[index - 1 : index + 2]
        base = _base(before) or base
        if len(shapers) > 1:
            region, kinds = _region(shapers, base), "".join(dict.fromkeys(shapers))
        else:
            region, kinds = "", shapers
        parts[index] = region + _kept(
            kinds, base, before[-1:], after[:1], keeps_directions=keeps_directions
        )
    return "".join(parts)


def _base(shown: str) -> str:
    """Return the last character that is no mark on another, if there is one."""
    for character in reversed(shown):
        if not is_mark(character):
            return character
    return ""


def _region(shapers: str, base: str) -> str:
    """Return the region whose flag a picture is, if it says so."""
    region = _REGION.search(shapers) if is_pictograph(base) else None
    return region[0] if region else ""


@lru_cache
def _kept(
    kinds: str, base: str, last: str, following: str, *, keeps_directions: bool
) -> str:
    """Return what of these kinds shapes something between two visible characters.

    `base` is the letter or picture on which `last` may be a mark.
    """
    is_after_letter = bool(base) and joins(base)
    is_before_letter = bool(following) and (
        joins(following) or (is_after_letter and is_mark(following))
    )
    kept = ""
    for shaper in kinds:
        if _IS_DIRECTION.match(shaper):
            stays = keeps_directions
        elif _IS_VARIANT.match(shaper):
            is_keycap = following == _KEYCAP and last in _KEYS
            stays = bool(last) and not kept and (is_keycap or varies(last))
        elif shaper == _JOINER:
            is_inside_picture = is_pictograph(last) and is_pictograph(following)
            stays = is_inside_picture or is_after_letter or is_before_letter
        else:
            stays = shaper in _NON_JOINERS and is_after_letter and is_before_letter
        kept += shaper if stays else ""
    return kept
