"""A private file of SQLite's, with what lies beside it. All of it blocks.

Every function raises `OSError`.
"""

from contextlib import suppress
from datetime import UTC, datetime
import os
from pathlib import Path
import shutil

_SIDE_FILES = ("-journal", "-wal", "-shm")


def log_of(path: Path) -> Path:
    """Return where SQLite keeps the write-ahead log of a file."""
    return path.with_name(f"{path.name}-wal")


def backup_token_of(path: Path) -> Path:
    """Return where a file's token of a backup lies, which Home Assistant never backs up."""
    return path.with_name(f"{path.name}.backup.log")


def doubt_of(path: Path) -> Path:
    """Return what lies beside a file while that what waits in it is still to be held."""
    return path.with_name(f"{path.name}.doubt")


def end_of_run_of(path: Path) -> Path:
    """Return what lies beside a file from a run's end to the next; never backed up."""
    return path.with_name(f"{path.name}.finished.log")


def make_private(path: Path) -> None:
    """Create the file if it isn't there, readable for its owner alone, to stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, b"")


def write_private(path: Path, more: bytes) -> None:
    """Write something at the end of a file that nobody else may read, to stay."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        os.fchmod(file, 0o600)
        os.write(file, more)
        os.fsync(file)
    finally:
        os.close(file)
    sync_folder(path.parent)


def size_of(path: Path) -> int:
    """Return how many bytes a file holds, none if there is no file."""
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def content_of(path: Path, size: int = -1) -> bytes:
    """Return the beginning of a file, nothing if there is none."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except FileNotFoundError:
        return b""


def copy_aside(path: Path) -> Path:
    """Copy the file and its log, which are there; return where the copy is."""
    kept = aside(path)
    try:
        for old, new in ((path, kept), (log_of(path), log_of(kept))):
            make_private(new)
            shutil.copyfile(old, new)
    except OSError:
        remove_file(kept)
        raise
    return kept


def move_aside(path: Path) -> Path:
    """Rename the file out of the way; return where it is now."""
    kept = aside(path)
    # With what lies beside it: SQLite would take that for a part of the new file.
    for old, new in zip(_with_side_files(path), _with_side_files(kept), strict=True):
        _move(old, new)
    sync_folder(path.parent)
    return kept


def move_log_aside(path: Path) -> Path | None:
    """Rename a file's log out of the way; return where it is now, if it held anything."""
    if not size_of(log_of(path)):
        return None
    kept = log_of(aside(path))
    _move(log_of(path), kept)
    sync_folder(path.parent)
    return kept


def remove_file(path: Path) -> None:
    """Delete the file, and what may have been left beside it."""
    notes = (backup_token_of(path), doubt_of(path), end_of_run_of(path))
    for each in (*_with_side_files(path), *notes):
        each.unlink(missing_ok=True)


def take_away(path: Path) -> bool:
    """Delete a file, to stay so; return whether it was there."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    sync_folder(path.parent)
    return True


def aside(path: Path) -> Path:
    """Return the name that a damaged file gets, if that happens now."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return path.with_name(f"{path.name}.damaged-{now}")


def sync_folder(folder: Path) -> None:
    """See to it that what was created or renamed there survives a power cut."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _move(old: Path, new: Path) -> None:
    if old.exists():
        old.chmod(0o600)
        old.rename(new)


def _with_side_files(path: Path) -> list[Path]:
    return [path, *(path.with_name(path.name + suffix) for suffix in _SIDE_FILES)]
