"""Houses that start in no time: see `forking_launcher`."""

import asyncio
import json
from pathlib import Path
import sys
from types import TracebackType
from typing import Final, Self

ROOT: Final = Path(__file__).resolve().parents[2]


class ForkedProcess:
    """The process of a house that was forked."""

    def __init__(self, pid: int, ended: asyncio.Task[bytes]) -> None:
        """Have the number `pid`, until the line with the exit code comes."""
        self.pid: Final = pid
        self._ended = ended

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; `None` while it lives."""
        return int(self._ended.result()) if self._ended.done() else None

    async def wait(self) -> int:
        """Wait until it has ended, and return its exit code."""
        return int(await asyncio.shield(self._ended))


class ForkServer:
    """Forks houses, one at a time; `async with` starts and ends it."""

    def __init__(self) -> None:
        """Prepare it."""
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start; the first house waits until all is imported."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.e2e.forking_launcher",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End; the house has ended before."""
        if self._process is not None:
            await self._process.communicate()

    async def launch(self, console: Path, arguments: list[str]) -> ForkedProcess:
        """Start a house that writes to the file `console`.

        Raises:
            ConnectionError: the server itself has ended.

        """
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise ConnectionError("the fork server has not been started")
        process.stdin.write(json.dumps([str(console), *arguments]).encode() + b"\n")
        await process.stdin.drain()
        if not (pid := await process.stdout.readline()):
            raise ConnectionError("the fork server has ended")
        return ForkedProcess(int(pid), asyncio.create_task(process.stdout.readline()))
