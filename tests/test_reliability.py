"""Everything that can go wrong on the way, as tables: docs/reliability.md.

The test makes the tables, holds every cell against the delivery contract, and compares
them with the document. Where a change was meant, `scripts/reliability` writes it anew.
"""

from collections.abc import Mapping, Sequence
import os
from pathlib import Path
from typing import Final

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant
from tests.conftest import AccountMaker
from tests.reliability.document import DOCUMENT, WRITE, Row, document, written
from tests.reliability.house import ReliabilityHouse
from tests.reliability.names import Names
from tests.reliability.troubles import ACCOUNTS, FAULTS, REFUSALS, Trouble
from tests.reliability.ways import ACTION, DOUBLE, SINGLE, Way
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

TROUBLES: Final = (*FAULTS, *REFUSALS, *ACCOUNTS)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Return the names that Home Assistant's HTTP client asks for."""
    names = Names()
    monkeypatch.setattr(
        "homeassistant.helpers.aiohttp_client._async_make_resolver", lambda hass: names
    )
    return names


@pytest.fixture
def house(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    simulator: Simulator,
    add_account: AccountMaker,
    names: Names,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> ReliabilityHouse:
    """Return a house in which time stands still."""
    simulator.envoyer_sms_pro.request_limit = 100_000
    # It would note where each of thousands of tasks was made.
    hass.loop.set_debug(False)
    return ReliabilityHouse(
        hass=hass,
        freezer=freezer,
        simulator=simulator,
        add_account=add_account,
        names=names,
        certificate=certificate,
        monkeypatch=monkeypatch,
    )


async def test_every_trouble_at_every_gateway_in_every_way(
    house: ReliabilityHouse,
) -> None:
    """Each cell keeps the promise, and the document is what was seen."""
    one = await see(house, (*FAULTS, *REFUSALS), SINGLE)
    accounts = await see(house, ACCOUNTS, {ACTION: SINGLE[ACTION]})
    two = await see(house, TROUBLES, DOUBLE)

    seen = document(one, accounts, two)

    if os.environ.get(WRITE):
        DOCUMENT.write_text(f"{seen}{written()[1]}", "utf-8")
    assert seen == written()[0]


async def see(
    house: ReliabilityHouse, troubles: Sequence[Trouble], ways: Mapping[str, Way]
) -> list[Row]:
    """Send while each gateway has each trouble, and hold what is seen to the contract."""
    rows: list[Row] = []
    for trouble in troubles:
        for name, way in ways.items():
            # As short as a single SMS, and never twice the same.
            text = f"Citerne vide : {TROUBLES.index(trouble)}, {name.strip('`')}"
            cells = await house.see(trouble, way, text)
            for key, cell in cells.items():
                assert cell.breaches(trouble) == [], (trouble.words, name, key, cell)
            rows.append(Row(words=trouble.words, way=name, cells=cells))
    return rows
