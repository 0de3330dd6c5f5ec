"""Splits a text that is too long for one message into numbered parts, or cuts it.

What is too long is the gateway's to say: each piece is asked about as it would be sent.
All of it is pure, and as much work as the text is long.
"""

from collections.abc import Callable
from enum import StrEnum
from itertools import count
from typing import Final

from ...gateways.model.segments import is_gsm7
from .characters import is_mark

type Fits = Callable[[str], bool]
"""Whether a text is short enough; a longer one with the same beginning is no shorter."""

# What a first guess of the length of a part is.
_USUAL_LENGTH: Final = 160
# How far before the end of a text that is cut a word may end.
_NEAR: Final = 24
_JOINER: Final = "\u200d"
# What belongs to the picture before it: the colours of skin, and the letters of a flag.
_BEHIND_PICTURES: Final = (range(0x1F3FB, 0x1F400), range(0xE0020, 0xE0080))
_FLAG_LETTERS: Final = range(0x1F1E6, 0x1F200)
_SYLLABLE_LETTERS: Final = range(0x1100, 0x1200)


class TooLong(StrEnum):
    """What to do with a text that is too long for one message of its gateway."""

    SPLIT = "split"
    """Send it in several messages, each with its number in front."""
    CUT = "cut"
    """Send its beginning."""
    REFUSE = "refuse"
    """Send nothing."""


def split(text: str, fits: Fits) -> tuple[str, ...]:
    """Return a text in parts, each as full as it can be, with its number in front.

    A part ends with a word; only a word that is longer than a part is cut. A text that
    fits is left as it is, without a number.

    Raises:
        ValueError: nothing fits.

    """
    if fits(text):
        return (text,)
    text = text.lstrip()
    pieces = next(
        found
        for digits in count(1)
        if (found := _pieces(text, fits, digits)) is not None
    )
    total = len(pieces)
    return tuple(
        f"{number}/{total} {piece}" for number, piece in enumerate(pieces, start=1)
    )


def cut(text: str, fits: Fits) -> str:
    """Return the beginning of a text, at the end of a word if one is near.

    Points tell that there is more. A text that fits is left as it is.

    Raises:
        ValueError: nothing fits.

    """
    if fits(text):
        return text
    end = _longest(lambda end: fits(_with_points(text[:end])), 0, len(text), None)
    if not end:
        raise ValueError("nothing fits")
    end = _end_near(text, end)
    # Without its last letter it may be of the other alphabet, with longer points.
    while not fits(_with_points(text[:end])):
        end -= 1
    return _with_points(text[:end])


def _with_points(beginning: str) -> str:
    """Return the beginning of a text with what tells that there is more.

    One character more would make another message of it where that is in no alphabet.
    """
    beginning = beginning.rstrip()
    return beginning + ("..." if is_gsm7(beginning) else "…")


def _end_near(text: str, end: int) -> int:
    """Return where a word ends shortly before `end`, or else a character does."""
    word = _begin_of_word(text, max(0, end - _NEAR), end)
    if text[:word].rstrip() and text[word - 1].isspace():
        return word
    return _end_of_character(text, 0, end) or end


def _pieces(text: str, fits: Fits, digits: int) -> list[str] | None:
    """Return the pieces of a text; `None` if their count has more than so many digits."""
    pieces: list[str] = []
    start, length = 0, None
    while start < len(text):
        number = len(pieces) + 1
        if len(str(number)) > digits:
            return None
        end = _end_of_piece(text, start, length, fits, _prefixes(number, digits))
        pieces.append(text[start:end].rstrip())
        length, start = end - start, end
    return pieces


def _prefixes(number: int, digits: int) -> tuple[str, str]:
    """Return what stands before a piece and before the next one, as wide as it will be."""
    total = "0" * digits
    return f"{number}/{total} ", f"{number + 1}/{total} "


def _end_of_piece(
    text: str, start: int, length: int | None, fits: Fits, prefixes: tuple[str, str]
) -> int:
    """Return where the piece ends that begins at `start`; the last one was so long."""
    prefix, next_prefix = prefixes
    end = _longest(
        lambda end: fits(prefix + text[start:end].rstrip()), start, len(text), length
    )
    if end == start:
        raise ValueError("nothing fits")
    if end == len(text):
        return end
    word = _begin_of_word(text, start, end)
    # A part of one alphabet holds less than three times what one of the other does.
    most = word + 3 * (end - start + _USUAL_LENGTH)
    if word > start and fits(next_prefix + text[word : _end_of_word(text, end, most)]):
        return word
    return _end_of_character(text, word, end) or (word if word > start else end)


def _begin_of_word(text: str, start: int, end: int) -> int:
    while end > start and not text[end - 1].isspace():
        end -= 1
    return end


def _end_of_word(text: str, end: int, most: int) -> int:
    while end < min(len(text), most) and not text[end].isspace():
        end += 1
    return end


def _end_of_character(text: str, start: int, end: int) -> int | None:
    """Return the last position between where no character is torn apart; none if all are.

    What a phone shows as one may be several: a letter and its accents, a family, a flag.
    """
    while end > start and _is_inside_character(text, start, end):
        end -= 1
    return end if end > start else None


def _is_inside_character(text: str, start: int, position: int) -> bool:
    before, after = text[position - 1], text[position]
    if _JOINER in (before, after) or is_mark(after):
        return True
    if ord(before) in _FLAG_LETTERS and ord(after) in _FLAG_LETTERS:
        flag = position
        while flag > start and ord(text[flag - 1]) in _FLAG_LETTERS:
            flag -= 1
        return (position - flag) % 2 == 1
    if ord(before) in _SYLLABLE_LETTERS and ord(after) in _SYLLABLE_LETTERS:
        return True
    return any(ord(after) in signs for signs in _BEHIND_PICTURES)


def _longest(
    fits_to: Callable[[int], bool], start: int, end: int, length: int | None
) -> int:
    """Return the last position up to which a text fits, `start` if it is none.

    It is looked for around the length that the last one had.
    """
    fitting, too_far = start, end + 1
    guess = length or _USUAL_LENGTH
    position, step = min(start + guess, end), max(guess // 16, 1)
    while too_far - fitting > 1:
        if fits_to(position):
            fitting = position
        else:
            too_far = position
        if too_far > end:
            position = min(fitting + step, end)
        elif fitting == start:
            position = max(too_far - step, start + 1)
        else:
            position = (fitting + too_far) // 2
        step *= 2
    return fitting
