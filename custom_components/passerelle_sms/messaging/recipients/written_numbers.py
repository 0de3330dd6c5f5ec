"""Reads the digits of a number out of all that people and programs write around them.

An address book adds labels and marks that can't be seen, a spreadsheet an apostrophe, a
template a decimal point, a link its parameters; fingers put anything between the digits.
"""

from dataclasses import dataclass, field
import re
from typing import Final
import unicodedata
from urllib.parse import unquote

from ..invisible import without_invisible
from .lists import BREAKS

# Who writes more has not written a number; and what is longer takes its time.
_LONGEST: Final = 100
_PLUSES: Final = frozenset("+\uff0b\ufe62\u2795")
# Around digits, from the keyboards of phones.
_KEYCAP: Final = "\u20e3"
# Beside blanks, dashes of every kind, connectors and brackets.
_SEPARATORS: Final = frozenset("./\\:·•∙⋅‧・．／'’ʼ′−⁄∕~～")
_SEPARATING: Final = frozenset({"Zs", "Pd", "Pc", "Ps", "Pe"})

# What may stand around a number as it was copied: quotes, a formula, the rest of a list.
_MARGIN: Final = " \n\"'`´“”„‘’‚‹›«»,;"
_LINK: Final = re.compile(
    r"(?:(?:[\w-]+\.)?tel(?:;[^:]*)?|callto|mms|sms|smsto)\s*:\s*/{0,2}", re.IGNORECASE
)
_PARAMETERS: Final = re.compile(
    r"(?P<body>[^;?]*)(?P<parameters>(?:;[\w-]+(?:=[^;?,\s]*)?)*)(?:\?.*)?"
)
_CONTEXT: Final = re.compile(r";phone-context=(\+[^;]*)", re.IGNORECASE)
_DIGIT: Final = re.compile(r"\d")
_DECIMAL: Final = re.compile(r"(\+?)([0-9]{6,})[.,]0+")
_SCIENTIFIC: Final = re.compile(
    r"(\+?)([0-9])[.,]([0-9]*)E\+?([0-9]{1,2})", re.IGNORECASE
)
_NUMBER: Final = re.compile(
    r"(?P<before>[^+0-9]*+)(?P<core>\+?(?:[^+0-9]*+[0-9])++)(?P<after>[^+0-9]*+)"
)
# "Mobile 2: …"; more colons stand between the digits.
_NUMBERED_LABEL: Final = re.compile(
    r"(?=[^\d+:\n]*[^\W\d_])[^\d+:\n]*[0-9]{1,2} *:(?=[^:\n]*\Z)"
)
# Around a label, or around a number that stands behind one, beside pictures.
_QUOTES: Final = frozenset('<>"“”„«»‹›')
_LABEL: Final = re.compile(r"[^\W\d_]+(?:[\s.'’/°-]+[^\W\d_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenNumber:
    """The digits of a number, and what their writing says of them."""

    digits: str = field(repr=False)
    has_plus: bool = False
    is_bare: bool = False
    """Whether there are only digits, as where a program took the number for a quantity."""


def read_written(text: str) -> WrittenNumber | None:
    """Return the number that a text holds; `None` if it holds none, or more than that."""
    if len(text) > _LONGEST or not _DIGIT.search(text):
        return None
    plain = _plain(text).strip(_MARGIN).removeprefix("=").strip(_MARGIN)
    if match := _DECIMAL.fullmatch(plain):
        return _quantity(match[1], match[2])
    if match := _SCIENTIFIC.fullmatch(plain):
        digits = match[2] + match[3]
        # What was rounded has lost digits.
        is_exact = len(digits) == int(match[4]) + 1
        return _quantity(match[1], digits) if is_exact else None
    body, context = _without_link(plain)
    if (label := _NUMBERED_LABEL.match(body)) is not None:
        body = body[label.end() :]
    match = _NUMBER.fullmatch(body)
    if match is None:
        return None
    has_plus, digits = match["core"].startswith("+"), _joined(match["core"])
    may_begin = _may_precede(match["before"], has_plus=has_plus)
    if digits is None or not may_begin or not _may_follow(match["after"]):
        return None
    if context and not has_plus:
        return WrittenNumber(digits=context + digits, has_plus=True)
    return WrittenNumber(digits=digits, has_plus=has_plus, is_bare=digits == plain)


def _quantity(plus: str, digits: str) -> WrittenNumber:
    return WrittenNumber(digits=digits, has_plus=bool(plus), is_bare=True)


def _plain(text: str) -> str:
    """Return a text without what can't be seen; digits and blanks are ASCII's."""
    return "".join(map(_plain_sign, without_invisible(text))).strip()


def _plain_sign(sign: str) -> str:
    if sign.isspace():
        return "\n" if sign in BREAKS else " "
    if sign in _PLUSES:
        return "+"
    if sign == _KEYCAP:
        return ""
    value = unicodedata.decimal(sign, None)
    return sign if value is None else str(value)


def _without_link(text: str) -> tuple[str, str]:
    """Return what a link or a card says of a number, and the code it is meant with."""
    body = text
    # A card may hold a link.
    while match := _LINK.match(body):
        body = body[match.end() :]
    if body is text:
        return text, ""
    match = _PARAMETERS.fullmatch(_plain(unquote(body)))
    if match is None:
        return text, ""
    context = _CONTEXT.search(match["parameters"])
    return match["body"].strip(_MARGIN), (context and _joined(context[1])) or ""


def _joined(core: str) -> str | None:
    """Return the digits of a number, if only separators stand between them."""
    digits: list[str] = []
    for sign in core.removeprefix("+"):
        if "0" <= sign <= "9":
            digits.append(sign)
        elif not _separates(sign):
            return None
    return "".join(digits)


def _separates(sign: str) -> bool:
    return (
        sign == "\n" or sign in _SEPARATORS or unicodedata.category(sign) in _SEPARATING
    )


def _may_precede(before: str, *, has_plus: bool) -> bool:
    """Return whether there is nothing before a number, or a label that stands apart.

    A letter right before the digits, or a single one, may be one of them, mistyped.
    """
    label = _without_separators(before)
    if not label:
        return True
    if "\n" in before:
        # Perhaps another target's name.
        return False
    is_apart = has_plus or not before[-1].isalpha()
    is_word = len(label) > 1 or not {":", "°"}.isdisjoint(before)
    return is_apart and is_word and bool(_LABEL.fullmatch(label))


def _may_follow(after: str) -> bool:
    """Return whether nothing follows a number, or a label in brackets."""
    label = _without_separators(after)
    is_bracketed = unicodedata.category(after.lstrip(" ")[:1] or " ") == "Ps"
    return not label or (is_bracketed and bool(_LABEL.fullmatch(label)))


def _without_separators(text: str) -> str:
    """Return what is between the separators, quotes and pictures around a text."""
    first, last = 0, len(text)
    while first < last and _is_around(text[first]):
        first += 1
    while first < last and _is_around(text[last - 1]):
        last -= 1
    return text[first:last]


def _is_around(sign: str) -> bool:
    return _separates(sign) or sign in _QUOTES or unicodedata.category(sign) == "So"
