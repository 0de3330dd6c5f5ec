"""Describes the machine in general terms: what a reader needs to judge the figures."""

from dataclasses import dataclass
import os
from pathlib import Path
import platform
import sqlite3
from typing import Final, Self

from homeassistant.const import __version__ as home_assistant_version

_MOUNTS: Final = Path("/proc/self/mounts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the figures were measured on."""

    cores: int
    processor: str
    system: str
    file_system: str | None
    """`None` where the system doesn't tell."""
    python: str
    sqlite: str
    home_assistant: str

    @classmethod
    def holding(cls, folder: Path) -> Self:
        """Return this machine, with the file system that a folder is on."""
        mounts = _MOUNTS.read_text("utf-8") if _MOUNTS.exists() else ""
        return cls(
            cores=os.process_cpu_count() or 1,
            processor=platform.machine(),
            system=platform.system(),
            file_system=file_system(mounts, folder.resolve()),
            python=platform.python_version(),
            sqlite=sqlite3.sqlite_version,
            home_assistant=home_assistant_version,
        )


def file_system(mounts: str, folder: Path) -> str | None:
    """Return the type of the file system that a folder is on, from a list of mounts."""
    found: tuple[int, str] | None = None
    for line in mounts.splitlines():
        _, mounted_on, kind, *_ = line.split()
        depth = len(Path(mounted_on).parts)
        # Of two on the same folder, the later one hides the other.
        if folder.is_relative_to(mounted_on) and (found is None or depth >= found[0]):
            found = depth, kind
    return None if found is None else found[1]
