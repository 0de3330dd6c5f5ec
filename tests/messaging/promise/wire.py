"""A wire between a house and its gateway: what is written arrives some turns later."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
import errno
from itertools import repeat
from typing import Any, Final, override

from aiohttp import web

from tests.simulator import Simulator

type Pace = Iterator[int]
"""How many turns of the event loop something takes, each time anew."""

AT_ONCE: Final = 0


class Wire:
    """Joins those who connect with whoever listens."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Carry everything at once, by the turns of `loop`."""
        self.pace: Pace = repeat(AT_ONCE)
        self.accept: Callable[[], asyncio.BaseProtocol] | None = None
        """Returns who answers a new connection; `None` while nobody listens."""
        self.under_way = 0
        """How much was written and has not arrived."""
        self._loop = loop

    async def connect[P: asyncio.BaseProtocol](
        self, begin: Callable[[], P]
    ) -> tuple[asyncio.Transport, P]:
        """Return a new connection of who `begin` returns; raises `OSError`."""
        for _ in range(next(self.pace)):
            await asyncio.sleep(0)
        if self.accept is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Nobody listens")
        caller, called = begin(), self.accept()
        near, far = _End(self, self._loop, caller), _End(self, self._loop, called)
        near.other, far.other = far, near
        called.connection_made(far)
        caller.connection_made(near)
        return near, caller


class _End(asyncio.Transport):
    """One end of a connection. What comes in stays in its order."""

    other: _End

    def __init__(
        self,
        wire: Wire,
        loop: asyncio.AbstractEventLoop,
        protocol: asyncio.BaseProtocol,
    ) -> None:
        super().__init__()
        self._wire = wire
        self._loop = loop
        self._protocol = protocol
        self._coming: deque[bytes | None] = deque()
        """What has not arrived; `None` is the end."""
        self._is_waiting = self._is_paused = self._is_closing = False

    @override
    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if data and not self._is_closing:
            self.other.let_come(bytes(data))

    @override
    def close(self) -> None:
        if self._is_closing:
            return
        self._is_closing = True
        self._wire.under_way -= len(self._coming)
        self._coming.clear()
        self.other.let_come(None)
        self._loop.call_soon(self._protocol.connection_lost, None)

    @override
    def abort(self) -> None:
        self.close()

    @override
    def is_closing(self) -> bool:
        return self._is_closing

    @override
    def pause_reading(self) -> None:
        self._is_paused = True

    @override
    def resume_reading(self) -> None:
        self._is_paused = False
        self._go_on()

    @override
    def get_write_buffer_size(self) -> int:
        return 0

    @override
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    @override
    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def let_come(self, written: bytes | None) -> None:
        """Let arrive what the other end has written, or its end."""
        if not self._is_closing:
            self._coming.append(written)
            self._wire.under_way += 1
            self._go_on()

    def _go_on(self) -> None:
        if self._coming and not self._is_waiting and not self._is_paused:
            self._is_waiting = True
            self._loop.call_soon(self._wait, next(self._wire.pace))

    def _wait(self, turns: int) -> None:
        if turns:
            self._loop.call_soon(self._wait, turns - 1)
            return
        self._is_waiting = False
        if self._coming and not self._is_paused:
            self._wire.under_way -= 1
            self._take(self._coming.popleft())
            self._go_on()

    def _take(self, came: bytes | None) -> None:
        assert isinstance(self._protocol, asyncio.Protocol)
        if came is not None:
            self._protocol.data_received(came)
        elif not self._protocol.eof_received():
            self.close()


class SimulatorOnWire(Simulator):
    """The five gateways at the end of a wire."""

    def __init__(self, wire: Wire) -> None:
        """Listen at `wire` only."""
        super().__init__()
        self._wire = wire

    @override
    async def listen(self, runner: web.AppRunner) -> None:
        self._wire.accept = runner.server

    @override
    async def close(self) -> None:
        self._wire.accept = None
        await super().close()

    @override
    def url(self, key: str) -> str:
        return f"http://gateway.test/{key}/"
