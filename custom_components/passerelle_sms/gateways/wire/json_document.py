"""Reads JSON as PHP servers print it: tolerant of its form, strict about its meaning."""

from collections.abc import Sequence
from decimal import Decimal
import json
import re
from typing import Final

from .charset import valid_unicode
from .noise import is_noise

# More values than this are no answer to anything that is asked here. Each takes many
# times the memory of its text.
_MOST_VALUES: Final = 40_000
_DEEPEST: Final = 32
# More digits than sixty are no quantity of anything, and dear to convert.
_MOST_DIGITS: Final = 60
# How an object or a list of objects begins, and hardly anything else.
_BEGINNING: Final = re.compile(r'\{\s*+"|\[\s*+\{')

type Object = dict[str, object]


def read_json(text: str) -> object:
    """Return what a JSON text holds, or `None` if it is none.

    Before and after one whole object, or one list of objects, noise is passed over. An
    object that names something twice, with two values, is `None` itself; so is a text
    that holds more than any answer does, or nests deeper.
    """
    if text.count(",") + text.count("[") + text.count("{") > _MOST_VALUES:
        return None
    text = text.strip("\ufeff \t\r\n")
    try:
        value = _tidy(_DECODER.decode(text))
    except ValueError, RecursionError:
        return _read_amid_noise(text)
    if isinstance(value, str) and _BEGINNING.match(value):
        # Written as JSON twice.
        return _read_amid_noise(value)
    return value


def read_object(text: str) -> Object | None:
    """Return the object that a JSON text is, its names folded; else `None`."""
    return as_object(read_json(text))


def as_object(value: object) -> Object | None:
    """Return an object with its names in lower case, without blanks around; else `None`."""
    if not isinstance(value, dict):
        return None
    return {_fold(name): held for name, held in value.items()}


def items_of(value: object) -> Sequence[object]:
    """Return the items of a list, as PHP writes lists.

    One with gaps is an object whose names are numbers, an empty one may be `null`, "",
    `false` or {}, and a list of one may be that one.
    """
    if isinstance(value, list):
        return value
    if value is None or value is False or (isinstance(value, str | dict) and not value):
        return ()
    if isinstance(value, dict) and all(map(str.isdecimal, value)):
        return tuple(value.values())
    return (value,)


def _read_amid_noise(text: str) -> object:
    found = _BEGINNING.search(text)
    if found is None:
        return None
    try:
        value, end = _DECODER.raw_decode(text, found.start())
        before, after = text[: found.start()], text[end:]
        # A second one may say something else, and so may words.
        if _BEGINNING.search(after) or not is_noise(f"{before}\n{after}"):
            return None
        return _tidy(value)
    except ValueError, RecursionError:
        return None


def _tidy(value: object, depth: int = 0) -> object:
    """Return a value with all its texts valid Unicode.

    Raises:
        ValueError: it nests too deep.

    """
    if isinstance(value, str):
        return valid_unicode(value)
    if isinstance(value, list | dict) and depth == _DEEPEST:
        raise ValueError
    if isinstance(value, list):
        return [_tidy(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {valid_unicode(k): _tidy(v, depth + 1) for k, v in value.items()}
    return value


def _object(pairs: Sequence[tuple[str, object]]) -> Object | None:
    """Return an object, or `None` if it contradicts itself."""
    told: dict[str, object] = {}
    for name, value in pairs:
        if told.setdefault(_fold(name), value) != value:
            return None
    return dict(pairs)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _fraction(digits: str) -> Decimal | str:
    """Return a fraction to its last digit."""
    return Decimal(digits) if len(digits) <= _MOST_DIGITS else digits


def _fold(name: str) -> str:
    return name.strip().casefold()


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_whole,
    parse_float=_fraction,
    # NaN and Infinity are no JSON.
    parse_constant=lambda _: None,
)
