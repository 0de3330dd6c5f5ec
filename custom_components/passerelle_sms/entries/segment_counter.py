"""."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self, override

from homeassistant.helpers.restore_state import ExtraStoredData


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(ExtraStoredData):
    """What was counted, and how to go on from there."""

    entry_id: str
    """The account: one that is added anew may get the same entity id."""
    segments: int
    at: datetime
    """Messages created later are not in it."""
    unsettled: Mapping[str, int]
    """Of the messages that were not settled: the segments that are in it already."""

    @override
    def as_dict(self) -> dict[str, Any]:
        """Return the count as JSON knows it."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the count that was stored."""
        return cls(**{**stored, "at": datetime.fromisoformat(stored["at"])})
