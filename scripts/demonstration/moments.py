"""What happens one thing after the other, each at its time: lines to be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

# The house's.
_ZONE: Final = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that has happened somewhere, and what of it is not as it should be."""

    at: datetime
    """By the clock of where it has happened."""
    where: str
    what: str
    mistakes: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether all is as it should be."""
        return not self.mistakes


def render_moments(moments: Sequence[Moment]) -> str:
    """Return the moments as lines of text, and what is wrong under them."""
    width = max((len(moment.where) for moment in moments), default=0)
    lines = [
        f"{'✓' if moment.is_right else '✗'}  {moment.at.astimezone(_ZONE):%H:%M:%S}"
        f"  {moment.where:<{width}}  {moment.what}"
        for moment in moments
    ]
    mistakes = [
        f"✗  {moment.where}: {mistake}"
        for moment in moments
        for mistake in moment.mistakes
    ]
    return "\n".join((*lines, "", *mistakes) if mistakes else lines)
