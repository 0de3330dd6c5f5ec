"""The gateways' times: written without a zone, and meant in their own."""

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
import re
from typing import Final
from zoneinfo import ZoneInfo

from ..errors import InvalidScheduleError
from .decoding import folded

# Neither country has summer time.
ABIDJAN: Final = UTC
DOUALA: Final = timezone(timedelta(hours=1))

# What lies outside is a mark for "never", or a mistake; near the ends of the calendar no
# zone holds it.
_YEARS: Final = range(2000, 2200)
_MINUTE: Final = timedelta(minutes=1)
# No date is longer, in any form.
_LONGEST: Final = 60
# ISO or French, folded; no gateway writes the month first.
_TIME: Final = re.compile(
    r"(?:(?P<year>[0-9]{4})[-/](?P<month>[0-9]{1,2})[-/](?P<day>[0-9]{1,2})"
    r"|(?P<first>[0-9]{1,2})[-/.](?P<second>[0-9]{1,2})[-/.](?P<third>[0-9]{4}))"
    r"(?:(?:t|,? (?:a |- )?)"
    r"(?P<hour>[0-9]{1,2})(?::| ?h ?)(?P<minute>[0-9]{2})"
    r"(?::(?P<seconds>[0-9]{2})(?:[.,][0-9]{1,9})?)?"
    r" ?(?P<zone>z|[-+][0-9]{2}:?[0-9]{2})?)?"
)


async def paris() -> tzinfo:
    """Return the time zone of Paris, read from disk outside of the event loop."""
    return await asyncio.to_thread(ZoneInfo, "Europe/Paris")


def read_time(value: object, zone: tzinfo) -> datetime | None:
    """Return an ISO or a French time as a gateway writes it, or `None` if it is none.

    A day without a time is its beginning. One without a zone is meant in `zone`.
    """
    text = value.strip() if isinstance(value, str) and len(value) <= _LONGEST else ""
    if (found := _TIME.fullmatch(folded(text))) is None:
        return None
    try:
        time = datetime.fromisoformat(_to_iso(found))
        time = time.astimezone(zone) if time.tzinfo else time.replace(tzinfo=zone)
    except ValueError, OverflowError:
        return None
    return time if time.year in _YEARS else None


def read_date(value: object) -> date | None:
    """Return the day of an ISO or a French date, with or without a time, or `None`."""
    time = read_time(value, UTC)
    return time.date() if time else None


def check_schedule(time: datetime) -> None:
    """Raise `InvalidScheduleError` for a time that no gateway's calendar holds."""
    if time.year not in _YEARS:
        raise InvalidScheduleError


def to_minute(time: datetime, zone: tzinfo) -> datetime:
    """Return a moment in `zone`, in whole minutes: never before it was meant.

    It is less than a minute late, and an hour more where the clocks go back.

    Raises:
        InvalidScheduleError: as `check_schedule`.

    """
    check_schedule(time)
    # UTC has no hour that comes twice, whatever the moment says of itself.
    moment = time.astimezone(UTC).replace(fold=0)
    whole = moment.replace(second=0, microsecond=0)
    if whole != moment:
        whole += _MINUTE
    local = whole.astimezone(zone)
    if local.fold:
        # An hour that comes twice is written once: the one after it is never too early.
        return local.replace(hour=local.hour + 1, minute=0, fold=0)
    return local


def _to_iso(found: re.Match[str]) -> str:
    told = found.groupdict("")
    if not told["year"]:
        told |= {"year": told["third"], "month": told["second"], "day": told["first"]}
    day = f"{told['year']}-{told['month']:0>2}-{told['day']:0>2}"
    if not told["hour"]:
        return day
    clock = f"{told['hour']:0>2}:{told['minute']}:{told['seconds'] or '00'}"
    return f"{day}T{clock}{told['zone'].upper()}"
