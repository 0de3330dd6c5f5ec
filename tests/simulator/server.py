"""One aiohttp server that plays all five gateways on loopback."""

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

    async def __aenter__(self) -> Self:
        """Listen on loopback."""
        application = web.Application()
        for gateway in self.gateways.values():
            application.add_routes(gateway.routes())
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of what stalls, and stop listening."""
        for gateway in self.gateways.values():
            gateway.release()
        if self._runner is not None:
            await self._runner.cleanup()

    def url(self, key: str) -> str:
        """Return the base address of a gateway."""
        return f"http://{HOST}:{self._port}/{key}/"
