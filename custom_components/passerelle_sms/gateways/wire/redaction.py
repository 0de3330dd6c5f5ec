"""Strips what must not be read by others: credentials and phone numbers.

A gateway may return what it was asked: in an address, in a form, in XML, in JSON, or in
one of them inside another, and each program escapes other characters. So a text is
searched as it is, then with its escapes undone, then with those undone that this has
brought to light, until there are none. What is found is hidden where it stood.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sized
from contextlib import suppress
import re
from typing import Final

from .charset import valid_unicode
from .escapes import Reading, TooMuchError, readings

HIDDEN: Final = "***"

# Nobody reads a text that holds more than that: it is hidden as a whole.
_MOST_FOUND: Final = 20_000
# Burkina Faso's.
_SHORTEST_NUMBER: Final = 8
# In base64 what is shorter would be found in any text.
_SHORTEST_IN_BASE64: Final = 4
# Python takes twelve octets a character to make a text lower-case.
_BLOCK: Final = 65_536

# What may stand between two digits: blanks, and all marks but those that end a value.
_LONGEST_GAP: Final = 4
_GAP: Final = (
    r"(?:[^\w!-'*:-@\[-^`{-~]|[_\u115f\u1160\u3164\uffa0])"
    rf"{{0,{_LONGEST_GAP}}}+"
)
# Eight digits or more, however they are grouped: the shortest number is Burkina's. In
# a list of numbers, eight more at once are the next one. Fewer digits are passed over
# at once, without the empty group: else they were tried again from each of them.
_NUMBER: Final = re.compile(
    rf"\d(?:{_GAP}\d){{2}}+(?:"
    rf"(?:{_GAP}\d){{5}}+\d*+(?:(?![,/-] ?\+?\d{{8}}){_GAP}\d++)*+()"
    rf"|(?:{_GAP}\d){{0,4}}+)"
)

type _Found = tuple[int, int, str]
"""Where something stands that must not be read, and what is shown instead."""


def hide_number(number: str) -> str:
    """Return a number of which only the last two digits can be read."""
    return f"{HIDDEN}{number[-2:]}" if len(number) > 2 else HIDDEN


def hide_numbers(text: str) -> str:
    """Return a text in which no number can be read in full."""
    return _OF_NOBODY(text)


class Redactor:
    """Redacts the texts of one account: its own secrets, and anybody's number.

    What it returns is valid Unicode, whatever it was given.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        """Remember the secrets; those that are empty hide nothing."""
        self._secrets: Final = {
            _folded(cased)
            for secret in filter(None, secrets)
            for disguise in _disguises(secret)
            for cased in (disguise, disguise.upper(), disguise.lower())
        }
        self._shortest: Final = min(map(len, self._secrets), default=_SHORTEST_NUMBER)

    def __call__(self, text: str) -> str:
        """Return `text` without the account's secrets and without full numbers."""
        text = valid_unicode(text)
        if len(text) < min(self._shortest, _SHORTEST_NUMBER):
            return text
        try:
            secrets, plain = self._search(text)
            if not secrets:
                return _hide(text, _find_numbers(text, plain))
        except TooMuchError:
            return HIDDEN
        # Looked for anew: what a secret leaves of a number may be none any more.
        del plain  # It may be as long as the text.
        return hide_numbers(_hide(text, secrets))

    def without_secrets(self, text: str) -> str:
        """Return `text` without the account's secrets, for those who may see numbers."""
        text = valid_unicode(text)
        if len(text) < self._shortest:
            return text
        try:
            secrets, _ = self._search(text)
        except TooMuchError:
            return HIDDEN
        return _hide(text, secrets)

    def _search(self, text: str) -> tuple[list[_Found], Reading]:
        """Return where secrets stand in a text, and the text without any escapes."""
        found: list[_Found] = []
        reading = Reading(text)
        for reading in readings(text):
            self._search_in(reading, found)
        return found, reading

    def _search_in(self, reading: Reading, found: list[_Found]) -> None:
        folded = _folded(reading.text)
        for secret in self._secrets:
            end = 0
            while (start := folded.find(secret, end)) >= 0:
                end = start + len(secret)
                found.append((reading.origin(start), reading.origin(end), HIDDEN))
                _check_count(found)


def _disguises(secret: str) -> Iterator[str]:
    """Yield a secret as it may stand in a text without escapes."""
    yield secret
    with suppress(TooMuchError):
        # What looks like an escape in it may be undone with those around it.
        for reading in readings(secret):
            yield reading.text
    octets = secret.encode(errors="replace")
    if len(octets) >= _SHORTEST_IN_BASE64:
        # After any others: the characters in which there is nothing else.
        for before in range(3):
            encoded = b64encode(bytes(before) + octets).decode()
            yield encoded[-(-8 * before // 6) : 8 * (before + len(octets)) // 6]


def _find_numbers(text: str, plain: Reading) -> list[_Found]:
    """Return the numbers in a text: as it is, and without any escapes."""
    found: list[_Found] = []
    has_escapes = plain.text is not text
    for reading in (Reading(text), plain) if has_escapes else (plain,):
        for match in _NUMBER.finditer(reading.text):
            if match.lastindex is None:
                continue
            start, end = reading.origin(match.start()), reading.origin(match.end())
            if text.startswith("+", max(0, start - 1)):
                start -= 1
            # Long enough for two digits and the gaps around them.
            last = filter(str.isdecimal, match[0][-3 - 2 * _LONGEST_GAP :])
            shown = hide_number("".join(last))
            found.append((start, end, shown))
            _check_count(found)
    return found


def _check_count(found: Sized) -> None:
    """Raise `TooMuchError` if more was found than people read."""
    if len(found) > _MOST_FOUND:
        raise TooMuchError


def _hide(text: str, found: list[_Found]) -> str:
    """Return a text without what was found; what overlaps or adjoins is hidden as one."""
    pieces: list[str] = []
    copied, shown = 0, ""
    for start, end, instead in sorted(found):
        if start > copied:
            pieces += (shown, text[copied:start])
        if end > copied:
            copied, shown = end, instead
    return "".join((*pieces, shown, text[copied:]))


def _folded(text: str) -> str:
    """Return a text as it is compared, of the same length.

    Without capitals, and with its blanks as they are outside of a form.
    """
    if len(text) > _BLOCK:
        blocks = (text[at : at + _BLOCK] for at in range(0, len(text), _BLOCK))
        return "".join(map(_folded, blocks))
    lower = text.replace("İ", "i").lower()
    return lower.replace("ς", "σ").replace("+", " ")


_OF_NOBODY: Final = Redactor(())
