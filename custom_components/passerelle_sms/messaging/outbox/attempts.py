"""Requests that could be made, and those that are, as the rest of an account sees them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..model.record import MessageRecord
from ..model.submission import RowKey

type Cost = Callable[[MessageRecord, Sequence[RowKey]], Decimal]
"""What a request for some submissions of a message costs, in credits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A request that could be made."""

    message_id: str
    cost: Decimal
    is_urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request that is made."""

    candidate: Candidate
    epoch: int
    """How often there had been good news of the account when it began."""
    is_in_rest: bool
    """Whether the account rested when it began."""
    is_probe: bool
