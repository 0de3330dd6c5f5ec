"""What of a text a phone shows, by Unicode's properties."""

import re
from typing import Final
import unicodedata

# Noncharacter_Code_Point: never anything to be seen.
_NONCHARACTERS: Final = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}"
    for plane in range(0, 0x110000, 0x10000)
)
# Default_Ignorable_Code_Point, with the ranges that Unicode keeps free for more of them,
# and the marks of annotations: they shape what stands beside them, or nothing.
IGNORABLE: Final = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff" + _NONCHARACTERS
)
_IGNORABLES: Final = re.compile(f"[{IGNORABLE}]+")
# What programs colour their output with (ECMA-48): control sequences, also cut ones, as
# `ESC[31m`; control strings, as a title; alphabets, and the cursor kept and fetched back.
# Any other escape is dropped as the control that it is: the letter behind it may be meant.
_ESCAPE_SEQUENCES: Final = re.compile(
    r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]?|[\]PX^_][^\x07\x1b\x9c]*+(?:\x07|\x1b\\|\x9c)"
    r"|[#%()*+./-][0-~]|[78=>])"
)
# Controls, white space, and the braille pattern without a dot.
_UNSEEN: Final = re.compile(f"[\\s\\x00-\\x1f\\x7f-\\x9f\u2800{IGNORABLE}]+")


def without_escape_sequences(text: str) -> str:
    """Return `text` without the sequences that colour a terminal."""
    return _ESCAPE_SEQUENCES.sub("", text) if "\x1b" in text else text


def without_ignorables(text: str) -> str:
    """Return `text` without all that has no shape of its own."""
    return _IGNORABLES.sub("", text)


def is_blank(text: str) -> bool:
    """Return whether nothing of `text` would be seen, marks on no letter included."""
    visible = _UNSEEN.sub("", without_escape_sequences(text))
    return all(unicodedata.category(character) == "Mn" for character in visible)
