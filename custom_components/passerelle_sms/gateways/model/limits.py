"""What a gateway takes: the limits and rules of its document, as data."""

from dataclasses import dataclass
from datetime import timedelta
import re
from typing import Final

from ..errors import InvalidSenderError
from ..wire.redaction import hide_numbers

FRENCH_OVERSEAS: Final = frozenset({"BL", "GF", "GP", "MF", "MQ", "RE", "YT"})
"""The countries, by ISO 3166-1, that dial as one with France."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a gateway takes."""

    recipients_per_request: int = 1
    concurrency: int = 4
    """Requests under way at once."""
    segments: int = 10
    """Segments of one message: more is a mistake, where the document sets no bound."""
    minimum_poll: timedelta = timedelta(minutes=5)
    """The shortest time between two looks at the balance."""
    requests_per_hour: int | None = None
    """Requests of any kind in sixty minutes, where the document sets a bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRule:
    """What a sender's name must be.

    A name of digits alone would pass for somebody's number, so none takes it.
    """

    shortest: int = 1
    longest: int = 11
    """As many characters as an SMS has room for (3GPP TS 23.040, section 9.1.2.5)."""
    required: bool = True
    pattern: re.Pattern[str] = re.compile(r"[A-Za-z0-9 &'._-]+")

    def check(self, sender: str | None) -> None:
        """Raise `InvalidSenderError` if a gateway with this rule would refuse `sender`."""
        if not sender:
            if self.required:
                raise self._error("")
            return
        if (
            not self.shortest <= len(sender) <= self.longest
            or not self.pattern.fullmatch(sender)
            or sender.replace(" ", "").isdigit()
        ):
            raise self._error(sender)

    def _error(self, sender: str) -> InvalidSenderError:
        # A name of digits may be a phone number, and this text may be logged.
        return InvalidSenderError(
            sender=hide_numbers(sender),
            shortest=str(self.shortest),
            longest=str(self.longest),
        )
