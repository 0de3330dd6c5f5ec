"""What a proof may leave behind."""

from collections.abc import Iterable

from ...gateways.errors import UnknownOutcomeError
from .standing import Standing


class NotTakenBackError(UnknownOutcomeError):
    """A message that a gateway kept for a proof may stand yet, or was sent."""

    key = "not_cancelled"

    def __init__(self, standing: Iterable[Standing]) -> None:
        """Keep what may be sent, though the house lives."""
        super().__init__()
        self.standing = tuple(standing)
