"""Lets a whole month happen, from its seed, in seconds."""

import asyncio
from pathlib import Path
import tempfile

from tests.messaging.promise.reproducible import reproducible
from tests.messaging.promise.simulated_loop import SimulatedLoop

from .agenda import Agenda
from .events import draw_events
from .house import LOGGER, House, Mistakes
from .record import Record
from .setup import Setup, draw

# In memory, where there is such a folder: each renewal syncs what it writes.
_TMPFS = Path("/dev/shm")  # noqa: S108 # a folder of its own is made in it


def run_month(setup: Setup | int) -> Record:
    """Return all that happened in a month: the same for the same seed."""
    setup = draw(setup) if isinstance(setup, int) else setup
    record = Record(
        seed=setup.seed,
        length=setup.length,
        begin=setup.begin,
        gateways=setup.gateways,
        knows_time_there=not setup.has_own_url,
    )
    mistakes = Mistakes(record)
    LOGGER.addHandler(mistakes)
    loop = SimulatedLoop()
    where = _TMPFS if _TMPFS.is_dir() else None
    try:
        with (
            reproducible(luck=setup.seed),
            tempfile.TemporaryDirectory(dir=where) as folder,
            asyncio.Runner(loop_factory=lambda: loop) as runner,
        ):
            runner.run(_live(setup, record, Path(folder)))
    finally:
        LOGGER.removeHandler(mistakes)
    return record


async def _live(setup: Setup, record: Record, folder: Path) -> None:
    house = House(setup, record, folder)
    await house.begin()
    agenda = Agenda(house)
    draw_events(agenda)
    await agenda.live()
    await house.end()
