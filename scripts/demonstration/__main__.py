"""Runs the demonstration: `scripts/demo`."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
import os
from pathlib import Path
import shutil
import signal
import socket
import sys
from typing import Final

from tests.e2e.fork_server import ForkServer
from tests.e2e.home_assistant import (
    HOST,
    ROOT,
    HomeAssistantFailedError,
    HomeAssistantProcess,
)
from tests.simulator import Simulator

from . import dashboard
from .accounts import Account, add_account
from .dead_man import show_dead_man
from .moments import render_moments
from .progress import step
from .relays import add_relay
from .rows import Row
from .scenes import FAILURES, play, words_of
from .table import render

# How Home Assistant ends when somebody restarts it from its pages.
_RESTART: Final = 100
_RELAY: Final = "Relay"

type _Run = Callable[[Path, int], Awaitable[int]]


def main() -> int:
    """Run until Ctrl-C, or once; return 0 if all was right."""
    options = _options()
    if _is_taken(options.port):
        print(
            f"Port {options.port} is taken. Stop what listens there, or choose another"
            f" one: scripts/demo --port {options.port + 1}",
            file=sys.stderr,
        )
        return 2
    is_once = options.once or options.dead_man
    run = _run_dead_man if options.dead_man else partial(_run, once=options.once)
    return asyncio.run(_until_interrupted(run, options.port, once=is_once))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Send one alert through each of the five gateways, simulated, from"
        " a real Home Assistant, show what else they and a relay of them do, and keep"
        " it open to look at.",
    )
    parser.add_argument("--port", type=int, default=8123, help="default: 8123")
    parser.add_argument(
        "--once",
        action="store_true",
        help="end after the table; fail if a row is wrong",
    )
    parser.add_argument(
        "--dead-man",
        action="store_true",
        help="show a dead man's switch instead: kill the house, let its gateways tell of"
        " it, bring it back, and end; fail if anything is wrong",
    )
    return parser.parse_args()


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # As Home Assistant does: what just ended doesn't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


async def _until_interrupted(run: _Run, port: int, *, once: bool) -> int:
    """Run, and end cleanly on Ctrl-C; what went wrong keeps its folder and its log."""
    folder = _fresh_folder(port)
    running = asyncio.ensure_future(run(folder, port))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        code = await running
    except asyncio.CancelledError:
        # Interrupted before it could show everything, a single run has failed.
        code = 1 if once else 0
    except (HomeAssistantFailedError, *FAILURES) as error:
        print(words_of(error), file=sys.stderr)
        code = 1
    if code == 0:
        shutil.rmtree(folder)
    else:
        print(f"The house and its log are kept in {_shown(folder)}", flush=True)
    return code


async def _run(folder: Path, port: int, *, once: bool) -> int:
    house = HomeAssistantProcess(folder, port=port, language=_language())
    async with Simulator() as simulator:
        with step(f"Starting Home Assistant on {house.url}"):
            await house.__aenter__()
        try:
            rows = await _show(house, simulator)
            if not once:
                await _stay(house, folder)
        finally:
            with step("Stopping Home Assistant"):
                await house.stop()
    return 0 if rows and all(row.is_right for row in rows) else 1


async def _run_dead_man(folder: Path, port: int) -> int:
    # Only a house that is forked has a clock that can be set.
    with ForkServer() as server:
        house = HomeAssistantProcess(
            folder, port=port, language=_language(), launch=server.launch
        )
        async with Simulator() as simulator:
            with step(f"Starting Home Assistant on {house.url}"):
                await house.__aenter__()
            try:
                with step("Signing in"):
                    await house.onboard()
                moments = await show_dead_man(house, simulator)
            finally:
                with step("Stopping Home Assistant"):
                    await house.stop()
    print(f"\n{render_moments(moments)}\n", flush=True)
    return 0 if all(moment.is_right for moment in moments) else 1


async def _show(house: HomeAssistantProcess, simulator: Simulator) -> Sequence[Row]:
    """Add the accounts, use them and print the table."""
    with step("Signing in"):
        await house.onboard()
    accounts: dict[str, Account] = {}
    for key in simulator.gateways:
        with step(f"Adding the account at {key}"):
            accounts[key] = await add_account(house, simulator, key)
    with step("Adding a relay of two of them"):
        relay = await add_relay(
            house, _RELAY, accounts["etech_keys"], accounts["smseco"]
        )
    await dashboard.add_dashboard(house, [*accounts.values(), relay])
    rows = await play(house, simulator, accounts, relay)
    print(f"\n{render(rows)}\n", flush=True)
    return rows


async def _stay(house: HomeAssistantProcess, folder: Path) -> None:
    """Stay up until Home Assistant ends, which it shouldn't."""
    print(
        f"Home Assistant   {house.url}/{dashboard.PATH}\n"
        f"User name        {house.username}\n"
        f"Password         {house.password}\n"
        f"Folder           {_shown(folder)}\n"
        "\nCtrl-C ends it.",
        flush=True,
    )
    while await house.wait() == _RESTART:
        await house.start()


def _fresh_folder(port: int) -> Path:
    """Return an empty configuration folder: each run begins with a new house."""
    folder = ROOT / ".demo" / str(port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _shown(folder: Path) -> str:
    return str(folder.relative_to(ROOT))


def _language() -> str:
    """Return French where the terminal speaks it."""
    named = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "fr" if named.startswith("fr") else "en"


if __name__ == "__main__":
    sys.exit(main())
