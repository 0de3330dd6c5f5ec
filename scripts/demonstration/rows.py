"""A row of the table: what was asked of a gateway, and what came of it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class What(StrEnum):
    """What a gateway was asked for."""

    ALERT = "Alert"
    REPLY = "Reply"
    CANCELLATION = "Cancelled"
    NUMBER_CHECK = "HLR check"
    FAILOVER = "Failover"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that a gateway was asked for, as Home Assistant tells it."""

    what: What
    gateway: str
    outcome: str = ""
    submission_id: str = ""
    segments: int | None = None
    balances: tuple[Decimal, ...] = ()
    """Before, and after each step."""
    came_of_it: str = ""
    mistakes: tuple[str, ...] = ()
    """What is not as it should be."""

    @property
    def is_right(self) -> bool:
        """Whether all is as it should be."""
        return not self.mistakes


def found(*checks: tuple[bool, str]) -> tuple[str, ...]:
    """Return the words of the checks that have failed."""
    return tuple(words for is_right, words in checks if not is_right)
