"""Imports Home Assistant once, and from then on forks one house after the other.

To import it takes seconds, to start it a tenth of one: who kills a house a hundred times
has no day to lose. What is forked has run nothing yet, and forgets with its process
whatever it has learnt: only the folder goes from one life to the next.

On stdin comes a list of arguments in JSON for each house, on stdout go its process id
and, when it has ended, its exit code. One house lives at a time.
"""

from collections.abc import Callable
import importlib
import json
import os
from pathlib import Path
import sys
from typing import Final

from .wall_clock import WallClock

type Main = Callable[[], int]

# As a user's YAML could do it, if Home Assistant let it: no more than its frontend needs.
_SET_UP: Final = {"logger"}
# Everything that our integration imports; never the integration itself.
_LIBRARIES: Final = ("defusedxml.ElementTree", "phonenumbers", "sqlite3")


def prepare(clock: WallClock) -> Main:
    """Import Home Assistant, with `clock` for its time of day; return what starts it."""
    clock.replace()
    # Only now: see there.
    from homeassistant import __main__ as home_assistant, bootstrap

    from . import launcher

    launcher.prepare()
    bootstrap.DEFAULT_INTEGRATIONS = _SET_UP
    for library in _LIBRARIES:
        importlib.import_module(library)
    return home_assistant.main


def serve(main: Main, clock: WallClock) -> None:
    """Fork a house for each line, until there are no more."""
    for line in sys.stdin:
        arguments = json.loads(line)
        # The child writes its number itself, once it leads a group of its own.
        child = os.fork()
        if child == 0:
            _live(main, clock, arguments)
        _, status = os.waitpid(child, 0)
        _tell(os.waitstatus_to_exitcode(status))


def _live(main: Main, clock: WallClock, arguments: list[str]) -> None:
    """Be a house; never return."""
    os.setsid()
    _tell(os.getpid())
    console, *sys.argv[1:] = arguments
    with Path(console).open("ab") as written, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(written.fileno(), 1)
        os.dup2(written.fileno(), 2)
    code = 1
    try:
        clock.follow(Path(console).parent)
        code = main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    wall_clock = WallClock()
    serve(prepare(wall_clock), wall_clock)
