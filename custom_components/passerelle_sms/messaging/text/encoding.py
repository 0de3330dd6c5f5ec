"""Chooses between a text as it was written and one that costs less."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from ...gateways.model.message import Encoding
from ...gateways.model.segments import Measure
from .transliteration import to_gsm7

type Measurer = Callable[[str], Measure]
"""How a gateway counts: `Gateway.measure`."""


class EncodingChoice(StrEnum):
    """What the user allows to be done to a text."""

    AUTOMATIC = "automatic"
    """Written economically where that costs fewer segments."""
    ECONOMICAL = "economical"
    """Written economically wherever that brings it into GSM-7."""
    EXACT = "exact"
    """Sent as it is, to the last carriage return."""


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
    """What forces UCS-2 in the text as written: each once, in the order of the text."""
    economical_segments: int
    """The segments with the choice `economical`."""
    saved_segments: int
    """How many of them that is fewer than with `exact`, whatever was chosen here."""


def encode(text: str, choice: EncodingChoice, measure: Measurer) -> str:
    """Return `text` as it is to be sent.

    Unless the choice is exact, a line ends in a line feed alone: a carriage return
    costs a septet and shows nothing. A text that would leave GSM-7 all the same keeps
    every character, and so does one that would cost more: half a harm saves nothing.
    """
    if choice is EncodingChoice.EXACT:
        return text
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    cheaper = to_gsm7(plain)
    measured, as_written = measure(cheaper), measure(plain)
    if measured.encoding is not Encoding.GSM7:
        return plain
    if measured.segments < as_written.segments:
        return cheaper
    if choice is EncodingChoice.ECONOMICAL and measured.segments == as_written.segments:
        return cheaper
    return plain


def preview(text: str, choice: EncodingChoice, measure: Measurer) -> Preview:
    """Return what `text` would cost with this choice, and what `economical` saves."""
    as_written = measure(text)
    chosen = encode(text, choice, measure)
    measured = measure(chosen)
    least = measure(encode(text, EncodingChoice.ECONOMICAL, measure)).segments
    return Preview(
        text=chosen,
        encoding=measured.encoding,
        units=measured.units,
        segments=measured.segments,
        outside=as_written.outside,
        economical_segments=least,
        saved_segments=as_written.segments - least,
    )
