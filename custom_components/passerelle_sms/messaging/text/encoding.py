"""Chooses between a text as it was written and one that costs less."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Self
import unicodedata

from ...gateways.model.message import Encoding
from ...gateways.model.segments import Measure, is_gsm7
from ...gateways.model.visibility import without_ignorables
from .cleaning import clean
from .pictures import is_picture, without_pictures
from .transliteration import is_spellable, to_gsm7

type Measurer = Callable[[str], Measure]
"""How a gateway counts: `Gateway.measure`."""


class EncodingChoice(StrEnum):
    """What the user allows to be done to a text."""

    AUTOMATIC = "automatic"
    """Written economically where that costs fewer segments."""
    ECONOMICAL = "economical"
    """Written economically, and without pictures, wherever that brings it into GSM-7."""
    EXACT = "exact"
    """Sent as it is, to the last carriage return."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedPart:
    """One of the messages in which a text would be sent."""

    text: str = field(repr=False)
    segments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a text would cost, without sending it: an estimate, as `Measure` is."""

    text: str = field(repr=False)
    """The text as it would be sent."""
    encoding: Encoding
    units: int
    """Septets in GSM-7, 16-bit units in UCS-2."""
    segments: int
    outside: tuple[str, ...] = field(repr=False)
    """What forces UCS-2 in the text as written, but for what is invisible and not sent:
    each once, in the order of the text."""
    economical_segments: int
    """The segments with the choice `economical`."""
    saved_segments: int
    """How many of them that is fewer than with `exact`, whatever was chosen here."""
    parts: tuple[PreviewedPart, ...] = ()
    """The messages in which it would be sent; none where it is too long for any."""


def encode(text: str, choice: EncodingChoice, measure: Measurer) -> str:
    """Return `text` as it is to be sent.

    Unless the choice is exact, what no phone shows is gone. A text that would leave GSM-7
    all the same keeps every other character, and so does one that would cost more: half a
    harm saves nothing.
    """
    if choice is EncodingChoice.EXACT:
        return text
    return _encoded(_Writings.of(text), choice, measure)


def preview(text: str, choice: EncodingChoice, measure: Measurer) -> Preview:
    """Return what `text` would cost with this choice, and what `economical` saves."""
    measure = cache(measure)
    writings = _Writings.of(text)
    economical = _encoded(writings, EncodingChoice.ECONOMICAL, measure)
    if choice is EncodingChoice.EXACT:
        written = chosen = text
    else:
        written, chosen = writings.plain, _encoded(writings, choice, measure)
    measured, least = measure(chosen), measure(economical).segments
    return Preview(
        text=chosen,
        encoding=measured.encoding,
        units=measured.units,
        segments=measured.segments,
        outside=measure(written).outside,
        economical_segments=least,
        saved_segments=measure(text).segments - least,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writings:
    """The ways in which a text may be written, none of which has what no phone shows."""

    plain: str = field(repr=False)
    simple: str = field(repr=False)
    """With what has an equivalent in GSM-7 written that way."""
    words: str = field(repr=False)
    """The same without pictures."""

    @classmethod
    def of(cls, text: str) -> Self:
        plain = simple = words = clean(text)
        if not is_gsm7(plain):
            characters = set(unicodedata.normalize("NFC", without_ignorables(plain)))
            if all(map(is_spellable, characters)):
                simple = words = to_gsm7(plain).strip()
            elif any(map(str.isalnum, characters)) and all(
                is_spellable(c) or is_picture(c) for c in characters
            ):
                words = to_gsm7(without_pictures(plain)).strip()
        return cls(plain=plain, simple=simple, words=words)


def _encoded(writings: _Writings, choice: EncodingChoice, measure: Measurer) -> str:
    is_economical = choice is EncodingChoice.ECONOMICAL
    cheaper = writings.words if is_economical else writings.simple
    if cheaper == writings.plain:
        return writings.plain
    measured = measure(cheaper)
    # What is merged into a text may be outside.
    if measured.encoding is not Encoding.GSM7:
        return writings.plain
    saved = measure(writings.plain).segments - measured.segments
    return cheaper if saved > 0 or (saved == 0 and is_economical) else writings.plain
