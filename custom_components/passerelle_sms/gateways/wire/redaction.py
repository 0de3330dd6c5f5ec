"""Strips what must not be read by others: credentials and phone numbers."""

from collections.abc import Iterable
from html.entities import codepoint2name
import json
import re
from typing import Final

HIDDEN: Final = "***"

_ENTITIES: Final = {**codepoint2name, ord("'"): "apos"}

# Eight digits or more, however they are grouped: the shortest number is Burkina's.
_NUMBER: Final = re.compile(r"\+?\d(?:[\s.\-]?\d){7,}")


def hide_number(number: str) -> str:
    """Return a number of which only the last two digits can be read."""
    return f"{HIDDEN}{number[-2:]}" if len(number) > 2 else HIDDEN


def hide_numbers(text: str) -> str:
    """Return a text in which no number can be read in full."""
    return _NUMBER.sub(lambda match: hide_number(match.group()), text)


class Redactor:
    """Redacts the texts of one account: its own secrets, and anybody's number."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Remember the secrets; those that are empty hide nothing."""
        # The longest first: a secret that begins another must not uncover its rest.
        longest_first = sorted(filter(None, secrets), key=len, reverse=True)
        self._secrets = [
            re.compile("".join(map(_any_writing, secret))) for secret in longest_first
        ]

    def __call__(self, text: str) -> str:
        """Return `text` without the account's secrets and without full numbers."""
        for secret in self._secrets:
            text = secret.sub(HIDDEN, text)
        return hide_numbers(text)


def _any_writing(character: str) -> str:
    """Return a pattern for a character in every way that an answer may write it.

    A gateway may return what it was asked, in an address, in a form, in XML or in
    JSON, and each program escapes other characters.
    """
    code = ord(character)
    octets = character.encode("utf-8", "surrogatepass")
    escaped = {
        "".join(f"%{octet:02x}" for octet in octets),
        f"&{_ENTITIES.get(code, f'#{code}')};",
        f"&#x{code:x};",
        json.dumps(character)[1:-1],
        f"\\u{code:04x}",
    } - {character}
    writings = (
        # Before the character itself: it begins some of them.
        *(f"(?i:{re.escape(writing)})" for writing in sorted(escaped)),
        f"&#0*{code};",
        re.escape(f"\\{character}"),
        re.escape(character),
        *((r"\+",) if character == " " else ()),
    )
    return f"(?:{'|'.join(writings)})"
