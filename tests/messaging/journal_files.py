"""The files of a journal, as a backup, a crash or a broken disk leaves them."""

from pathlib import Path

type Files = dict[str, bytes]
"""What each file of a journal holds, by its name."""


def files_of(journal: Path) -> Files:
    """Return all that a power cut would leave of a journal now."""
    return {
        path.name: path.read_bytes() for path in journal.parent.glob(f"{journal.name}*")
    }


def copied(files: Files) -> Files:
    """Return what a backup of Home Assistant takes of them: it leaves out every log."""
    return {
        name: content for name, content in files.items() if not name.endswith(".log")
    }


def put_back(journal: Path, files: Files) -> None:
    """Leave nothing beside a closed journal but `files`."""
    for path in journal.parent.glob(f"{journal.name}*"):
        path.unlink()
    for name, content in files.items():
        journal.with_name(name).write_bytes(content)


def damage_log(journal: Path, where: float) -> bool:
    """Flip a byte of the write-ahead log, from 0.0 at its begin; tell whether there is one."""
    log = journal.with_name(f"{journal.name}-wal")
    content = bytearray(log.read_bytes() if log.exists() else b"")
    if not content:
        return False
    content[int(where * (len(content) - 1))] ^= 0xFF
    log.write_bytes(content)
    return True
