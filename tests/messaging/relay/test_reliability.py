"""Everything that can go wrong at the accounts of a relay, as tables: docs/reliability.md.

The test makes the tables, holds every cell against the promise, and compares them with
the document. Where a change was meant, `scripts/reliability` writes it anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice
import os
from pathlib import Path
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.model.record import OnUnknown
from tests.reliability.document import DOCUMENT, WRITE, written
from tests.reliability.relay_cells import RelayCell
from tests.reliability.relay_document import CHOICES, Row, section
from tests.reliability.relay_house import see
from tests.reliability.relay_troubles import FIRST, KINDS, OF_TWO, RelayTrouble
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

KEYS: Final = tuple(GATEWAYS)
REFUSALS: Final = {key: one.refusals for key, one in Simulator().gateways.items()}


# With so many gateways as the first account: what is passed on at once is so at each.
_GATEWAYS: Final = {OnUnknown.HOLD: 2, OnUnknown.RESEND: 1, OnUnknown.NEXT: 1}


class Tables:
    """Sees what becomes of messages, each gateway in turn the first account."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        """Keep the journals in `folder`."""
        self._folder = folder
        self._certificate = certificate
        self._turns = cycle(range(len(KEYS)))

    async def rows(
        self,
        first: Sequence[RelayTrouble],
        second: Sequence[RelayTrouble],
        on_unknown: OnUnknown,
        *,
        accounts: int,
    ) -> list[Row]:
        """Let go wrong each of `first` at the first account with each at the second."""
        return [
            Row(
                words=one.words,
                cells={
                    other.words: await self._see((one, other), on_unknown, accounts)
                    for other in second
                },
            )
            for one in first
        ]

    async def at_the_first(self) -> list[Row]:
        """Let go wrong everything at the first of two accounts."""
        return [
            Row(
                words=trouble.words,
                cells={
                    choice: await self._see(
                        (trouble,), choice, 2, gateways=_GATEWAYS[choice]
                    )
                    for choice in CHOICES
                },
            )
            for trouble in FIRST
        ]

    async def _see(
        self,
        troubles: Sequence[RelayTrouble],
        on_unknown: OnUnknown,
        accounts: int,
        *,
        gateways: int = 1,
    ) -> Mapping[str, RelayCell]:
        cells: dict[str, RelayCell] = {}
        if troubles[0].is_at_any_moment:
            gateways = 1
        for keys in islice(self._keys(troubles, accounts), gateways):
            cell = await see(
                self._folder, self._certificate, keys, troubles, on_unknown
            )
            assert cell.breaches(troubles, on_unknown) == [], (keys, troubles)
            cells[keys[0]] = cell
        return cells

    def _keys(
        self, troubles: Sequence[RelayTrouble], accounts: int
    ) -> Iterator[tuple[str, ...]]:
        """Yield the gateways of the accounts, another one the first each time."""
        turn = next(self._turns)
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


# Some hundred houses, one after the other: each gateway has its turn as the first.
@pytest.mark.timeout(900)
async def test_every_trouble_of_a_relay(tmp_path: Path, certificate: Path) -> None:
    """Each cell keeps the promise, and the document is what was seen."""
    tables = Tables(tmp_path, certificate)
    hold, resend, next_ = CHOICES
    first = await tables.at_the_first()
    both = await tables.rows(KINDS, KINDS, hold, accounts=2)
    both_next = await tables.rows(KINDS, KINDS, next_, accounts=2)
    three = await tables.rows(OF_TWO, KINDS, hold, accounts=3)
    chosen = {
        str(choice): await tables.rows(KINDS, KINDS, choice, accounts=3)
        for choice in (resend, next_)
    }

    seen = section(first, both, both_next, three, chosen)

    if os.environ.get(WRITE):
        DOCUMENT.write_text(f"{written()[0]}{seen}", "utf-8")
    assert seen == written()[1]
