"""A private file of SQLite's, with what SQLite may have left beside it. All of it blocks.

Every function raises `OSError`.
"""

from datetime import UTC, datetime
import os
from pathlib import Path

_SIDE_FILES = ("-journal", "-wal", "-shm")


def make_private(path: Path) -> None:
    """Create the file if it isn't there, readable for its owner alone, to stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        os.fchmod(file, 0o600)
    finally:
        os.close(file)
    _sync_folder(path.parent)


def keep_aside(path: Path) -> Path:
    """Rename the file out of the way; return where it is now."""
    kept = aside(path)
    # With what lies beside it: SQLite would take that for a part of the new file.
    for old, new in zip(_with_side_files(path), _with_side_files(kept), strict=True):
        if old.exists():
            old.rename(new)
    _sync_folder(path.parent)
    return kept


def remove_file(path: Path) -> None:
    """Delete the file, and what SQLite may have left beside it."""
    for each in _with_side_files(path):
        each.unlink(missing_ok=True)


def aside(path: Path) -> Path:
    """Return the name that a damaged file gets, if that happens now."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return path.with_name(f"{path.name}.damaged-{now}")


def _with_side_files(path: Path) -> list[Path]:
    return [path, *(path.with_name(path.name + suffix) for suffix in _SIDE_FILES)]


def _sync_folder(folder: Path) -> None:
    """See to it that what was created or renamed there survives a power cut."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
