"""What time it is at a gateway: HTTP's `Date` (RFC 9110, 6.6.1), and what has passed since."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
import re
from typing import Final

from .http_date import read_http_date

# Until then no clock of a machine goes wrong by minutes.
_LONGEST: Final = timedelta(days=30)
# The one form that servers are to write (RFC 9110, 5.6.7), in a year that makes sense.
_DATE: Final = re.compile(
    r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 2[01][0-9]{2} "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)


class ToldTime:
    """The time as the newest answer tells it, which is less than a month old."""

    def __init__(self, elapsed: Callable[[], timedelta]) -> None:
        """Know no time yet; `elapsed` tells how much of it passes."""
        self._elapsed = elapsed
        self._told: tuple[datetime, timedelta] | None = None
        self.is_answered = False
        """Whether any answer has come in that could tell it."""

    def note(self, dates: Sequence[str]) -> None:
        """Go by the `Date` headers of an answer that has just come in.

        If they tell no time that makes sense, none is known any more.
        """
        self.is_answered = True
        date = read_dates(dates)
        self._told = None if date is None else (date, self._elapsed())

    def now(self) -> datetime | None:
        """Return what time it is there, in UTC; `None` if it is not known.

        It is late by a second at most, and by as long as the answer took.
        """
        if self._told is None:
            return None
        date, at = self._told
        passed = self._elapsed() - at
        return date + passed if passed <= _LONGEST else None


def read_dates(dates: Sequence[str]) -> datetime | None:
    """Return what the `Date` headers of an answer tell, in UTC.

    `None` unless there is exactly one, written as servers are to, within the years 2000
    to 2199: a date that is read otherwise than it was meant is worse than none.
    """
    if len(dates) != 1 or not _DATE.fullmatch(dates[0]):
        return None
    return read_http_date(dates[0])
