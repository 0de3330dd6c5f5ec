"""When a transaction took place: ISO, or as it is written in French, the day first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
import re
from typing import Final

from ..wire.decoding import folded
from ..wire.times import DOUALA, parse_time

_MONTHS: Final = (
    ("janvier", "janv", "jan"),
    ("fevrier", "fevr", "fev"),
    ("mars",),
    ("avril", "avr"),
    ("mai",),
    ("juin",),
    ("juillet", "juil"),
    ("aout",),
    ("septembre", "sept", "sep"),
    ("octobre", "oct"),
    ("novembre", "nov"),
    ("decembre", "dec"),
)
_MONTH_NUMBERS: Final = {
    name: number for number, names in enumerate(_MONTHS, start=1) for name in names
}
_NAMES: Final = "|".join(_MONTH_NUMBERS)
_DATE: Final = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"|(?:le )?(?:(?:lun|mar|mercre|jeu|vendre|same)di |dimanche )?"
    r"(?P<first>[0-9]{1,2})(?:er)?"
    rf"(?P<between>[/.\- ])(?P<second>[0-9]{{1,2}}|(?:{_NAMES})\.?)(?P=between)"
    r"(?P<third>[0-9]{4})"
)
_CLOCK: Final = re.compile(
    r"(?P<hour>[0-9]{1,2})(?: ?h ?|:)(?P<minute>[0-9]{2})"
    r"(?:(?: ?mi?n? ?|:)(?P<second>[0-9]{2})(?:[.,][0-9]{1,9})? ?s?)?"
    r"(?: ?(?P<zone>z|[+-][0-9]{2}:?[0-9]{2}))?"
)
# What may stand between the two; `folded` has made "à" an "a".
_BETWEEN: Final = re.compile(r"t|,? (?:a |- )?")


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A date, a time of day, or both, as ISO writes them; empty is not told."""

    date: str
    clock: str


def read_when(text: str) -> When | None:
    """Return the date or the time of day, or both, that a text is; `None` if none."""
    said = folded(text)
    if clock := _CLOCK.fullmatch(said):
        return When(date="", clock=_iso_clock(clock))
    if (date := _DATE.match(said)) is None:
        return None
    rest = said[date.end() :]
    if not rest:
        return When(date=_iso_date(date), clock="")
    between = _BETWEEN.match(rest)
    clock = _CLOCK.fullmatch(rest, between.end()) if between else None
    return When(date=_iso_date(date), clock=_iso_clock(clock)) if clock else None


def time_of(told: Sequence[When]) -> datetime | None:
    """Return the one moment that is told, in one cell or in two; else `None`.

    A date alone is no moment, and of several moments none is chosen. Without a zone it
    is Douala's.
    """
    whole = {f"{when.date}T{when.clock}" for when in told if when.date and when.clock}
    if not whole:
        dates = [when.date for when in told if when.date]
        clocks = [when.clock for when in told if when.clock]
        if len(dates) == len(clocks) == 1:
            whole = {f"{dates[0]}T{clocks[0]}"}
    return parse_time(whole.pop(), DOUALA) if len(whole) == 1 else None


def _iso_date(found: re.Match[str]) -> str:
    if found["year"]:
        return found[0]
    name = found["second"].removesuffix(".")
    month = _MONTH_NUMBERS.get(name) or int(name)
    return f"{found['third']}-{month:02}-{int(found['first']):02}"


def _iso_clock(found: re.Match[str]) -> str:
    zone = (found["zone"] or "").upper()
    second = found["second"] or "00"
    return f"{int(found['hour']):02}:{found['minute']}:{second}{zone}"
