"""Houses that start in no time: see `forking_launcher`."""

import asyncio
import json
from pathlib import Path
import subprocess
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
    """Forks houses, one at a time; `with` starts and ends it.

    It belongs to no event loop: any number of tests use it one after the other.
    """

    def __init__(self) -> None:
        """Prepare it."""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start; the first house waits until all is imported."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.forking_launcher"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What a buffer holds, the event loop would not see.
            bufsize=0,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End; the house has ended before."""
        if self._process is not None:
            self._process.communicate()

    async def launch(self, console: Path, arguments: list[str]) -> ForkedProcess:
        """Start a house that writes to the file `console`.

        Raises:
            ConnectionError: the server itself has ended, or was never started.

        """
        if self._process is None or self._process.stdin is None:
            raise ConnectionError("the fork server has not been started")
        self._process.stdin.write(
            json.dumps([str(console), *arguments]).encode() + b"\n"
        )
        if not (pid := await self._line()):
            raise ConnectionError("the fork server has ended")
        return ForkedProcess(int(pid), asyncio.create_task(self._line()))

    async def _line(self) -> bytes:
        """Return the next line that it writes; it writes each at once."""
        if self._process is None or self._process.stdout is None:
            raise ConnectionError("the fork server has not been started")
        output, loop = self._process.stdout, asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(output, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(output)
        return output.readline()
