"""Measures, and writes the documents: `scripts/benchmark core`."""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
import shutil
import sys
from typing import Final

from scripts.demonstration.progress import step
from tests.e2e.home_assistant import ROOT, HomeAssistantFailedError

from .document import render, render_goals
from .house import take_samples, take_syncs
from .machine import Machine
from .plan import CORE, Plan
from .samples import summarise
from .tracing import is_available
from .words_en import ENGLISH
from .words_fr import FRENCH

_FOLDER: Final = ROOT / ".benchmark"
_DOCUMENTS: Final = {"performance.md": ENGLISH, "performance.fr.md": FRENCH}
_NO_STRACE: Final = """\
strace is missing, or not allowed here, so the syncs are not counted and their columns stay
empty. It is the package `strace` of every Linux distribution (apt install strace); in a
container it needs the capability SYS_PTRACE."""


def main() -> int:
    """Measure what is asked for; return 0 unless something could not be measured."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark",
        description="Measure what an alert costs, and write docs/performance.md anew.",
    )
    parser.add_argument("what", choices=["core"], help="from an action to its outcome")
    parser.parse_args()
    try:
        asyncio.run(run(CORE, folder=_FOLDER, documents=ROOT / "docs"))
    except HomeAssistantFailedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def run(plan: Plan, *, folder: Path, documents: Path) -> None:
    """Measure in `folder`, which is deleted in the end, and write the documents.

    Raises:
        HomeAssistantFailedError: nothing could be measured; the folder is kept.

    """
    with step("Measuring the time"):
        samples = await take_samples(folder, plan)
    results = summarise(samples, await _syncs(plan, folder))
    machine = Machine.holding(folder)
    for name, words in _DOCUMENTS.items():
        (documents / name).write_text(render(results, machine, words), "utf-8")
    shutil.rmtree(folder)
    print(f"\n{render_goals(results, ENGLISH)}\n\nAll figures: {', '.join(_DOCUMENTS)}")


async def _syncs(plan: Plan, folder: Path) -> Mapping[str, Sequence[int]]:
    """Return the counts of the syncs, or none where they can't be counted."""
    if not await asyncio.to_thread(is_available):
        print(_NO_STRACE, file=sys.stderr)
        return {}
    with step("Counting the syncs"):
        return await take_syncs(folder, plan)


if __name__ == "__main__":
    sys.exit(main())
