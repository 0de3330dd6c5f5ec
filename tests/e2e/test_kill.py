"""A house that is killed again and again while it sends: the proof of the promise.

A hundred times a real Home Assistant is killed with SIGKILL while calls pour in on all
five accounts. The simulated gateways live on in the test's own process: their ledgers
are the judge of what the journals tell in the end.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
import json
import logging
from pathlib import Path
import random
from typing import Final

import aiohttp
import pytest

from scripts.demonstration.accounts import DOMAIN, RECIPIENT, Account, add_account
from tests.simulator import Fault, Simulator

from .client import JsonObject
from .fork_server import ForkServer
from .home_assistant import HomeAssistantProcess
from .waiting import until

_LOGGER = logging.getLogger(__name__)

KILLS: Final = 100
# A life ends at a random moment within so many seconds. Half of its calls come at any
# time before, half of them just before the end: it meets calls whose message is not
# written yet, is being written, is under way, or has been answered.
LIFE: Final = 0.4
LAST_WORDS: Final = 0.03
# For each account and life: a hundred lives leave less behind than an outbox holds.
CALLS: Final = 4
# For each account and life, the chance that its gateway shows a fault as well.
TROUBLE: Final = 0.5
# Which calls, moments and faults there are; how far each call has come by the moment of
# the kill is the machine's own chance, another one in every run.
SEED: Final = 91

# A second recipient in each account's country: two for one request, or two requests.
PAPA: Final = {
    "etech_keys": "+237695688207",
    "smseco": "+2250757123457",
    "envoyer_sms_pro": "+33612345679",
    "sms123": "+33612345679",
    "devcodesms": "+237695688207",
}
ENOUGH: Final = 100_000
PAGE: Final = 500

type Look = Callable[[], Awaitable[bool | None]]

# How often the gateway may have taken what the journal tells of.
TAKEN: Final = {
    "accepted": {1},
    "rejected": {0},
    "expired": {0},
    "queued": {0},
    "unknown": {0, 1},
}


@dataclass(slots=True, kw_only=True)
class Call:
    """One call of `send_sms`."""

    account: Account
    text: str
    targets: list[str]
    answer: JsonObject | None = None
    """What the house answered, if it lived to do so."""


@dataclass(slots=True)
class Line:
    """A websocket on which nobody waits for an answer before the next call."""

    socket: aiohttp.ClientWebSocketResponse
    calls: list[Call] = field(default_factory=list)

    async def call(self, call: Call) -> None:
        """Make a call."""
        self.calls.append(call)
        await self.socket.send_json(
            {
                "id": len(self.calls),
                "type": "call_service",
                "domain": DOMAIN,
                "service": "send_sms",
                "service_data": {
                    "config_entry_id": call.account.entry_id,
                    "message": call.text,
                    "target": call.targets,
                },
                "return_response": True,
            }
        )

    async def listen(self) -> None:
        """Keep the answers, until the house is dead."""
        async for message in self.socket:
            answer = message.json()
            self.calls[answer["id"] - 1].answer = answer


@asynccontextmanager
async def line(house: HomeAssistantProcess) -> AsyncIterator[Line]:
    """Open a line to a house; leaving it reads what was answered before the end."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{house.url}/api/websocket") as socket,
    ):
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": house.token})
        assert (await socket.receive_json())["type"] == "auth_ok"
        opened = Line(socket)
        listening = asyncio.create_task(opened.listen())
        yield opened
        await listening


@pytest.fixture
async def house(
    socket_enabled: None, simulator: Simulator, fork_server: ForkServer, tmp_path: Path
) -> AsyncIterator[HomeAssistantProcess]:
    """Return a house that starts in a moment."""
    simulator.envoyer_sms_pro.request_limit = ENOUGH
    for simulated in simulator.gateways.values():
        simulated.credits = Decimal(ENOUGH)
    async with HomeAssistantProcess(
        tmp_path / "house", launch=fork_server.launch
    ) as house:
        await house.onboard()
        yield house


@pytest.fixture
async def accounts(
    house: HomeAssistantProcess, simulator: Simulator
) -> tuple[Account, ...]:
    """Return an account at each gateway, added as a user would, without caps."""
    accounts = [await add_account(house, simulator, key) for key in simulator.gateways]
    await house.settle()
    await house.stop()
    stored = house.folder / ".storage" / "core.config_entries"
    entries = json.loads(stored.read_text())
    for entry in entries["data"]["entries"]:
        entry["options"] = {"segments_per_hour": ENOUGH, "segments_per_day": ENOUGH}
    stored.write_text(json.dumps(entries))
    await house.start()
    return tuple(accounts)


# A hundred lives of half a second, and as many starts, on a machine that is busy.
@pytest.mark.timeout(900)
async def test_killed_a_hundred_times_it_sends_nothing_twice_and_loses_nothing(
    house: HomeAssistantProcess, accounts: tuple[Account, ...]
) -> None:
    """Nothing is accepted twice, nothing is lost, and the journal explains it all."""
    chance = random.Random(SEED)
    calls: list[Call] = []

    for life in range(KILLS):
        for account in accounts:
            trouble(account, chance)
        calls += await live_and_die(house, accounts, chance, life)
        await house.start()
    for account in accounts:
        account.simulated.heal()
    await house.kill()
    await house.start()
    for account in accounts:
        await until(f"{account.title} had sent all", sent_all(house, account), limit=90)

    seen: Counter[str] = Counter()
    for account in accounts:
        messages = await journal(house, account)
        submission = [call for call in calls if call.account is account]
        seen += judge(account, submission, messages)
    _LOGGER.info("%d kills, %d calls: %s", KILLS, len(calls), dict(seen))
    # The kills fell everywhere: none of this is proven by what never happened.
    assert {
        "answered",
        "killed before it was written",
        "killed after it was written",
        "unknown, taken",
        "unknown, not taken",
    } <= set(seen)
    assert_quiet(house, accounts)


def trouble(account: Account, chance: random.Random) -> None:
    """Let a gateway fail at some of its next messages, or at none."""
    account.simulated.heal()
    if chance.random() < TROUBLE:
        fault = chance.choice([*Fault])
        account.simulated.fail(fault, operation="send", times=chance.randint(1, 2))


async def live_and_die(
    house: HomeAssistantProcess,
    accounts: Sequence[Account],
    chance: random.Random,
    life: int,
) -> list[Call]:
    """Make calls at random moments, kill the house at another, and return the calls."""
    loop = asyncio.get_running_loop()
    end = chance.uniform(0, LIFE)
    planned = [
        (chance.uniform(chance.choice([0.0, max(0.0, end - LAST_WORDS)]), end), call)
        for account in accounts
        for call in new_calls(account, chance, life)
    ]
    async with line(house) as opened:
        began = loop.time()
        for moment, call in sorted(planned, key=lambda plan: plan[0]):
            await asyncio.sleep(began + moment - loop.time())
            await opened.call(call)
        await asyncio.sleep(began + end - loop.time())
        await house.kill()
    return opened.calls


def new_calls(account: Account, chance: random.Random, life: int) -> Iterator[Call]:
    """Yield calls with texts that no other call has."""
    for number in range(CALLS):
        papa = [PAPA[account.simulated.key]] if chance.random() < 0.3 else []
        yield Call(
            account=account,
            text=f"Citerne vide, alerte {life}.{number}",
            targets=[RECIPIENT, *papa],
        )


def sent_all(house: HomeAssistantProcess, account: Account) -> Look:
    """Return a look at whether nothing waits any more."""

    async def look() -> bool | None:
        waiting = await get_messages(house, account, outcome="queued")
        return None if waiting else True

    return look


async def get_messages(
    house: HomeAssistantProcess, account: Account, **query: str
) -> list[JsonObject]:
    """Return one page of the journal, the newest first."""
    answer = await house.call_service(
        DOMAIN,
        "get_messages",
        {"config_entry_id": account.entry_id, "limit": PAGE, **query},
        return_response=True,
    )
    messages: list[JsonObject] = answer["messages"]
    return messages


async def journal(house: HomeAssistantProcess, account: Account) -> list[JsonObject]:
    """Return the whole journal of an account, page by page."""
    messages = await get_messages(house, account)
    page = messages
    while len(page) == PAGE:
        page = await get_messages(house, account, until=messages[-1]["created"])
        messages += page
    return messages


def judge(
    account: Account, calls: list[Call], messages: list[JsonObject]
) -> Counter[str]:
    """Hold the journal against the ledger and the answers; return what there was.

    Everything is told by text and recipient; no two calls have the same text.
    """
    taken = Counter(
        (acceptance.text, recipient(account, acceptance.recipient))
        for acceptance in account.simulated.accepted
    )
    assert set(taken.values()) == {1}, "accepted twice"
    told = {
        (message["text"], row["recipient"]): row["outcome"]
        for message in messages
        for row in message["results"]
    }
    assert len(told) == sum(len(message["results"]) for message in messages)
    assert set(taken) <= set(told), "sent, and not explained"
    seen: Counter[str] = Counter()
    for key, outcome in told.items():
        assert taken[key] in TAKEN[outcome], (key, outcome, taken[key])
        if outcome == "unknown":
            seen["unknown, taken" if taken[key] else "unknown, not taken"] += 1
    for call in calls:
        seen[fate(call, told)] += 1
    return seen


def fate(call: Call, told: dict[tuple[str, str], str]) -> str:
    """Return how far a call came, and make sure that what was answered is true."""
    written = {target: told.get((call.text, target)) for target in call.targets}
    if call.answer is None:
        if None in written.values():
            # For one recipient and for nobody else: that would be half a message.
            assert set(written.values()) == {None}
            return "killed before it was written"
        return "killed after it was written"
    assert call.answer["success"], call.answer
    for row in call.answer["result"]["response"]["results"]:
        outcome = written[row["recipient"]]
        assert outcome is not None, "answered, and lost"
        if row["outcome"] in {"accepted", "rejected"}:
            assert outcome == row["outcome"], "told, and untold"
    return "answered"


def recipient(account: Account, number: str) -> str:
    """Return a recipient in the words of the calls, from a number in the gateway's."""
    papa = PAPA[account.simulated.key]
    return papa if number.endswith(papa[-8:]) else RECIPIENT


def assert_quiet(house: HomeAssistantProcess, accounts: Sequence[Account]) -> None:
    """Make sure that nothing was damaged, complained of, or told to the log."""
    log = house.log()
    for complaint in (" ERROR ", " CRITICAL ", "Traceback"):
        assert complaint not in log, log[log.index(complaint) - 500 :][:4_000]
    assert not list((house.folder / ".storage").glob("*.damaged*"))
    for account in accounts:
        simulated = account.simulated
        numbers = {taken.recipient for taken in simulated.accepted}
        secrets = {simulated.username, simulated.password, simulated.api_key}
        for kept in secrets | {number[-8:] for number in numbers}:
            assert kept not in log
