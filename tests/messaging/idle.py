"""When the messaging floor has nothing more to do for now."""

import asyncio
from pathlib import Path

from custom_components.passerelle_sms import messaging

_FOLDER = str(Path(messaging.__file__).parent)


def messaging_tasks() -> list[asyncio.Task[object]]:
    """Return the tasks of the messaging floor that are under way, oldest first."""
    tasks = [
        task
        for task in asyncio.all_tasks()
        if (code := getattr(task.get_coro(), "cr_code", None)) is not None
        and code.co_filename.startswith(_FOLDER)
    ]
    return sorted(tasks, key=_age)


def _age(task: asyncio.Task[object]) -> tuple[int, str]:
    """Return what is greater for a younger task: asyncio numbers them in their names."""
    name = task.get_name()
    return len(name), name


async def let_run() -> None:
    """Let everything run that needs nothing more."""
    for _ in range(5):
        await asyncio.sleep(0)


async def until_idle() -> None:
    """Wait until no task of the messaging floor is under way, or about to begin."""
    still = 0
    while still < 2:
        await let_run()
        if tasks := messaging_tasks():
            await asyncio.wait(tasks)
            still = 0
        else:
            # The end of the last one may be the beginning of another.
            still += 1
