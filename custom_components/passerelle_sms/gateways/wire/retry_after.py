"""How long a gateway asks to be left alone: HTTP's `Retry-After` (RFC 9110, 10.2.3)."""

from collections.abc import Mapping
from datetime import timedelta
import re
from typing import Final

from aiohttp import hdrs

from .http_date import read_http_date

LONGEST_WAIT: Final = timedelta(hours=1)
"""What asks for more is taken to ask for this: gateways count by the hour."""

_SECONDS: Final = re.compile(r"[0-9]+")
# An hour's seconds have four digits, and a longer number needs no reading.
_MOST_DIGITS: Final = 4


def read_retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long the headers of an answer ask to wait, an hour at most.

    `None` where they don't tell, or not in a form that can be read. A date is compared
    with that of the answer, as the clock of this house may be wrong.
    """
    text = headers.get(hdrs.RETRY_AFTER, "").strip()
    if _SECONDS.fullmatch(text):
        digits = text.lstrip("0")
        if len(digits) > _MOST_DIGITS:
            return LONGEST_WAIT
        return min(timedelta(seconds=int(digits or "0")), LONGEST_WAIT)
    until, now = read_http_date(text), read_http_date(headers.get(hdrs.DATE, ""))
    if until is None or now is None:
        return None
    return max(timedelta(), min(until - now, LONGEST_WAIT))
