"""Every error that is ever raised, found again by its key: a restart leaves no more."""

from collections.abc import Mapping
from typing import Final

from . import access, account_data, base, local, messages, not_sent, unknown
from .base import GatewayError

ERRORS_BY_KEY: Final[Mapping[str, type[GatewayError]]] = {
    kind.key: kind
    for module in (access, account_data, base, local, messages, not_sent, unknown)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, GatewayError) and "key" in vars(kind)
}
