"""An event loop on which the same calls have the same end, however busy the machine is.

No thread and no socket does anything when it pleases the machine, and time passes only
where everybody waits for it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from itertools import repeat
import selectors
import socket
import ssl
from typing import Any, override

from .wire import AT_ONCE, Pace, Wire


class StuckError(Exception):
    """Everybody waits for something that nobody will do."""


class SimulatedLoop(asyncio.SelectorEventLoop):
    """A loop with a time of its own, and a wire instead of a network."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._seconds = 0.0
        super().__init__(_Selector(self._pass_time))
        self.wire = Wire(self)
        self._calls: dict[socket.socket, int] = {}
        """The ports that were reached, by what is to be the connection's socket."""
        self.pace: Pace = repeat(AT_ONCE)
        """How long whatever a thread is asked for takes: until it is done, and then until
        that is known."""

    @override
    def time(self) -> float:
        return self._seconds

    @override
    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        _, port = address
        await self.wire.reach(port)
        self._calls[sock] = port

    @override
    async def create_connection[P: asyncio.BaseProtocol](
        self, protocol_factory: Callable[[], P], *_where: Any, **how: Any
    ) -> tuple[asyncio.Transport, P]:
        with how["sock"] as sock:
            port = self._calls.pop(sock)
        if how["ssl"]:
            raise ssl.SSLCertVerificationError("Nobody vouches for anybody here")
        return self.wire.join(protocol_factory, port)

    @override
    def run_in_executor[*Ts, T](
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        async def work() -> T:
            await self._wait()
            try:
                return func(*args)
            finally:
                await self._wait()

        return self.create_task(work())

    async def _wait(self) -> None:
        for _ in range(next(self.pace)):
            await asyncio.sleep(0)

    def _pass_time(self, seconds: float) -> None:
        self._seconds += seconds


class _Selector(selectors.SelectSelector):
    """Waits for nothing: it lets pass the time that it was to wait."""

    def __init__(self, pass_time: Callable[[float], None]) -> None:
        super().__init__()
        self._pass_time = pass_time

    @override
    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise StuckError
        if not ready and timeout:
            self._pass_time(timeout)
        return ready
