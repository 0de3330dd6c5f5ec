"""What the house lives on: a loop that no busy machine disturbs, and a wire."""

import asyncio
from collections.abc import Iterator
from itertools import cycle
from operator import methodcaller
import socket
import ssl
import threading
from typing import Final, override

import pytest

from .simulated_loop import SimulatedLoop, StuckError

PORT: Final = 80


class Listener(asyncio.Protocol):
    """Keeps what comes in, and tells that it was called."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self.heard: list[str] = []
        self.transport: asyncio.Transport

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self.heard.append(data.decode())

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.heard.append("lost" if exc is None else "reset")


@pytest.fixture
def loop(socket_enabled: None) -> Iterator[SimulatedLoop]:
    """Return a loop that nobody waits for but this test."""
    loop = SimulatedLoop()
    yield loop
    loop.close()


async def let_pass(turns: int) -> None:
    """Let the loop turn."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def connect() -> tuple[Listener, Listener]:
    """Return both ends of a connection."""
    loop, called = asyncio.get_running_loop(), Listener()
    assert isinstance(loop, SimulatedLoop)
    loop.wire.listeners[PORT] = lambda: called
    return await call(loop), called


async def call(loop: SimulatedLoop, *, is_encrypted: bool = False) -> Listener:
    """Return the near end of a connection to whoever listens."""
    sock = socket.socket()
    await loop.sock_connect(sock, ("127.0.0.1", PORT))
    _, caller = await loop.create_connection(Listener, sock=sock, ssl=is_encrypted)
    return caller


def test_time_passes_only_where_everybody_waits(loop: SimulatedLoop) -> None:
    """An hour is over at once, and exactly."""

    async def wait() -> float:
        await let_pass(1_000)
        assert loop.time() == 0
        await asyncio.sleep(3_600)
        return loop.time()

    assert loop.run_until_complete(wait()) == pytest.approx(3_600)


def test_whoever_waits_for_ever_is_told(loop: SimulatedLoop) -> None:
    """Nobody else would end that."""
    with pytest.raises(StuckError):
        loop.run_until_complete(loop.create_future())


@pytest.mark.parametrize(("before", "after"), [(1, 0), (3, 0), (0, 3), (2, 5)])
def test_what_a_thread_is_asked_for_takes_its_turns(
    loop: SimulatedLoop, before: int, after: int
) -> None:
    """Some until it is done, some until that is known; there is no thread."""
    done: list[threading.Thread] = []

    async def count() -> tuple[int, int]:
        done.clear()
        task = asyncio.create_task(
            asyncio.to_thread(lambda: done.append(threading.current_thread()))
        )
        until_done = turns = 0
        while not task.done():
            await asyncio.sleep(0)
            turns += 1
            until_done += not done
        return until_done, turns

    at_once = loop.run_until_complete(count())
    loop.pace = cycle([before, after])

    until_done, until_known = loop.run_until_complete(count())

    assert done == [threading.main_thread()]
    assert until_done == at_once[0] + before
    assert until_known == at_once[1] + before + after


def test_an_error_in_a_thread_is_for_whoever_has_asked(loop: SimulatedLoop) -> None:
    """As if there was one."""

    def fail() -> None:
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        loop.run_until_complete(asyncio.to_thread(fail))


def test_nobody_answers_where_nobody_listens(loop: SimulatedLoop) -> None:
    """It is refused, and not in doubt."""
    with pytest.raises(ConnectionRefusedError):
        loop.run_until_complete(call(loop))


def test_nobody_is_vouched_for(loop: SimulatedLoop) -> None:
    """Whoever wants to be sure who answers does not connect."""
    loop.wire.listeners[PORT] = Listener
    with pytest.raises(ssl.SSLCertVerificationError):
        loop.run_until_complete(call(loop, is_encrypted=True))


@pytest.mark.parametrize("pace", [[0], [7, 0, 3]])
@pytest.mark.parametrize(
    ("end", "heard"), [("close", "lost"), ("abort", "lost"), ("reset", "reset")]
)
def test_what_is_written_arrives_in_its_order(
    loop: SimulatedLoop, pace: list[int], end: str, heard: str
) -> None:
    """And the end after it, for both; the other way goes nothing any more."""

    async def write() -> None:
        loop.wire.pace = cycle(pace)
        caller, called = await connect()
        for word in ("un", "deux"):
            caller.transport.write(word.encode())
        methodcaller(end)(caller.transport)
        caller.transport.write(b"trois")
        called.transport.write(b"quatre")
        assert loop.wire.under_way == 3
        await let_pass(30)
        assert called.heard == ["un", "deux", heard]
        assert caller.heard == ["lost"]
        assert not loop.wire.under_way

    loop.run_until_complete(write())


def test_it_takes_as_many_turns_as_the_pace_says(loop: SimulatedLoop) -> None:
    """From one piece to the next."""

    async def write() -> None:
        caller, called = await connect()
        loop.wire.pace = cycle([2, 4])
        caller.transport.writelines([b"un"])
        caller.transport.write(b"deux")
        for heard in ([], [], ["un"], ["un"], ["un"], ["un"], ["un"], ["un", "deux"]):
            await let_pass(1)
            assert called.heard == heard

    loop.run_until_complete(write())


def test_whoever_pauses_hears_nothing_meanwhile(loop: SimulatedLoop) -> None:
    """And all of it afterwards."""

    async def write() -> None:
        caller, called = await connect()
        caller.transport.write(b"un")
        called.transport.pause_reading()
        caller.transport.write(b"deux")
        await let_pass(9)
        assert called.heard == []
        called.transport.resume_reading()
        await let_pass(9)
        assert called.heard == ["un", "deux"]

    loop.run_until_complete(write())
