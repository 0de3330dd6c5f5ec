"""What a dead man's switch is to do, as its user has set it up."""

from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from typing import Final

from ..recipients.address_book import Recipient

SHORTEST_DELAY: Final = timedelta(minutes=15)
LONGEST_DELAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchPlan:
    """Whom to tell what, and after how long a silence."""

    template: str = field(repr=False)
    """The text; `{house}` and `{since}` stand for what is known only later."""
    recipients: tuple[Recipient, ...] = field(repr=False)
    """Each number once."""
    delay: timedelta
    """From `SHORTEST_DELAY` to `LONGEST_DELAY`."""
    house: str = field(repr=False)
    """What the house is called."""
    language: str
    """That of the house, for how a moment is written."""
    zone: tzinfo = UTC
    """That of the house, in which a moment is written."""
