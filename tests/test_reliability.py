"""Everything that can go wrong on the way, as a table: docs/reliability.md.

The test makes the table, holds every cell against the delivery contract, and compares
it with the document. Where a change was meant, `scripts/reliability` writes it anew.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
import os
from pathlib import Path
import socket
import struct
from typing import Any, Final, override

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.account import Account
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.journal.journal import JournalQuery
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import slugify
from tests.conftest import MAMAN, AccountMaker
from tests.passing_time import pass_time, quiet
from tests.simulator import Fault, SimulatedGateway, Simulator
from tests.simulator.tls import served_over_tls

pytestmark = pytest.mark.usefixtures("socket_enabled")

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "reliability.md"
# Set by scripts/reliability.
WRITE: Final = "WRITE_RELIABILITY"

INTRODUCTION: Final = """\
# What becomes of a message when something goes wrong

Every simulated gateway fails in every way, once, while a message is sent through it in
every way there is. The table tells what the caller was told, what the journal says, and
how often the gateway has really accepted the message. `tests/test_reliability.py` makes
it, and fails when a cell breaks the promise or when this page says something else;
`scripts/reliability` writes it anew.

The promise, in every cell: no message is accepted twice; none is reported `accepted`
that was not; what has provably not left is sent as soon as that is possible, or expires
visibly; and nothing is lost.

- The columns of the ways to send say what the caller is told: `send_sms` answers with the
  outcome, a notify service or entity returns, or raises an error.
- The columns of the gateways say: the outcome at once → in the end (accepted by the
  gateway at once → in the end). In the end is when the fault is over and the hour that a
  message lives is too.
- What may have left is `unknown` at first. Then the balance tells: it has fallen, so the
  message was accepted; it has not, minutes later either, so the message is sent. (The
  accounts here have sent a message before: a balance that was never seen to fall proves
  nothing when it doesn't, and the user is asked.)
  123-SMS.net tells by itself: it refuses a text that it has had (code 91).
- `held` asks the user, under *Settings → System → Repairs*.

"""

# Longer than any gateway's patience, shorter than any pause.
STALL: Final = timedelta(seconds=31)
# The time that passes until nothing more happens: minutes for evidence and pauses, then
# what is left of a message's life.
TIMES: Final = (*[timedelta(seconds=30)] * 14, *[timedelta(minutes=15)] * 4)
# Where the accounts live whose name cannot be resolved.
NAME: Final = "gateway.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that goes wrong, once."""

    words: str
    fault: Fault | None = None
    is_reset: bool = False
    """The connection is not closed but reset."""
    has_no_name: bool = False
    """The gateway's name can't be resolved, until it can."""
    has_no_trust: bool = False
    """Nobody vouches for the gateway's certificate, and nobody ever does."""

    @property
    def stalls(self) -> bool:
        """Whether the answer never comes."""
        return self.fault in {Fault.STALL_BEFORE, Fault.STALL_AFTER}

    @property
    def outcome(self) -> str:
        """What the contract says of the outcome at once."""
        if self.fault is None or self.fault is Fault.RATE_LIMITED:
            return "queued"
        return "unknown"


TROUBLES: Final = (
    Trouble(words="the name is not resolved, for a while", has_no_name=True),
    Trouble(words="TLS fails, for good", has_no_trust=True),
    Trouble(words="stall, message not taken", fault=Fault.STALL_BEFORE),
    Trouble(words="stall, message taken", fault=Fault.STALL_AFTER),
    Trouble(words="connection closed, message not taken", fault=Fault.CUT_BEFORE),
    Trouble(words="connection closed, message taken", fault=Fault.CUT_AFTER),
    Trouble(
        words="connection reset, message not taken",
        fault=Fault.CUT_BEFORE,
        is_reset=True,
    ),
    Trouble(
        words="connection reset, message taken", fault=Fault.CUT_AFTER, is_reset=True
    ),
    Trouble(words="half an answer, message taken", fault=Fault.HALF_ANSWER),
    Trouble(words="HTTP 500, message not taken", fault=Fault.ERROR_500),
    Trouble(words="HTTP 500, message taken", fault=Fault.ERROR_500_AFTER),
    Trouble(words="HTTP 429, message not taken", fault=Fault.RATE_LIMITED),
    Trouble(words="a page of HTML, message not taken", fault=Fault.HTML),
    Trouble(words="an empty answer, message not taken", fault=Fault.EMPTY),
    Trouble(words="a redirect, message not taken", fault=Fault.REDIRECT),
)


class Names(AbstractResolver):
    """Names that are resolved, or not."""

    def __init__(self) -> None:
        """Know none."""
        self.is_up = False

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not self.is_up:
            raise OSError("no name server answers")
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=0,
            )
        ]

    @override
    async def close(self) -> None:
        pass

    async def real_close(self) -> None:
        """Close, as Home Assistant asks for it in the end."""


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Return the names that Home Assistant's HTTP client asks for."""
    names = Names()
    monkeypatch.setattr(
        "homeassistant.helpers.aiohttp_client._async_make_resolver", lambda hass: names
    )
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagingHarness:
    """What the tests here play with."""

    hass: HomeAssistant
    freezer: FrozenDateTimeFactory
    simulator: Simulator
    add_account: AccountMaker
    names: Names
    certificate: Path
    monkeypatch: pytest.MonkeyPatch


@pytest.fixture
def house(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    simulator: Simulator,
    add_account: AccountMaker,
    names: Names,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> MessagingHarness:
    """Return a house in which time stands still."""
    simulator.envoyer_sms_pro.request_limit = 100_000
    return MessagingHarness(
        hass=hass,
        freezer=freezer,
        simulator=simulator,
        add_account=add_account,
        names=names,
        certificate=certificate,
        monkeypatch=monkeypatch,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What there was to see at the moment at which the caller was told."""

    told: str
    taken: int
    record: MessageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What became of one message."""

    told: str
    at_once: str
    in_the_end: str
    taken_at_once: int
    taken_in_the_end: int

    @override
    def __str__(self) -> str:
        """Show it as the table does."""
        return (
            f"{self.at_once} → {self.in_the_end}"
            f" ({self.taken_at_once} → {self.taken_in_the_end})"
        )

    def breaches(self, trouble: Trouble) -> list[str]:
        """Return what of the delivery contract is broken."""
        taken = self.taken_in_the_end
        rules = {
            "never twice": taken <= 1,
            "the right rung": self.at_once == trouble.outcome,
            "queued is what has not left": self.at_once != "queued"
            or not self.taken_at_once,
            "it ends": self.in_the_end
            in {"accepted", "rejected", "expired", "unknown, held"},
            "accepted is what was taken": self.in_the_end != "accepted" or taken == 1,
            "the rest was not taken": self.in_the_end not in {"rejected", "expired"}
            or taken == 0,
            "nothing is lost": trouble.has_no_trust or self.in_the_end != "expired",
            "the caller is told the truth": self.told
            in (
                f"`{self.at_once}`",
                "returns" if self.at_once == "queued" else "error",
            ),
        }
        return [rule for rule, holds in rules.items() if not holds]


async def by_action(hass: HomeAssistant, entry: MockConfigEntry, text: str) -> str:
    """Send by `passerelle_sms.send_sms`, and return what was told."""
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "send_sms",
        {"config_entry_id": entry.entry_id, "message": text, "target": ["Maman"]},
        blocking=True,
        return_response=True,
    )
    [row] = answer["results"]
    return f"`{row['outcome']}`"


async def by_service(hass: HomeAssistant, entry: MockConfigEntry, text: str) -> str:
    """Send by the account's notify service."""
    return await _notify(
        hass, slugify(entry.title), {"message": text, "target": ["Maman"]}
    )


async def by_entity(hass: HomeAssistant, entry: MockConfigEntry, text: str) -> str:
    """Send by the recipient's notify entity."""
    [subentry_id] = entry.subentries
    entity_id = er.async_get(hass).async_get_entity_id(
        "notify", DOMAIN, f"{entry.entry_id}_{subentry_id}_sms"
    )
    return await _notify(
        hass, "send_message", {"message": text, "entity_id": entity_id}
    )


async def _notify(hass: HomeAssistant, service: str, data: dict[str, Any]) -> str:
    try:
        await hass.services.async_call("notify", service, data, blocking=True)
    except HomeAssistantError:
        return "error"
    return "returns"


type Way = Callable[[HomeAssistant, MockConfigEntry, str], Awaitable[str]]

WAYS: Final[dict[str, Way]] = {
    "`send_sms`": by_action,
    "notify service": by_service,
    "notify entity": by_entity,
}


async def test_every_fault_at_every_gateway_in_every_way(
    house: MessagingHarness,
) -> None:
    """Each cell keeps the promise, and the document is what was seen."""
    rows: list[tuple[str, str, Sequence[Cell]]] = []
    for trouble in TROUBLES:
        for way in WAYS:
            cells = await see(house, trouble, way)
            for key, cell in zip(GATEWAYS, cells, strict=True):
                assert cell.breaches(trouble) == [], (trouble.words, way, key, cell)
            rows.append((trouble.words, way, cells))

    document = INTRODUCTION + table(rows)

    if os.environ.get(WRITE):
        DOCUMENT.write_text(document, "utf-8")
    assert document == DOCUMENT.read_text("utf-8")


def table(rows: Sequence[tuple[str, str, Sequence[Cell]]]) -> str:
    """Return the table, with one row where several ways have come to the same."""
    told: dict[tuple[str, ...], dict[str, str]] = {}
    for words, way, cells in rows:
        answers = " or ".join(dict.fromkeys(cell.told for cell in cells))
        told.setdefault((words, *map(str, cells)), {})[way] = answers
    gateways = [gateway.name for gateway in GATEWAYS.values()]
    lines = [
        ("What goes wrong", *WAYS, *gateways),
        ("---",) * (1 + len(WAYS) + len(gateways)),
        *(
            (words, *(answers.get(way, "") for way in WAYS), *cells)
            for (words, *cells), answers in told.items()
        ),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


async def see(house: MessagingHarness, trouble: Trouble, way: str) -> list[Cell]:
    """Send one message through each gateway while it has the trouble."""
    async with AsyncExitStack() as stack:
        entries = [
            await stack.enter_async_context(account(house, simulated, trouble))
            for simulated in house.simulator.gateways.values()
        ]
        text = f"Citerne vide : {trouble.words}, {way}"
        async with quiet(house.hass):
            seen = await send(house, trouble, entries, WAYS[way], text)
            heal(house)
        for time in TIMES:
            await pass_time(house.hass, house.freezer, time)
        return [
            Cell(
                told=first.told,
                at_once=described(first.record),
                in_the_end=described(await journal(entry, text)),
                taken_at_once=first.taken,
                taken_in_the_end=taken(house, entry, text),
            )
            for entry, first in zip(entries, seen, strict=True)
        ]


@asynccontextmanager
async def account(
    house: MessagingHarness, simulated: SimulatedGateway, trouble: Trouble
) -> AsyncIterator[MockConfigEntry]:
    """Have a new account while its gateway is in trouble."""
    url = house.simulator.url(simulated.key)
    house.names.is_up = not trouble.has_no_name
    if trouble.has_no_name:
        # What was resolved a moment ago is still known.
        house.freezer.tick(STALL)
        url = url.replace("127.0.0.1", NAME)
    async with AsyncExitStack() as stack:
        if trouble.has_no_trust:
            served = served_over_tls(simulated, house.certificate)
            url = await stack.enter_async_context(served)
        entry = await house.add_account(simulated, recipients={"Maman": MAMAN}, url=url)
        if trouble.fault is not None:
            # A balance that was never seen to fall is no evidence when it doesn't.
            async with quiet(house.hass):
                await by_action(house.hass, entry, f"Tout va bien, {entry.entry_id}")
            await pass_time(house.hass, house.freezer, STALL)
            simulated.fail(trouble.fault, operation="send", times=1)
        yield entry
        await house.hass.config_entries.async_remove(entry.entry_id)
        await house.hass.async_block_till_done()


async def send(
    house: MessagingHarness,
    trouble: Trouble,
    entries: Sequence[MockConfigEntry],
    way: Way,
    text: str,
) -> list[Sight]:
    """Send through all accounts at once, and return what there was to see."""

    async def call(entry: MockConfigEntry) -> Sight:
        told = await way(house.hass, entry, text)
        # Counted first: the next attempt may be under way already.
        count = taken(house, entry, text)
        return Sight(told=told, taken=count, record=await journal(entry, text))

    for simulated in house.simulator.gateways.values():
        simulated.requests.clear()
    with house.monkeypatch.context() as patched:
        if trouble.is_reset:
            patched.setattr("tests.simulator.gateway._cut", reset)
        calls = [asyncio.create_task(call(entry)) for entry in entries]
        if trouble.stalls:
            for simulated in house.simulator.gateways.values():
                await simulated.until_asked("send")
            house.freezer.tick(STALL)
        return await asyncio.gather(*calls)


def reset(request: web.Request) -> None:
    """Reset a connection, as a firewall does."""
    transport = request.transport
    if transport is not None:
        at_once = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, at_once
        )
        transport.abort()


def heal(house: MessagingHarness) -> None:
    """Let everything be well again."""
    house.names.is_up = True
    for simulated in house.simulator.gateways.values():
        simulated.heal()
        simulated.release()


async def journal(entry: MockConfigEntry, text: str) -> MessageRecord:
    """Return the message as the account's journal holds it."""
    account: Account = entry.runtime_data
    records = await account.journal.find(JournalQuery())
    [record] = [record for record in records if record.text == text]
    return record


def taken(house: MessagingHarness, entry: MockConfigEntry, text: str) -> int:
    """Return how often the gateway has accepted the message."""
    accepted = house.simulator.gateways[entry.data["gateway"]].accepted
    return sum(acceptance.text == text for acceptance in accepted)


def described(record: MessageRecord) -> str:
    """Return the outcome as the table names it."""
    [submission] = record.submissions
    return f"{submission.outcome}, held" if record.is_held else str(submission.outcome)
