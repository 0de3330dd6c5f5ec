"""The gateways' times: written without a zone, and meant in their own."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

# Neither country has summer time.
ABIDJAN: Final = UTC
DOUALA: Final = timezone(timedelta(hours=1))

_MINUTE: Final = timedelta(minutes=1)


async def paris() -> tzinfo:
    """Return the time zone of Paris, read from disk outside of the event loop."""
    return await asyncio.to_thread(ZoneInfo, "Europe/Paris")


def parse_time(text: str, zone: tzinfo) -> datetime | None:
    """Return an ISO time as a gateway writes it, or `None` if it is none.

    One without a zone is meant in `zone`.
    """
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=zone)


def to_minute(time: datetime, zone: tzinfo) -> datetime:
    """Return a moment in `zone`, in whole minutes: never before it was meant.

    It is less than a minute late, and an hour more where the clocks go back.
    """
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
