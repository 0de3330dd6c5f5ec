"""The forms of a dead man's switch, and what they say of its text and its cost."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
import re
from typing import Final

import probatio

from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)

from ..bounds import LONGEST_NAME, LONGEST_TEXT
from ..const import CONF_DELAY, CONF_MESSAGE, CONF_MESSAGE_BACK, CONF_RECIPIENTS
from ..messaging.dead_man_switch.cost import SwitchCost
from ..messaging.dead_man_switch.plan import LONGEST_DELAY, SHORTEST_DELAY
from ..messaging.recipients.address_book import Recipient
from ..presentation.exceptions import NOBODY
from .forms import PLAIN

USUAL_DELAY: Final = timedelta(minutes=60)

# What a text says that its user has not written yet: in GSM-7, and in one segment beside
# a house's name that isn't long.
_ENGLISH: Final = (
    "{house} has been silent since {since}: power, Internet or server down."
)
_SUGGESTED: Final[Mapping[str, str]] = {
    "fr": "{house} ne répond plus depuis {since}. Courant, Internet ou serveur en panne."
}
# In the place of a price that nobody knows, and where no limit is known.
_UNKNOWN: Final = "—"
_NO_LIMIT: Final = "∞"
# What Markdown would take for something else than itself.
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|~])")
_LINES: Final = TextSelector(TextSelectorConfig(multiline=True))


def switch_form(names: Mapping[str, str]) -> probatio.Schema:
    """Return the form of a switch that may tell those whose `names` stand by their ids.

    The bounds of the delay are not the field's own: it would say them in English.
    """
    options = [
        SelectOptionDict(value=subentry_id, label=name)
        for subentry_id, name in names.items()
    ]
    minutes = NumberSelectorConfig(
        mode=NumberSelectorMode.BOX, step=1, unit_of_measurement=UnitOfTime.MINUTES
    )
    return probatio.Schema(
        {
            probatio.Required(CONF_NAME): PLAIN,
            probatio.Required(CONF_MESSAGE): _LINES,
            probatio.Required(CONF_RECIPIENTS): SelectSelector(
                SelectSelectorConfig(
                    options=options, multiple=True, mode=SelectSelectorMode.LIST
                )
            ),
            probatio.Required(CONF_DELAY): probatio.All(
                NumberSelector(minutes), probatio.Coerce(int)
            ),
            probatio.Optional(CONF_MESSAGE_BACK): _LINES,
        }
    )


def suggested_text(language: str) -> str:
    """Return the text that is proposed in a house of this language."""
    return _SUGGESTED.get(language.split("-", maxsplit=1)[0], _ENGLISH)


def form_words() -> dict[str, str]:
    """Return what the texts of a switch's form, and its errors, always name."""
    return {
        # They stand in the text, and not for anything here.
        "house": "{house}",
        "since": "{since}",
        "longest_name": str(LONGEST_NAME),
        "longest_text": str(LONGEST_TEXT),
        "shortest_delay": minutes(SHORTEST_DELAY),
        "longest_delay": minutes(LONGEST_DELAY),
        "longest_hours": str(LONGEST_DELAY // timedelta(hours=1)),
    }


def cost_words(cost: SwitchCost, language: str) -> dict[str, str]:
    """Return what the page about the cost says in figures."""
    return {
        "requests": str(cost.requests_per_hour),
        "limit": _NO_LIMIT if cost.request_limit is None else str(cost.request_limit),
        "held": _amount(cost.credits_held, language),
        "fired": _amount(cost.credits_fired, language),
        "segments": str(cost.segments),
    }


def minutes(time: timedelta) -> str:
    """Return a time in minutes, those begun counted."""
    return str(-(-time // timedelta(minutes=1)))


def names_of(recipients: Iterable[Recipient]) -> str:
    """Return who they are, in a sentence."""
    return ", ".join(one.public_label for one in recipients) or NOBODY


def quoted(text: str) -> str:
    """Return a text as the forms show it word for word: they read Markdown."""
    lines = _MARKUP.sub(r"\\\1", text).splitlines()
    return "  \n".join(f"> {line}" for line in lines)


def _amount(credits: Decimal | None, language: str) -> str:
    if credits is None:
        return _UNKNOWN
    amount = f"{credits.normalize():f}"
    return amount.replace(".", ",") if language.startswith("fr") else amount
