"""A real Home Assistant in a process of its own, started, onboarded and stopped."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
import json
import os
from pathlib import Path
import signal
import socket
import sys
from types import TracebackType
from typing import Final, Protocol, Self

import aiohttp

from .client import ApiError, HomeAssistantClient, JsonObject
from .waiting import until
from .wall_clock import set_offset

HOST: Final = "127.0.0.1"
ROOT: Final = Path(__file__).resolve().parents[2]

_LAUNCHER: Final = Path(__file__).with_name("launcher.py")
_START_LIMIT: Final = 120.0
_STOP_LIMIT: Final = 60.0
_TAIL: Final = 4_000

# With a configuration that it cannot use, it lives on, but empty.
_GAVE_UP: Final = "Activating recovery mode"

_CONFIGURATION: Final = """\
homeassistant:
  name: Maison
  country: FR
  language: {language}
  currency: EUR
  time_zone: Europe/Paris
  unit_system: metric
  # What it listens on. Left to guess, it names an address of the local network.
  internal_url: {url}
config:
frontend:
logger:
  default: info
  logs:
    custom_components.passerelle_sms: debug
{extra}
"""
# This step of the onboarding alone would set up integrations that ask the Internet
# for the weather and for radio stations.
_ONBOARDING: Final = {"version": 4, "data": {"done": ["core_config"]}}


class HomeAssistantFailedError(Exception):
    """Home Assistant did not start, or did not stop; the end of its log says why."""


class Process(Protocol):
    """A process, whoever started it."""

    @property
    def pid(self) -> int:
        """Its number; it leads a group of its own."""

    @property
    def returncode(self) -> int | None:
        """Its exit code; `None` while it lives."""

    async def wait(self) -> int:
        """Wait until it has ended, and return its exit code."""


type Launch = Callable[[Path, list[str]], Awaitable[Process]]


async def launch(console: Path, arguments: list[str]) -> Process:
    """Start Home Assistant with `arguments`; it writes to the file `console`."""
    with console.open("ab") as written:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            # The folder of the launcher is nothing to import from.
            "-P",
            str(_LAUNCHER),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            # A Ctrl-C in the terminal is for the one who started it.
            start_new_session=True,
        )


class HomeAssistantProcess(HomeAssistantClient):
    """One house; `async with` starts it and ends it, its folder stays.

    It outlives what happens to its process: after `stop` or `kill`, `start` brings the
    same house back.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        language: str = "en",
        extra: str = "",
        launch: Launch = launch,
    ) -> None:
        """Prepare a house in `folder`, with `extra` YAML in its configuration.

        `launch` starts its process, whenever it is started.
        """
        self.port: Final = port or free_port()
        super().__init__(f"http://{HOST}:{self.port}")
        self.folder: Final = folder
        self.username: Final = "demo"
        self.password: Final = "passerelle"
        self._configuration = _CONFIGURATION.format(
            language=language, url=self.url, extra=extra
        )
        self._language = language
        self._refresh_token = ""
        self._launch = launch
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        """Make the folder what it should be, and start."""
        self._furnish()
        try:
            await self.start()
        except BaseException:
            await self.kill()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, whatever happened."""
        await self.stop()

    @property
    def is_up(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    def log(self) -> str:
        """Return everything written to the log, since the house was made."""
        path = self._console
        return (
            path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        )

    async def start(self) -> None:
        """Start, and wait until it answers; if onboarded, until it has started whole.

        Raises:
            HomeAssistantFailedError: it ended, or took too long.

        """
        self._process = await self._launch(
            self._console, ["--config", str(self.folder), "--skip-pip"]
        )
        await self._wait_until("it answered", self._answers)
        if self.token:
            await self._wait_until("it had started", self._has_started)

    async def onboard(self) -> None:
        """Create the owner, sign in, and wait until the house has started whole."""
        client_id = f"{self.url}/"
        created = await self.post(
            "/api/onboarding/users",
            {
                "client_id": client_id,
                "name": self.username.capitalize(),
                "username": self.username,
                "password": self.password,
                "language": self._language,
            },
        )
        tokens = await self.post_form(
            "/auth/token",
            {
                "client_id": client_id,
                "grant_type": "authorization_code",
                "code": created["auth_code"],
            },
        )
        self.token = tokens["access_token"]
        self._refresh_token = tokens["refresh_token"]
        await self.post("/api/onboarding/analytics")
        await self.post(
            "/api/onboarding/integration",
            {"client_id": client_id, "redirect_uri": f"{client_id}?auth_callback=1"},
        )
        await self._wait_until("it had started", self._has_started)

    def set_clock(self, offset: timedelta) -> None:
        """Let its wall clock be so much ahead of the machine's, or behind if negative.

        Only who is forked looks at it.
        """
        set_offset(self.folder, offset)

    async def settle(self) -> None:
        """Wait until the owner and all entries, with their subentries, are on disk.

        Home Assistant writes them about a second after they change; before a `kill`,
        whoever doesn't wait loses them.
        """
        await self._wait_until("all was on disk", self._is_written)

    async def stop(self) -> int | None:
        """Ask it to stop, wait until it has, and return its exit code.

        Raises:
            HomeAssistantFailedError: it took too long, and was killed.

        """
        if self._process is None:
            return None
        try:
            self._signal(signal.SIGTERM)
            async with asyncio.timeout(_STOP_LIMIT):
                return await self._process.wait()
        except TimeoutError:
            raise self._failure("it did not stop") from None
        finally:
            await self.kill()

    async def wait(self) -> int | None:
        """Wait until it ends of itself, and return its exit code."""
        return None if self._process is None else await self._process.wait()

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            await self._process.wait()

    @property
    def _console(self) -> Path:
        return self.folder / "console.log"

    def _furnish(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "configuration.yaml").write_text(
            self._configuration, encoding="utf-8"
        )
        self.set_clock(timedelta())
        self._store("onboarding", _ONBOARDING)
        # In the configuration it would be but a proposal, to be confirmed in the
        # frontend or taken back. The older version is completed by Home Assistant.
        address = {"server_host": [HOST], "server_port": self.port}
        self._store("http", {"version": 1, "data": address})
        components = self.folder / "custom_components"
        if not components.exists():
            components.symlink_to(ROOT / "custom_components")

    def _store(self, key: str, content: JsonObject) -> None:
        """Write what a new house should find in its storage."""
        path = self._storage(key)
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_text(json.dumps({"key": key, **content}), encoding="utf-8")

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and all it started."""
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, number)

    async def _wait_until(
        self, what: str, is_so: Callable[[], Awaitable[bool]]
    ) -> None:
        """Look again and again, as long as the process lives."""

        async def look() -> bool | None:
            if await is_so():
                return True
            if not self.is_up:
                raise self._failure("it ended")
            if _GAVE_UP in self.log():
                raise self._failure("it refused its configuration")
            return None

        try:
            await until(what, look, limit=_START_LIMIT)
        except TimeoutError as error:
            raise self._failure(str(error)) from None

    async def _answers(self) -> bool:
        try:
            await self.get("/manifest.json")
        except aiohttp.ClientConnectionError:
            return False
        except ApiError as error:
            # It listens before its pages are there.
            if error.code != str(HTTPStatus.NOT_FOUND.value):
                raise
            return False
        return True

    async def _has_started(self) -> bool:
        config = await self.get("/api/config")
        return bool(config["state"] == "RUNNING")

    async def _is_written(self) -> bool:
        entries = await self.get("/api/config/config_entries/entry")
        stored = self._stored("core.config_entries")
        written = {
            entry["entry_id"]: len(entry["subentries"])
            for entry in (json.loads(stored)["data"]["entries"] if stored else ())
        }
        return self._refresh_token in self._stored("auth") and written == {
            entry["entry_id"]: entry["num_subentries"] for entry in entries
        }

    def _stored(self, key: str) -> str:
        path = self._storage(key)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _storage(self, key: str) -> Path:
        return self.folder / ".storage" / key

    def _failure(self, what: str) -> HomeAssistantFailedError:
        return HomeAssistantFailedError(
            f"Home Assistant: {what}. Its log ends with:\n{self.log()[-_TAIL:]}"
        )


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
