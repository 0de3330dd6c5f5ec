"""One aiohttp server that plays all five gateways on loopback."""

import socket
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from .devcodesms import SimulatedDevCodeSms
from .envoyer_sms_pro import SimulatedEnvoyerSmsPro
from .etech_keys import SimulatedEtechKeys
from .gateway import SimulatedGateway
from .sms123 import SimulatedSms123
from .smseco import SimulatedSmsEco

HOST: Final = "127.0.0.1"


class Simulator:
    """The five gateways; `async with` opens and closes it."""

    def __init__(self, port: int = 0) -> None:
        """Prepare the gateways; port 0 takes a free one."""
        self.etech_keys = SimulatedEtechKeys()
        self.smseco = SimulatedSmsEco()
        self.envoyer_sms_pro = SimulatedEnvoyerSmsPro()
        self.sms123 = SimulatedSms123()
        self.devcodesms = SimulatedDevCodeSms()
        self.gateways: Final[dict[str, SimulatedGateway]] = {
            gateway.key: gateway
            for gateway in (
                self.etech_keys,
                self.smseco,
                self.envoyer_sms_pro,
                self.sms123,
                self.devcodesms,
            )
        }
        self._port = port
        self._runner: web.AppRunner | None = None
        self._kept: socket.socket | None = None
        """What keeps the port that it was given, while nothing listens there too."""

    async def __aenter__(self) -> Self:
        """Listen on loopback."""
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening, for good."""
        await self.close()
        if self._kept is not None:
            self._kept.close()

    async def open(self) -> None:
        """Listen on loopback; after `close`, at the same address as before."""
        application = web.Application()
        for gateway in self.gateways.values():
            application.add_routes(gateway.routes())
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await self.listen(self._runner)

    async def listen(self, runner: web.AppRunner) -> None:
        """Let whoever connects meet `runner`."""
        if not self._port:
            self._kept = _shared_socket()
            self._port = self._kept.getsockname()[1]
        site = web.TCPSite(runner, HOST, self._port, reuse_port=self._kept is not None)
        await site.start()

    async def close(self) -> None:
        """Be out of reach until `open`: let go of what stalls, and refuse connections.

        Nobody else gets the port meanwhile: another simulator there would know nothing of
        what this one has accepted, and its balance would prove that nothing was.
        """
        for gateway in self.gateways.values():
            gateway.release()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def url(self, key: str) -> str:
        """Return the base address of a gateway."""
        return f"http://{HOST}:{self._port}/{key}/"


def _shared_socket() -> socket.socket:
    """Return a socket at a free port, where another of ours may listen."""
    shared = socket.socket()
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    shared.bind((HOST, 0))
    return shared
