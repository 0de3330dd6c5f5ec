"""Undoes the escapes of a text, and knows where each of its characters stood."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import html5
import re
import sys
from typing import Final, Self

# Nobody writes a text for people that holds more escapes, or more inside each other.
_MOST_ESCAPES: Final = 30_000
_MOST_LAYERS: Final = 5

# How JSON and scripts, addresses and forms, XML and HTML write one character.
_ESCAPE: Final = re.compile(
    r"\\(?:[uU](?P<pair>[dD][89abAB][0-9a-fA-F]{2}\\[uU][dD][c-fC-F][0-9a-fA-F]{2})"
    r"|[uU](?P<unit>[0-9a-fA-F]{4})|[xX](?P<byte>[0-9a-fA-F]{2})"
    r"|(?P<letter>[bfnrtBFNRT\"'/\\]))"
    r"|%(?:(?P<octet>[0-9a-fA-F]{2})|[uU](?P<code>[0-9a-fA-F]{4}))"
    r"|&(?:#[xX](?=[0-9a-fA-F])0*+(?P<hexadecimal>[0-9a-fA-F]{0,6})"
    r"|#(?=[0-9])0*+(?P<decimal>[0-9]{0,7})|(?P<name>[A-Za-z][A-Za-z0-9]{1,31}));"
)
# A character in UTF-8 whose octets somebody took for a character each.
_OCTETS: Final = re.compile(
    "[\xc2-\xf4][\x80-\xbf](?:"
    "(?<=[\xc2-\xdf].)|(?<=[\xe0-\xef].)[\x80-\xbf]|(?<=[\xf0-\xf4].)[\x80-\xbf]{2})",
    re.DOTALL,
)
_LETTERS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_NAMES: Final = {
    name.removesuffix(";"): meant for name, meant in html5.items() if len(meant) == 1
}


class TooMuchError(Exception):
    """A text holds more than people write or read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text of which some escapes are undone: each has become one character."""

    text: str = field(repr=False)
    _steps: tuple[tuple[array[int], array[int]], ...] = field(default=(), repr=False)
    """For each time: where the escaped characters end, afterwards and before."""

    def origin(self, position: int) -> int:
        """Return where a position was before anything was undone."""
        for after, before in reversed(self._steps):
            if known := bisect_right(after, position):
                position += before[known - 1] - after[known - 1]
        return position

    def undo(self, escape: re.Pattern[str]) -> Self | None:
        """Return the text with escapes of a kind undone, or `None` if it holds none."""
        if escape.search(self.text) is None:
            return None
        pieces: list[str] = []
        after, before = array("I"), array("I")
        copied = length = 0
        undone = sum(len(step_after) for step_after, _ in self._steps)
        for count, match in enumerate(escape.finditer(self.text), start=undone):
            if count == _MOST_ESCAPES:
                raise TooMuchError
            if (character := _character(match)) is None:
                continue
            pieces += (self.text[copied : match.start()], character)
            length += match.start() - copied + 1
            copied = match.end()
            after.append(length)
            before.append(copied)
        if not pieces:
            return None
        pieces.append(self.text[copied:])
        return type(self)("".join(pieces), (*self._steps, (after, before)))


def readings(text: str) -> Iterator[Reading]:
    """Yield a text as it is, then as it reads without escapes, one layer at a time.

    Raises:
        TooMuchError: before it has come to an end.

    """
    reading = Reading(text)
    for _ in range(_MOST_LAYERS):
        yield reading
        undone = reading.undo(_ESCAPE) or reading.undo(_OCTETS)
        if undone is None:
            return
        reading = undone
    raise TooMuchError


def _character(match: re.Match[str]) -> str | None:
    """Return the character that an escape stands for, if there is one."""
    kind = match.lastgroup
    if kind is None:
        return match[0].encode("latin-1").decode(errors="ignore") or None
    written = match[kind]
    if kind == "letter":
        return _LETTERS.get(written.lower(), written)
    if kind == "name":
        return _NAMES.get(written, _NAMES.get(written.lower()))
    if kind == "pair":
        return bytes.fromhex(written[:4] + written[-4:]).decode("utf-16-be")
    code = int(written or "0", 10 if kind == "decimal" else 16)
    return chr(code) if code <= sys.maxunicode else None
