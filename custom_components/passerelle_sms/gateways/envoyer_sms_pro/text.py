"""How Envoyer SMS Pro counts a text, and where it cuts it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from ..model.segments import GSM7_EXTENSION, Measure, measure

# "Détails sur le long SMS": 160 characters in one SMS, 306 in two, 459 in three.
SINGLE: Final = 160
_PART: Final = 153


def with_line_feeds(text: str) -> str:
    r"""Return `text` with the one line break of the document, `\n`, sent as `%0A`."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def measure_text(text: str) -> Measure:
    """Return what `text` takes, as "Détails sur le nombre de caractères" counts.

    `units` are this gateway's characters: line breaks and special characters count
    two. Those outside GSM-7 are counted so as well; the document doesn't name any.
    """
    written = with_line_feeds(text)
    measured = measure(written)
    units = sum(_widths(written, measured))
    segments = 1 if units <= SINGLE else -(-units // _PART)
    return replace(measured, units=units, segments=segments)


def truncated(text: str, room: int) -> str:
    """Return as much of `text` as `room` of this gateway's characters hold."""
    written = with_line_feeds(text)
    taken = accumulate(_widths(written, measure(written)))
    return written[: sum(units <= room for units in taken)]


def _widths(written: str, measured: Measure) -> Sequence[int]:
    double = {"\n", *GSM7_EXTENSION, *measured.outside}
    return [2 if character in double else 1 for character in written]
