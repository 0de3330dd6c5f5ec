"""Mail merge: one text, in which each recipient reads something else."""

from collections import Counter
from collections.abc import Mapping
import re
from typing import Final

from ..errors import MissingFieldError

_FIELD: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def times_of(text: str) -> Counter[str]:
    """Return how often each field stands in a text."""
    return Counter(_FIELD.findall(text))


def fields_of(text: str) -> frozenset[str]:
    """Return the names of the fields in a text: `nom` of "Bonjour {nom}"."""
    return frozenset(times_of(text))


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the values in the place of their fields.

    A field without a value stays as it is.
    """
    return _FIELD.sub(lambda field: values.get(field[1], field[0]), text)


def check_fields(text: str, values: Mapping[str, str]) -> None:
    """Raise `MissingFieldError` if a field of a text has no value."""
    if missing := sorted(fields_of(text) - values.keys()):
        raise MissingFieldError(field=missing[0])
