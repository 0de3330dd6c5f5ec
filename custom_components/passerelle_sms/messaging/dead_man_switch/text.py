"""What a switch's message says: which house is silent, and since when."""

from datetime import UTC, datetime, tzinfo
import re
from typing import Final

from ...gateways.model.segments import measure
from ..recipients.names import folded
from ..text.encoding import EncodingChoice, encode
from .plan import SwitchPlan

_HOUSE: Final = "{house}"
_SINCE: Final = "{since}"
_FIELD: Final = re.compile(r"\{(?:house|since)\}")
# Any moment is as long as any other.
_SOME_TIME: Final = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)


def rendered(plan: SwitchPlan, since: datetime, zone: tzinfo) -> str:
    """Return the text of a message whose last sign of life was at `since`.

    The fields are filled in; a house that isn't named is named before, and the moment
    that was left out is told behind. Other braces stay as they are. It is written
    economically, so that it stays in GSM-7 where that can be.

    Moments that are a second apart are two texts, also in the hour that comes twice when
    the clocks go back.
    """
    template = _completed(plan)
    values = {_HOUSE: plan.house, _SINCE: _written(since.astimezone(zone), plan)}
    text = _FIELD.sub(lambda match: values[match[0]], template)
    return encode(text, EncodingChoice.ECONOMICAL, measure)


def longest(plan: SwitchPlan) -> str:
    """Return the text at its longest, to be checked before there is a moment."""
    return rendered(plan, _SOME_TIME, UTC)


def _completed(plan: SwitchPlan) -> str:
    """Return the template with the fields that were left out."""
    template = plan.template
    is_named = _HOUSE in template or folded(plan.house) in folded(template)
    if not is_named:
        colon = " : " if _is_french(plan) else ": "
        template = f"{_HOUSE}{colon}{template}"
    if _SINCE not in template:
        words = (
            "pas de signe de vie depuis"
            if _is_french(plan)
            else "no sign of life since"
        )
        template = f"{template} ({words} {_SINCE})"
    return template


def _written(since: datetime, plan: SwitchPlan) -> str:
    """Return a moment as the house's language writes it, in letters of GSM-7."""
    pattern = "le {:%d/%m}/{:04} à {}" if _is_french(plan) else "{1:04}-{0:%m-%d} {2}"
    # What came before it at the same hour of the same day ends in a colon and seconds.
    seconds = ".%S" if since.fold else ":%S"
    return pattern.format(since, since.year, since.strftime(f"%H:%M{seconds}"))


def _is_french(plan: SwitchPlan) -> bool:
    return plan.language.lower().startswith("fr")
