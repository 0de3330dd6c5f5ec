"""Reads the fields of a call: all of them, before anything is asked or kept.

It knows nothing of the house, so that what it says tells nothing of it.
"""

from collections.abc import Mapping
import logging
from typing import Any, Final

import probatio

from homeassistant.exceptions import ServiceValidationError

from ..const import ATTR_GROUP, ATTR_MESSAGE_ID, ATTR_RECIPIENT, ATTR_TARGET, DOMAIN
from .quoting import quoted
from .values import Clamped, InvalidValue, Reader, is_empty

_LOGGER: Final = logging.getLogger(__name__)

type Fields = Mapping[probatio.Marker, Reader[object]]

# They narrow what is done or told: left empty by mistake, they must not mean everything.
_EMPTY_IS_GIVEN: Final = frozenset(
    {ATTR_GROUP, ATTR_MESSAGE_ID, ATTR_RECIPIENT, ATTR_TARGET}
)
_MOST_TOLD: Final = 20


def read_fields(
    fields: Fields,
    given: Mapping[Any, object],
    called: str,
    *,
    ignores_unknown: bool = False,
) -> dict[str, Any]:
    """Return the fields of a call of `called`; an optional one left empty is left out.

    A length of time beyond its bounds is replaced by the nearest within, and a warning
    says so.

    Raises:
        ServiceValidationError: one is missing, unknown, or not within its bounds.

    """
    unknown = [name for name in given if name not in fields]
    if unknown and not ignores_unknown:
        raise refused(quoted(unknown[0]), InvalidValue("field_unknown"))
    if unknown:
        told = ", ".join(quoted(name) for name in unknown[:_MOST_TOLD])
        _LOGGER.debug("%s does not know, and ignores: %s", called, told)
    found: dict[str, Any] = {}
    clamped: list[str] = []
    for marker, read in fields.items():
        name = str(marker)
        try:
            value = _read(marker, read, name, given)
        except InvalidValue as error:
            raise refused(name, error) from None
        if isinstance(value, Clamped):
            value = value.length
            clamped.append(f"{name} is {value}")
        if value is not None:
            found[name] = value
    if clamped:
        _LOGGER.warning(
            "%s was called with a time beyond the bounds, and goes on with the nearest: %s",
            called,
            ", ".join(clamped),
        )
    return found


def _read(
    marker: probatio.Marker,
    read: Reader[object],
    name: str,
    given: Mapping[Any, object],
) -> object:
    """Return what a field is; `None` if it is left out."""
    is_required = isinstance(marker, probatio.Required)
    may_be_empty = is_required or name in _EMPTY_IS_GIVEN
    if name in given and (may_be_empty or not is_empty(given[name])):
        return read(given[name])
    if is_required:
        raise InvalidValue("field_missing")
    default = marker.default if isinstance(marker, probatio.Optional) else None
    return default() if callable(default) else None


def refused(name: str, error: InvalidValue) -> ServiceValidationError:
    """Return what a caller is told whose field is not taken."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=error.key,
        translation_placeholders={"field": name, **error.details},
    )
