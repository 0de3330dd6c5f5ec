"""The section about relays of the page that tells what was seen: docs/reliability.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.model.record import OnUnknown

from .document import RELAYS, table
from .relay_cells import RelayCell
from .relay_troubles import KINDS

CHOICES: Final = (OnUnknown.HOLD, OnUnknown.RESEND, OnUnknown.NEXT)

_INTRODUCTION: Final = f"""\
{RELAYS}
A relay hands a message to one account after the other, by whose failure the last one was.
`tests/messaging/relay/test_reliability.py` makes these tables. The gateways take turns as
the first account; where they came to different ends, they are named. The promise, in every
cell: with `hold` the phone gets the message at most once, and exactly once where it
provably had not left; with `resend` at most twice, with `next` at most once through each
account; what is said of it is true, and nothing is lost.

The cells say: what the caller was told → what became of it in the end (how often the first
account's gateway has accepted it + the second's + …; all together where it was not accepted
at once, since it is chance who can take it first then). In the end is when the fault is
over and the hour that a message lives is too. Where something happens at any moment, they say
only how often it was accepted by all together, at least and at most: nothing is left of
what was on no disk yet when the power failed, and nobody has had an answer. What every
account's rules forbid is *refused*: it is not even taken in.

### Two accounts, and something goes wrong at the first

"""
_BOTH: Final = """
### Something goes wrong at both

With `hold`. What nobody can take now waits for whoever can first.

"""
_NEXT: Final = """
The same with `next`, where one of each kind goes wrong.

"""
_THREE: Final = """
### Three accounts, and something goes wrong at two

With `hold`: what goes wrong at the first, and at the second.

"""
_THREE_NEXT: Final = """
The same with `resend` and `next`, where one of each kind goes wrong.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of messages in one trouble at the first account."""

    words: str
    cells: Mapping[str, Mapping[str, RelayCell]]
    """By what the columns are about, then by the first account's gateway."""


def section(
    first: Sequence[Row],
    both: Sequence[Row],
    both_next: Sequence[Row],
    three: Sequence[Row],
    three_chosen: Mapping[str, Sequence[Row]],
) -> str:
    """Return the section."""
    kinds = [trouble.words for trouble in KINDS]
    head = ("at the first", *kinds)
    chosen = [
        f"{_THREE_NEXT.replace('`resend` and `next`', f'`{choice}`')}"
        f"{table(head, map(_line, rows))}"
        for choice, rows in three_chosen.items()
    ]
    choices = [f"`{choice}`" for choice in CHOICES]
    return "".join(
        (
            _INTRODUCTION,
            table(("What goes wrong at the first", *choices), map(_line, first)),
            _BOTH,
            table(head, map(_line, both)),
            _NEXT,
            table(head, map(_line, both_next)),
            _THREE,
            table(head, map(_line, three)),
            *chosen,
        )
    )


def _line(row: Row) -> tuple[str, ...]:
    return (row.words, *map(_grouped, row.cells.values()))


def _grouped(cells: Mapping[str, RelayCell]) -> str:
    """Return what became of all, with the gateways named where they differ."""
    groups: dict[str, list[str]] = {}
    for key, cell in cells.items():
        groups.setdefault(str(cell), []).append(GATEWAYS[key].name)
    if len(groups) == 1:
        return next(iter(groups))
    return "<br>".join(
        f"{', '.join(names)}: {became}" for became, names in groups.items()
    )
