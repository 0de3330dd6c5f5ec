"""Runs a whole Home Assistant that measures, with or without strace."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
import shutil
import sys
from typing import Final

from tests.e2e.home_assistant import (
    ROOT,
    HomeAssistantFailedError,
    HomeAssistantProcess,
    Process,
)

from .files import ADDRESSES, PLAN, SAMPLES, TRACE
from .plan import Plan
from .samples import Sample, read_samples
from .servers import running
from .tracing import command, count_syncs

_WORKER: Final = f"{__package__}.worker"
_TAIL: Final = 4_000
# It takes about one minute; a core that is far too slow is given a chance to show it.
_LIMIT: Final = 300
_EXTRA: Final = """\
notify:
  - platform: clicksend
    name: clicksend
    username: maison
    api_key: cle
    recipient: "+237650000000"
"""


async def take_samples(folder: Path, plan: Plan) -> list[Sample]:
    """Return what a house measures.

    Raises:
        HomeAssistantFailedError: it did not; the end of its log says why.

    """
    await _run(folder, plan)
    return read_samples((folder / SAMPLES).read_text("utf-8"))


async def take_syncs(folder: Path, plan: Plan) -> dict[str, list[int]]:
    """Return how often a house syncs, by the keys of the cases.

    Raises:
        HomeAssistantFailedError: it did not measure; the end of its log says why.

    """
    trace = folder / TRACE
    await _run(folder, plan.counting(), before=command(trace))
    with trace.open(encoding="utf-8", errors="replace") as lines:
        return count_syncs(lines)


async def _run(folder: Path, plan: Plan, *, before: Sequence[str] = ()) -> None:
    _prepare(folder, plan)

    async def launch(console: Path, arguments: list[str]) -> Process:
        with console.open("ab") as written:
            return await asyncio.create_subprocess_exec(
                *(*before, sys.executable, "-m", _WORKER, str(folder), *arguments),
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                start_new_session=True,
            )

    house = HomeAssistantProcess(folder, extra=_EXTRA, launch=launch)
    # New servers for each house: some refuse what another one has sent.
    async with running() as addresses:
        (folder / ADDRESSES).write_text(addresses.to_json(), "utf-8")
        async with house:
            await _wait(house)
    if not (folder / SAMPLES).exists():
        raise HomeAssistantFailedError(
            f"Nothing was measured. The log ends with:\n{house.log()[-_TAIL:]}"
        )


async def _wait(house: HomeAssistantProcess) -> None:
    """Wait until a house has measured and ended."""
    try:
        async with asyncio.timeout(_LIMIT):
            await house.wait()
    except TimeoutError:
        raise HomeAssistantFailedError(
            f"Measuring took more than {_LIMIT} seconds."
        ) from None


def _prepare(folder: Path, plan: Plan) -> None:
    """Make a new folder, with what is to be done."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / PLAN).write_text(plan.to_json(), "utf-8")
