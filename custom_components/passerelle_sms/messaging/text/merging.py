"""Writes the texts of a mail merge: each as if it were sent alone."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from ...gateways.model.mail_merge import check_fields, fields_of, fill_in
from ..runtime.turns import Steps
from .cleaning import visible
from .pictures import without_pictures
from .transliteration import to_gsm7

type Values = Mapping[str, str]
"""What stands for each field of a text."""
type Writer = Callable[[str], str]
"""Returns a text as it is to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A text with fields, and what each recipient's own is made of."""

    text: str = field(repr=False)
    """The one that most have."""
    texts: Mapping[str, str] = field(repr=False)
    """Those of the others, by number."""
    values: Mapping[str, Values] = field(repr=False)
    """By number; what a text doesn't ask for is left out."""


def _simple(text: str) -> str:
    return to_gsm7(visible(text))


def _words(text: str) -> str:
    return to_gsm7(without_pictures(visible(text)))


# How a whole text may be written, and so all of its pieces.
_WRITINGS: Final[tuple[Writer, ...]] = (str, visible, _simple, _words)


def merge(text: str, values: Mapping[str, Values], write: Writer) -> Steps[Merged]:
    """Return a text and its values, by number, as they are to be sent; one at a time.

    A gateway that merges can be given one text with its fields for as many as possible.

    Raises:
        MissingFieldError: somebody has no value for a field.

    """
    fields = fields_of(text)
    write = cache(write)
    writings = [cache(writing) for writing in _WRITINGS]
    templates: dict[str, str] = {}
    written: dict[str, Values] = {}
    for number, given in values.items():
        check_fields(text, given)
        asked = {name: given[name] for name in sorted(fields)}
        templates[number], written[number] = _pieces(text, asked, write, writings)
        yield
    [(most, _)] = Counter(templates.values()).most_common(1) or [(text, 0)]
    others = {number: own for number, own in templates.items() if own != most}
    return Merged(text=most, texts=others, values=written)


def _pieces(
    text: str, values: Values, write: Writer, writings: Iterable[Writer]
) -> tuple[str, Values]:
    """Return a text with fields, and values, that together make one recipient's text."""
    wanted = write(fill_in(text, values))
    for writing in writings:
        template = writing(text)
        pieces = {name: writing(value) for name, value in values.items()}
        if fill_in(template, pieces) == wanted:
            return template, pieces
    # Something reaches from the text into a value, as an accent that stands apart. What
    # looks like a field in it is none.
    return wanted, {name: f"{{{name}}}" for name in fields_of(wanted)}
