"""The section about relays of the page that tells what was seen: docs/reliability.md."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
import re
from typing import Final

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.model.record import OnUnknown

from .document import RELAYS, table
from .relay_cells import RelayCell
from .relay_troubles import (
    ANSWERS,
    AT_GATEWAY,
    DURING,
    EVENTS,
    KINDS,
    OF_ACCOUNT,
    OF_BALANCE,
    RelayTrouble,
)

CHOICES: Final = (OnUnknown.HOLD, OnUnknown.RESEND, OnUnknown.NEXT)
# With so many gateways as the first account: what is passed on at once is so at each.
_GATEWAYS: Final = {OnUnknown.HOLD: 2, OnUnknown.RESEND: 1, OnUnknown.NEXT: 1}

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
_THREE: Final = """
### Three accounts, and something goes wrong at two

With `hold`: what goes wrong at the first, and at the second.

"""
# Words that are no table's, and then a table's.
_TABLE: Final = re.compile(r"(?:(?!\|).*\n)+(?:\|.*\n)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCell:
    """What is to be seen of a message."""

    troubles: tuple[RelayTrouble, ...]
    """What goes wrong at the first accounts."""
    on_unknown: OnUnknown
    accounts: int
    gateways: int = 1
    """With how many gateways as the first account, one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What is to be seen of messages in every trouble of some."""

    name: str
    introduction: str
    first: Sequence[RelayTrouble]
    """What goes wrong at the first account: the rows."""
    second: Sequence[RelayTrouble] = KINDS
    """What goes wrong at the second: the columns. Nothing: these are the choices."""
    on_unknown: OnUnknown = OnUnknown.HOLD
    accounts: int

    @property
    def head(self) -> tuple[str, ...]:
        """The words over the columns."""
        if not self.second:
            return "What goes wrong at the first", *(f"`{one}`" for one in CHOICES)
        return "at the first", *(trouble.words for trouble in self.second)

    def cells(self, one: RelayTrouble) -> Iterator[tuple[str, AskedCell]]:
        """Yield the cells of a row, with what their columns are about."""
        if not self.second:
            for choice in CHOICES:
                yield (
                    choice,
                    AskedCell(
                        troubles=(one,),
                        on_unknown=choice,
                        accounts=self.accounts,
                        gateways=_GATEWAYS[choice],
                    ),
                )
        for other in self.second:
            yield (
                other.words,
                AskedCell(
                    troubles=(one, other),
                    on_unknown=self.on_unknown,
                    accounts=self.accounts,
                ),
            )


def _the_same(choice: OnUnknown, accounts: int) -> Table:
    """Return a table of one of each kind of trouble, with another choice."""
    return Table(
        name=f"{accounts} accounts, {choice}",
        introduction=f"""
The same with `{choice}`, where one of each kind goes wrong.

""",
        first=KINDS,
        on_unknown=choice,
        accounts=accounts,
    )


def _at_the_first(name: str, first: Sequence[RelayTrouble], introduction: str) -> Table:
    """Return a table of what goes wrong at the first of two accounts only."""
    return Table(
        name=f"first, {name}",
        introduction=introduction,
        first=first,
        second=(),
        accounts=2,
    )


TABLES: Final = (
    _at_the_first(
        "gateway",
        AT_GATEWAY,
        f"""{_INTRODUCTION}What its gateway answers, or does not.

""",
    ),
    _at_the_first(
        "account",
        OF_ACCOUNT,
        """
What the account is refused for.

""",
    ),
    _at_the_first(
        "message",
        ANSWERS,
        """
What the message is refused for.

""",
    ),
    _at_the_first(
        "balance",
        OF_BALANCE,
        """
The connection is closed, and the balance moves for other reasons, or late.

""",
    ),
    _at_the_first(
        "house",
        EVENTS,
        """
What happens in the house.

""",
    ),
    _at_the_first(
        "in doubt",
        DURING,
        """
What happens while the message is in doubt.

""",
    ),
    Table(name="2 accounts", introduction=_BOTH, first=KINDS, accounts=2),
    _the_same(OnUnknown.NEXT, 2),
    Table(
        name="3 accounts, gateway",
        introduction=_THREE,
        first=AT_GATEWAY,
        accounts=3,
    ),
    Table(
        name="3 accounts, refused",
        introduction="""
The account or the message is refused at the first.

""",
        first=(*OF_ACCOUNT, *ANSWERS),
        accounts=3,
    ),
    _the_same(OnUnknown.RESEND, 3),
    _the_same(OnUnknown.NEXT, 3),
)
"""What the section holds, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of messages in one trouble at the first account."""

    words: str
    cells: Mapping[str, Mapping[str, RelayCell]]
    """By what the columns are about, then by the first account's gateway."""


def shown(asked: Table, rows: Sequence[Row]) -> str:
    """Return what the section says of a table."""
    return f"{asked.introduction}{table(asked.head, map(_line, rows))}"


def tables_of(section: str) -> list[str]:
    """Return what a section says of each table; nothing where it has fewer."""
    found = _TABLE.findall(section)
    return [*found, *("" for _ in TABLES[len(found) :])]


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
