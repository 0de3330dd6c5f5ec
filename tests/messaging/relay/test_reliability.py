"""Everything that can go wrong at the accounts of a relay, as tables: docs/reliability.md.

Each test makes a table, holds every cell against the promise, and compares it with the
document. Where a change was meant, `scripts/reliability` writes it anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
import os
from pathlib import Path
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from tests.reliability.document import DOCUMENT, WRITE, written
from tests.reliability.relay_cells import RelayCell
from tests.reliability.relay_document import (
    TABLES,
    AskedCell,
    Row,
    Table,
    shown,
    tables_of,
)
from tests.reliability.relay_house import see
from tests.reliability.relay_troubles import RelayTrouble
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

KEYS: Final = tuple(GATEWAYS)
REFUSALS: Final = {key: one.refusals for key, one in Simulator().gateways.items()}


class Sights:
    """Sees what becomes of messages, each gateway in turn the first account."""

    def __init__(self, folder: Path, turn: int) -> None:
        """Keep the journals in `folder`, and begin with another gateway each turn."""
        self._folder = folder
        self._turns = count(turn)

    def rows(self, asked: Table) -> list[Row]:
        """Let everything go wrong that a table is about."""
        return [
            Row(
                words=one.words,
                cells={words: self._see(cell) for words, cell in asked.cells(one)},
            )
            for one in asked.first
        ]

    def _see(self, asked: AskedCell) -> Mapping[str, RelayCell]:
        cells: dict[str, RelayCell] = {}
        troubles, on_unknown = asked.troubles, asked.on_unknown
        gateways = 1 if troubles[0].is_at_any_moment else asked.gateways
        for keys in islice(self._keys(troubles, asked.accounts), gateways):
            cell = see(self._folder, keys, troubles, on_unknown)
            assert cell.breaches(troubles, on_unknown) == [], (keys, troubles)
            cells[keys[0]] = cell
        return cells

    def _keys(
        self, troubles: Sequence[RelayTrouble], accounts: int
    ) -> Iterator[tuple[str, ...]]:
        """Yield the gateways of the accounts, another one the first each time."""
        turn = next(self._turns) % len(KEYS)
        for position in range(len(KEYS)):
            # Neither the same neighbours each time.
            step = 1 + turn % (len(KEYS) - 1)
            keys = [
                KEYS[(turn + position + step * one) % len(KEYS)]
                for one in range(len(KEYS))
            ]
            chosen: list[str] = []
            for trouble in [*troubles, *[None] * (accounts - len(troubles))]:
                able = (key for key in keys if _knows(key, trouble))
                if (key := next(able, None)) is None:
                    break
                chosen.append(key)
                keys.remove(key)
            if len(chosen) == accounts:
                yield tuple(chosen)


def _knows(key: str, trouble: RelayTrouble | None) -> bool:
    """Return whether a gateway's document knows a refusal."""
    at_gateway = None if trouble is None else trouble.at_gateway
    refusal = None if at_gateway is None else at_gateway.refusal
    return refusal is None or refusal in REFUSALS[key]


@pytest.mark.parametrize("position", range(len(TABLES)), ids=lambda at: TABLES[at].name)
def test_every_trouble_of_a_relay(tmp_path: Path, position: int) -> None:
    """Each cell keeps the promise, and the document is what was seen."""
    asked = TABLES[position]

    seen = shown(asked, Sights(tmp_path, turn=position).rows(asked))

    if os.environ.get(WRITE):
        accounts, relays = written()
        tables = tables_of(relays)
        tables[position] = seen
        DOCUMENT.write_text(f"{accounts}{''.join(tables)}", "utf-8")
    assert seen == tables_of(written()[1])[position]


def test_the_document_says_nothing_else() -> None:
    """No table is left of what is made no more."""
    _, relays = written()

    assert "".join(tables_of(relays)) == relays
