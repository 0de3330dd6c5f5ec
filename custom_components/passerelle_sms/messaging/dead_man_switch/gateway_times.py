"""What time it is at the gateways of a switch: what stands there is sent by their clocks."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..runtime.clock import Clock
from .carrier import Carrier
from .pauses import Pauses


def latest_time(now: datetime, carriers: Iterable[Carrier]) -> datetime:
    """Return the later of the house's time, `now`, and the gateways'."""
    return max([now, *_told(carriers)])


def widest_gap(now: datetime, carriers: Iterable[Carrier]) -> timedelta:
    """Return by how much a gateway's clock is before the house's at most, or behind it."""
    gaps = [there - now for there in _told(carriers)]
    return max(gaps, key=abs, default=timedelta())


async def learn_times(
    carriers: Iterable[Carrier], pauses: Pauses, clock: Clock, delay: timedelta
) -> None:
    """Let the gateways tell their time that could not yet, as often as `pauses` allow.

    Before that something is taken to stand for hours yet that is sent soon, as the clock
    of the house may be behind after a power cut.
    """
    for carrier in carriers:
        key, now = f"time {carrier.account}", clock.elapsed()
        if key in pauses.held_off(now):
            continue
        if await carrier.learn_time() is None:
            pauses.end(key)
        else:
            pauses.lengthen(key, now, delay)


def _told(carriers: Iterable[Carrier]) -> list[datetime]:
    times = [carrier.time_there for carrier in carriers]
    return [time for time in times if time is not None]
