"""Moments, amounts and codes as the answers and events of the house tell them."""

from datetime import datetime, timedelta
from decimal import Decimal
import re
from typing import Final

from homeassistant.util import dt as dt_util

# "82", "-8", "E505" or "HTTP 403": too short for a number, and no word.
_CODE: Final = re.compile(r"(?:HTTP )?-?[A-Za-z]{0,3}[0-9]{1,5}")


def public_code(code: str | None) -> str | None:
    """Return a gateway's code as everybody may read it; `None` if it isn't a mere code."""
    return code if code and _CODE.fullmatch(code) else None


def local_iso(moment: datetime | None) -> str | None:
    """Return a moment in the house's own time zone, in ISO 8601."""
    return None if moment is None else dt_util.as_local(moment).isoformat()


def local_time(moment: datetime) -> str:
    """Return a moment in the house's own time zone, to the minute, for people."""
    return dt_util.as_local(moment).strftime("%Y-%m-%d %H:%M")


def local_hour(moment: datetime) -> str:
    """Return when a gateway sends what it keeps until a moment, as `local_time` does.

    Gateways know whole minutes, and send nothing before its time.
    """
    whole = moment.replace(second=0, microsecond=0)
    return local_time(whole if whole == moment else whole + timedelta(minutes=1))


def plain(amount: Decimal) -> int | float:
    """Return an amount as JSON knows it."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
