"""Dates as HTTP writes them (RFC 9110, 5.6.7)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def read_http_date(text: str) -> datetime | None:
    """Return a date with its zone, or `None` if it can't be read."""
    try:
        date = parsedate_to_datetime(text)
    except ValueError, OverflowError:
        return None
    # HTTP's dates are in UTC, also where they don't say so.
    return date if date.tzinfo else date.replace(tzinfo=UTC)
