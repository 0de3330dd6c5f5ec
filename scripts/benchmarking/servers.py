"""Plays the gateways, and ClickSend, in a process of its own: `-m …servers`.

Its work is not counted: Home Assistant is measured in another process. It ends when its
standard input does.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
import json
import sys
from typing import Any, Final, Self

from aiohttp import web

from tests.e2e.home_assistant import HOST, ROOT
from tests.simulator import SimulatedGateway, Simulator

# Enough for everything.
_CREDITS: Final = Decimal(900_000)
_LOGIN: Final = ("username", "password")
# The fields of the form, named as the simulated account names them.
_CREDENTIALS: Final = {
    "etech_keys": _LOGIN,
    "sms123": ("username", "api_key"),
    "smseco": _LOGIN,
    "envoyer_sms_pro": _LOGIN,
    "devcodesms": ("api_key",),
}
_COUNTRIES: Final = {
    "etech_keys": "CM",
    "sms123": "FR",
    "smseco": "CI",
    "envoyer_sms_pro": "FR",
    "devcodesms": "CM",
}
# Where they send to, by the first digits of a number: that tells a relay's accounts apart.
_SERVED: Final = {
    "etech_keys": "+237",
    "sms123": "+33",
    "smseco": "+225",
    "envoyer_sms_pro": "+336",
    "devcodesms": "+2376",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the servers listen, and how to sign in."""

    clicksend: str
    """The base address of ClickSend's interface."""
    accepted: str
    """Where to ask how many messages a gateway has accepted: `/<gateway>` follows."""
    accounts: dict[str, dict[str, Any]]
    """By gateway: the data of a config entry."""

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` has written."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """Return the addresses as one line of text for another process."""
        return json.dumps(asdict(self))


@asynccontextmanager
async def running() -> AsyncIterator[Addresses]:
    """Start the servers in a process of their own, and end it.

    Raises:
        ConnectionError: they did not start.

    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        if process.stdout is None or not (line := await process.stdout.readline()):
            raise ConnectionError("the servers did not start")
        yield Addresses.from_json(line.decode())
    finally:
        await process.communicate()


@asynccontextmanager
async def serving(simulator: Simulator) -> AsyncIterator[Addresses]:
    """Serve what is no gateway beside the gateways of a simulator that listens."""
    for key, gateway in simulator.gateways.items():
        gateway.credits = _CREDITS
        gateway.serves = (_SERVED[key],)
    runner = web.AppRunner(_others(simulator), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    base = f"http://{HOST}:{runner.addresses[0][1]}"
    try:
        yield Addresses(
            clicksend=f"{base}/v3",
            accepted=f"{base}/accepted",
            accounts={
                key: _account_data(simulator.url(key), simulator.gateways[key])
                for key in _CREDENTIALS
            },
        )
    finally:
        await runner.cleanup()


async def _serve() -> None:
    async with Simulator() as simulator, serving(simulator) as addresses:
        print(addresses.to_json(), flush=True)
        await asyncio.to_thread(sys.stdin.read)


def _others(simulator: Simulator) -> web.Application:
    """Return what is no gateway: ClickSend, and the count of what was accepted."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"http_code": 200, "response_code": "SUCCESS"})

    async def count(request: web.Request) -> web.Response:
        gateway = simulator.gateways[request.match_info["gateway"]]
        return web.json_response(len(gateway.accepted))

    application = web.Application()
    application.add_routes(
        [
            web.get("/v3/account", answer),
            web.post("/v3/sms/send", answer),
            web.get("/accepted/{gateway}", count),
        ]
    )
    return application


def _account_data(url: str, simulated: SimulatedGateway) -> dict[str, Any]:
    """Return what a config entry holds for a simulated gateway's account."""
    return {
        "gateway": simulated.key,
        **{field: getattr(simulated, field) for field in _CREDENTIALS[simulated.key]},
        "sender": "MAISON",
        "country": _COUNTRIES[simulated.key],
        "url": url,
        "verify_ssl": True,
    }


if __name__ == "__main__":
    asyncio.run(_serve())
