"""Moments as the answers and events of the house tell them."""

from datetime import datetime
from decimal import Decimal

from homeassistant.util import dt as dt_util


def local_iso(moment: datetime | None) -> str | None:
    """Return a moment in the house's own time zone, in ISO 8601."""
    return None if moment is None else dt_util.as_local(moment).isoformat()


def local_time(moment: datetime) -> str:
    """Return a moment in the house's own time zone, to the minute, for people."""
    return dt_util.as_local(moment).strftime("%Y-%m-%d %H:%M")


def plain(amount: Decimal) -> int | float:
    """Return an amount as JSON knows it."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
