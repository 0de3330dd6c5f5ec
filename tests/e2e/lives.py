"""Lives of a house: calls pour in at random moments, and it is killed at another."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
import random
from typing import Final

import aiohttp

from scripts.demonstration.accounts import DOMAIN, Account

from .alerts import Sender
from .client import JsonObject
from .home_assistant import HomeAssistantProcess

KILLS: Final = 100
# Which calls, moments and faults there are; how far each call has come by the moment of
# the kill is the machine's own chance, another one in every run.
SEED: Final = 91
ENOUGH: Final = 100_000
"""Credits, and segments, that no hundred lives use up."""

TAKEN: Final = {
    "accepted": {1},
    "rejected": {0},
    "expired": {0},
    "queued": {0},
    "unknown": {0, 1},
}
"""How often the gateways may have taken what the journal tells of, by its outcome."""

# A life ends at a random moment within so many seconds. Half of its calls come at any
# time before, half of them just before the end: it meets calls whose message is not
# written yet, is being written, is under way, or has been answered.
LIFE: Final = 0.4
LAST_WORDS: Final = 0.03


@dataclass(slots=True, kw_only=True)
class Call:
    """One call of `send_sms`."""

    account: Sender
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


async def live_and_die(
    house: HomeAssistantProcess, calls: Sequence[Call], chance: random.Random
) -> list[Call]:
    """Make calls at random moments, kill the house at another; return what was called."""
    loop = asyncio.get_running_loop()
    end = chance.uniform(0, LIFE)
    planned = [
        (chance.uniform(chance.choice([0.0, max(0.0, end - LAST_WORDS)]), end), call)
        for call in calls
    ]
    async with line(house) as opened:
        began = loop.time()
        for moment, call in sorted(planned, key=lambda plan: plan[0]):
            await asyncio.sleep(began + moment - loop.time())
            await opened.call(call)
        await asyncio.sleep(began + end - loop.time())
        await house.kill()
    return opened.calls


def fate(call: Call, told: dict[tuple[str, str], str]) -> str:
    """Return how far a call came, and make sure that what was answered is true.

    `told` are the outcomes in the journal, by text and recipient.
    """
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


async def lift_caps(house: HomeAssistantProcess) -> None:
    """Let no entry have a cap, as its options would."""
    await house.settle()
    await house.stop()
    stored = house.folder / ".storage" / "core.config_entries"
    entries = json.loads(stored.read_text())
    for entry in entries["data"]["entries"]:
        entry["options"] = {"segments_per_hour": ENOUGH, "segments_per_day": ENOUGH}
    stored.write_text(json.dumps(entries))
    await house.start()


def assert_quiet(house: HomeAssistantProcess, accounts: Iterable[Account]) -> None:
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
