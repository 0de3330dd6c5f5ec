"""Mail merge: one text, in which each recipient reads something else."""

from collections.abc import Mapping
import re
from typing import Final

_FIELD: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def fields_of(text: str) -> frozenset[str]:
    """Return the names of the fields in a text: `nom` of "Bonjour {nom}"."""
    return frozenset(_FIELD.findall(text))


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the values in the place of their fields.

    A field without a value stays as it is.
    """
    return _FIELD.sub(lambda field: values.get(field[1], field[0]), text)
