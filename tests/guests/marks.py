"""What a guest must not find, and how it is found in whatever he gets."""

from collections.abc import Iterator, Mapping
from typing import Final
import unicodedata

from tests.simulator import SimulatedGateway

LOGIN: Final = "904172635"
# Others than those that the descriptions of the actions print.
MAMAN: Final = "+237674318592"
PAPA: Final = "+2250748291635"
STRANGER: Final = "+237691740385"
"""Whom a message went to by number; no recipient of the account."""
TEXT: Final = "Le code du coffre est Sésame-ouvre-toi"
TAG: Final = "kapok"
REPLY: Final = "Rendez-vous sous le baobab"
ECHO: Final = f"Sésame {LOGIN} {MAMAN} {STRANGER[4:]}"
"""What a gateway may say that repeats what it was sent, and by whom."""

_NUMBERS: Final = {"Maman's number": MAMAN, "Papa's": PAPA, "a stranger's": STRANGER}
_TEXTS: Final = {"a text": "sesame", "a tag": TAG, "a reply": "baobab"}
# So many last digits are a number, with whatever stands before or between them.
_SUFFIX: Final = 8


def mark(simulated: SimulatedGateway) -> None:
    """Give an account a login and secrets that stand nowhere else."""
    simulated.username = LOGIN
    simulated.password = "m0t-de-passe-Zanzibar"
    simulated.api_key = "clef-Tombouctou-71"


def found(told: object, simulated: SimulatedGateway) -> set[str]:
    """Return what of it a guest must not get stands in something that he got."""
    secrets = {"the password": simulated.password, "the key": simulated.api_key}
    return {
        name
        for leaf in _leaves(told)
        for name in (
            *(n for n, text in _TEXTS.items() if text in _folded(leaf)),
            *(n for n, secret in secrets.items() if secret in leaf),
            *(n for n, digits in _digits_wanted().items() if digits in _digits(leaf)),
        )
    }


def _digits_wanted() -> dict[str, str]:
    numbers = {name: number[-_SUFFIX:] for name, number in _NUMBERS.items()}
    return {"the login": LOGIN, **numbers}


def _leaves(told: object) -> Iterator[str]:
    """Yield every text and number in JSON, the names of fields too."""
    if isinstance(told, Mapping):
        for name, value in told.items():
            yield str(name)
            yield from _leaves(value)
    elif isinstance(told, list | tuple | set):
        for value in told:
            yield from _leaves(value)
    else:
        yield str(told)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c))
