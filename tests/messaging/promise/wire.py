"""A wire between a house and its gateways: what is written arrives some turns later."""

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
    """Joins those who connect with whoever listens at a port."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Carry everything at once, by the turns of `loop`."""
        self.pace: Pace = repeat(AT_ONCE)
        self.listeners: dict[int, Callable[[], asyncio.BaseProtocol]] = {}
        """By port: what returns who answers a new connection."""
        self.under_way = 0
        """How much was written and has not arrived."""
        self._loop = loop

    async def reach(self, port: int) -> None:
        """Wait as long as it takes to call at a port; raises `OSError`."""
        for _ in range(next(self.pace)):
            await asyncio.sleep(0)
        self._at(port)

    def join[P: asyncio.BaseProtocol](
        self, begin: Callable[[], P], port: int
    ) -> tuple[asyncio.Transport, P]:
        """Return a new connection of who `begin` returns; raises `OSError`."""
        answer = self._at(port)
        caller, called = begin(), answer()
        near, far = End(self, self._loop, caller), End(self, self._loop, called)
        near.other, far.other = far, near
        called.connection_made(far)
        caller.connection_made(near)
        return near, caller

    def _at(self, port: int) -> Callable[[], asyncio.BaseProtocol]:
        if (answer := self.listeners.get(port)) is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Nobody listens")
        return answer


class End(asyncio.Transport):
    """One end of a connection. What comes in stays in its order."""

    other: End

    def __init__(
        self,
        wire: Wire,
        loop: asyncio.AbstractEventLoop,
        protocol: asyncio.BaseProtocol,
    ) -> None:
        """Belong to `protocol`; `other` is still to be set."""
        super().__init__()
        self._wire = wire
        self._loop = loop
        self._protocol = protocol
        self._coming: deque[bytes | OSError | None] = deque()
        """What has not arrived; an error or `None` is the end."""
        self._is_waiting = self._is_paused = self._is_closing = False

    @override
    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if data and not self._is_closing:
            self.other.let_come(bytes(data))

    @override
    def close(self) -> None:
        self._end(None, told=None)

    def reset(self) -> None:
        """End it as a firewall does: for the other end that is an error."""
        self._end(None, told=ConnectionResetError(errno.ECONNRESET, "Reset"))

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

    def let_come(self, written: bytes | OSError | None) -> None:
        """Let arrive what the other end has written, or its end."""
        if not self._is_closing:
            self._coming.append(written)
            self._wire.under_way += 1
            self._go_on()

    def _end(self, error: OSError | None, *, told: OSError | None) -> None:
        """End it here, because of an error if there is one, and tell the other end."""
        if self._is_closing:
            return
        self._is_closing = True
        self._wire.under_way -= len(self._coming)
        self._coming.clear()
        self.other.let_come(told)
        self._loop.call_soon(self._protocol.connection_lost, error)

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

    def _take(self, came: bytes | OSError | None) -> None:
        assert isinstance(self._protocol, asyncio.Protocol)
        if isinstance(came, OSError):
            self._end(came, told=None)
        elif came is not None:
            self._protocol.data_received(came)
        elif not self._protocol.eof_received():
            self.close()


class SimulatorOnWire(Simulator):
    """The five gateways at the end of a wire."""

    def __init__(self, wire: Wire, port: int = 80) -> None:
        """Listen at this port of `wire` only."""
        super().__init__(port)
        self._wire = wire
        self._at = port

    @override
    async def listen(self, runner: web.AppRunner) -> None:
        assert runner.server is not None
        self._wire.listeners[self._at] = runner.server

    @override
    async def close(self) -> None:
        self._wire.listeners.pop(self._at, None)
        await super().close()
